// Package keep stores what members want to be shown of them, and keeps Redis,
// from which it is read, true to Postgres.
package keep

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Archive is the truth; see store.Archive.
type Archive interface {
	Change(ctx context.Context, k position.Key, c privacy.Change, now time.Time) (privacy.Sharing, error)
	ChangeZones(ctx context.Context, user string, now time.Time, change func(privacy.Zones) (privacy.Zones, error)) (privacy.Zones, error)
	EachSharing(ctx context.Context, since time.Time, fn func(map[position.Key]privacy.Sharing) error) error
	EachZones(ctx context.Context, since time.Time, fn func(map[string]privacy.Zones) error) error
	ForgetRoom(ctx context.Context, room string) error
	ForgetUser(ctx context.Context, user string) error
}

// Whoever writes last, a projection never goes backwards.
var (
	setSharing = rueidis.NewLuaScript(`
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and cjson.decode(known).v >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`)
	setZones = rueidis.NewLuaScript(`
local known = redis.call('GET', KEYS[1])
if known and cjson.decode(known).v >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`)
)

// Projection writes to Redis what is in the archive, and tells the owners of
// partitions. It is safe for concurrent use.
type Projection struct {
	Archive    Archive
	Client     rueidis.Client
	Partitions int
}

// Change stores what a member says in a room, and lets everybody know. c is the
// member, the room, and the socket that asked, if one has.
func (p *Projection) Change(ctx context.Context, c *wire.Command, change privacy.Change) (privacy.Sharing, error) {
	k := position.Key{Room: c.RoomID, User: c.UserID}
	s, err := p.Archive.Change(ctx, k, change, time.Now().UTC())
	if err != nil {
		return s, err
	}
	return s, p.tell(ctx, c, s)
}

// tell projects a wish, then sends it to the owner of the room's partition.
func (p *Projection) tell(ctx context.Context, c *wire.Command, s privacy.Sharing) error {
	if _, err := p.sharing(ctx, map[position.Key]privacy.Sharing{{Room: c.RoomID, User: c.UserID}: s}); err != nil {
		return err
	}
	raw, err := json.Marshal(publish.SharingCache(s))
	if err != nil {
		return fmt.Errorf("encode sharing: %w", err)
	}
	return p.Append(ctx, []wire.Command{{Type: wire.CommandShared, RoomID: c.RoomID, UserID: c.UserID, UserName: c.UserName, Origin: c.Origin,
		Received: time.Now(), Data: string(raw)}})
}

// sharing writes wishes, and returns those that were not known.
func (p *Projection) sharing(ctx context.Context, page map[position.Key]privacy.Sharing) (behind []position.Key, err error) {
	keys := make([]position.Key, 0, len(page))
	execs := make([]rueidis.LuaExec, 0, len(page))
	var next rueidis.Commands
	now := time.Now()
	for k, s := range page {
		raw, err := json.Marshal(publish.SharingCache(s))
		if err != nil {
			return nil, fmt.Errorf("encode sharing: %w", err)
		}
		keys = append(keys, k)
		execs = append(execs, rueidis.LuaExec{Keys: []string{wire.KeySharing(k.Room)}, Args: []string{k.User, strconv.FormatInt(s.Version, 10), string(raw)}})
		if at := s.Policy(privacy.Zones{}).Changes(now); at.IsZero() {
			next = append(next, p.Client.B().Zrem().Key(wire.KeySharingChanges).Member(k.Room+" "+k.User).Build())
		} else {
			next = append(next, p.Client.B().Zadd().Key(wire.KeySharingChanges).ScoreMember().ScoreMember(float64(at.UnixMilli()), k.Room+" "+k.User).Build())
		}
	}
	for i, r := range setSharing.ExecMulti(ctx, p.Client, execs...) {
		set, err := r.AsBool()
		if err != nil {
			return nil, fmt.Errorf("project sharing: %w", err)
		}
		if set {
			behind = append(behind, keys[i])
		}
	}
	if err := redisx.FirstError(p.Client.DoMulti(ctx, next...)); err != nil {
		return nil, fmt.Errorf("note when sharing changes: %w", err)
	}
	return behind, nil
}

// ChangeZones stores other zones of a user, and lets the rooms know.
func (p *Projection) ChangeZones(ctx context.Context, user, name string, change func(privacy.Zones, time.Time) (privacy.Zones, error)) (privacy.Zones, error) {
	now := time.Now().UTC()
	z, err := p.Archive.ChangeZones(ctx, user, now, func(z privacy.Zones) (privacy.Zones, error) { return change(z, now) })
	if err != nil {
		return z, err
	}
	if err := p.zones(ctx, map[string]privacy.Zones{user: z}); err != nil {
		return z, err
	}
	rooms, err := p.Client.Do(ctx, p.Client.B().Smembers().Key(wire.KeyUserRooms(user)).Build()).AsStrSlice()
	if err != nil {
		return z, fmt.Errorf("read a user's rooms: %w", err)
	}
	commands := make([]wire.Command, 0, len(rooms))
	for _, room := range rooms {
		commands = append(commands, wire.Command{Type: wire.CommandRefresh, RoomID: room, UserID: user, UserName: name, Received: now, Data: "{}"})
	}
	return z, p.Append(ctx, commands)
}

// zones writes zones, unless newer ones are there.
func (p *Projection) zones(ctx context.Context, page map[string]privacy.Zones) error {
	execs := make([]rueidis.LuaExec, 0, len(page))
	for user, z := range page {
		raw, err := json.Marshal(publish.ZonesCache(z))
		if err != nil {
			return fmt.Errorf("encode privacy zones: %w", err)
		}
		execs = append(execs, rueidis.LuaExec{Keys: []string{wire.KeyZones(user)}, Args: []string{strconv.FormatInt(z.Version, 10), string(raw)}})
	}
	for _, r := range setZones.ExecMulti(ctx, p.Client, execs...) {
		if err := r.Error(); err != nil {
			return fmt.Errorf("project privacy zones: %w", err)
		}
	}
	return nil
}

// Append writes commands to the streams of their rooms' partitions.
func (p *Projection) Append(ctx context.Context, commands []wire.Command) error {
	cmds := make(rueidis.Commands, 0, len(commands))
	for i := range commands {
		stream := wire.StreamCommands(wire.ServiceLocation, wire.Partition(commands[i].RoomID, p.Partitions))
		cmds = append(cmds, p.Client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(wire.CommandField, commands[i].String()).Build())
	}
	if err := redisx.FirstError(p.Client.DoMulti(ctx, cmds...)); err != nil {
		return fmt.Errorf("tell the partitions: %w", err)
	}
	return nil
}

// due sends the wishes that have changed by themselves to the owners of their
// partitions.
func (p *Projection) due(ctx context.Context) error {
	now := time.Now()
	members, err := p.Client.Do(ctx, p.Client.B().Zrangebyscore().Key(wire.KeySharingChanges).Min("-inf").Max(strconv.FormatInt(now.UnixMilli(), 10)).
		Limit(0, duePage).Build()).AsStrSlice()
	if err != nil {
		return fmt.Errorf("look what changes by itself: %w", err)
	}
	for _, member := range members {
		room, user, _ := strings.Cut(member, " ")
		raw, err := p.Client.Do(ctx, p.Client.B().Hget().Key(wire.KeySharing(room)).Field(user).Build()).ToString()
		if err != nil && !rueidis.IsRedisNil(err) {
			return fmt.Errorf("read sharing: %w", err)
		}
		if err == nil {
			c := wire.Command{Type: wire.CommandShared, RoomID: room, UserID: user, Received: now, Data: raw}
			if err := p.Append(ctx, []wire.Command{c}); err != nil {
				return err
			}
		}
		at := publish.SharingOf(raw).Policy(privacy.Zones{}).Changes(now)
		next := p.Client.B().Zrem().Key(wire.KeySharingChanges).Member(member).Build()
		if raw != "" && !at.IsZero() {
			next = p.Client.B().Zadd().Key(wire.KeySharingChanges).ScoreMember().ScoreMember(float64(at.UnixMilli()), member).Build()
		}
		if err := p.Client.Do(ctx, next).Error(); err != nil {
			return fmt.Errorf("note when sharing changes: %w", err)
		}
	}
	return nil
}

const duePage = 256
