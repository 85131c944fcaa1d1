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
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
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

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan error
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
			if p.Addr, err = freeAddr(); err == nil {
				p.Admin, err = freeAddr()
			}
			if err != nil {
				return nil, fmt.Errorf("pick a port: %w", err)
			}
			s.Process[service] = append(s.Process[service], p)
		}
	}
	for service, processes := range s.Process {
		for _, p := range processes {
			p.env = s.env(service, p)
		}
	}
	return s, nil
}

func (s *Stack) env(service string, p *Process) []string {
	env := append(os.Environ(), "HTTP_ADDR="+p.Addr, "ADMIN_ADDR="+p.Admin, "INSTANCE_ID="+p.Name, "LOG_LEVEL=info", "REDIS_URL="+s.opt.RedisURL)
	switch service {
	case "edge":
		for _, backend := range Services[:4] {
			b := s.Process[backend][0]
			name := map[string]string{"auth": "AUTH", "room": "ROOM", "location": "LOCATION", "chat": "CHAT"}[backend]
			env = append(env, name+"_URL=http://"+b.Addr, name+"_ADMIN_URL=http://"+b.Admin)
		}
		env = append(env, "EDGE_ID="+p.Name, "CORS_ORIGINS=http://app.test")
	case "auth":
		env = append(env, "AUTH_KEY_SECRET="+s.secret)
	}
	if service != "edge" {
		env = append(env, "DATABASE_URL="+s.opt.DatabaseURL(service))
	}
	return append(env, s.opt.Env[service]...)
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
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	p.cmd, p.done = cmd, done
	return nil
}

// WaitReady polls /readyz until the process is ready, has died, or ctx ends.
func (p *Process) WaitReady(ctx context.Context) error {
	last := "no answer"
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
		case err := <-p.done:
			p.done <- err
			return fmt.Errorf("%s ended (%v), see %s", p.Name, err, p.log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the process with SIGKILL, as a crash would.
func (p *Process) Kill() { p.end(syscall.SIGKILL, 10*time.Second) } //nolint:errcheck // a killed process has no status to report

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
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	defer func() { p.cmd = nil }()
	_ = p.cmd.Process.Signal(sig) // it may have ended already: done says so
	select {
	case err := <-p.done:
		return err
	case <-time.After(within):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("did not end within %s", within)
	}
}

// PID is the process id, or 0 when it is not running.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Log is where the process writes its log.
func (p *Process) Log() string { return p.log }

func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String(), nil
}
