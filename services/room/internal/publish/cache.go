package publish

import (
	"context"
	"crypto/sha1" //nolint:gosec // Redis names scripts by it
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

const (
	// endedLife is how long an ended room can still be told from one that never was.
	endedLife = time.Hour
	// hintLife of user_rooms outlives the longest life of a room; every extension of one renews it.
	hintLife = (room.MaxLifeHours + 24) * time.Hour
	// projectTimeout bounds what a request waits for its caches.
	projectTimeout = 300 * time.Millisecond
)

// Room, members and version change together and never backwards, whoever writes last: the request that made a change,
// the relay, a repair. KEYS room, members, version; ARGV version, room JSON, its end, the members' end or 0 for none
// (Unix ms), the version that is replaced by this one: any up to it, user ids.
const projectText = `
local known = redis.call('GET', KEYS[3])
if known and tonumber(known) > tonumber(ARGV[5]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
redis.call('SET', KEYS[3], ARGV[1], 'PXAT', ARGV[3])
redis.call('DEL', KEYS[2])
if ARGV[4] ~= '0' and #ARGV > 5 then
  redis.call('SADD', KEYS[2], unpack(ARGV, 6))
  redis.call('PEXPIREAT', KEYS[2], ARGV[4])
end
return 1`

// A code may belong to another room by now.
const dropCodeText = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

var projectSHA, dropCodeSHA = sha(projectText), sha(dropCodeText)

func sha(text string) string {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// Cache writes the rooms' caches.
type Cache struct {
	Client  rueidis.Client
	Metrics *Metrics
	Now     func() time.Time
	OnError func(error)
}

// Committed writes the caches of changes before their requests are answered, so that who reads after the answer reads
// the change. It gives up after a moment: the relay writes them again.
func (c *Cache) Committed(ctx context.Context, changes ...room.Change) {
	ctx, cancel := context.WithTimeout(ctx, projectTimeout)
	defer cancel()
	if err := c.write(ctx, changes, asCommitted); err != nil {
		c.Metrics.CacheFailures.Inc()
		c.OnError(fmt.Errorf("write caches after a commit: %w", err))
	}
}

// manner is on whose behalf caches are written.
type manner int

const (
	asCommitted manner = iota
	// asRelayed also takes rooms out of users' hints: the one who does that must see all changes of a user in their
	// order, and a hint too many harms less than one too few.
	asRelayed
	// asRepair also replaces what has the right version and is not whole.
	asRepair
)

// write writes the caches of the changed rooms.
func (c *Cache) write(ctx context.Context, changes []room.Change, how manner) error {
	for attempt := 0; ; attempt++ {
		var cmds rueidis.Commands
		for _, change := range changes {
			var err error
			if cmds, err = c.commands(cmds, change, how); err != nil {
				return err
			}
		}
		err := redisx.FirstError(c.Client.DoMulti(ctx, cmds...))
		var redisErr *rueidis.RedisError
		if attempt > 0 || !errors.As(err, &redisErr) || !redisErr.IsNoScript() {
			return err //nolint:wrapcheck // the caller says what was attempted
		}
		if err := c.loadScripts(ctx); err != nil {
			return err
		}
	}
}

// joined picks those rooms of which there are only joins to tell, and whose caches are as new: the requests have written
// them. For these the room need not be read again. Room, members and version were written as one.
func (c *Cache) joined(ctx context.Context, all []*told) (joined, rest []*told, err error) {
	var cmds rueidis.Commands
	for _, t := range all {
		if t.joins {
			joined = append(joined, t)
			cmds = append(cmds, c.Client.B().Get().Key(wire.KeyRoomVersion(t.id)).Build())
		} else {
			rest = append(rest, t)
		}
	}
	candidates := joined
	joined = nil
	for i, reply := range c.Client.DoMulti(ctx, cmds...) {
		version, err := reply.AsInt64()
		if err != nil && !rueidis.IsRedisNil(err) {
			return nil, nil, err //nolint:wrapcheck // the caller says what was attempted
		}
		if t := candidates[i]; version >= t.events[len(t.events)-1].Version {
			joined = append(joined, t)
		} else {
			rest = append(rest, t)
		}
	}
	return joined, rest, nil
}

// hint notes the rooms of those who have joined. The request did, too, but before the relay took out what came before:
// see asRelayed.
func (c *Cache) hint(ctx context.Context, joined []*told) error {
	var cmds rueidis.Commands
	for _, t := range joined {
		for _, userID := range t.users {
			cmds = append(cmds, c.hints(userID, t.id)...)
		}
	}
	return redisx.FirstError(c.Client.DoMulti(ctx, cmds...)) //nolint:wrapcheck // the caller says what was attempted
}

func (c *Cache) hints(userID, roomID string) rueidis.Commands {
	key := wire.KeyUserRooms(userID)
	return rueidis.Commands{c.Client.B().Sadd().Key(key).Member(roomID).Build(), c.Client.B().Expire().Key(key).Seconds(int64(hintLife / time.Second)).Build()}
}

func (c *Cache) loadScripts(ctx context.Context) error {
	for _, node := range c.Client.Nodes() {
		for _, text := range []string{projectText, dropCodeText} {
			if err := node.Do(ctx, node.B().ScriptLoad().Script(text).Build()).Error(); err != nil {
				return fmt.Errorf("load script: %w", err)
			}
		}
	}
	return nil
}

func (c *Cache) commands(cmds rueidis.Commands, change room.Change, how manner) (rueidis.Commands, error) {
	r, now, b := change.Room, c.Now(), c.Client.B
	json, err := cached(r)
	if err != nil {
		return nil, err
	}
	live := r.StatusAt(now) == room.Active
	end, membersEnd := r.ExpiresAt.Add(endedLife), "0"
	if live {
		membersEnd = unixMilli(r.ExpiresAt)
	} else {
		end = now.Add(endedLife)
	}
	replaces := r.Version - 1
	if how == asRepair {
		replaces = r.Version
	}
	args := []string{strconv.FormatInt(r.Version, 10), json, unixMilli(end), membersEnd, strconv.FormatInt(replaces, 10)}
	for i := range r.Members {
		if r.Members[i].Status == room.Present {
			args = append(args, r.Members[i].UserID)
		}
	}
	cmds = append(cmds, b().Evalsha().Sha1(projectSHA).Numkeys(3).
		Key(wire.KeyRoom(r.ID), wire.KeyRoomMembers(r.ID), wire.KeyRoomVersion(r.ID)).Arg(args...).Build())
	if live {
		cmds = append(cmds, b().Set().Key(wire.KeyRoomCode(r.Code)).Value(r.ID).PxatMillisecondsTimestamp(r.ExpiresAt.UnixMilli()).Build())
	} else {
		cmds = append(cmds, dropCode(c.Client, r.Code, r.ID))
	}
	for _, code := range change.OldCodes {
		if code != r.Code {
			cmds = append(cmds, dropCode(c.Client, code, r.ID))
		}
	}
	for _, userID := range change.Users {
		switch {
		case live && r.Present(userID) != nil:
			cmds = append(cmds, c.hints(userID, r.ID)...)
		case how == asRelayed:
			cmds = append(cmds, b().Srem().Key(wire.KeyUserRooms(userID)).Member(r.ID).Build())
		}
	}
	return cmds, nil
}

func dropCode(client rueidis.Client, code, roomID string) rueidis.Completed {
	return client.B().Evalsha().Sha1(dropCodeSHA).Numkeys(1).Key(wire.KeyRoomCode(code)).Arg(roomID).Build()
}

func unixMilli(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
