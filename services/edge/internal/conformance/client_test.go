package conformance

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestOfficialClient runs the official client (client/run.js) with every setting
// of its transports. It needs node and npm, and fails without them: a machine that
// cannot run it cannot say that the apps will work.
func TestOfficialClient(t *testing.T) {
	t.Parallel()
	install(t)
	s, err := New(Config{
		Addr: "127.0.0.1:0", PingInterval: 400 * time.Millisecond,
		PingTimeout: 10 * time.Second, // generous: the machine is busy with tests
		MaxPayload:  1_000_000, ConnectTimeout: 5 * time.Second, Recovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for _, transports := range []string{"polling", "websocket", "polling,websocket"} {
		t.Run(transports, func(t *testing.T) {
			t.Parallel()
			out, err := command(t, "node", "run.js", "http://"+s.Addr(), transports).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
				return
			}
			t.Logf("\n%s", out)
		})
	}
}

// command runs in the client's folder and ends with the test.
func command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("the official client needs %s (Node.js 20 or later): %v", name, err)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	c.Dir = "client"
	return c
}

// install fetches what package-lock.json names, unless it is there already.
func install(t *testing.T) {
	t.Helper()
	lock, err := os.Stat(filepath.Join("client", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	installed, err := os.Stat(filepath.Join("client", "node_modules", ".package-lock.json"))
	if err == nil && !installed.ModTime().Before(lock.ModTime()) {
		return
	}
	if out, err := command(t, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}
