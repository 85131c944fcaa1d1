package chaos

import (
	"sync"
	"time"
)

// watch measures how the system comes back after a fault. It is safe for
// concurrent use.
type watch struct {
	mu        sync.Mutex
	rooms     []string
	ended     time.Time // of the fault; zero while it goes on
	acks      map[string]time.Time
	positions map[string]time.Time
	slowest   time.Duration // from the first try of a message to its ack
}

// recovery is what watch measured.
type recovery struct {
	ack, position time.Duration // the first of all rooms
	all           time.Duration // both in every room
	slowest       time.Duration
}

func newWatch(rooms []string) *watch { return &watch{rooms: rooms} }

// began forgets what was measured.
func (w *watch) began() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended, w.acks, w.positions, w.slowest = time.Time{}, nil, nil, 0
}

// over says that the fault has ended.
func (w *watch) over(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended, w.acks, w.positions = now, map[string]time.Time{}, map[string]time.Time{}
}

func (w *watch) ack(room string, sent, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slowest = max(w.slowest, now.Sub(sent))
	if _, ok := w.acks[room]; !ok && !w.ended.IsZero() {
		w.acks[room] = now
	}
}

func (w *watch) position(room string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.positions[room]; !ok && !w.ended.IsZero() {
		w.positions[room] = now
	}
}

// result is what was measured so far, and the rooms in which something is
// still missing.
func (w *watch) result() (r recovery, missing []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := func(at map[string]time.Time) time.Duration {
		var least time.Duration
		for _, t := range at {
			d := t.Sub(w.ended)
			if least == 0 || d < least {
				least = d
			}
			r.all = max(r.all, d)
		}
		return least
	}
	r.ack, r.position, r.slowest = first(w.acks), first(w.positions), w.slowest
	for _, room := range w.rooms {
		if w.acks[room].IsZero() || w.positions[room].IsZero() {
			missing = append(missing, room)
		}
	}
	return r, missing
}
