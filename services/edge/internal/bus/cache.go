package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/session"
)

// Active lists the rooms a user is probably in; see wire.KeyUserRooms.
func (b *Bus) Active(ctx context.Context, userID string) ([]string, error) {
	ids, err := b.client.Do(ctx, b.client.B().Smembers().Key(wire.KeyUserRooms(userID)).Build()).AsStrSlice()
	if err != nil {
		return nil, fmt.Errorf("read a user's rooms: %w", err)
	}
	return ids, nil
}

// Authorize answers nil for an active member of an active room. What it reads is
// in this process's memory unless it has changed.
func (b *Bus) Authorize(ctx context.Context, roomID, userID string) (session.Room, error) {
	results := b.client.DoMultiCache(ctx,
		rueidis.CT(b.client.B().Sismember().Key(wire.KeyRoomMembers(roomID)).Member(userID).Cache(), redisx.CacheTTL),
		rueidis.CT(b.client.B().Get().Key(wire.KeyRoom(roomID)).Cache(), redisx.CacheTTL))
	return b.judge(ctx, roomID, results[0], results[1])
}

// authorizeFresh is Authorize past the client-side cache.
func (b *Bus) authorizeFresh(ctx context.Context, roomID, userID string) error {
	results := b.client.DoMulti(ctx,
		b.client.B().Sismember().Key(wire.KeyRoomMembers(roomID)).Member(userID).Build(),
		b.client.B().Get().Key(wire.KeyRoom(roomID)).Build())
	_, err := b.judge(ctx, roomID, results[0], results[1])
	return err
}

func (b *Bus) judge(ctx context.Context, roomID string, isMember, details rueidis.RedisResult) (session.Room, error) {
	member, err := isMember.AsBool()
	if err != nil {
		return session.Room{}, unavailable(err)
	}
	raw, err := details.ToString()
	if rueidis.IsRedisNil(err) {
		return session.Room{}, b.absent(ctx, member)
	}
	if err != nil {
		return session.Room{}, unavailable(err)
	}
	room, err := b.parse(roomID, raw)
	switch {
	case err != nil:
		return session.Room{}, err
	case room.Status == wire.RoomStatusExpired || !room.ExpiresAt.After(time.Now()):
		return session.Room{}, wire.NewError(wire.CodeRoomExpired)
	case room.Status != wire.RoomStatusActive:
		return session.Room{}, wire.NewError(wire.CodeRoomClosed)
	case !member:
		return session.Room{}, wire.NewError(wire.CodeNotMember)
	}
	return session.Room{ID: room.ID, Name: room.Name}, nil
}

// absent tells a room that does not exist from caches that were lost and are
// being rebuilt: nobody may be sent away for the latter.
func (b *Bus) absent(ctx context.Context, member bool) error {
	err := b.client.DoCache(ctx, b.client.B().Get().Key(wire.KeyRoomCaches).Cache(), redisx.CacheTTL).Error()
	if err != nil || member {
		return unavailable(err)
	}
	return wire.NewError(wire.CodeRoomNotFound)
}

// parse decodes room details, at most once per change for rooms with sockets
// here.
func (b *Bus) parse(roomID, raw string) (*wire.RoomCache, error) {
	r := b.lookup(roomID)
	if r != nil {
		if d := r.details.Load(); d != nil && d.raw == raw {
			return &d.room, nil
		}
	}
	d := &details{raw: raw}
	if err := json.Unmarshal([]byte(raw), &d.room); err != nil {
		return nil, fmt.Errorf("decode room details: %w", err)
	}
	if r != nil {
		r.details.Store(d)
	}
	return &d.room, nil
}

// details are a room's details and what they were made of.
type details struct {
	raw  string
	room wire.RoomCache
}
