package position

// Key names one member in one room.
type Key struct{ Room, User string }

// Mark is what must be remembered of a member to decide about the next fix.
// Times are Unix milliseconds; 0 = never.
type Mark struct {
	FixedAt int64 // fix time of the position
	Until   int64 // when the position ends by itself
	LeftAt  int64 // when the member last took the position back
}

// Takes tells whether a fix of time fixedAt that arrived at received becomes
// the member's position. The newest fix wins by its own time, whatever order
// packets arrive in; of two with the same time the later to arrive wins, which
// also lets a repeated command repeat its effects. A fix that arrived before
// the member left must not bring the member back.
func (m Mark) Takes(fixedAt, received, now int64) bool {
	if received < m.LeftAt {
		return false
	}
	return fixedAt >= m.FixedAt || m.Until <= now
}

// Board remembers marks within a bound. It has two generations: when the young
// one is full it becomes the old one, and what was old is forgotten unless it
// was used meanwhile. A forgotten mark is read from the store again.
type Board struct {
	limit      int
	young, old map[Key]Mark
}

// NewBoard remembers at least limit marks and at most twice as many.
func NewBoard(limit int) *Board {
	return &Board{limit: limit, young: map[Key]Mark{}}
}

// Get returns the mark of k, if it is remembered.
func (b *Board) Get(k Key) (Mark, bool) {
	if m, ok := b.young[k]; ok {
		return m, true
	}
	m, ok := b.old[k]
	if ok {
		b.Put(k, m)
	}
	return m, ok
}

// Put remembers m.
func (b *Board) Put(k Key, m Mark) {
	if len(b.young) >= b.limit {
		if _, known := b.young[k]; !known {
			b.young, b.old = make(map[Key]Mark, b.limit/2), b.young
		}
	}
	b.young[k] = m
}

// Len is the number of marks, counting those in both generations twice.
func (b *Board) Len() int { return len(b.young) + len(b.old) }
