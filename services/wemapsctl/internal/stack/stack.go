// Package stack runs the five services as real processes for tests and chaos
// runs: any number of replicas, each of which can be killed and started again.
// It knows how a service is configured and nothing of what it does.
package stack

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/servers"
)

// Services in the order of their start.
var Services = []string{"auth", "room", "location", "chat", "edge"}

// Options of New.
type Options struct {
	BinDir      string                      // where the services' binaries are
	LogDir      string                      // one file per process
	DatabaseURL func(service string) string // a service's own role
	RedisURL    string
	Replicas    map[string]int      // default 1 each
	Env         map[string][]string // per service, KEY=value, added last
	// Via, if set, may lead a process (edge-0) that connects to a target (redis,
	// postgres, auth …) at addr to another address instead.
	Via func(process, target, addr string) (string, error)
}

// Stack is a set of processes.
type Stack struct {
	opt     Options
	secret  string
	Process map[string][]*Process // by service
}

// Process is one replica. Its addresses stay the same over restarts.
type Process struct {
	Name  string // edge-0
	Addr  string // host:port for clients
	Admin string // host:port of the admin server

	path, log string
	env       []string

	mu      sync.Mutex
	current *running // nil when it is not to run
}

// running is one life of a process.
type running struct {
	pid  int
	done chan struct{}
	err  error // valid once done is closed
}

// New picks addresses and starts nothing.
func New(opt Options) (*Stack, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make secret: %w", err)
	}
	s := &Stack{opt: opt, secret: base64.StdEncoding.EncodeToString(key), Process: map[string][]*Process{}}
	for _, service := range Services {
		for i := range max(1, opt.Replicas[service]) {
			p := &Process{Name: service + "-" + strconv.Itoa(i), path: filepath.Join(opt.BinDir, service)}
			p.log = filepath.Join(opt.LogDir, p.Name+".log")
			var err error
			if p.Addr, err = servers.FreeAddr(); err == nil {
				p.Admin, err = servers.FreeAddr()
			}
			if err != nil {
				return nil, fmt.Errorf("pick a port: %w", err)
			}
			s.Process[service] = append(s.Process[service], p)
		}
	}
	for service, processes := range s.Process {
		for i, p := range processes {
			var err error
			if p.env, err = s.env(service, i, p); err != nil {
				return nil, fmt.Errorf("configure %s: %w", p.Name, err)
			}
		}
	}
	return s, nil
}

func (s *Stack) env(service string, replica int, p *Process) ([]string, error) {
	redis, err := s.viaURL(p.Name, "redis", s.opt.RedisURL)
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(), "HTTP_ADDR="+p.Addr, "ADMIN_ADDR="+p.Admin, "INSTANCE_ID="+p.Name, "LOG_LEVEL=info", "REDIS_URL="+redis)
	switch service {
	case "edge":
		for _, backend := range Services[:4] {
			// Each edge has a replica of its own, so that one that is away takes one edge's REST with it.
			b := s.Process[backend][replica%len(s.Process[backend])]
			addr, err := s.via(p.Name, backend, b.Addr)
			if err != nil {
				return nil, err
			}
			name := strings.ToUpper(backend)
			env = append(env, name+"_URL=http://"+addr, name+"_ADMIN_URL=http://"+b.Admin)
		}
		env = append(env, "EDGE_ID="+p.Name, "CORS_ORIGINS=http://app.test")
	case "auth":
		env = append(env, "AUTH_KEY_SECRET="+s.secret)
	}
	if service != "edge" {
		database, err := s.viaURL(p.Name, "postgres", s.opt.DatabaseURL(service))
		if err != nil {
			return nil, err
		}
		env = append(env, "DATABASE_URL="+database)
	}
	return append(env, s.opt.Env[service]...), nil
}

func (s *Stack) via(process, target, addr string) (string, error) {
	if s.opt.Via == nil {
		return addr, nil
	}
	return s.opt.Via(process, target, addr)
}

func (s *Stack) viaURL(process, target, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("URL of %s: %w", target, err)
	}
	u.Host, err = s.via(process, target, u.Host)
	return u.String(), err
}

// Start starts every process and waits until all are ready.
func (s *Stack) Start(ctx context.Context) error {
	var g errgroup.Group
	for _, service := range Services {
		for _, p := range s.Process[service] {
			g.Go(func() error {
				if err := p.Start(); err != nil {
					return err
				}
				return p.WaitReady(ctx)
			})
		}
	}
	return g.Wait()
}

// Stop ends every process, edges first, and reports those that did not exit
// with status 0 by themselves.
func (s *Stack) Stop(within time.Duration) error {
	var errs []error
	for i := len(Services) - 1; i >= 0; i-- {
		for _, p := range s.Process[Services[i]] {
			if err := p.Terminate(within); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// URL is the base URL of edge i.
func (s *Stack) URL(i int) string { return "http://" + s.Process["edge"][i].Addr }

// Start starts the process; it must not be running.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	logFile, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log of %s: %w", p.Name, err)
	}
	defer func() { _ = logFile.Close() }() // the child has its own descriptor
	cmd := exec.Command(p.path)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	r := &running{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel ties the death signal to the thread that forked, so that thread must live as long as the child.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			r.err = cmd.Wait()
			close(r.done)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	r.pid = cmd.Process.Pid
	p.current = r
	return nil
}

func (p *Process) life() *running {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// WaitReady polls /readyz until the process is ready, has died, or ctx ends.
func (p *Process) WaitReady(ctx context.Context) error {
	last := "no answer"
	r := p.life()
	if r == nil {
		return fmt.Errorf("%s was not started", p.Name)
	}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Admin+"/readyz", nil)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
			last = res.Status
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready (%s), see %s: %w", p.Name, last, p.log, ctx.Err())
		case <-r.done:
			if r.err != nil {
				return fmt.Errorf("%s ended, see %s: %w", p.Name, p.log, r.err)
			}
			return fmt.Errorf("%s ended with status 0, see %s", p.Name, p.log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Ended tells whether the process has ended although nobody asked it to, and
// how.
func (p *Process) Ended() (bool, error) {
	r := p.life()
	if r == nil {
		return false, nil
	}
	select {
	case <-r.done:
		return true, r.err
	default:
		return false, nil
	}
}

// Signal sends sig, e.g. SIGSTOP; a process that does not run is no error.
func (p *Process) Signal(sig syscall.Signal) error {
	r := p.life()
	if r == nil {
		return nil
	}
	select {
	case <-r.done:
		return nil
	default:
	}
	if err := syscall.Kill(r.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s: %w", p.Name, err)
	}
	return nil
}

// Kill ends the process with SIGKILL, as a crash would.
func (p *Process) Kill() { _ = p.end(syscall.SIGKILL, 10*time.Second) } // a killed process has no status to report

// Terminate asks the process to end and reports an exit that is late or not
// clean.
func (p *Process) Terminate(within time.Duration) error {
	if err := p.end(syscall.SIGTERM, within); err != nil {
		return fmt.Errorf("%s: %w (see %s)", p.Name, err, p.log)
	}
	return nil
}

func (p *Process) end(sig syscall.Signal, within time.Duration) error {
	p.mu.Lock()
	r := p.current
	p.current = nil
	p.mu.Unlock()
	if r == nil {
		return nil
	}
	select {
	case <-r.done: // by itself: its pid may be somebody else's by now
		return r.err
	default:
	}
	_ = syscall.Kill(r.pid, sig) // it may have ended just now: done says so
	select {
	case <-r.done:
		return r.err
	case <-time.After(within):
		_ = syscall.Kill(r.pid, syscall.SIGKILL)
		<-r.done
		return fmt.Errorf("did not end within %s", within)
	}
}

// PID is the process id, or 0 when it is not to run.
func (p *Process) PID() int {
	if r := p.life(); r != nil {
		return r.pid
	}
	return 0
}

// Log is where the process writes its log.
func (p *Process) Log() string { return p.log }
