// Package store reads what this service needs from Redis: rooms, which it does
// not own, from memory that Redis invalidates, and live positions, which it
// does.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// maxParsed bounds the rooms whose JSON is remembered in parsed form.
const maxParsed = 20_000

// Rooms finds rooms through client-side caching: the second look at a room
// costs no round trip until its owner changes it. It is safe for concurrent
// use.
type Rooms struct {
	client rueidis.Client

	mu     sync.Mutex
	parsed map[string]parsedRoom
}

type parsedRoom struct {
	raw  string
	room position.Room
}

// NewRooms returns an empty memory.
func NewRooms(client rueidis.Client) *Rooms {
	return &Rooms{client: client, parsed: map[string]parsedRoom{}}
}

// Find returns the rooms with ids, which must differ from each other, in their
// order; nil where there is none. certain is false if a room is missing while
// the caches are being rebuilt, so that it may exist nevertheless.
func (r *Rooms) Find(ctx context.Context, ids []string) (rooms []*position.Room, certain bool, err error) {
	lookups := make([]rueidis.CacheableTTL, 0, 2*len(ids))
	for _, id := range ids {
		lookups = append(lookups,
			rueidis.CT(r.client.B().Get().Key(wire.KeyRoom(id)).Cache(), redisx.CacheTTL),
			rueidis.CT(r.client.B().Smembers().Key(wire.KeyRoomMembers(id)).Cache(), redisx.CacheTTL))
	}
	results := r.client.DoMultiCache(ctx, lookups...)
	rooms, certain = make([]*position.Room, len(ids)), true
	for i, id := range ids {
		raw, err := results[2*i].ToString()
		if rueidis.IsRedisNil(err) {
			certain = false
			continue
		}
		if err != nil {
			return nil, false, fmt.Errorf("read room: %w", err)
		}
		if rooms[i], err = r.parse(id, raw); err != nil {
			return nil, false, err
		}
		if rooms[i].Members, err = results[2*i+1].AsStrSlice(); err != nil {
			return nil, false, fmt.Errorf("read members: %w", err)
		}
	}
	if certain {
		return rooms, true, nil
	}
	err = r.client.DoCache(ctx, r.client.B().Get().Key(wire.KeyRoomCaches).Cache(), redisx.CacheTTL).Error()
	if err != nil && !rueidis.IsRedisNil(err) {
		return nil, false, fmt.Errorf("read the mark of the room caches: %w", err)
	}
	return rooms, err == nil, nil
}

// parse returns a copy of the room in raw. Equal strings are mostly the same
// bytes of the client-side cache, so comparing them costs nothing.
func (r *Rooms) parse(id, raw string) (*position.Room, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.parsed[id]
	if !ok || known.raw != raw {
		var c wire.RoomCache
		if err := json.Unmarshal([]byte(raw), &c); err != nil {
			return nil, fmt.Errorf("parse room %s: %w", id, err)
		}
		known = parsedRoom{raw: raw, room: position.Room{ID: id, DestinationLat: c.DestinationLat, DestinationLng: c.DestinationLng, Waypoints: c.Waypoints, Version: c.Version,
			Active: c.Status == wire.RoomStatusActive, Expired: c.Status == wire.RoomStatusExpired, ExpiresAt: c.ExpiresAt.Time, Managers: managers(c.Roles)}}
		if len(r.parsed) >= maxParsed {
			clear(r.parsed)
		}
		r.parsed[id] = known
	}
	room := known.room
	return &room, nil
}

func managers(roles map[string]string) (users []string) {
	for user, role := range roles {
		if role == wire.RoleOwner || role == wire.RoleAdmin {
			users = append(users, user)
		}
	}
	return users
}
