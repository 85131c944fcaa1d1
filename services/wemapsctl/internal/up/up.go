// Package up is `wemapsctl up`: it runs all of WeMaps on this machine until it is told to stop.
package up

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/servers/proc"
	"github.com/wemaps/wemaps/migrations"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/migrate"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// Files in the data directory that `down` reads.
const (
	LockFile = "up.lock" // flock held while an up runs
	PidFile  = "up.pid"
	RunDir   = "run" // pid files of everything that up started
)

// Command is `wemapsctl up`.
func Command(ctx context.Context, args []string) error {
	cfg, err := loadConfig(args)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.runDir(), 0o755); err != nil {
		return fmt.Errorf("create the data directory: %w", err)
	}
	out := newConsole(os.Stdout)
	lock, err := takeLock(filepath.Join(cfg.data, LockFile))
	if errors.Is(err, errLocked) {
		url, _ := os.ReadFile(filepath.Join(cfg.data, LockFile))
		out.say("WeMaps is up already: %s   (go tool task down stops it)", url)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	pidFile := filepath.Join(cfg.data, PidFile)
	if err := proc.WriteSelf(pidFile); err != nil {
		return err
	}
	defer func() { _ = os.Remove(pidFile) }()
	// SIGINT is the quick and orderly way out of all that we start: Postgres would wait for its clients on SIGTERM.
	ended, err := proc.EndStaleIn(cfg.runDir(), syscall.SIGINT, 10*time.Second)
	if err != nil {
		return err
	}
	if ended > 0 {
		out.say("ended %d processes left by an up that was killed", ended)
	}
	defer cfg.claims.drop()
	// Only now: an up that runs already, or was killed, had these very ports.
	if err := cfg.choosePorts(); err != nil {
		return err
	}
	if err := errors.Join(lock.Truncate(0), writeAll(lock, cfg.edgeURL())); err != nil {
		return err
	}
	return startAll(ctx, cfg, out)
}

func startAll(ctx context.Context, cfg config, out *console) (err error) {
	began := time.Now()
	secrets, err := loadSecrets(cfg.data)
	if err != nil {
		return err
	}
	d := &databases{cfg: cfg, out: out, secrets: secrets}
	defer func() { err = errors.Join(err, d.stop(context.WithoutCancel(ctx))) }()
	passwords := migrate.Passwords{}
	for _, s := range migrations.Services() {
		passwords[s] = secrets[migrate.PasswordVariable(s)]
	}
	pages := startPage(ctx, cfg, out)
	defer pages.stop()
	// A failure of one half ends the wait for the other, except for the start of the servers, which must be known to
	// stop them again.
	g, building := errgroup.WithContext(ctx)
	g.Go(func() error {
		slow := time.AfterFunc(2*time.Second, func() { out.say("building the services, which takes a minute or two the first time") })
		defer slow.Stop()
		return workspace.Build(building, cfg.root, cfg.binDir(), cfg.only, workspace.Quick...)
	})
	g.Go(func() error {
		if err := d.start(ctx); err != nil {
			return err
		}
		n, err := migrate.All(ctx, d.adminURL, passwords)
		if err == nil && n > 0 {
			out.say("applied %d migrations", n)
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return endOf(ctx, err)
	}
	pages.place()
	return serve(ctx, d, passwords, pages, began)
}

// serve runs the services until ctx ends or one of them cannot be started, and stops them, the edge first.
func serve(ctx context.Context, d *databases, passwords migrate.Passwords, pages *page, began time.Time) error {
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	watch.Go(func() { d.watch(watching) })
	defer func() { stopWatching(); watch.Wait() }()

	group := &group{}
	defer group.stop(d.out)
	for _, name := range d.cfg.only {
		var databaseURL string
		if passwords[name] != "" {
			var err error
			if databaseURL, err = migrate.ServiceURL(d.adminURL, name, passwords[name]); err != nil {
				return err
			}
		}
		env := d.environment(name, databaseURL)
		if name == "edge" {
			env = append(env, pages.environment()...)
		}
		group.add(newService(name, d.cfg, env, d.out))
	}
	if err := group.awaitReady(ctx, d.out); err != nil {
		return endOf(ctx, err)
	}
	d.out.say("WeMaps is up after %.1f s: %s   (Ctrl-C stops it)", time.Since(began).Seconds(), d.cfg.edgeURL())
	pages.tell(d.out, began)
	<-ctx.Done()
	d.out.say("stopping")
	return nil
}

// group runs services and stops them in a fixed order.
type group struct{ members []*member }

type member struct {
	service *service
	cancel  context.CancelFunc
	done    chan struct{}
}

func (g *group) add(s *service) {
	// Not a child of the caller's context: its end must not stop all at once, but one after the other.
	ctx, cancel := context.WithCancel(context.Background())
	m := &member{service: s, cancel: cancel, done: make(chan struct{})}
	g.members = append(g.members, m)
	go func() {
		defer close(m.done)
		s.run(ctx)
	}()
}

func (g *group) awaitReady(ctx context.Context, out *console) error {
	for _, m := range g.members {
		select {
		case <-m.service.ready:
			p := m.service.cfg.ports[m.service.name]
			out.say("%-8s ready on 127.0.0.1:%d, admin on :%d", m.service.name, p.http, p.admin)
		case err := <-m.service.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// stop ends the edge first, so that no request meets a missing service, then all others at once.
func (g *group) stop(out *console) {
	end := func(edge bool) {
		for _, m := range g.members {
			if (m.service.name == "edge") == edge {
				m.cancel()
			}
		}
		for _, m := range g.members {
			if (m.service.name == "edge") == edge {
				<-m.done
				out.say("%s stopped", m.service.name)
			}
		}
	}
	end(true)
	end(false)
}

var errLocked = errors.New("locked")

// takeLock holds path until the file is closed or the process ends, however it ends.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

func writeAll(f *os.File, text string) error {
	_, err := f.WriteString(text)
	return err
}

// endOf hides the errors that are only echoes of the user's Ctrl-C.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}
