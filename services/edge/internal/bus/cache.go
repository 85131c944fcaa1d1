package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/session"
)

// Active are the commands that list the rooms a user is probably in; see
// wire.KeyUserRooms. Their results belong to ActiveIn.
func (b *Bus) Active(userID string) rueidis.Commands {
	// The sentinel first: what is read after it was there is complete.
	return rueidis.Commands{
		b.sentinel(),
		b.client.B().Smembers().Key(wire.KeyUserRooms(userID)).Build(),
	}
}

// ActiveIn lists those rooms. While the caches are being rebuilt it fails: a
// socket that came without a room would hear nothing, and not know why.
func (b *Bus) ActiveIn(results []rueidis.RedisResult) ([]string, error) {
	if err := whole(results[0]); err != nil {
		return nil, err
	}
	ids, err := results[1].AsStrSlice()
	if err != nil {
		return nil, fmt.Errorf("read a user's rooms: %w", err)
	}
	return ids, nil
}

// Check is a readiness check: until the caches have been there once, nobody can be
// let in. When Redis loses them later a process stays ready: the others would be no
// better, and those who are connected stay.
func (b *Bus) Check(ctx context.Context) error {
	if b.whole.Load() {
		return nil
	}
	err := whole(b.client.Do(ctx, b.sentinel()))
	if err == nil {
		b.whole.Store(true)
	}
	return err
}

// sentinel asks whether the caches are there, and whole reads the answer.
func (b *Bus) sentinel() rueidis.Completed {
	return b.client.B().Exists().Key(wire.KeyRoomCaches).Build()
}

func whole(answer rueidis.RedisResult) error {
	there, err := answer.AsBool()
	if err != nil {
		return fmt.Errorf("look for the room caches: %w", err)
	}
	if !there {
		return errCachesLost
	}
	return nil
}

// snapshot is a room's caches at one moment. The room service changes them
// together, and with them the version in the details: as long as the details
// are the same, so are the members.
type snapshot struct {
	raw     string // the details as they were read
	room    wire.RoomCache
	members map[string]struct{}
	seen    atomic.Int64 // when it was last found to be current, Unix ms
}

// trusted is how long a snapshot is believed without another look at the cache,
// which costs as much as all the rest of a command. Whoever is removed is taken
// out by the room's events, and the services check once more.
const trusted = 50 * time.Millisecond

// Authorize answers nil for an active member of an active room. It reads this
// process's memory only, unless the room has changed: Redis tells.
func (b *Bus) Authorize(ctx context.Context, roomID, userID string) (session.Room, error) {
	r, now := b.lookup(roomID), time.Now()
	if r != nil {
		if s := r.caches.Load(); s != nil && now.UnixMilli()-s.seen.Load() < trusted.Milliseconds() {
			if room, err := s.judge(userID, now); err == nil { // a no may be older than a join
				b.metrics.cacheRead(true)
				return room, nil
			}
		}
	}
	result := b.client.DoCache(ctx, b.client.B().Get().Key(wire.KeyRoom(roomID)).Cache(), redisx.CacheTTL)
	b.metrics.cacheRead(result.IsCacheHit())
	raw, err := result.ToString()
	if rueidis.IsRedisNil(err) {
		return session.Room{}, b.absent(ctx, roomID, userID)
	}
	if err != nil {
		return session.Room{}, unavailable(err)
	}
	if r != nil {
		if s := r.caches.Load(); s != nil && s.raw == raw {
			s.seen.Store(now.UnixMilli())
			return s.judge(userID, now)
		}
	}
	s, err := b.read(ctx, roomID)
	if err != nil {
		return session.Room{}, err
	}
	if s == nil {
		return session.Room{}, b.absent(ctx, roomID, userID)
	}
	if r != nil {
		r.caches.Store(s)
	}
	return s.judge(userID, time.Now())
}

// authorizeFresh is Authorize past all caches.
func (b *Bus) authorizeFresh(ctx context.Context, roomID, userID string) error {
	s, err := b.read(ctx, roomID)
	if err != nil {
		return err
	}
	if s == nil {
		return b.absent(ctx, roomID, userID)
	}
	_, err = s.judge(userID, time.Now())
	return err
}

// read takes a snapshot; nil when there is none. The members may be newer than
// the details, which the next look at the details finds out.
func (b *Bus) read(ctx context.Context, roomID string) (*snapshot, error) {
	results := b.client.DoMulti(ctx,
		b.client.B().Get().Key(wire.KeyRoom(roomID)).Build(),
		b.client.B().Smembers().Key(wire.KeyRoomMembers(roomID)).Build())
	raw, err := results[0].ToString()
	if rueidis.IsRedisNil(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	members, err := results[1].AsStrSlice()
	if err != nil {
		return nil, unavailable(err)
	}
	return newSnapshot(raw, members)
}

func newSnapshot(raw string, members []string) (*snapshot, error) {
	s := &snapshot{raw: raw, members: make(map[string]struct{}, len(members))}
	if err := json.Unmarshal([]byte(raw), &s.room); err != nil {
		return nil, fmt.Errorf("decode room details: %w", err)
	}
	for _, id := range members {
		s.members[id] = struct{}{}
	}
	return s, nil
}

// open answers nil for an active room.
func (s *snapshot) open(now time.Time) error {
	switch {
	case s.room.Status == wire.RoomStatusExpired || !s.room.ExpiresAt.After(now):
		return wire.NewError(wire.CodeRoomExpired)
	case s.room.Status != wire.RoomStatusActive:
		return wire.NewError(wire.CodeRoomClosed)
	}
	return nil
}

func (s *snapshot) judge(userID string, now time.Time) (session.Room, error) {
	if err := s.open(now); err != nil {
		return session.Room{}, err
	}
	if !s.has(userID) {
		return session.Room{}, wire.NewError(wire.CodeNotMember)
	}
	return session.Room{ID: s.room.ID, Name: s.room.Name}, nil
}

func (s *snapshot) has(userID string) bool {
	_, ok := s.members[userID]
	return ok
}

// absent tells a room that does not exist from caches that were lost and are
// being rebuilt: nobody may be sent away for the latter.
func (b *Bus) absent(ctx context.Context, roomID, userID string) error {
	err := b.client.DoCache(ctx, b.client.B().Get().Key(wire.KeyRoomCaches).Cache(), redisx.CacheTTL).Error()
	if err != nil {
		return unavailable(err)
	}
	member, err := b.client.Do(ctx, b.client.B().Sismember().Key(wire.KeyRoomMembers(roomID)).Member(userID).Build()).AsBool()
	if err != nil || member {
		return unavailable(err)
	}
	return wire.NewError(wire.CodeRoomNotFound)
}
