package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

const (
	keepLook      = 500 * time.Millisecond // how often the sentinel is looked at
	keepReconcile = 15 * time.Second       // how often all caches are compared
	keepPage      = 500
	// keepGrace: a younger change may be on its way to the caches, which is no fault.
	keepGrace = 5 * time.Second
	// keepEnded is how far back ended rooms are looked at: Redis loses a few seconds at most.
	keepEnded = 2 * time.Minute
)

// Versions walks over rooms.
type Versions interface {
	Rooms
	// EachActive calls fn with pages of the active rooms until it fails.
	EachActive(ctx context.Context, limit int, fn func([]room.Version) error) error
	EndedSince(ctx context.Context, t time.Time, limit int) ([]room.Version, error)
	EachShare(ctx context.Context, now, since time.Time, limit int, fn func(live []room.LiveShare, revoked [][]byte) error) error
}

// Keeper sees that the caches are what the database says: it writes them all when Redis has lost them, and compares
// them now and then, and after each restart of Redis, which may have forgotten its last second.
type Keeper struct {
	Rooms   Versions
	Cache   *Cache
	Client  rueidis.Client
	Metrics *Metrics
	OnError func(error)

	sentinel   *redisx.Sentinel
	reconciled time.Time
}

// Run keeps the caches until ctx ends. Only one keeper should run.
func (k *Keeper) Run(ctx context.Context) {
	k.reconciled = time.Now()
	k.sentinel = redisx.NewSentinel(k.Client, wire.KeyRoomCaches)
	for {
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			k.OnError(fmt.Errorf("keep caches: %w", err))
		}
		if !run.Pause(ctx, keepLook) {
			return
		}
	}
}

func (k *Keeper) look(ctx context.Context) error {
	ask, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	there, restarted, err := k.sentinel.Look(ask)
	if err != nil {
		return err //nolint:wrapcheck // says itself
	}
	switch {
	case !there:
		err = k.rebuild(ctx)
	case restarted || time.Since(k.reconciled) >= keepReconcile:
		err = k.reconcile(ctx, restarted)
	default:
		return nil
	}
	if err == nil {
		k.sentinel.Right()
		k.reconciled = time.Now()
	}
	return err
}

// rebuild writes the caches of all active rooms, then the sentinel.
func (k *Keeper) rebuild(ctx context.Context) error {
	set, err := k.sentinel.Rebuild(ctx, func(ctx context.Context) error {
		if err := k.Rooms.EachActive(ctx, keepPage, func(page []room.Version) error { return k.write(ctx, page) }); err != nil {
			return err //nolint:wrapcheck // says itself
		}
		return k.shares(ctx)
	})
	if set {
		k.Metrics.Rebuilds.Inc()
	}
	return err //nolint:wrapcheck // says itself
}

// reconcile compares the caches of all active and of the last ended rooms with the database and repairs. After a restart of Redis
// differences are no fault of ours, and are repaired whatever their age.
func (k *Keeper) reconcile(ctx context.Context, restarted bool) error {
	compare := func(page []room.Version) error { return k.repair(ctx, page, true, restarted) }
	if err := k.Rooms.EachActive(ctx, keepPage, compare); err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	ended, err := k.Rooms.EndedSince(ctx, k.Cache.Now().Add(-keepEnded), 10*keepPage)
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	for len(ended) > 0 {
		n := min(len(ended), keepPage)
		if err := k.repair(ctx, ended[:n], false, restarted); err != nil {
			return fmt.Errorf("reconcile: %w", err)
		}
		ended = ended[n:]
	}
	if err := k.shares(ctx); err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	return nil
}

// shares writes all live links, and deletes those that were revoked lately: there are few.
func (k *Keeper) shares(ctx context.Context) error {
	now := k.Cache.Now()
	return k.Rooms.EachShare(ctx, now, now.Add(-keepEnded), keepPage, func(live []room.LiveShare, revoked [][]byte) error {
		return k.Cache.writeShares(ctx, live, revoked)
	})
}

// repair writes the caches of those rooms of a page whose caches are not what the database says: older, or not whole.
func (k *Keeper) repair(ctx context.Context, page []room.Version, active, restarted bool) error {
	const each = 4
	cmds := make(rueidis.Commands, 0, each*len(page))
	for _, v := range page {
		cmds = append(cmds, k.Client.B().Get().Key(wire.KeyRoomVersion(v.ID)).Build(), k.Client.B().Exists().Key(wire.KeyRoom(v.ID)).Build(),
			k.Client.B().Scard().Key(wire.KeyRoomMembers(v.ID)).Build(), k.Client.B().Get().Key(wire.KeyRoomCode(v.Code)).Build())
	}
	replies := k.Client.DoMulti(ctx, cmds...)
	if err := redisx.FirstError(replies); err != nil {
		return fmt.Errorf("read caches: %w", err)
	}
	now := k.Cache.Now()
	var wrong []room.Version
	for i, v := range page {
		known, _ := replies[each*i].AsInt64() // 0: there is none
		details, _ := replies[each*i+1].AsBool()
		members, _ := replies[each*i+2].AsInt64()
		code, _ := replies[each*i+3].ToString()
		var right bool
		if active {
			over := !v.ExpiresAt.After(now) // about to be ended, and no member is in its caches any more
			right = known > v.Version || known == v.Version && details && (over || members == v.Present && code == v.ID)
		} else {
			right = (known == 0 || known >= v.Version) && code != v.ID // without caches it is as it should be
		}
		if old := now.Sub(v.UpdatedAt) > keepGrace; !right && (old || restarted) {
			wrong = append(wrong, v)
		}
	}
	k.Metrics.CacheRepairs.Add(float64(len(wrong)))
	return k.write(ctx, wrong)
}

func (k *Keeper) write(ctx context.Context, page []room.Version) error {
	if len(page) == 0 {
		return nil
	}
	ids := make([]string, len(page))
	for i, v := range page {
		ids[i] = v.ID
	}
	rooms, err := k.Rooms.Rooms(ctx, ids)
	if err != nil {
		return err //nolint:wrapcheck // says itself
	}
	changes := make([]room.Change, 0, len(rooms))
	for _, r := range rooms {
		changes = append(changes, room.Change{Room: r, Users: userIDs(r)})
	}
	return k.Cache.write(ctx, changes, asRepair)
}
