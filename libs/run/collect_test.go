package run

import (
	"context"
	"os"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestCollectorPace(t *testing.T) {
	const mib = 1 << 20
	c := collector{percent: usualPercent}
	for _, step := range []struct {
		what            string
		live, allocated uint64 // MiB
		want            int
	}{
		{"at rest", 10, 0, 50},
		{"a little work is no reason to change", 10, 4, 50},
		{"some work", 10, 15, 100},
		{"much work", 10, 40, 640},
		{"a little more is no reason to change", 11, 40, 640},
		{"less work keeps it", 10, 5, 640},
		{"a heap that has grown", 32, 80, 200},
		{"quiet", 32, 1, 50},
		{"much work for a large heap", 400, 1000, 100},
		{"an empty heap", 0, 30, 6400},
	} {
		c.feel(step.live*mib, step.allocated*mib)
		if c.percent != step.want {
			t.Errorf("%s: %d %%, want %d", step.what, c.percent, step.want)
		}
	}
}

// The usual pace is there again after a busy time.
func TestCollect(t *testing.T) {
	t.Setenv("GOGC", "")
	_ = os.Unsetenv("GOGC") // until Setenv's clean-up
	percent := func() int {
		p := debug.SetGCPercent(usualPercent)
		debug.SetGCPercent(p)
		return p
	}
	before := percent()
	defer debug.SetGCPercent(before)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		wait := Go(func() { _ = Collect(ctx) })
		time.Sleep(time.Second / 2)
		for range 300 {
			sink = make([]byte, 1<<20)
		}
		time.Sleep(time.Second)
		if p := percent(); p <= usualPercent {
			t.Errorf("%d %% while much is allocated", p)
		}
		time.Sleep(2 * time.Second)
		if p := percent(); p != quietPercent {
			t.Errorf("%d %% at rest", p)
		}
		cancel()
		wait()
	})
}

var sink []byte
