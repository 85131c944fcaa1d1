// Package lane sends Redis commands in order and in batches, without a timer.
package lane

import (
	"context"
	"errors"
	"time"

	"github.com/redis/rueidis"
)

// ErrFull says that a lane cannot take more right now.
var ErrFull = errors.New("too much is waiting for Redis")

const (
	depth   = 4096
	batch   = 512
	timeout = 3 * time.Second
)

// Lane sends commands in the order they came, many in one pipeline. It never
// waits for more to come: what has gathered while a batch was under way is the
// next batch.
type Lane struct {
	client rueidis.Client
	items  chan item
	took   func(time.Duration)
}

type item struct {
	cmd  rueidis.Completed
	at   time.Time
	done func(rueidis.RedisResult)
}

// New starts nothing. took, if not nil, is told how long the oldest command of
// each batch took.
func New(client rueidis.Client, took func(time.Duration)) *Lane {
	return &Lane{client: client, items: make(chan item, depth), took: took}
}

// Put hands a command over and never blocks; it fails with ErrFull. done, if not
// nil, gets the result on the lane's goroutine and must not block.
func (l *Lane) Put(cmd rueidis.Completed, done func(rueidis.RedisResult)) error {
	select {
	case l.items <- item{cmd, time.Now(), done}:
		return nil
	default:
		return ErrFull
	}
}

// Run sends until ctx ends, then what is left.
func (l *Lane) Run(ctx context.Context) {
	items := make([]item, 0, batch)
	cmds := make(rueidis.Commands, 0, batch)
	for {
		items = items[:0]
		select {
		case it := <-l.items:
			items = append(items, it)
		case <-ctx.Done():
		}
		items = l.gather(items)
		if len(items) == 0 {
			return
		}
		cmds = cmds[:0]
		for _, it := range items {
			cmds = append(cmds, it.cmd)
		}
		l.send(ctx, items, cmds)
		clear(items)
	}
}

func (l *Lane) gather(items []item) []item {
	for len(items) < batch {
		select {
		case it := <-l.items:
			items = append(items, it)
		default:
			return items
		}
	}
	return items
}

func (l *Lane) send(ctx context.Context, items []item, cmds rueidis.Commands) {
	// A stop must not cut off what was accepted already.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	results := l.client.DoMulti(ctx, cmds...)
	for i, r := range results {
		if items[i].done != nil {
			items[i].done(r)
		}
	}
	if l.took != nil {
		l.took(time.Since(items[0].at))
	}
}
