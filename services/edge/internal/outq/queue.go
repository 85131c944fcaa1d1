package outq

import (
	"errors"
	"sync"
)

// ErrOverflow means that the socket lags too far behind to be kept: it must be
// closed (SLOW_CONSUMER); its client can resume. ErrClosed means that nothing
// more can be said on it.
var (
	ErrOverflow = errors.New("outgoing queue is full")
	ErrClosed   = errors.New("outgoing queue is closed")
)

// Limits bound what one socket may have waiting.
type Limits struct {
	Count int // messages
	Bytes int // rendered, approximately
}

// DefaultLimits hold a burst of two screens of history and not much more.
var DefaultLimits = Limits{Count: 512, Bytes: 1 << 20}

// Queue holds what one socket still has to be told. The zero value is an empty
// queue with DefaultLimits. An empty queue holds no memory besides itself.
//
// Guarantees: Ordered messages leave in the order they came and none is lost
// before Push has failed once; at most one Position per key is waiting, the
// newest, at the place of the newest, so that it never overtakes the membership
// event it depends on.
type Queue struct {
	limits *Limits

	mu      sync.Mutex
	waiting *backlog // nil when empty
	refuse  error    // what Push answers from now on
}

// backlog is taken from a pool by the first message and returned by the last.
type backlog struct {
	items []*Message // nil where a Position was replaced
	head  int        // items before it have left
	live  int        // items that are not nil
	bytes int
	keys  []keyed // the Positions among the items
}

type keyed struct {
	hash uint32
	at   int32
}

// Backlogs that grew past these are left to the garbage collector, so that one
// bad hour does not stay in the pool.
const (
	maxPooledItems = 64
	maxPooledKeys  = 64
)

var backlogs = sync.Pool{New: func() any { return &backlog{items: make([]*Message, 0, 8)} }}

// NewQueue makes a queue with limits that it shares with others; nil means
// DefaultLimits.
func NewQueue(limits *Limits) *Queue { return &Queue{limits: limits} }

// SetLimits is NewQueue for a queue that is part of something else; to be called
// before it is used.
func (q *Queue) SetLimits(limits *Limits) { q.limits = limits }

// Push appends m. Past the limits a Position or Transient is dropped in silence,
// as a newer one is coming. An Ordered message that does not fit makes the
// queue give up: the backlog is released at once and this and all further calls
// return ErrOverflow. After Close they return ErrClosed. One message is always
// taken by an empty queue, however large.
func (q *Queue) Push(m *Message) error {
	limits := q.limits
	if limits == nil {
		limits = &DefaultLimits
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refuse != nil {
		return q.refuse
	}
	size := m.size()
	b := q.waiting
	if b == nil {
		b = backlogs.Get().(*backlog)
		q.waiting = b
	} else {
		if m.class == Position {
			b.forget(m)
		}
		if b.live > 0 && !m.fits(b, size, limits) {
			return q.overflow(m.class)
		}
	}
	b.add(m, size)
	return nil
}

// fits reports whether b may take one more message of that size.
func (m *Message) fits(b *backlog, size int, limits *Limits) bool {
	if m.class == Transient {
		return b.live < limits.Count/2 && b.bytes+size <= limits.Bytes/2
	}
	return b.live < limits.Count && b.bytes+size <= limits.Bytes
}

func (q *Queue) overflow(class Class) error {
	if class != Ordered {
		return nil
	}
	q.waiting = nil
	q.refuse = ErrOverflow
	return ErrOverflow
}

// Take removes and returns the oldest messages, about maxBytes of them and at
// least one; nil when there is none.
func (q *Queue) Take(maxBytes int) []*Message { return q.takeInto(nil, maxBytes) }

// takeInto is Take into memory of the caller.
func (q *Queue) takeInto(dst []*Message, maxBytes int) []*Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.waiting
	if b == nil {
		return dst
	}
	dst = b.take(dst, maxBytes)
	if b.live == 0 {
		q.waiting = nil
		b.release()
	}
	return dst
}

// Close makes Push answer ErrClosed. What is waiting can still be taken.
func (q *Queue) Close() {
	q.mu.Lock()
	q.refuse = ErrClosed
	q.mu.Unlock()
}

// closeWith is Close with a last message, which no limit can refuse.
func (q *Queue) closeWith(m *Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !errors.Is(q.refuse, ErrClosed) && m != nil {
		if q.waiting == nil {
			q.waiting = backlogs.Get().(*backlog)
		}
		q.waiting.add(m, m.size())
	}
	q.refuse = ErrClosed
}

// discard is Close that also drops what is waiting.
func (q *Queue) discard() {
	q.mu.Lock()
	q.refuse = ErrClosed
	q.waiting = nil
	q.mu.Unlock()
}

// Len returns how many messages are waiting.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting == nil {
		return 0
	}
	return q.waiting.live
}

func (b *backlog) add(m *Message, size int) {
	if m.class == Position {
		b.keys = append(b.keys, keyed{m.hash, int32(len(b.items))})
	}
	b.items = append(b.items, m)
	b.live++
	b.bytes += size
}

// forget removes the waiting Position that m replaces, if there is one.
func (b *backlog) forget(m *Message) {
	for i, k := range b.keys {
		if k.hash != m.hash {
			continue
		}
		old := b.items[k.at]
		if old.key != m.key {
			continue
		}
		b.items[k.at] = nil
		b.live--
		b.bytes -= old.size()
		last := len(b.keys) - 1
		b.keys[i] = b.keys[last]
		b.keys = b.keys[:last]
		b.compact()
		return
	}
}

// compact keeps a queue that never runs empty from growing by the gaps that
// leavers and replaced messages leave: past a small number, at most half of the
// items are gaps.
func (b *backlog) compact() {
	if len(b.items) < 16 || b.live*2 > len(b.items) {
		return
	}
	b.keys = b.keys[:0]
	n := 0
	for _, m := range b.items[b.head:] {
		if m == nil {
			continue
		}
		b.items[n] = m
		if m.class == Position {
			b.keys = append(b.keys, keyed{m.hash, int32(n)})
		}
		n++
	}
	clear(b.items[n:])
	b.items, b.head = b.items[:n], 0
}

func (b *backlog) take(dst []*Message, maxBytes int) []*Message {
	taken := 0
	for b.live > 0 {
		m := b.items[b.head]
		if m == nil {
			b.head++
			continue
		}
		size := m.size()
		if taken > 0 && taken+size > maxBytes {
			break
		}
		b.items[b.head] = nil
		b.head++
		b.live--
		b.bytes -= size
		taken += size
		dst = append(dst, m)
	}
	if b.live > 0 {
		b.dropKeysBefore(b.head)
		b.compact()
	}
	return dst
}

// dropKeysBefore forgets the Positions that have left.
func (b *backlog) dropKeysBefore(head int) {
	kept := b.keys[:0]
	for _, k := range b.keys {
		if int(k.at) >= head {
			kept = append(kept, k)
		}
	}
	b.keys = kept
}

// release returns an empty backlog to the pool.
func (b *backlog) release() {
	if cap(b.items) > maxPooledItems || cap(b.keys) > maxPooledKeys {
		return
	}
	clear(b.items) // gaps and leavers are nil already, but a leak here would be for ever
	b.items, b.keys = b.items[:0], b.keys[:0]
	b.head, b.live, b.bytes = 0, 0, 0
	backlogs.Put(b)
}
