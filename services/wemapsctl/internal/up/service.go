package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/servers/proc"
)

const (
	stopGrace    = 15 * time.Second // longer than the services' own SHUTDOWN_TIMEOUT
	readyTimeout = 60 * time.Second
	// A service that ends so often before it was ever ready has a reason that a restart does not cure.
	maxEarlyEnds = 3
)

// service keeps one service's process running.
type service struct {
	name  string
	cfg   config
	env   []string
	out   *console
	since time.Time

	ready  chan struct{} // closed when it was ready for the first time
	failed chan error    // told once, when it does not get there
}

func newService(name string, cfg config, env []string, out *console) *service {
	return &service{name: name, cfg: cfg, env: env, out: out, since: time.Now(),
		ready: make(chan struct{}), failed: make(chan error, 1)}
}

// run starts the process, again with growing pauses whenever it ends by itself, and stops it when ctx ends.
func (s *service) run(ctx context.Context) {
	pause := backoff{}
	early := 0
	for ctx.Err() == nil {
		began := time.Now()
		p, err := s.start()
		if err == nil {
			probing, stopProbing := context.WithCancel(ctx)
			go s.awaitReady(probing)
			err = s.await(ctx, p)
			stopProbing()
		}
		if ctx.Err() != nil {
			return
		}
		if early++; early >= maxEarlyEnds && !s.wasReady() {
			s.fail(fmt.Errorf("%s ended %d times before it was ready (%w); its log is above", s.name, early, err))
			return
		}
		if time.Since(began) > 30*time.Second {
			pause = backoff{}
		}
		wait := pause.next()
		s.out.say("%s has ended by itself (%v), starting it again in %v", s.name, endReason(err), wait)
		run.Pause(ctx, wait)
	}
}

func (s *service) start() (*proc.Process, error) {
	return proc.Start(proc.Spec{
		Path: filepath.Join(s.cfg.binDir(), s.name), Env: s.env, Dir: s.cfg.root, Output: s.out.writer(s.name),
		PidFile: filepath.Join(s.cfg.runDir(), s.name+".pid"),
	})
}

// await returns when the process has ended, after stopping it if ctx ends first.
func (s *service) await(ctx context.Context, p *proc.Process) error {
	select {
	case <-p.Done():
		return p.Err()
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if err := p.Stop(grace, syscall.SIGTERM); err != nil {
		s.out.say("%s did not stop within %v and was killed", s.name, stopGrace)
	}
	return p.Err()
}

// awaitReady polls the admin server until it says ready.
func (s *service) awaitReady(ctx context.Context) {
	if s.wasReady() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d/readyz", s.cfg.ports[s.name].admin)
	last := errors.New("no answer")
	for run.Pause(ctx, 20*time.Millisecond) {
		if last = probe(ctx, url); last == nil {
			close(s.ready)
			return
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		s.fail(fmt.Errorf("%s is not ready after %v: %w", s.name, readyTimeout, last))
	}
}

func probe(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(body)))
	}
	return nil
}

func (s *service) wasReady() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

func (s *service) fail(err error) {
	select {
	case s.failed <- err:
	default: // told already
	}
}

// environment of a service: the user's own, over it what `up` decides.
func (d *databases) environment(name, databaseURL string) []string {
	cfg := d.cfg
	host := "127.0.0.1"
	if name == "edge" {
		host = cfg.host
	}
	p := cfg.ports[name]
	env := append(os.Environ(),
		fmt.Sprintf("HTTP_ADDR=%s:%d", host, p.http), fmt.Sprintf("ADMIN_ADDR=127.0.0.1:%d", p.admin),
		"REDIS_URL="+d.redisURL, "DATABASE_URL="+databaseURL,
	)
	switch name {
	case "auth":
		env = append(env, secretAuthKey+"="+d.secrets[secretAuthKey])
	case "edge":
		for _, s := range []string{"auth", "room", "location", "chat"} {
			env = append(env, fmt.Sprintf("%s_URL=http://127.0.0.1:%d", strings.ToUpper(s), cfg.ports[s].http),
				fmt.Sprintf("%s_ADMIN_URL=http://127.0.0.1:%d", strings.ToUpper(s), cfg.ports[s].admin))
		}
	}
	return env
}

func endReason(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return firstLine(err)
}

// backoff grows from half a second to fifteen.
type backoff struct{ last time.Duration }

func (b *backoff) next() time.Duration {
	b.last = min(max(b.last*2, 500*time.Millisecond), 15*time.Second)
	return b.last
}
