package engineio

import (
	"sync"
	"time"
)

// wheel looks at every connection when its next deadline may have come. One
// goroutine and one ticker serve all connections; a deadline that moves back is
// not touched: the look finds that it is too early and says when to come again.
type wheel struct {
	start time.Time
	tick  int64 // ms

	mu    sync.Mutex
	slots [wheelSlots]*Conn // heads of doubly linked lists
	at    int64             // number of the last tick served
}

// wheelSlots × tick is one turn. A deadline further away is looked at once a turn,
// for nothing, which costs little.
const wheelSlots = 1024

// wheelEntry is a connection's place in the wheel, guarded by wheel.mu.
type wheelEntry struct {
	next, prev *Conn
	slot       int32 // index + 1; 0: in no list
	gone       bool
}

func newWheel(shortest time.Duration) *wheel {
	tick := min(max(shortest/20, 5*time.Millisecond), 100*time.Millisecond)
	return &wheel{start: time.Now(), tick: tick.Milliseconds()}
}

// now is in milliseconds since the wheel was made.
func (w *wheel) now() int64 { return time.Since(w.start).Milliseconds() }

// add has c looked at when at has come. A removed connection is not added.
func (w *wheel) add(c *Conn, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.wheel.gone || c.wheel.slot != 0 {
		return
	}
	slot := max((at+w.tick-1)/w.tick, w.at+1) % wheelSlots
	head := w.slots[slot]
	c.wheel.next, c.wheel.prev, c.wheel.slot = head, nil, int32(slot)+1
	if head != nil {
		head.wheel.prev = c
	}
	w.slots[slot] = c
}

// remove takes c out for good.
func (w *wheel) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.wheel.gone = true
	if c.wheel.slot == 0 {
		return
	}
	if c.wheel.prev != nil {
		c.wheel.prev.wheel.next = c.wheel.next
	} else {
		w.slots[c.wheel.slot-1] = c.wheel.next
	}
	if c.wheel.next != nil {
		c.wheel.next.wheel.prev = c.wheel.prev
	}
	c.wheel.next, c.wheel.prev, c.wheel.slot = nil, nil, 0
}

// due appends to dst the connections of all ticks until now and takes them out.
func (w *wheel) due(dst []*Conn, now int64) []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := now / w.tick
	for n := 0; w.at < last && n < wheelSlots; n++ {
		w.at++
		slot := w.at % wheelSlots
		for c := w.slots[slot]; c != nil; {
			next := c.wheel.next
			c.wheel.next, c.wheel.prev, c.wheel.slot = nil, nil, 0
			dst = append(dst, c)
			c = next
		}
		w.slots[slot] = nil
	}
	w.at = max(w.at, last)
	return dst
}
