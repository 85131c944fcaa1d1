package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/wemaps/wemaps/libs/testenv"
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

// With Redis away nobody can be let in. Apps with the official client and its default options, which knock meanwhile, get in
// when it is back, though it has lost everything, and without anybody's help.
func TestAppsThatCannotBeLetInComeBackByThemselves(t *testing.T) {
	t.Parallel()
	npmInstall(t, "js")
	e := start(t, stack.Options{})
	ana := e.signIn(t)
	room := e.createRoom(t, ana)
	if err := e.redis.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var apps sync.WaitGroup
	knocked := make(chan struct{}, 2)
	for _, transports := range []string{`["polling","websocket"]`, `["websocket"]`} {
		apps.Go(func() {
			cmd := exec.CommandContext(t.Context(), "node", "back.mjs")
			cmd.Dir = "js"
			cmd.Env = append(os.Environ(), "WEMAPS_URL="+e.URL(0), "WEMAPS_TOKEN="+ana.token, "WEMAPS_TRANSPORTS="+transports)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Error(err)
				knocked <- struct{}{}
				return
			}
			var heard []string
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if heard = append(heard, lines.Text()); len(heard) == 2 {
					knocked <- struct{}{}
				}
			}
			if len(heard) < 2 {
				knocked <- struct{}{}
			}
			if err := cmd.Wait(); err != nil || slices.Index(heard, "again") < 0 {
				t.Errorf("%s: %v: %q", transports, err, heard)
			}
		})
	}
	for range 2 {
		<-knocked
	}
	testenv.RedisServerAt(t, e.redis.Port) // empty
	apps.Wait()
	c := dial(t, e.URL(0), ana.token)
	c.join(t, room)
}
