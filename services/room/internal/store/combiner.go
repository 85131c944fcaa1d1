package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

// maxOps of one transaction.
const maxOps = 64

// combiner puts changes of the same room that wait for each other anyway into one transaction: fifty people who join
// at once then cost two or three commits instead of fifty in a row.
type combiner struct {
	run func(key string, ops []*op) // sets room and err of each

	mu     sync.Mutex
	queues map[string][]*op // a key is there while something runs for it
}

// op is one change that somebody waits for.
type op struct {
	ctx  context.Context //nolint:containedctx // for its values only
	fn   func(*room.Room) error
	room *room.Room
	err  error
	done chan struct{}
}

func (c *combiner) do(ctx context.Context, key string, fn func(*room.Room) error) (*room.Room, error) {
	o := &op{ctx: ctx, fn: fn, done: make(chan struct{})}
	c.mu.Lock()
	if c.queues == nil {
		c.queues = map[string][]*op{}
	}
	queue, busy := c.queues[key]
	c.queues[key] = append(queue, o)
	c.mu.Unlock()
	if !busy {
		go c.drain(key)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err() // the change may still be made, as with any request whose answer was lost
	case <-o.done:
		return o.room, o.err
	}
}

func (c *combiner) drain(key string) {
	for {
		c.mu.Lock()
		ops := c.queues[key]
		if len(ops) == 0 {
			delete(c.queues, key)
			c.mu.Unlock()
			return
		}
		n := min(len(ops), maxOps)
		c.queues[key] = append([]*op(nil), ops[n:]...)
		c.mu.Unlock()
		c.run(key, ops[:n])
		for _, o := range ops[:n] {
			close(o.done)
		}
	}
}

// apply runs the change. A panic is the failure of this one change, not of those that share its transaction.
func (o *op) apply(r *room.Room) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a change of a room: %v", p)
		}
	}()
	return o.fn(r)
}
