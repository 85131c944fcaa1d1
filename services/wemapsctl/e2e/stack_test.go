// Package e2e drives the real binaries through the public API only.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// env is one whole system with a database and a Redis of its own.
type env struct {
	*stack.Stack
	db    *testenv.Database
	redis *servers.Server
}

var build = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("wemaps-e2e-%d", os.Getpid()))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// The page is a part of the edge. Without Node the tests of the page say what is missing.
	// Its tests need more packages than its building: once for both.
	if err := workspace.InstallPage(context.Background(), root); err != nil && !errors.Is(err, workspace.ErrNoNode) {
		return "", err
	}
	say := func(string, ...any) {}
	if err := workspace.BuildPage(context.Background(), root, say, nil); err != nil && !errors.Is(err, workspace.ErrNoNode) {
		return "", err
	}
	args := []string{"build", "-o", dir + "/"}
	if raceEnabled {
		args = append(args, "-race")
	}
	for _, s := range stack.Services {
		args = append(args, "github.com/wemaps/wemaps/services/"+s)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build services: %w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(filepath.Join(os.TempDir(), fmt.Sprintf("wemaps-e2e-%d", os.Getpid())))
	os.Exit(code)
}

// start runs a system and stops it when the test ends; every process must then
// exit cleanly (inherited mistake 22).
func start(t *testing.T, opt stack.Options) *env {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	e := &env{db: testenv.NewDatabase(t), redis: testenv.RedisServer(t)}
	opt.BinDir, opt.LogDir, opt.DatabaseURL, opt.RedisURL = bin, t.TempDir(), e.db.URL, "redis://"+e.redis.Addr()
	if e.Stack, err = stack.New(opt); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.showEdges(t)
		if err := e.Stop(20 * time.Second); err != nil {
			t.Errorf("stop: %v", err)
		}
		e.showLogs(t)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := e.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return e
}

// showEdges prints what the goroutines of the edges were at when the test failed:
// who waits for an answer in vain has nothing in a log.
func (e *env) showEdges(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	client := http.Client{Timeout: 5 * time.Second}
	for _, p := range e.Process["edge"] {
		res, err := client.Get("http://" + p.Admin + "/debug/pprof/goroutine?debug=1")
		if err != nil {
			t.Logf("%s: %v", p.Name, err)
			continue
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		t.Logf("goroutines of %s (%v):", p.Name, err)
		for stack := range strings.SplitSeq(string(text), "\n\n") {
			if strings.Contains(stack, "/edge/internal/") {
				t.Log(stack)
			}
		}
	}
}

// showLogs prints what went wrong inside when the test failed, and fails it
// when a race was detected or a process panicked.
func (e *env) showLogs(t *testing.T) {
	t.Helper()
	for _, replicas := range e.Process {
		for _, p := range replicas {
			raw, err := os.ReadFile(p.Log())
			if err != nil {
				t.Errorf("read log: %v", err)
				continue
			}
			text := string(raw)
			if strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic") {
				t.Errorf("%s raced or panicked", p.Name)
			}
			if !t.Failed() {
				continue
			}
			for line := range strings.Lines(text) {
				if !strings.Contains(line, `"level":"info"`) {
					t.Logf("%s: %s", p.Name, strings.TrimRight(line, "\n"))
				}
			}
		}
	}
}
