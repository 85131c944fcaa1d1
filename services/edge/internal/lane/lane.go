// Package lane sends Redis commands in order and in batches, without a timer.
package lane

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// ErrFull says that a lane cannot take more right now.
var ErrFull = errors.New("too much is waiting for Redis")

const (
	depth   = 4096
	batch   = 2048
	timeout = 3 * time.Second
)

// Lane sends commands in the order they came, many in one pipeline. It never
// waits for more to come: what has gathered while a batch was under way is the
// next batch.
type Lane struct {
	client rueidis.Client
	items  chan item
	took   func(time.Duration)

	oldest atomic.Int64 // when the oldest command of the batch under way was put, Unix ns; 0: none is
	last   atomic.Int64 // how long that of the last batch took, ns
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

// Delay is how long a command takes at present, from Put to its result.
func (l *Lane) Delay() time.Duration {
	delay := time.Duration(l.last.Load())
	if at := l.oldest.Load(); at != 0 {
		delay = max(delay, time.Since(time.Unix(0, at)))
	}
	return delay
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
		if !l.send(ctx, items, cmds) {
			cmds = make(rueidis.Commands, 0, batch)
		}
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

// send tells whether cmds may be used again. After a timeout, or on a connection
// that breaks, the client's writer may still be reading them: it would send what
// comes next in their place, and that twice.
func (l *Lane) send(ctx context.Context, items []item, cmds rueidis.Commands) bool {
	// A stop must not cut off what was accepted already.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	l.oldest.Store(items[0].at.UnixNano())
	results := l.client.DoMulti(ctx, cmds...)
	l.last.Store(int64(time.Since(items[0].at)))
	l.oldest.Store(0)
	answered := true
	for i, r := range results {
		answered = answered && r.NonRedisError() == nil
		if items[i].done != nil {
			items[i].done(r)
		}
	}
	if l.took != nil {
		l.took(time.Duration(l.last.Load()))
	}
	return answered
}
