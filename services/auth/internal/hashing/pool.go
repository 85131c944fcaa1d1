package hashing

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// ErrBusy says that too many passwords are waiting: try again in a moment.
var ErrBusy = errors.New("too many passwords are waiting to be checked")

const (
	// longestWait in the queue: who waited longer has mostly given up, and
	// working for them would make everybody behind them wait too.
	longestWait = 8 * time.Second
	// idleAfter an unused worker is stopped; it holds some 30 MiB.
	idleAfter = 30 * time.Second
)

// Config of a Pool.
type Config struct {
	Workers int // passwords worked on at once
	Queue   int // passwords that may wait
	// Nice is the priority of workers, 0 (that of everybody else) to 19. At 10 they
	// get about a tenth of a normal thread's share of a busy CPU, all of an idle one.
	Nice int
	// Memory of new hashes in KiB; 0 = DefaultMemory. Only tests have a reason to
	// lower it: the race detector makes hashing twenty times as slow.
	Memory uint32
}

// Pool works on a bounded number of passwords at once.
type Pool struct {
	slots   chan *slot
	cfg     Config
	waiting atomic.Int64

	busy     prometheus.Counter
	duration prometheus.Histogram
}

// NewPool starts nothing: workers start when a password comes.
func NewPool(cfg Config, registry prometheus.Registerer) *Pool {
	if cfg.Memory == 0 {
		cfg.Memory = DefaultMemory
	}
	p := &Pool{slots: make(chan *slot, cfg.Workers), cfg: cfg,
		busy: prometheus.NewCounter(prometheus.CounterOpts{Name: "wemaps_auth_passwords_refused_total",
			Help: "Passwords not worked on because too many were waiting."}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "wemaps_auth_password_duration_seconds",
			Help: "Time to work on a password, waiting included.", Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}),
	}
	for range cfg.Workers {
		p.slots <- &slot{cfg: cfg}
	}
	registry.MustRegister(p.busy, p.duration, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "wemaps_auth_passwords_waiting",
		Help: "Passwords waiting to be worked on."}, func() float64 { return float64(p.waiting.Load()) }))
	return p
}

// Do runs fn with a hasher once it is its turn, first come first served.
// ErrBusy when the queue is full or moves too slowly.
func (p *Pool) Do(ctx context.Context, fn func(account.Hasher) error) error {
	start := time.Now()
	s, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer func() {
		p.slots <- s
		p.duration.Observe(time.Since(start).Seconds())
	}()
	return fn(worker{s})
}

func (p *Pool) acquire(ctx context.Context) (*slot, error) {
	select {
	case s := <-p.slots:
		return s, nil
	default:
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > int64(p.cfg.Queue) {
		p.busy.Inc()
		return nil, ErrBusy
	}
	timer := time.NewTimer(longestWait)
	defer timer.Stop()
	select {
	case s := <-p.slots:
		return s, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a hash worker: %w", ctx.Err())
	case <-timer.C:
		p.busy.Inc()
		return nil, ErrBusy
	}
}

// Run stops idle workers, and all of them when ctx ends.
func (p *Pool) Run(ctx context.Context) error {
	ticker := time.NewTicker(idleAfter / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			for range p.cfg.Workers {
				(<-p.slots).close()
			}
			return nil
		case <-ticker.C:
			p.stopIdle(time.Now().Add(-idleAfter))
		}
	}
}

func (p *Pool) stopIdle(before time.Time) {
	for range p.cfg.Workers {
		select {
		case s := <-p.slots:
			if s.proc != nil && s.proc.used.Before(before) {
				s.close()
			}
			p.slots <- s
		default:
			return // all busy
		}
	}
}
