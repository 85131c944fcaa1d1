package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/session"
)

// Viewer is a socket that watches a room by a share link. In the hub viewers are
// in a room of their own, so that nothing reaches them but what show lets pass.
type Viewer interface {
	hub.Member
	Share() session.Share
	SocketID() string
	// End closes the socket, with an error that says why.
	End(err *wire.Error)
}

const (
	viewerLease = 30 * time.Second // of a viewer whose edge is silent
	viewerBeat  = viewerLease / 3
)

// watched is the room of a room's viewers in the hub; no room id has a space.
func watched(roomID string) string { return roomID + " viewers" }

// admitViewer counts one more viewer unless there are enough, by the link or in
// the room. KEYS the viewers; ARGV now, lease end, share, member, most by the
// link, most in the room. It returns how many there are, or -1.
var admitViewer = rueidis.NewLuaScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
local all, same = redis.call('ZRANGE', KEYS[1], 0, -1), 0
for _, m in ipairs(all) do
  if string.sub(m, 1, #ARGV[3] + 1) == ARGV[3] .. ' ' then same = same + 1 end
end
if same >= tonumber(ARGV[5]) or #all >= tonumber(ARGV[6]) then return -1 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
redis.call('EXPIRE', KEYS[1], 86400)
return #all + 1`)

// Share finds out what a token opens. Errors are *wire.Error: SHARE_NOT_FOUND,
// UNAVAILABLE, and those of a room that has ended.
func (b *Bus) Share(ctx context.Context, token string) (session.Share, error) {
	if token == "" || len(token) > 200 {
		return session.Share{}, wire.NewError(wire.CodeShareNotFound)
	}
	hash := wire.HashOfToken(token)
	raw, err := b.client.DoCache(ctx, b.client.B().Get().Key(wire.KeyShare(hash)).Cache(), redisx.CacheTTL).ToString()
	if rueidis.IsRedisNil(err) {
		// Links are written before the sentinel: with it there is no such link.
		if err := b.client.DoCache(ctx, b.client.B().Get().Key(wire.KeyRoomCaches).Cache(), redisx.CacheTTL).Error(); err != nil {
			return session.Share{}, unavailable(err)
		}
		return session.Share{}, wire.NewError(wire.CodeShareNotFound)
	}
	if err != nil {
		return session.Share{}, unavailable(err)
	}
	var g wire.ShareGrant
	if err := json.Unmarshal([]byte(raw), &g); err != nil {
		return session.Share{}, fmt.Errorf("decode a share link: %w", err)
	}
	s, err := b.read(ctx, g.RoomID)
	if err != nil {
		return session.Share{}, err
	}
	if s == nil {
		return session.Share{}, b.absent(ctx, g.RoomID, "")
	}
	if err := s.open(time.Now()); err != nil {
		return session.Share{}, err
	}
	return session.Share{ID: g.ShareID, Hash: hash, Room: session.Room{ID: g.RoomID, Name: s.room.Name}, ExpiresAt: g.ExpiresAt.Time}, nil
}

// EnterViewer counts a viewer, waits until the room's events arrive, and lets it
// hear them. The room must be open; see Open.
func (b *Bus) EnterViewer(ctx context.Context, v Viewer) error {
	ctx, cancel := context.WithTimeout(ctx, enterWithin)
	defer cancel()
	share := v.Share()
	if _, err := b.await(ctx, share.Room.ID); err != nil {
		return unavailable(err)
	}
	now := time.Now()
	n, err := admitViewer.Exec(ctx, b.client, []string{wire.KeyViewers(share.Room.ID)}, []string{strconv.FormatInt(now.UnixMilli(), 10),
		strconv.FormatInt(now.Add(viewerLease).UnixMilli(), 10), share.ID, b.viewerName(v), strconv.Itoa(wire.MaxViewersPerShare), strconv.Itoa(wire.MaxViewersPerRoom)}).AsInt64()
	if err != nil {
		return unavailable(err)
	}
	if n < 0 {
		return wire.NewError(wire.CodeTooManyViewers).After(viewerLease)
	}
	b.hub.Join(watched(share.Room.ID), v)
	// It may have been revoked between the look and the seat.
	if there, err := b.client.Do(ctx, b.client.B().Exists().Key(wire.KeyShare(share.Hash)).Build()).AsBool(); err == nil && !there {
		b.LeaveViewer(v)
		return wire.NewError(wire.CodeShareNotFound)
	}
	b.countViewers(share.Room.ID, n)
	return nil
}

func (b *Bus) viewerName(v Viewer) string {
	return v.Share().ID + " " + b.cfg.EdgeID + "." + v.SocketID()
}

// LeaveViewer takes a viewer out; it does not unpin the room.
func (b *Bus) LeaveViewer(v Viewer) {
	room := v.Share().Room.ID
	b.hub.Leave(watched(room), v)
	key := wire.KeyViewers(room)
	// Whatever is lost here goes with its lease.
	_ = b.announce.Put(b.client.B().Zrem().Key(key).Member(b.viewerName(v)).Build(), nil)
	_ = b.announce.Put(b.client.B().Zcount().Key(key).Min(strconv.FormatInt(time.Now().UnixMilli(), 10)).Max("+inf").Build(), func(r rueidis.RedisResult) {
		if n, err := r.AsInt64(); err == nil {
			b.countViewers(room, n)
		}
	})
}

// countViewers tells the room's members how many watch.
func (b *Bus) countViewers(roomID string, n int64) {
	data, _ := json.Marshal(wire.RoomViewers{RoomID: roomID, Viewers: n}) // always marshals
	b.Announce(roomID, wire.Envelope{Event: wire.EventRoomViewers, Class: wire.ClassTransient, Data: string(data)})
}

// show hands viewers what they may see of an event.
func (b *Bus) show(r *room, event string, class outq.Class, key string, data []byte) {
	if len(b.hub.Members(r.watched)) == 0 {
		return
	}
	if seen, ok := wire.ForViewers(r.id, event, data); ok {
		b.hub.Broadcast(r.watched, outq.NewEvent(class, key, event, seen), nil)
	}
}

// endViewers sends away those for whom which is true.
func (b *Bus) endViewers(roomID string, err *wire.Error, which func(Viewer) bool) {
	for _, m := range b.hub.Members(watched(roomID)) {
		if v, ok := m.(Viewer); ok && which(v) {
			v.End(err)
		}
	}
}

// followShares sends viewers away whose links were revoked, until ctx ends.
func (b *Bus) followShares(ctx context.Context) {
	b.subscribe(ctx, wire.ChannelShares, func(gap bool) {
		if gap {
			b.recheckShares(ctx)
		}
	}, func(id string) {
		for _, r := range b.list() {
			b.endViewers(r.id, wire.NewError(wire.CodeShareNotFound), func(v Viewer) bool { return v.Share().ID == id })
		}
	})
}

// viewersHere lists all viewers of this edge.
func (b *Bus) viewersHere() (all []Viewer) {
	for _, r := range b.list() {
		for _, m := range b.hub.Members(r.watched) {
			if v, ok := m.(Viewer); ok {
				all = append(all, v)
			}
		}
	}
	return all
}

// recheckShares looks for links that were revoked while nobody listened.
func (b *Bus) recheckShares(ctx context.Context) {
	for all := b.viewersHere(); len(all) > 0; {
		part := all[:min(revalidation, len(all))]
		all = all[len(part):]
		cmds := rueidis.Commands{b.client.B().Get().Key(wire.KeyRoomCaches).Build()}
		for _, v := range part {
			cmds = append(cmds, b.client.B().Exists().Key(wire.KeyShare(v.Share().Hash)).Build())
		}
		results := b.client.DoMulti(ctx, cmds...)
		if results[0].Error() != nil {
			return // links are being rebuilt; the next gap, or their ends, will tell
		}
		for i, v := range part {
			if there, err := results[i+1].AsBool(); err == nil && !there {
				v.End(wire.NewError(wire.CodeShareNotFound))
			}
		}
	}
}

// keepViewers renews the leases of this edge's viewers until ctx ends.
func (b *Bus) keepViewers(ctx context.Context) {
	for run.Pause(ctx, viewerBeat) {
		until := float64(time.Now().Add(viewerLease).UnixMilli())
		for all := b.viewersHere(); len(all) > 0; {
			part := all[:min(revalidation, len(all))]
			all = all[len(part):]
			cmds := make(rueidis.Commands, 0, len(part))
			for _, v := range part {
				cmds = append(cmds, b.client.B().Zadd().Key(wire.KeyViewers(v.Share().Room.ID)).ScoreMember().ScoreMember(until, b.viewerName(v)).Build())
			}
			if err := redisx.FirstError(b.client.DoMulti(ctx, cmds...)); err != nil && ctx.Err() == nil {
				b.warn("viewers")(err)
			}
		}
	}
}
