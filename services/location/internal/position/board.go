package position

// Key names one member in one room.
type Key struct{ Room, User string }

// Board remembers something of members or rooms within a bound. It has two
// generations: when the young one is full it becomes the old one, and what was
// old is forgotten unless it was used meanwhile. What is forgotten is read from
// the store again.
type Board[K comparable, V any] struct {
	limit      int
	young, old map[K]V
}

// NewBoard remembers at least limit values and at most twice as many.
func NewBoard[K comparable, V any](limit int) *Board[K, V] {
	return &Board[K, V]{limit: limit, young: map[K]V{}}
}

// Get returns the value of k, if it is remembered.
func (b *Board[K, V]) Get(k K) (V, bool) {
	if v, ok := b.young[k]; ok {
		return v, true
	}
	v, ok := b.old[k]
	if ok {
		b.Put(k, v)
	}
	return v, ok
}

// Put remembers v.
func (b *Board[K, V]) Put(k K, v V) {
	if len(b.young) >= b.limit {
		if _, known := b.young[k]; !known {
			b.young, b.old = make(map[K]V, b.limit/2), b.young
		}
	}
	b.young[k] = v
}

// Forget removes k.
func (b *Board[K, V]) Forget(k K) {
	delete(b.young, k)
	delete(b.old, k)
}

// Len is the number of values, counting those in both generations twice.
func (b *Board[K, V]) Len() int { return len(b.young) + len(b.old) }
