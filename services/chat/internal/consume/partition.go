package consume

import (
	"context"
	"fmt"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
)

// Queue is a partition's commands; see Stream.
type Queue interface {
	Read(ctx context.Context) ([]redisx.Entry, error)
	Done(ctx context.Context, batch []redisx.Entry, rejects []redisx.Reject) error
}

// Deps are what a partition's owner works with.
type Deps struct {
	Queue     Queue
	Members   Members
	Publisher Publisher
	Pages     Pages
	Tallies   Tallies
	Metrics   *Metrics
	Now       func() time.Time
	OnError   func(error)
	// Pause waits and tells whether ctx is still alive; nil = run.Pause.
	Pause func(ctx context.Context, d time.Duration) bool
}

const (
	shortestPause = 20 * time.Millisecond
	longestPause  = 500 * time.Millisecond // nobody is acked meanwhile
	handleTimeout = 8 * time.Second
	aliveTimeout  = 2 * time.Second
)

// Owner handles a partition while it owns it, that is, while log's connection
// lives.
//
// The protocol in one place. The stream is a queue that only forgets what was
// handled. The owner reads its oldest entries, stores them in one transaction
// on the connection that holds the lock, publishes, and then trims the stream.
// Whatever dies in between, the entries are still there, and the next owner,
// or this one, does it all again: what was stored is found by its key and
// published again under the same id and seq, so that everybody hears of it at
// least once and clients, who know what they have by seq, show it once. Two
// owners at once (the former one has not noticed) can both read and publish,
// but only the one with the lock can store; both trim only what is stored.
type Owner struct {
	Deps
	handler *handler
	log     Log
}

// NewOwner starts nothing.
func NewOwner(log Log, d Deps) *Owner {
	if d.Pause == nil {
		d.Pause = run.Pause
	}
	return &Owner{Deps: d, log: log, handler: &handler{log: log, members: d.Members, publisher: d.Publisher, metrics: d.Metrics, now: d.Now, tallies: newTallies(log, d),
		pages: &pages{source: d.Pages, metrics: d.Metrics, now: d.Now, refilled: map[string]time.Time{}}}}
}

// Run works until ctx ends, which is no error, or the log's connection dies.
func (o *Owner) Run(ctx context.Context) error {
	pause := shortestPause
	for ctx.Err() == nil {
		batch, err := o.Queue.Read(ctx)
		if err == nil && len(batch) > 0 {
			if err := o.settle(ctx, batch); err != nil {
				return err
			}
			pause = shortestPause
			continue
		}
		o.handler.tallies.settle(ctx)
		// Idle: ask after the connection, also to keep its session from ending.
		if err := o.alive(ctx); err != nil {
			return err
		}
		if err != nil && ctx.Err() == nil {
			o.OnError(err)
			o.Pause(ctx, pause)
			pause = min(2*pause, longestPause)
		}
	}
	return nil
}

// settle handles a batch until that succeeds, and then removes it.
func (o *Owner) settle(ctx context.Context, batch []redisx.Entry) error {
	rejects, handled := []redisx.Reject(nil), false
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := o.attempt(ctx, batch, &rejects, &handled)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // a stop is no failure: the next owner handles it again
		}
		o.OnError(err)
		if err := o.alive(ctx); err != nil {
			return err
		}
		o.Pause(ctx, pause)
	}
}

// attempt is not cut off by a stop: what is half done would be done again by
// the next owner, at everybody's expense.
func (o *Owner) attempt(ctx context.Context, batch []redisx.Entry, rejects *[]redisx.Reject, handled *bool) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
	defer cancel()
	if !*handled {
		if *rejects, err = o.handler.handle(ctx, batch); err != nil {
			return fmt.Errorf("handle a batch: %w", err)
		}
		*handled = true
	}
	return o.Queue.Done(ctx, batch, *rejects)
}

// alive fails when the connection is dead, not when ctx has ended.
func (o *Owner) alive(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, aliveTimeout)
	defer cancel()
	if err := o.log.Alive(asking); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
