package native

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// wheel looks at every connection once per turn, a slot of them at each tick, so
// that neither pings nor deadlines need a timer of their own, and pings are
// spread over time. A frame that arrives moves nothing: it stores its tick, and the
// next look compares.
type wheel struct {
	tick      time.Duration
	pingEvery uint32 // ticks
	deadAfter uint32 // ticks
	ticks     atomic.Uint32
	ping      *outq.Message

	mu    sync.Mutex
	slots [][]*Conn
	next  int // slot that gets the next connection
}

// place is where a Conn is in the wheel, guarded by wheel.mu; pinged belongs to
// the goroutine of wheel.run.
type place struct {
	slot, index int32 // slot + 1; 0: in none
	gone        bool
	pinged      uint32
}

// turnsPerPing: how many looks there are between two pings, and so how late a
// dead connection may be noticed.
const turnsPerPing = 5

func newWheel(pingEvery, deadAfter time.Duration) *wheel {
	tick := min(max(pingEvery/(turnsPerPing*16), time.Millisecond), 100*time.Millisecond)
	slots := max(int(pingEvery/turnsPerPing/tick), 1)
	return &wheel{
		tick: tick, slots: make([][]*Conn, slots), ping: outq.NewPing(nil),
		pingEvery: uint32(slots * turnsPerPing), deadAfter: uint32(max(deadAfter/tick, 1)),
	}
}

// now counts ticks since run began.
func (w *wheel) now() uint32 { return w.ticks.Load() }

// add has c pinged and watched until remove.
func (w *wheel) add(c *Conn) {
	c.seen.Store(w.now())
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.place.gone {
		return
	}
	c.place.pinged = w.now()
	slot := w.next
	w.next = (w.next + 1) % len(w.slots)
	c.place.slot, c.place.index = int32(slot)+1, int32(len(w.slots[slot]))
	w.slots[slot] = append(w.slots[slot], c)
}

// remove takes c out for good.
func (w *wheel) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.place.gone = true
	if c.place.slot == 0 {
		return
	}
	slot := w.slots[c.place.slot-1]
	last := len(slot) - 1
	slot[c.place.index] = slot[last]
	slot[c.place.index].place.index = c.place.index
	slot[last] = nil
	w.slots[c.place.slot-1] = slot[:last]
	c.place.slot = 0
}

// all returns the connections that are in the wheel.
func (w *wheel) all() (conns []*Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, slot := range w.slots {
		conns = append(conns, slot...)
	}
	return conns
}

func (w *wheel) run(ctx context.Context) {
	ticker := time.NewTicker(w.tick)
	defer ticker.Stop()
	began := time.Now()
	var due []*Conn
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// A ticker drops ticks that nobody takes: what counts is the time.
		for now := uint32(time.Since(began) / w.tick); w.ticks.Load() != now; {
			at := w.ticks.Add(1)
			due = w.slot(due[:0], int(at)%len(w.slots))
			for _, c := range due {
				w.look(c, at)
			}
			clear(due)
		}
	}
}

func (w *wheel) slot(dst []*Conn, i int) []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append(dst, w.slots[i]...)
}

func (w *wheel) look(c *Conn, now uint32) {
	c.line.Kick()
	switch {
	case int32(now-c.seen.Load()) >= int32(w.deadAfter):
		c.Close(wire.ClosePingTimeout)
	case now-c.place.pinged >= w.pingEvery:
		c.place.pinged = now
		_ = c.Send(w.ping) // refused only by a connection that is going
	}
}
