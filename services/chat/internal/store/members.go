package store

import (
	"context"
	"encoding/json"
	"errors"
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
	rooms, members, err := m.read(ctx, asks)
	if err != nil {
		return nil, fmt.Errorf("read room caches: %w", err)
	}
	standings := make([]message.Standing, len(asks))
	missing := false
	for i := range asks {
		raw, err := rooms[i].ToString()
		if rueidis.IsRedisNil(err) {
			missing = true
			continue
		}
		var room wire.RoomCache
		if err := json.Unmarshal([]byte(raw), &room); err != nil {
			standings[i].Err = message.ErrUnknown
			continue
		}
		member := false
		if asks[i].UserID != "" {
			if member, err = members[i].AsBool(); err != nil {
				return nil, fmt.Errorf("read members: %w", err)
			}
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

// read asks for rooms and members. Who asks about a room alone does so because it
// has just changed, and most likely only once: remembering it would cost Redis five
// commands instead of one, and a message about the next change.
func (m *Members) read(ctx context.Context, asks []message.Ask) (rooms, members []rueidis.RedisResult, err error) {
	rooms, members = make([]rueidis.RedisResult, len(asks)), make([]rueidis.RedisResult, len(asks))
	var kept []rueidis.CacheableTTL
	var once rueidis.Commands
	for _, a := range asks {
		if a.UserID == "" {
			once = append(once, m.Client.B().Get().Key(wire.KeyRoom(a.RoomID)).Build())
			continue
		}
		kept = append(kept,
			rueidis.CT(m.Client.B().Get().Key(wire.KeyRoom(a.RoomID)).Cache(), redisx.CacheTTL),
			rueidis.CT(m.Client.B().Sismember().Key(wire.KeyRoomMembers(a.RoomID)).Member(a.UserID).Cache(), redisx.CacheTTL))
	}
	keptResults, onceResults := m.Client.DoMultiCache(ctx, kept...), m.Client.DoMulti(ctx, once...)
	if err := errors.Join(redisx.FirstError(keptResults), redisx.FirstError(onceResults)); err != nil {
		return nil, nil, err
	}
	for i, a := range asks {
		if a.UserID == "" {
			rooms[i], onceResults = onceResults[0], onceResults[1:]
		} else {
			rooms[i], members[i], keptResults = keptResults[0], keptResults[1], keptResults[2:]
		}
	}
	return rooms, members, nil
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
