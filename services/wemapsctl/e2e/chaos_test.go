package e2e

import (
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/chaos"
)

// A short run of `task chaos`: whatever dies, nobody loses, doubles or swaps a
// message.
func TestChaosShort(t *testing.T) {
	t.Parallel()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	report, err := chaos.Run(t.Context(), chaos.Options{
		Seed: 5, Duration: 20 * time.Second, Rooms: 4, Clients: 12, Every: 1500 * time.Millisecond,
		Faults: "kill-chat,kill-edge,redis-wiped,postgres-restart", BinDir: bin, LogDir: t.TempDir(), Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report.Markdown())
	if !report.Passed() {
		t.Errorf("%d promises were broken", len(report.Violations))
	}
	if report.Messages < 50 || report.Deliveries < 2*report.Messages {
		t.Errorf("only %d messages and %d deliveries: this proves nothing", report.Messages, report.Deliveries)
	}
}
