package poller

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Turnstile lets a few Lines at a time handle what they have read; the others wait
// for their turn without being in the scheduler's way. Otherwise, when thousands
// of sockets speak at once, whatever is already on its way through the process
// stands in the same queue as all of them at each of its steps. What comes in has
// to wait for what goes out, and not the other way round.
//
// It may be shared by several Pollers; nil lets everybody through.
type Turnstile struct {
	places chan struct{}
	wait   atomic.Int64 // of late, ns
}

const (
	placesPerProcessor = 32
	// longestTurn bounds how long those inside may keep the others waiting. Some of
	// them may wait for Redis.
	longestTurn = time.Second
	// smoothing is how many turns the average wait looks back, roughly.
	smoothing = 64
)

// NewTurnstile makes one for this process.
func NewTurnstile() *Turnstile {
	return &Turnstile{places: make(chan struct{}, placesPerProcessor*runtime.GOMAXPROCS(0))}
}

// Wait is how long turns have been waited for of late.
func (t *Turnstile) Wait() time.Duration {
	if t == nil {
		return 0
	}
	return time.Duration(t.wait.Load())
}

// tryEnter reports whether there was a place at once.
func (t *Turnstile) tryEnter() bool {
	select {
	case t.places <- struct{}{}:
		if t.wait.Load() != 0 {
			t.note(0)
		}
		return true
	default:
		return false
	}
}

// enter waits for a place, and reports false when it was not to be had in time:
// then the caller goes on without one.
func (t *Turnstile) enter() bool {
	began := time.Now()
	timer := time.NewTimer(longestTurn)
	defer timer.Stop()
	entered := true
	select {
	case t.places <- struct{}{}:
	case <-timer.C:
		entered = false
	}
	t.note(time.Since(began))
	return entered
}

func (t *Turnstile) leave() { <-t.places }

// note averages. A note that is lost to another at the same moment does no harm.
func (t *Turnstile) note(wait time.Duration) {
	old := t.wait.Load()
	step := (int64(wait) - old) / smoothing
	if step == 0 && wait == 0 {
		step = -old
	}
	t.wait.Store(old + step)
}
