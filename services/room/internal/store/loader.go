package store

import (
	"context"
	"sync"
)

// maxFetches that a loader has under way at once. More would only make the statements smaller.
const maxFetches = 2

// loader answers concurrent look-ups, or makes concurrent changes, with one statement. A look-up joins a statement only before that starts, so its
// answer is as new as the call.
type loader[K comparable, V any] struct {
	fetch func(ctx context.Context, keys []K) (map[K]V, error)

	mu      sync.Mutex
	next    *batch[K, V] // waiting to start; nil if there is none
	running int
}

type batch[K comparable, V any] struct {
	ctx    context.Context //nolint:containedctx // of the first caller, for its values only
	keys   map[K]struct{}
	done   chan struct{}
	values map[K]V
	err    error
}

// load returns the value of key; ok is false if there is none.
func (l *loader[K, V]) load(ctx context.Context, key K) (value V, ok bool, err error) {
	l.mu.Lock()
	if l.next == nil {
		l.next = &batch[K, V]{ctx: ctx, keys: map[K]struct{}{}, done: make(chan struct{})}
	}
	b := l.next
	b.keys[key] = struct{}{}
	if l.running < maxFetches {
		l.running++
		l.next = nil
		go l.run(b)
	}
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return value, false, ctx.Err()
	case <-b.done:
		value, ok = b.values[key]
		return value, ok, b.err
	}
}

// run fetches b and then whatever has come together meanwhile.
func (l *loader[K, V]) run(b *batch[K, V]) {
	for b != nil {
		keys := make([]K, 0, len(b.keys))
		for k := range b.keys {
			keys = append(keys, k)
		}
		ctx, cancel := detached(b.ctx)
		b.values, b.err = l.fetch(ctx, keys)
		cancel()
		close(b.done)
		l.mu.Lock()
		b, l.next = l.next, nil
		if b == nil {
			l.running--
		}
		l.mu.Unlock()
	}
}
