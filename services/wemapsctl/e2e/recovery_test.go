package e2e

import (
	"os"
	"os/exec"
	"testing"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// The official client loses its connection and goes on where it was, on either
// of two edges.
func TestConnectionStateRecoveryWithTheOfficialClient(t *testing.T) {
	t.Parallel()
	npmInstall(t, "js")
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2}, Env: map[string][]string{"edge": {"RECOVERY_WINDOW=3s"}}})
	cmd := exec.Command("node", "--test", "--test-reporter=spec", "recovery.test.mjs")
	cmd.Dir = "js"
	cmd.Env = append(os.Environ(), "WEMAPS_URL="+e.URL(0), "WEMAPS_OTHER_URL="+e.URL(1))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
