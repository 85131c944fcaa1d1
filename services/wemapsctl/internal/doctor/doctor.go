// Package doctor is `wemapsctl doctor`: it says what this machine has for WeMaps, what is missing and what is in use.
package doctor

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/servers/proc"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/up"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// report collects one line per finding.
type report struct {
	w       io.Writer
	missing int
}

func (r *report) line(mark, what, detail string) {
	fmt.Fprintf(r.w, "%s\t%s\t%s\n", mark, what, strings.ReplaceAll(detail, "\n", " "))
}

func (r *report) check(what, detail string, err error) {
	if err != nil {
		r.missing++
		r.line("missing", what, err.Error())
		return
	}
	r.line("ok", what, detail)
}

// Command is `wemapsctl doctor`; it changes nothing. Its error says that something needed is missing.
func Command(ctx context.Context, _ []string) error {
	root, err := workspace.Enter()
	if err != nil {
		return err
	}
	tw := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	r := &report{w: tw}
	goVersion, err := exec.CommandContext(ctx, "go", "version").Output()
	r.check("go", strings.TrimSpace(string(goVersion)), err)
	r.server("postgres", "DATABASE_URL", func() (servers.Origin, error) { return servers.FindPostgres(ctx) })
	r.server("redis", "REDIS_URL", func() (servers.Origin, error) { return servers.FindRedis(ctx) })
	r.line("info", "otherwise", servers.Fallbacks(ctx))
	for _, tool := range []string{"node", "docker"} {
		if path, err := exec.LookPath(tool); err == nil {
			r.line("ok", tool, path)
		} else {
			r.line("none", tool, map[string]string{"node": "the page and the tests with the official Socket.IO client need it",
				"docker": "only `task images` and the fallback for servers need it"}[tool])
		}
	}
	r.processes(workspace.DataDir(root))
	r.line("info", "machine", fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()))
	if err := tw.Flush(); err != nil {
		return err
	}
	if r.missing > 0 {
		return fmt.Errorf("%d things are missing; `up` installs or replaces the servers if it may", r.missing)
	}
	return nil
}

func (r *report) server(what, variable string, find func() (servers.Origin, error)) {
	if os.Getenv(variable) != "" {
		r.line("ok", what, "external, from "+variable)
		return
	}
	o, err := find()
	r.check(what, o.String(), err)
}

// processes lists what runs from this data directory and who holds the edge's port.
func (r *report) processes(data string) {
	running := false
	if p, alive := proc.Read(filepath.Join(data, up.PidFile)); alive {
		running = true
		r.line("running", "up", "pid "+strconv.Itoa(p.Pid))
	}
	files, err := filepath.Glob(filepath.Join(data, up.RunDir, "*.pid"))
	if err != nil {
		return
	}
	for _, f := range files {
		if p, alive := proc.Read(f); alive {
			r.line("running", strings.TrimSuffix(filepath.Base(f), ".pid"), "pid "+strconv.Itoa(p.Pid))
		}
	}
	port := 8080
	if n, err := strconv.Atoi(os.Getenv("WEMAPS_PORT")); err == nil {
		port = n
	}
	switch err := servers.CheckPort(port); {
	case err == nil:
		r.line("ok", "port", fmt.Sprintf("%d is free", port))
	case running:
		r.line("ok", "port", fmt.Sprintf("%d is the edge's", port))
	default:
		r.line("in use", "port", fmt.Sprintf("%d is taken by another program, set WEMAPS_PORT", port))
	}
}
