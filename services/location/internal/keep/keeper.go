package keep

import (
	"context"
	"fmt"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

const (
	lookEvery      = 250 * time.Millisecond // at what has an end
	keepEvery      = 500 * time.Millisecond // at the sentinel
	reconcileEvery = 30 * time.Second
	reconcileBack  = 10 * time.Minute
	leaseTTL       = 3 * time.Second
)

// Keeper stores the wishes that come from sockets, sees to what ends by itself,
// and writes everything again when Redis has lost it. Of all replicas one works.
type Keeper struct {
	*Projection
	Instance string
	OnError  func(error)

	sentinel           *redisx.Sentinel
	kept, reconciledAt time.Time
}

// Run blocks until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	k.sentinel = redisx.NewSentinel(k.Client, wire.KeySharingCaches)
	return redisx.WhileLeased(ctx, k.Client, "lease:location:sharing", k.Instance, leaseTTL, k.work, k.OnError)
}

func (k *Keeper) work(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wishes := &redisx.Consumer{Client: k.Client, Stream: wire.StreamWishes, Field: wire.CommandField, Group: wire.ServiceLocation, Name: k.Instance,
		Dead: wire.StreamDead(wire.ServiceLocation), Exclusive: true, Handle: k.Store, OnError: k.OnError}
	wait := run.Go(func() { _ = wishes.Run(ctx) }) // whose failures went to OnError
	defer wait()
	defer cancel()
	for {
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			k.OnError(fmt.Errorf("keep sharing: %w", err))
		}
		if !run.Pause(ctx, lookEvery) {
			return nil
		}
	}
}

func (k *Keeper) look(ctx context.Context) error {
	if err := k.due(ctx); err != nil {
		return err
	}
	if time.Since(k.kept) < keepEvery {
		return nil
	}
	k.kept = time.Now()
	there, restarted, err := k.sentinel.Look(ctx)
	if err != nil {
		return err //nolint:wrapcheck // says itself
	}
	switch {
	case !there:
		_, err = k.sentinel.Rebuild(ctx, func(ctx context.Context) error { return k.write(ctx, time.Time{}) })
	case restarted: // it may have forgotten its last second
		err = k.write(ctx, time.Time{})
	case time.Since(k.reconciledAt) >= reconcileEvery:
		err = k.write(ctx, time.Now().Add(-reconcileBack))
	default:
		return nil
	}
	if err == nil {
		k.sentinel.Right()
		k.reconciledAt = time.Now()
	}
	return err
}

// write projects what was changed since a time, and tells the partitions of what
// was not known there.
func (k *Keeper) write(ctx context.Context, since time.Time) error {
	err := k.Archive.EachSharing(ctx, since, func(page map[position.Key]privacy.Sharing) error {
		behind, err := k.sharing(ctx, page)
		if err != nil {
			return err
		}
		commands := make([]wire.Command, 0, len(behind))
		for _, b := range behind {
			commands = append(commands, wire.Command{Type: wire.CommandRefresh, RoomID: b.Room, UserID: b.User, Received: time.Now(), Data: "{}"})
		}
		return k.Append(ctx, commands)
	})
	if err != nil {
		return fmt.Errorf("project sharing: %w", err)
	}
	err = k.Archive.EachZones(ctx, since, func(page map[string]privacy.Zones) error {
		return k.zones(ctx, page) // owners look every half minute
	})
	if err != nil {
		return fmt.Errorf("project privacy zones: %w", err)
	}
	return nil
}
