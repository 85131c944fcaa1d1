// Package routing asks a routing engine how long ways take. It does so beside the
// hot path: who has a fix to handle puts a question down or reads an answer, and
// never waits. Without an answer everybody goes on with the built-in estimate.
package routing

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

const (
	askEvery   = 30 * time.Second // at most, about one room
	goodFor    = 5 * time.Minute  // an answer: the traffic does not change faster, but people do
	refusedFor = 5 * time.Minute  // a room that the engine has no map of is not asked about again
	queued     = 256              // questions that wait
	failures   = 3                // in a row, until the engine is left alone
	remembered = 50_000           // members, rooms and ways, at least
	grid       = 1e4              // cells of a degree: positions are sent and compared to 11 m
)

// Config says which engine, and how patient to be with it.
type Config struct {
	URL     string        // of an engine that speaks OSRM's table API, without a slash at the end
	Profile string        // of its way of travelling, such as "driving"
	Timeout time.Duration // of one request
	Workers int           // requests at once
	Pause   time.Duration // that an engine which fails is left alone
}

// Advisor implements consume.Router. It is safe for concurrent use.
type Advisor struct {
	cfg       Config
	engine    *engine
	breaker   *gobreaker.CircuitBreaker[[]float64]
	questions chan question
	metrics   *Metrics
	onError   func(error)
	now       func() time.Time

	mu      sync.Mutex // guards all below; held for look-ups only
	answers *position.Board[position.Key, answer]
	asked   *position.Board[string, time.Time] // by room: not again before
	ways    *position.Board[way, known]
}

// answer is when a member arrives.
type answer struct {
	plan     uint64
	fixed    int64 // fix time of the position that was asked about, Unix ms
	duration int64 // ms from there; negative = there is no way
}

// way is from a cell to where a plan leads, by the waypoints that are ahead.
type way struct {
	lat, lng int32
	next     int
	plan     uint64
}

type known struct {
	duration int64
	until    time.Time
}

// question is about all members of a room of whom something must be asked.
type question struct {
	room  string
	plan  *navigation.Plan
	who   []traveller
	until time.Time
}

type traveller struct {
	key   position.Key
	way   way
	fixed int64
}

// New starts nothing. onError hears of failures; it must not block.
func New(cfg Config, m *Metrics, onError func(error)) *Advisor {
	a := &Advisor{cfg: cfg, engine: newEngine(cfg), questions: make(chan question, queued), metrics: m, onError: onError, now: time.Now,
		answers: position.NewBoard[position.Key, answer](remembered), asked: position.NewBoard[string, time.Time](remembered),
		ways: position.NewBoard[way, known](remembered)}
	a.breaker = gobreaker.NewCircuitBreaker[[]float64](gobreaker.Settings{Name: "routing", MaxRequests: 1, Timeout: cfg.Pause,
		ReadyToTrip:   func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures },
		IsSuccessful:  func(err error) bool { return err == nil || errors.Is(err, errRefused) },
		OnStateChange: func(_ string, _, to gobreaker.State) { m.state(to == gobreaker.StateClosed) }})
	m.state(true)
	return a
}

// Run answers questions until ctx ends.
func (a *Advisor) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for range a.cfg.Workers {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case q := <-a.questions:
					a.answer(ctx, q)
				}
			}
		})
	}
	wg.Wait()
	return nil
}

// Estimate implements consume.Router.
func (a *Advisor) Estimate(room, user string, plan uint64, at int64) (eta int64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	got, ok := a.answers.Get(position.Key{Room: room, User: user})
	if !ok || got.plan != plan || got.duration < 0 || at-got.fixed > goodFor.Milliseconds() {
		return 0, false
	}
	eta = got.fixed + got.duration
	return eta, eta > at
}

// Ask implements consume.Router. Those who follow the room's own route are not
// asked about: the engine would send them another way.
func (a *Advisor) Ask(room string, plan *navigation.Plan, people []navigation.Person) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if until, ok := a.asked.Get(room); ok && now.Before(until) {
		return
	}
	q := question{room: room, plan: plan, until: now.Add(askEvery)}
	for _, p := range people {
		m := p.Member
		if !m.Known() || m.Plan != plan.ID || m.Arrived || m.Gone || m.Basis == navigation.BasisRoute || now.UnixMilli()-m.Heard > navigation.FreshWithin {
			continue
		}
		t := traveller{key: position.Key{Room: room, User: p.User}, fixed: m.At,
			way: way{lat: int32(math.Round(m.Point.Lat * grid)), lng: int32(math.Round(m.Point.Lng * grid)), next: m.Next, plan: plan.ID}}
		if w, ok := a.ways.Get(t.way); ok && now.Before(w.until) { // stands still, or goes where others were
			a.answers.Put(t.key, answer{plan.ID, t.fixed, w.duration})
			a.metrics.cached.Inc()
			continue
		}
		q.who = append(q.who, t)
	}
	if len(q.who) == 0 {
		return
	}
	select {
	case a.questions <- q:
		a.asked.Put(room, q.until)
	default:
		a.metrics.count("dropped") // and asked at the next look
	}
}

// answer asks the engine once for all of a question.
func (a *Advisor) answer(ctx context.Context, q question) {
	if a.now().After(q.until) {
		a.metrics.count("dropped") // it has waited too long to be of use
		return
	}
	durations, err := a.breaker.Execute(func() ([]float64, error) {
		began := a.now()
		durations, err := a.engine.table(ctx, q)
		a.metrics.took(a.now().Sub(began))
		return durations, err
	})
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		a.metrics.count("left-alone")
		return
	case errors.Is(err, errRefused):
		a.metrics.count("refused")
		a.mu.Lock()
		a.asked.Put(q.room, a.now().Add(refusedFor))
		a.mu.Unlock()
		return
	case err != nil:
		a.metrics.count("failed")
		a.onError(fmt.Errorf("ask the routing engine: %w", err))
		return
	}
	a.metrics.count("answered")
	until := a.now().Add(goodFor)
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, t := range q.who {
		duration := int64(-1)
		if d := durations[i]; d >= 0 {
			duration = int64(math.Round(d * 1000))
		}
		a.answers.Put(t.key, answer{q.plan.ID, t.fixed, duration})
		a.ways.Put(t.way, known{duration, until})
	}
}
