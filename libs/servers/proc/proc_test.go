package proc

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const helperVar = "WEMAPS_PROC_HELPER"

// TestMain doubles as the parent that gets killed in TestChildDiesWithParent.
func TestMain(m *testing.M) {
	if os.Getenv(helperVar) == "" {
		os.Exit(m.Run())
	}
	p, err := Start(Spec{Path: "/bin/sleep", Args: []string{"600"}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.Pid)
	select {}
}

func sleeper(t *testing.T, spec Spec) *Process {
	t.Helper()
	spec.Path, spec.Args = "/bin/sleep", []string{"600"}
	p, err := Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill() })
	return p
}

func TestChildDiesWithParent(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("only Linux ends children with their parent")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), helperVar+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	child := Record{Pid: pid, Born: born(pid)}
	if child.Born == "" {
		t.Fatal("the child does not live")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	if !waitGone(child, 5*time.Second) {
		t.Fatal("the child outlived its killed parent")
	}
}

func TestEndStaleEndsWhatTheRecordNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "sleep.pid")
	p := sleeper(t, Spec{PidFile: file})
	if r, alive := Read(file); !alive || r.Pid != p.Pid {
		t.Fatalf("Read = %+v, %v; want the live child %d", r, alive, p.Pid)
	}
	ended, err := EndStaleIn(dir, syscall.SIGTERM, 5*time.Second)
	if err != nil || ended != 1 {
		t.Fatalf("EndStaleIn = %d, %v", ended, err)
	}
	if err := p.Err(); err == nil {
		t.Fatal("the child ended without a signal")
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Fatalf("the pid file is still there: %v", err)
	}
}

func TestEndStaleSparesAnotherProcessWithTheSamePid(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "old.pid")
	p := sleeper(t, Spec{})
	data, err := json.Marshal(Record{Pid: p.Pid, Born: born(p.Pid) + "0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if ended, err := EndStale(file, syscall.SIGKILL, time.Second); ended || err != nil {
		t.Fatalf("EndStale = %v, %v; want nothing ended", ended, err)
	}
	if born(p.Pid) == "" {
		t.Fatal("a process that only shares the pid was killed")
	}
}

func TestReadRefusesGarbage(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "17", "{}", `{"pid":1,"born":"x"}`, `{"pid":-5,"born":"x"}`, `{"pid":0,"born":"x"}`} {
		file := filepath.Join(t.TempDir(), "x.pid")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, alive := Read(file); alive {
			t.Errorf("Read(%q) = %+v, alive", text, r)
		}
	}
}

func TestStopKillsTheGroupWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	// The shell ignores SIGTERM; its child must go as well.
	p, err := Start(Spec{Path: "/bin/sh", Args: []string{"-c", "trap '' TERM; echo deaf; sleep 600 & wait; wait"}, Output: in})
	if err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx, syscall.SIGTERM); err == nil {
		t.Fatal("Stop reports success for a process that had to be killed")
	}
	// The orphan counts as a member until init has collected it.
	for deadline := time.Now().Add(5 * time.Second); syscall.Kill(-p.Pid, 0) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the group is still there")
		}
	}
	if err := p.Stop(context.Background(), syscall.SIGTERM); err != nil {
		t.Fatalf("second Stop: %v", err)
	}
}

func TestReachesNamesTheBarrier(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	closed := filepath.Join(root, "closed")
	if err := os.MkdirAll(filepath.Join(closed, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for dir, mode := range map[string]os.FileMode{filepath.Dir(root): 0o755, root: 0o755, closed: 0o700} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	stranger := &Identity{Name: "stranger", UID: 4_000_000, GID: 4_000_000}
	if barred, ok := stranger.Reaches(filepath.Join(closed, "data", "missing")); ok || barred != closed {
		t.Errorf("Reaches = %q, %v; want barred by %s", barred, ok, closed)
	}
	var self *Identity
	if _, ok := self.Reaches(closed); !ok {
		t.Error("one's own user is never barred")
	}
}
