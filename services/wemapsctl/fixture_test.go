package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/servers/proc"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/up"
)

// binary builds wemapsctl once: its commands are tested as what they are, a process among processes.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wemapsctl-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "wemapsctl")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build wemapsctl: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// fakeService is what `up` sees of a service: two ports, readiness, an orderly end.
const fakeService = `package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, os.Getpid()) })
	failed := make(chan error, 2)
	for _, name := range []string{"HTTP_ADDR", "ADMIN_ADDR"} {
		go func() { failed <- http.ListenAndServe(os.Getenv(name), ok) }()
	}
	select {
	case <-ctx.Done():
	case err := <-failed:
		fmt.Println(err)
		os.Exit(1)
	}
}
`

// project is a workspace with five fake services.
type project struct {
	dir   string
	port  int      // of the edge
	ports []string // all of them, as variables: tests that run at once must not take the usual ones
}

func newProject(t *testing.T) *project {
	t.Helper()
	dir, err := servers.ScratchDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	files := map[string]string{"go.work": "go 1.26\n\nuse ./services\n", "services/go.mod": "module example.test/services\n\ngo 1.26\n"}
	for _, s := range []string{"auth", "room", "location", "chat", "edge"} {
		files["services/"+s+"/main.go"] = fakeService
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names := up.PortVariables()
	free, err := servers.FreePorts(len(names))
	if err != nil {
		t.Fatal(err)
	}
	p := &project{dir: dir, port: free[0]}
	for i, name := range names {
		p.ports = append(p.ports, fmt.Sprintf("%s=%d", name, free[i]))
	}
	return p
}

// session is one running wemapsctl.
type session struct {
	t   *testing.T
	cmd *exec.Cmd

	mu    sync.Mutex
	lines []string
	ended chan struct{}
	err   error
}

func (p *project) run(t *testing.T, args ...string) *session {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, cmd: exec.Command(path, args...), ended: make(chan struct{})}
	s.cmd.Dir = p.dir
	s.cmd.Env = append(append(os.Environ(), "DATABASE_URL=", "REDIS_URL=", "WEMAPS_DATA="), p.ports...)
	r, w := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = w, w
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for scan := bufio.NewScanner(r); scan.Scan(); {
			s.mu.Lock()
			s.lines = append(s.lines, scan.Text())
			s.mu.Unlock()
		}
	}()
	go func() {
		s.err = s.cmd.Wait()
		_ = w.Close()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // a kill would leave the directories to the next run
		<-s.ended
	})
	return s
}

func (s *session) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func (s *session) await(text string) {
	s.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !strings.Contains(s.output(), text) {
		select {
		case <-s.ended:
			if !strings.Contains(s.output(), text) {
				s.t.Fatalf("ended (%v) without %q:\n%s", s.err, text, s.output())
			}
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("no %q in:\n%s", text, s.output())
		}
	}
}

// value is the rest of the first line that starts with prefix.
func (s *session) value(prefix string) string {
	for line := range strings.Lines(s.output()) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), prefix); ok {
			return rest
		}
	}
	return ""
}

// code waits for the end and returns the exit status.
func (s *session) code() int {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(60 * time.Second):
		s.t.Fatalf("does not end:\n%s", s.output())
	}
	var exit *exec.ExitError
	if errors.As(s.err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// records are the pid files of everything that runs from the project.
func (p *project) records(t *testing.T) map[string]proc.Record {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, ".data/run/*.pid"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]proc.Record{}
	for _, f := range files {
		if r, alive := proc.Read(f); alive {
			found[strings.TrimSuffix(filepath.Base(f), ".pid")] = r
		}
	}
	return found
}

func allGone(t *testing.T, p *project, records map[string]proc.Record) {
	t.Helper()
	testenv.Eventually(t, 10*time.Second, "every process that up started has ended", func() bool {
		for name, r := range records {
			file := filepath.Join(p.dir, "was-"+name)
			if err := os.WriteFile(file, fmt.Appendf(nil, `{"pid":%d,"born":%q}`, r.Pid, r.Born), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, alive := proc.Read(file); alive {
				return false
			}
		}
		return true
	})
}
