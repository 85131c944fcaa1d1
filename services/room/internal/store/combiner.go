package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

const (
	maxOps    = 64 // of one room in a transaction
	maxGroups = 64 // rooms
)

// combiner puts changes that come at the same moment into one transaction: what a statement and a commit cost besides
// their rows is several times what a change does. A change starts at once unless its room's last one is still under
// way, or maxFetches transactions are; then it shares the next one with all that wait.
type combiner struct {
	run func(groups []*group) // ends every op of them

	mu      sync.Mutex
	waiting map[string]*group // by key
	order   []*group          // the same, who came first first
	busy    map[string]bool   // keys that something runs for
	running int
}

// group is the changes of one room, in their order.
type group struct {
	key string // what they name the room by
	ops []*op
}

// op is one change that somebody waits for.
type op struct {
	ctx  context.Context //nolint:containedctx // for its values only
	fn   func(*room.Room) error
	room *room.Room
	err  error
	done chan struct{}
}

func newCombiner(run func([]*group)) *combiner {
	return &combiner{run: run, waiting: map[string]*group{}, busy: map[string]bool{}}
}

func (c *combiner) do(ctx context.Context, key string, fn func(*room.Room) error) (*room.Room, error) {
	o := &op{ctx: ctx, fn: fn, done: make(chan struct{})}
	c.mu.Lock()
	g := c.waiting[key]
	if g == nil {
		g = &group{key: key}
		c.waiting[key] = g
		c.order = append(c.order, g)
	}
	g.ops = append(g.ops, o)
	if c.running < maxFetches {
		if groups := c.take(); len(groups) > 0 {
			c.running++
			go c.drain(groups)
		}
	}
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err() // the change may still be made, as with any request whose answer was lost
	case <-o.done:
		return o.room, o.err
	}
}

// take removes what can run now: of the rooms that nothing runs for, those that have waited longest. Whoever runs for
// the others will come for them. c.mu is held.
func (c *combiner) take() (taken []*group) {
	left := c.order[:0]
	for _, g := range c.order {
		switch {
		case c.busy[g.key] || len(taken) == maxGroups:
			left = append(left, g)
		case len(g.ops) > maxOps:
			taken = append(taken, &group{key: g.key, ops: g.ops[:maxOps:maxOps]})
			g.ops = g.ops[maxOps:]
			left = append(left, g)
		default:
			taken = append(taken, g)
			delete(c.waiting, g.key)
		}
	}
	clear(c.order[len(left):])
	c.order = left
	for _, g := range taken {
		c.busy[g.key] = true
	}
	return taken
}

// drain runs groups and then whatever has come together meanwhile.
func (c *combiner) drain(groups []*group) {
	for len(groups) > 0 {
		c.run(groups)
		c.mu.Lock()
		for _, g := range groups {
			delete(c.busy, g.key)
		}
		if groups = c.take(); len(groups) == 0 {
			c.running--
		}
		c.mu.Unlock()
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

// fail ends the changes: what the rules said of them was said of a state that never came to be.
func (g *group) fail(err error) {
	for _, o := range g.ops {
		o.room, o.err = nil, err
		close(o.done)
	}
}

// end ends the changes with what the rules said of them.
func (g *group) end() {
	for _, o := range g.ops {
		close(o.done)
	}
}

// apart splits groups into such as can only fail by themselves: each room's, or of one room each change.
func apart(groups []*group) (parts []*group) {
	if len(groups) > 1 {
		return groups
	}
	for _, o := range groups[0].ops {
		parts = append(parts, &group{key: groups[0].key, ops: []*op{o}})
	}
	return parts
}
