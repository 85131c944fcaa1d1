package proxy

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/wire"
)

// Admission decides which new sockets are let in at all. It turns newcomers away
// before they can harm those who are connected.
type Admission struct {
	addresses *Addresses
	perClient *Limiter
	open      func() int // sockets now
	max       int
	rate      float64
	refused   *prometheus.CounterVec
	draining  atomic.Bool

	mu  sync.Mutex
	all bucket
}

// NewAdmission allows max sockets, and rate handshakes per second, twice as many
// at once.
func NewAdmission(a *Addresses, perClient *Limiter, open func() int, max int, rate float64, r prometheus.Registerer) *Admission {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "edge", Name: "handshakes_shed_total",
		Help: "New sockets that were turned away before they were read, by reason."}, []string{"reason"})
	r.MustRegister(refused)
	return &Admission{addresses: a, perClient: perClient, open: open, max: max, rate: rate, refused: refused}
}

// Drain turns everybody away from now on.
func (a *Admission) Drain() { a.draining.Store(true) }

// Admit answers the request itself when it returns false.
func (a *Admission) Admit(w http.ResponseWriter, r *http.Request) bool {
	now := time.Now()
	switch {
	case a.draining.Load():
		a.shed(w, "draining", wire.CodeOverloaded, time.Second)
	case a.open() >= a.max:
		a.shed(w, "full", wire.CodeOverloaded, 10*time.Second)
	default:
		if wait := a.perClient.Allow(a.addresses.Client(r), now); wait > 0 {
			a.shed(w, "address", wire.CodeRateLimited, wait)
			return false
		}
		a.mu.Lock()
		if a.all.at.IsZero() {
			a.all.at = now
		}
		wait := a.all.take(a.rate, 2*a.rate, now)
		a.mu.Unlock()
		if wait == 0 {
			return true
		}
		a.shed(w, "rate", wire.CodeOverloaded, wait)
	}
	return false
}

func (a *Admission) shed(w http.ResponseWriter, reason string, code wire.Code, wait time.Duration) {
	a.refused.WithLabelValues(reason).Inc()
	// Spread, or all come back at once.
	seconds := int(wait/time.Second) + 1 + rand.IntN(3)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	WriteError(w, wire.NewError(code))
}

// WriteError answers with an error where no echo is around.
func WriteError(w http.ResponseWriter, e *wire.Error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.HTTPStatus())
	_ = json.NewEncoder(w).Encode(wire.ErrorBody{Error: e.Message, Code: e.Code}) // the client may be gone
}
