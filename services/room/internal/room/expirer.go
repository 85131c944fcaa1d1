package room

import (
	"context"
	"fmt"
	"time"
)

// ExpiryStore ends rooms whose time has come.
type ExpiryStore interface {
	// ExpireDue ends at most limit rooms that are due at now, and tells how late each was noticed. Rooms that another
	// process is busy with are left to a later call.
	ExpireDue(ctx context.Context, now time.Time, limit int) ([]time.Duration, error)
	// NextExpiry is when the next active room ends; zero if there is none.
	NextExpiry(ctx context.Context) (time.Time, error)
}

// Expirer ends rooms on time. Any number may run at once.
type Expirer struct {
	Store   ExpiryStore
	Now     func() time.Time
	OnDone  func(late time.Duration) // for each room that ended
	OnError func(error)
}

const (
	expireBatch = 500
	// A room made meanwhile may end sooner than the one waited for; asking costs one index look-up.
	expireLook = time.Second
)

// Run ends rooms until ctx ends, sleeping until the next one is due.
func (e *Expirer) Run(ctx context.Context) error {
	for {
		wait, err := e.round(ctx)
		if err != nil && ctx.Err() == nil {
			e.OnError(fmt.Errorf("expire rooms: %w", err))
		}
		if err != nil {
			wait = expireLook
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// round ends what is due and returns how long to sleep.
func (e *Expirer) round(ctx context.Context) (time.Duration, error) {
	for {
		late, err := e.Store.ExpireDue(ctx, e.Now(), expireBatch)
		if err != nil {
			return 0, err
		}
		for _, l := range late {
			e.OnDone(l)
		}
		if len(late) < expireBatch {
			break
		}
	}
	next, err := e.Store.NextExpiry(ctx)
	if err != nil {
		return 0, err
	}
	if next.IsZero() {
		return expireLook, nil
	}
	// Not below a few milliseconds: a due room that another process holds would spin this loop.
	return min(max(next.Sub(e.Now()), 5*time.Millisecond), expireLook), nil
}
