package room

import (
	"context"
	"fmt"
	"time"
)

// PurgeStore deletes rooms.
type PurgeStore interface {
	// Purge deletes at most limit rooms that ended before t, with all that belongs to them, and tells how many.
	Purge(ctx context.Context, t time.Time, limit int) (int, error)
}

// Purger deletes rooms that ended long ago: where people went together is nobody's to keep for ever. Any number may
// run at once.
type Purger struct {
	Store     PurgeStore
	Retention time.Duration // since a room's end
	Now       func() time.Time
	OnError   func(error)
}

const (
	purgeBatch = 500
	purgeEvery = time.Hour
)

// Run purges until ctx ends.
func (p *Purger) Run(ctx context.Context) error {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		if err := p.round(ctx); err != nil && ctx.Err() == nil {
			p.OnError(fmt.Errorf("purge rooms: %w", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (p *Purger) round(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := p.Store.Purge(ctx, p.Now().Add(-p.Retention), purgeBatch)
		if err != nil || n < purgeBatch {
			return err
		}
	}
	return nil
}
