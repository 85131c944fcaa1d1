package chaos

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/migrations"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/migrate"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

const replicas = 2

// world is the system under test: servers, services, and links between them.
type world struct {
	opt   Options
	dir   string
	links *links
	stack *stack.Stack
	edges []string // where clients reach them
	admin string   // Postgres as its superuser

	postgres, redis server
}

// server is a Postgres or Redis that comes and goes at one address.
type server struct {
	cfg   servers.Config
	start func(context.Context, servers.Config) (*servers.Server, error)

	mu  sync.Mutex
	now *servers.Server
}

func (s *server) up(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.start(ctx, s.cfg)
	if err != nil {
		return err
	}
	s.now = now
	return nil
}

// down sends sig and waits for the end.
func (s *server) down(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := syscall.Kill(s.now.Pid(), sig); err != nil {
		return fmt.Errorf("signal the server: %w", err)
	}
	select {
	case <-s.now.Done():
		return nil
	case <-time.After(20 * time.Second):
		return errors.New("the server did not end in 20 s")
	}
}

// newWorld starts the servers, and the services on them.
func newWorld(ctx context.Context, opt Options) (w *world, err error) {
	w = &world{opt: opt, links: newLinks()}
	if w.dir, err = servers.ScratchDir(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.end())
		}
	}()
	if w.opt.BinDir == "" {
		if err := w.build(ctx); err != nil {
			return w, err
		}
	}
	if w.opt.LogDir == "" {
		w.opt.LogDir = filepath.Join(w.dir, "log")
	}
	if err := os.MkdirAll(w.opt.LogDir, 0o755); err != nil {
		return w, err
	}
	password := rand.Text()
	if err := w.startServers(ctx, password); err != nil {
		return w, err
	}
	if err := w.prepareDatabase(ctx, password); err != nil {
		return w, err
	}
	w.stack, err = stack.New(stack.Options{BinDir: w.opt.BinDir, LogDir: w.opt.LogDir, RedisURL: w.redis.now.RedisURL(), Via: w.links.via,
		DatabaseURL: func(service string) string {
			u, _ := migrate.ServiceURL(w.admin, service, password) // admin is a URL, as prepareDatabase has shown
			return u
		},
		Replicas: map[string]int{"auth": replicas, "room": replicas, "location": replicas, "chat": replicas, "edge": replicas},
		Env:      map[string][]string{"edge": {"COMMAND_BOUND=" + strconv.Itoa(opt.bound())}}})
	if err != nil {
		return w, err
	}
	for _, p := range w.stack.Process["edge"] {
		near, err := w.links.via(theClients, p.Name, p.Addr)
		if err != nil {
			return w, err
		}
		w.edges = append(w.edges, "http://"+near)
	}
	starting, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	return w, w.stack.Start(starting)
}

func (w *world) build(ctx context.Context) error {
	root, err := workspace.Root()
	if err != nil {
		return err
	}
	w.opt.say("building the services")
	w.opt.BinDir = filepath.Join(w.dir, "bin")
	return workspace.Build(ctx, root, w.opt.BinDir, stack.Services)
}

func (w *world) startServers(ctx context.Context, password string) error {
	postgres, err := servers.ProvidePostgres(ctx, w.opt.say)
	if err != nil {
		return err
	}
	redis, err := servers.ProvideRedis(ctx, w.opt.say)
	if err != nil {
		return err
	}
	if postgres.Path == "" || redis.Path == "" {
		return errors.New("chaos stops and kills Postgres and Redis as processes: install both on this machine, containers will not do")
	}
	w.postgres.start, w.redis.start = servers.StartPostgres, servers.StartRedis
	w.postgres.cfg = servers.Config{Dir: filepath.Join(w.dir, "postgres"), Password: password, Origin: postgres, LogFile: filepath.Join(w.opt.LogDir, "postgres.log")}
	w.redis.cfg = servers.Config{Dir: filepath.Join(w.dir, "redis"), Origin: redis, LogFile: filepath.Join(w.opt.LogDir, "redis.log")}
	for _, s := range []*server{&w.postgres, &w.redis} {
		if s.cfg.Port, err = servers.FreePort(); err != nil {
			return err
		}
		if err := s.up(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) prepareDatabase(ctx context.Context, password string) error {
	db, err := sql.Open("postgres", w.postgres.now.PostgresURL(password, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, `CREATE DATABASE chaos`); err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	w.admin = w.postgres.now.PostgresURL(password, "chaos")
	passwords := migrate.Passwords{}
	for _, service := range migrations.Services() {
		passwords[service] = password
	}
	_, err = migrate.All(ctx, w.admin, passwords)
	return err
}

// processes of the services, in the order of their start.
func (w *world) processes(services ...string) []*stack.Process {
	var all []*stack.Process
	for _, s := range services {
		all = append(all, w.stack.Process[s]...)
	}
	return all
}

// ready waits until every process says that it is.
func (w *world) ready(ctx context.Context) error {
	for _, p := range w.processes(stack.Services...) {
		if err := p.WaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// guard looks for processes that ended by themselves until ctx ends, tells of
// them, and starts them again as an orchestrator would.
func (w *world) guard(ctx context.Context, tell func(process string, err error)) {
	for run.Pause(ctx, 200*time.Millisecond) {
		for _, p := range w.processes(stack.Services...) {
			ended, err := p.Ended()
			if !ended || ctx.Err() != nil {
				continue
			}
			tell(p.Name, err)
			_ = p.Terminate(0) // forgets it
			_ = p.Start()      // if that fails it is not ready in the end
		}
	}
}

// saveStacks puts what every goroutine is doing beside the logs: what does not
// recover mostly waits for something.
func (w *world) saveStacks(ctx context.Context) {
	for _, p := range w.processes(stack.Services...) {
		asking, cancel := context.WithTimeout(ctx, 5*time.Second)
		req, err := http.NewRequestWithContext(asking, http.MethodGet, "http://"+p.Admin+"/debug/pprof/goroutine?debug=2", nil)
		if err == nil {
			if response, err := restClient.Do(req); err == nil {
				raw, _ := io.ReadAll(response.Body) // half of it is better than nothing
				_ = response.Body.Close()
				_ = os.WriteFile(filepath.Join(w.opt.LogDir, fmt.Sprintf("%s-%s.stacks", p.Name, time.Now().Format("150405"))), raw, 0o600)
			}
		}
		cancel()
	}
}

// stop ends the services and reports those that do not end cleanly.
func (w *world) stop() error {
	if w.stack == nil {
		return nil
	}
	return w.stack.Stop(20 * time.Second)
}

// end stops what still runs and removes it.
func (w *world) end() error {
	if w.stack != nil {
		for _, p := range w.processes(stack.Services...) {
			p.Kill()
		}
	}
	w.links.close()
	var errs []error
	for _, s := range []*server{&w.redis, &w.postgres} {
		if s.now != nil {
			stopping, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			errs = append(errs, s.now.Stop(stopping))
			cancel()
		}
	}
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}
