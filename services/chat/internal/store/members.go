package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Members reads who is in which room from the room service's caches, served
// from process memory until Redis says that they changed.
type Members struct {
	Client rueidis.Client
	Now    func() time.Time
}

// Standings answers the questions in their order; an error means that Redis
// could not be asked.
func (m *Members) Standings(ctx context.Context, asks []message.Ask) ([]message.Standing, error) {
	cmds := make([]rueidis.CacheableTTL, 0, 2*len(asks))
	for _, a := range asks {
		cmds = append(cmds,
			rueidis.CT(m.Client.B().Get().Key(wire.KeyRoom(a.RoomID)).Cache(), redisx.CacheTTL),
			rueidis.CT(m.Client.B().Sismember().Key(wire.KeyRoomMembers(a.RoomID)).Member(a.UserID).Cache(), redisx.CacheTTL))
	}
	results := m.Client.DoMultiCache(ctx, cmds...)
	if err := redisx.FirstError(results); err != nil {
		return nil, fmt.Errorf("read room caches: %w", err)
	}
	standings := make([]message.Standing, len(asks))
	missing := false
	for i := range asks {
		raw, err := results[2*i].ToString()
		if rueidis.IsRedisNil(err) {
			missing = true
			continue
		}
		var room wire.RoomCache
		if err := json.Unmarshal([]byte(raw), &room); err != nil {
			standings[i].Err = message.ErrUnknown
			continue
		}
		member, err := results[2*i+1].AsBool()
		if err != nil {
			return nil, fmt.Errorf("read members: %w", err)
		}
		role := room.Roles[asks[i].UserID]
		standings[i] = message.Standing{Exists: true, Member: member, Ended: ended(room, m.Now()),
			Moderator: role == wire.RoleOwner || role == wire.RoleAdmin}
	}
	if !missing {
		return standings, nil
	}
	return standings, m.judgeMissing(ctx, standings)
}

// judgeMissing tells a room that does not exist from caches that were lost:
// the sentinel is there only while the caches are whole. It is read from Redis
// itself, since a remembered one proves nothing about what is there now.
func (m *Members) judgeMissing(ctx context.Context, standings []message.Standing) error {
	whole, err := m.Client.Do(ctx, m.Client.B().Exists().Key(wire.KeyRoomCaches).Build()).AsBool()
	if err != nil {
		return fmt.Errorf("read room caches: %w", err)
	}
	if whole {
		return nil
	}
	for i := range standings {
		if !standings[i].Exists {
			standings[i].Err = message.ErrUnknown
		}
	}
	return nil
}

// ended judges the clock as well as the status: a room must refuse messages
// from its last second on, not from when somebody noticed.
func ended(room wire.RoomCache, now time.Time) error {
	switch {
	case room.Status == wire.RoomStatusClosed:
		return message.ErrRoomClosed
	case room.Status == wire.RoomStatusExpired, !room.ExpiresAt.IsZero() && !room.ExpiresAt.After(now):
		return message.ErrRoomExpired
	}
	return nil
}
