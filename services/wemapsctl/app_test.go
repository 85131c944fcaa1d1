package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
)

// One project lives through everything that happens to an `up`.
func TestUpLifeCycle(t *testing.T) {
	t.Parallel()
	p := newProject(t)

	first := p.run(t, "up")
	first.await("WeMaps is up")
	first.await(fmt.Sprintf("http://localhost:%d", p.port))
	running := p.records(t)
	if len(running) != 7 {
		t.Fatalf("%d processes run, want 5 services, Postgres and Redis: %v", len(running), running)
	}
	secrets, err := os.ReadFile(filepath.Join(p.dir, ".data/secrets.env"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(p.dir, ".data/secrets.env")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secrets.env: mode %v, %v", info.Mode(), err)
	}

	again := p.run(t, "up")
	if code := again.code(); code != 0 || !strings.Contains(again.output(), fmt.Sprintf("up already: http://localhost:%d", p.port)) {
		t.Errorf("second up: exit status %d, %s", code, again.output())
	}

	// Every service and server comes back by itself.
	for _, name := range []string{"room", "redis", "postgres"} {
		if err := syscall.Kill(running[name].Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		testenv.Eventually(t, 20*time.Second, name+" runs again", func() bool {
			r, ok := p.records(t)[name]
			return ok && r.Pid != running[name].Pid
		})
		first.await(name + " has ended by itself")
	}

	// A kill -9 leaves nothing running where the kernel helps, and the next up works on the same data.
	running = p.records(t)
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-first.ended
	if runtime.GOOS == "linux" {
		allGone(t, p, running)
	}
	second := p.run(t, "up")
	second.await("WeMaps is up")
	now, err := os.ReadFile(filepath.Join(p.dir, ".data/secrets.env"))
	if err != nil || string(now) != string(secrets) {
		t.Errorf("the secrets changed under existing data: %v", err)
	}

	running = p.records(t)
	down := p.run(t, "down")
	if code := down.code(); code != 0 || !strings.Contains(down.output(), "WeMaps is stopped") {
		t.Errorf("down: exit status %d, %s", code, down.output())
	}
	if code := second.code(); code != 0 {
		t.Errorf("up that was told to stop: exit status %d\n%s", code, second.output())
	}
	allGone(t, p, running)
	if out := second.output(); strings.Index(out, "edge stopped") > strings.Index(out, "auth stopped") {
		t.Errorf("the edge did not stop first:\n%s", out)
	}
	if left := p.records(t); len(left) != 0 {
		t.Errorf("still running: %v", left)
	}
	if code := p.run(t, "down").code(); code != 0 {
		t.Errorf("down with nothing to stop: exit status %d", code)
	}
}

func TestUpNamesTheVariableForATakenPort(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p.port))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := p.run(t, "up")
	if code := s.code(); code != 1 || !strings.Contains(s.output(), "WEMAPS_PORT") {
		t.Errorf("exit status %d, %s", code, s.output())
	}
	if left := p.records(t); len(left) != 0 {
		t.Errorf("still running: %v", left)
	}
}

func TestUpReportsABuildThatFails(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	if err := os.WriteFile(filepath.Join(p.dir, "services/chat/main.go"), []byte("package main\n\nfunc main() { undefined() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := p.run(t, "up")
	if code := s.code(); code != 1 || !strings.Contains(s.output(), "undefined: undefined") {
		t.Errorf("exit status %d, %s", code, s.output())
	}
	if left := p.records(t); len(left) != 0 {
		t.Errorf("still running: %v", left)
	}
}

func TestExecPassesTheStatusOnAndLeavesNothing(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	s := p.run(t, "exec", "--", "sh", "-c", "echo dir=$WEMAPS_TEST_DIR; exit 7")
	if code := s.code(); code != 7 {
		t.Errorf("exit status %d, %s", code, s.output())
	}
	dir := s.value("dir=")
	if _, err := os.Stat(dir); dir == "" || !os.IsNotExist(err) {
		t.Errorf("%q is left: %v", dir, err)
	}
}

func TestExecThatWasKilledIsCleanedUpByTheNext(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	killed := p.run(t, "exec", "--", "sh", "-c", "echo dir=$WEMAPS_TEST_DIR; exec sleep 600")
	killed.await("dir=/")
	dir := killed.value("dir=")
	if err := killed.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-killed.ended
	next := p.run(t, "exec", "--", "true")
	if code := next.code(); code != 0 {
		t.Errorf("exit status %d, %s", code, next.output())
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", dir, err)
	}
}

func TestUnknownCommandIsRefused(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	if code := run(context.Background(), []string{"fly"}, &out, &errs); code != 2 || !strings.Contains(errs.String(), "fly") {
		t.Errorf("exit status %d, %q", code, errs.String())
	}
	if code := run(context.Background(), nil, &out, &errs); code != 0 || !strings.Contains(out.String(), "migrate") {
		t.Errorf("help: exit status %d, %q", code, out.String())
	}
}
