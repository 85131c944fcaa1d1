package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	ctlup "github.com/wemaps/wemaps/services/wemapsctl/internal/up"
)

const root = "../../.."

// Every command in the README runs as it stands there, in its order: `up` for
// real, against which the others work. `test` is this very run.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	commands := readmeCommands(t)
	if len(commands) < 5 || commands[0] != "go tool task up" || commands[len(commands)-1] != "go tool task test" {
		t.Fatalf("the README's commands are %q", commands)
	}
	tasks, err := inRoot("go", "tool", "task", "--list").CombinedOutput()
	if err != nil || !strings.Contains(string(tasks), "* test:") {
		t.Fatalf("go tool task --list: %v\n%s", err, tasks)
	}
	port := up(t, commands[0])
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "walk.gpx"), []byte(shortWalk()), 0o600); err != nil {
		t.Fatal(err)
	}
	gpx := filepath.Join(dir, "walk.gpx")
	script := strings.NewReplacer("localhost:8080", "localhost:"+port, "walk.gpx", gpx).Replace(strings.Join(commands[1:len(commands)-1], "\n"))
	cmd := inRoot("bash", "-euo", "pipefail", "-c", script)
	cmd.Env = append(os.Environ(), "WEMAPS_PORT="+port)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"roomCode":"`, `{"rooms":[{`, "Trip to the lake"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the curl lines do not show %s:\n%s", want, out)
		}
	}
}

// readmeCommands are the lines of the README's sh blocks.
func readmeCommands(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	inside := false
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "```sh":
			inside = true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside && line != "":
			commands = append(commands, line)
		}
	}
	return commands
}

// up runs the command on a data folder and a port of its own, and stops it as
// Ctrl-C does when the test ends.
func up(t *testing.T, command string) (port string) {
	t.Helper()
	names := ctlup.PortVariables()
	free, err := servers.FreePorts(len(names))
	if err != nil {
		t.Fatal(err)
	}
	env := os.Environ()
	for i, name := range names { // other tests run at the same time
		env = append(env, fmt.Sprintf("%s=%d", name, free[i]))
	}
	port = strconv.Itoa(free[0])
	data, err := os.MkdirTemp("", "wemaps-readme-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o755); err != nil { // Postgres' own user must get in
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "up.log"))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(command)
	cmd := inRoot(words[0], words[1:]...)
	cmd.Env = append(env, "WEMAPS_DATA="+data, "DATABASE_URL=", "REDIS_URL=")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) // the whole group, as a terminal does
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
			t.Error("Ctrl-C did not end up within 30 s")
		}
		if t.Failed() {
			raw, _ := os.ReadFile(log.Name())
			t.Logf("up said:\n%s", raw)
		}
		_ = log.Close()
		_ = os.RemoveAll(data)
	})
	testenv.Eventually(t, 4*time.Minute, "up did not become ready", func() bool {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("up ended: %v", err)
		default:
		}
		res, err := http.Get("http://localhost:" + port + "/api/health")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return port
}

func inRoot(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = root
	return cmd
}

// shortWalk is a track of four minutes at walking speed, due north.
func shortWalk() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>`)
	start := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	for i := range 25 {
		fmt.Fprintf(&b, `<trkpt lat="%.5f" lon="14.36"><time>%s</time></trkpt>`, 45.75+float64(i)*0.0001, start.Add(time.Duration(i)*10*time.Second).Format(wire.TimeLayout))
	}
	b.WriteString(`</trkseg></trk></gpx>`)
	return b.String()
}
