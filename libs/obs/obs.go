// Package obs is what a service shows of itself: structured logs, metrics,
// liveness, readiness and profiles, the last four on an admin port that is
// never exposed to clients.
package obs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Logger writes one JSON line per entry to standard error. level is debug,
// info, warn or error.
func Logger(service, level string) (*zap.Logger, error) {
	lvl, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("LOG_LEVEL: %w", err)
	}
	cfg := zap.NewProductionConfig()
	cfg.Level = zap.NewAtomicLevelAt(lvl)
	cfg.DisableStacktrace = true
	cfg.EncoderConfig.TimeKey = "time"
	cfg.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	log, err := cfg.Build(zap.Fields(zap.String("service", service)))
	if err != nil {
		return nil, fmt.Errorf("build logger: %w", err)
	}
	return log, nil
}

// Registry is a metrics registry with the Go runtime's and the process's own
// figures.
func Registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Check answers nil when a dependency works.
type Check func(ctx context.Context) error

// Admin serves /livez, /readyz, /metrics and /debug/pprof.
type Admin struct {
	addr     string
	log      *zap.Logger
	gatherer prometheus.Gatherer

	mu       sync.Mutex
	checks   map[string]Check
	notices  map[string]Check
	routes   map[string]http.Handler
	draining bool
}

// NewAdmin starts nothing; Run does.
func NewAdmin(addr string, log *zap.Logger, gatherer prometheus.Gatherer) *Admin {
	return &Admin{addr: addr, log: log, gatherer: gatherer, checks: map[string]Check{}, notices: map[string]Check{},
		routes: map[string]http.Handler{}}
}

// AddCheck makes readiness depend on fn, which has one second to answer.
func (a *Admin) AddCheck(name string, fn Check) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checks[name] = fn
}

// AddNotice makes the readiness page say when fn fails, while the process stays
// ready: what most of its users need works without that dependency. fn has one
// second to answer.
func (a *Admin) AddNotice(name string, fn Check) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notices[name] = fn
}

// Handle adds a route, in the patterns of http.ServeMux, before Run.
func (a *Admin) Handle(pattern string, h http.Handler) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.routes[pattern] = h
}

// Drain makes the process not ready, ahead of its shutdown.
func (a *Admin) Drain() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.draining = true
}

// Failing runs all checks and returns those that fail, with a short reason.
func (a *Admin) Failing(ctx context.Context) map[string]string {
	failing, _ := a.states(ctx)
	return failing
}

// states tells what makes the process not ready, and what it goes on without.
func (a *Admin) states(ctx context.Context) (failing, without map[string]string) {
	a.mu.Lock()
	checks, notices := maps.Clone(a.checks), maps.Clone(a.notices)
	draining := a.draining
	a.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	failing, without = map[string]string{}, map[string]string{}
	if draining {
		failing["process"] = "draining"
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	run := func(checks map[string]Check, into map[string]string) {
		for name, check := range checks {
			wg.Go(func() {
				if err := check(ctx); err != nil {
					mu.Lock()
					defer mu.Unlock()
					into[name] = err.Error()
				}
			})
		}
	}
	run(checks, failing)
	run(notices, without)
	wg.Wait()
	return failing, without
}

// Handler is the admin surface; Run serves it.
func (a *Admin) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "OK"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		failing, without := a.states(r.Context())
		answer, status := map[string]any{"status": "OK"}, http.StatusOK
		if len(failing) > 0 {
			answer["status"], answer["failing"], status = "NOT_READY", failing, http.StatusServiceUnavailable
		}
		if len(without) > 0 {
			answer["without"] = without
		}
		writeJSON(w, status, answer)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.gatherer, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	a.mu.Lock()
	defer a.mu.Unlock()
	for pattern, h := range a.routes {
		mux.Handle(pattern, h)
	}
	return mux
}

// Run serves until ctx ends.
func (a *Admin) Run(ctx context.Context) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.addr)
	if err != nil {
		return fmt.Errorf("admin server: %w", err)
	}
	srv := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("admin server: %w", err)
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the peer is gone; nothing to tell it
}
