package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
)

const (
	domainBlock  = 2 * time.Second
	domainBatch  = 256
	domainStall  = 10 * time.Second // after such a pause entries may have been trimmed unread
	revalidation = 512              // rooms or sessions of one pipeline
)

// followDomain follows the room events until ctx ends. Whatever may have been
// missed is made up for by looking at all seats once more.
func (b *Bus) followDomain(ctx context.Context) {
	last, doubt := "", false
	for ctx.Err() == nil {
		err := b.readDomain(ctx, &last, &doubt)
		if err == nil || ctx.Err() != nil {
			continue
		}
		doubt = true
		b.log.Warn("room events", zap.Error(err))
		if !run.Pause(ctx, 100*time.Millisecond) {
			return
		}
	}
}

// readDomain reads and handles one batch. last is the newest entry seen; doubt
// says that seats must be looked at.
func (b *Bus) readDomain(ctx context.Context, last *string, doubt *bool) error {
	if *last == "" {
		newest, err := b.client.Do(ctx, b.client.B().Xrevrange().Key(wire.StreamRoom).End("+").Start("-").Count(1).Build()).AsXRange()
		if err != nil && !rueidis.IsRedisNil(err) {
			return fmt.Errorf("find the end of %s: %w", wire.StreamRoom, err)
		}
		*last = "0-0"
		if len(newest) > 0 {
			*last = newest[0].ID
		}
	}
	if *doubt {
		b.gone.note("", time.Now())
		if err := b.revalidate(ctx); err != nil {
			return err
		}
		*doubt = false
	}
	began := time.Now()
	read := b.client.B().Xread().Count(domainBatch).Block(domainBlock.Milliseconds()).Streams().Key(wire.StreamRoom).Id(*last).Build()
	streams, err := b.client.Do(ctx, read).AsXRead()
	if err != nil && !rueidis.IsRedisNil(err) {
		return fmt.Errorf("read %s: %w", wire.StreamRoom, err)
	}
	for _, entry := range streams[wire.StreamRoom] {
		*last = entry.ID
		var e wire.RoomEvent
		if err := json.Unmarshal([]byte(entry.FieldValues[wire.StreamField]), &e); err != nil {
			b.log.Error("malformed room event", zap.String("entry", entry.ID), zap.Error(err))
			continue
		}
		b.domain(e)
	}
	*doubt = time.Since(began) > domainStall
	return nil
}

// domain applies one event to the seats here. The room service tells rooms of
// closing and removal by itself, on their channels; whichever comes first ends
// the seats.
func (b *Bus) domain(e wire.RoomEvent) {
	switch e.Type {
	case wire.RoomEventMemberLeft, wire.RoomEventMemberRemoved, wire.RoomEventClosed, wire.RoomEventExpired:
		b.gone.note(e.RoomID, time.Now())
	}
	r := b.lookup(e.RoomID)
	if r == nil {
		return
	}
	r.caches.Store(nil) // it has changed
	switch e.Type {
	case wire.RoomEventMemberLeft:
		b.left(r, e.UserID, e.UserName)
	case wire.RoomEventMemberRemoved:
		b.removed(r, e)
	case wire.RoomEventClosed:
		b.end(r, wire.RoomStatusClosed)
	case wire.RoomEventExpired:
		b.end(r, wire.RoomStatusExpired)
	}
}

// left ends the seats of a user who is no member any more, and tells the others.
func (b *Bus) left(r *room, userID, userName string) {
	data, _ := json.Marshal(wire.UserRef{UserID: userID, UserName: userName, RoomID: r.id}) // strings always marshal
	r.mu.Lock()
	seats := b.takeOutUser(r, userID)
	b.say(r, wire.EventUserLeft, data)
	r.mu.Unlock()
	evict(seats)
}

// removed ends the seats of a removed user, who hears of it if the room's
// channel has not told yet.
func (b *Bus) removed(r *room, e wire.RoomEvent) {
	data, _ := json.Marshal(wire.RemovedMember{RoomID: r.id, UserID: e.UserID, UserName: e.UserName}) // strings always marshal
	r.mu.Lock()
	seats := b.takeOutUser(r, e.UserID)
	r.mu.Unlock()
	for _, s := range seats {
		s.Reply("", wire.EventMemberRemoved, data, "")
	}
	evict(seats)
}

// end tells a room's sockets that it has ended, and ends their seats.
func (b *Bus) end(r *room, reason string) {
	data, _ := json.Marshal(wire.RoomClosed{RoomID: r.id, Reason: reason}) // strings always marshal
	r.mu.Lock()
	seats := b.closeRoom(r, data)
	r.mu.Unlock()
	evict(seats)
}

// closeRoom tells the room's sockets and takes them out. The caller holds r.mu,
// and evicts them after releasing it. Nobody is told twice, as nobody is left.
func (b *Bus) closeRoom(r *room, data []byte) []Seat {
	b.say(r, wire.EventRoomClosed, data)
	b.endViewers(r.id, wire.NewError(wire.CodeRoomClosed), func(Viewer) bool { return true })
	return b.takeOut(r, func(Seat) bool { return true })
}

func (b *Bus) takeOutUser(r *room, userID string) []Seat {
	return b.takeOut(r, func(s Seat) bool { return s.UserID() == userID })
}

func evict(seats []Seat) {
	for _, s := range seats {
		s.Evict()
	}
}

// takeOut removes seats from the hub, so that they hear nothing more. The
// caller holds r.mu, and evicts them after releasing it.
func (b *Bus) takeOut(r *room, which func(Seat) bool) []Seat {
	r.caches.Store(nil)
	var out []Seat
	for _, m := range b.hub.Members(r.id) {
		if s, ok := m.(Seat); ok && which(s) {
			b.hub.Leave(r.id, s)
			out = append(out, s)
		}
	}
	return out
}

var errCachesLost = errors.New("room caches are being rebuilt")

// revalidate looks up every seat's membership in Redis and ends those that have
// none any more.
func (b *Bus) revalidate(ctx context.Context) error {
	rooms := b.list()
	for len(rooms) > 0 {
		part := rooms[:min(revalidation, len(rooms))]
		rooms = rooms[len(part):]
		cmds := rueidis.Commands{b.client.B().Get().Key(wire.KeyRoomCaches).Build()}
		for _, r := range part {
			cmds = append(cmds, b.client.B().Get().Key(wire.KeyRoom(r.id)).Build(), b.client.B().Smembers().Key(wire.KeyRoomMembers(r.id)).Build())
		}
		results := b.client.DoMulti(ctx, cmds...)
		if err := results[0].Error(); rueidis.IsRedisNil(err) {
			return errCachesLost
		}
		if err := redisx.FirstError(results); err != nil {
			return fmt.Errorf("look at all seats: %w", err)
		}
		for i, r := range part {
			b.revalidateRoom(r, results[1+2*i], results[2+2*i])
		}
	}
	return nil
}

func (b *Bus) revalidateRoom(r *room, details, members rueidis.RedisResult) {
	raw, _ := details.ToString()
	ids, _ := members.AsStrSlice()
	if raw == "" && len(ids) > 0 {
		return // only the details are missing
	}
	if raw == "" {
		b.end(r, wire.RoomStatusClosed)
		return
	}
	now, err := newSnapshot(raw, ids)
	if err != nil {
		b.log.Error("room details", zap.Error(err)) // Authorize refuses everybody there
		return
	}
	switch _, err := now.judge("", time.Now()); codeOf(err) {
	case wire.CodeRoomExpired:
		b.end(r, wire.RoomStatusExpired)
		return
	case wire.CodeRoomClosed:
		b.end(r, wire.RoomStatusClosed)
		return
	}
	gone := map[string]bool{}
	for _, m := range b.hub.Members(r.id) {
		if s, ok := m.(Seat); ok && !now.has(s.UserID()) && !gone[s.UserID()] {
			gone[s.UserID()] = true
			name := ""
			if n, ok := m.(interface{ UserName() string }); ok {
				name = n.UserName()
			}
			b.left(r, s.UserID(), name)
		}
	}
}

func codeOf(err error) wire.Code {
	var we *wire.Error
	if errors.As(err, &we) {
		return we.Code
	}
	return ""
}

// followAuth closes the sockets of sessions that were ended, and hears of new
// names, until ctx ends.
func (b *Bus) followAuth(ctx context.Context) {
	b.subscribe(ctx, wire.ChannelAuth, func(gap bool) {
		if gap {
			b.recheckSessions(ctx)
		}
	}, func(m string) {
		var e wire.AuthEvent
		if err := json.Unmarshal([]byte(m), &e); err != nil {
			b.log.Error("malformed auth event", zap.Error(err))
			return
		}
		if e.Type == wire.AuthEventRenamed {
			b.sockets.Rename(e.UserID, e.UserName)
			return
		}
		b.sockets.Each(func(userID, sessionID string, end func()) {
			if e.SessionID != "" && e.SessionID == sessionID || e.UserID != "" && e.SessionID == "" && e.UserID == userID {
				end()
			}
		})
	})
}

// recheckSessions closes what was revoked while nobody listened, and learns the names that are new.
func (b *Bus) recheckSessions(ctx context.Context) {
	type open struct {
		user string
		keys [3]string
		end  func()
	}
	var all []open
	b.sockets.Each(func(userID, sessionID string, end func()) {
		all = append(all, open{userID, [3]string{wire.KeyErased(userID), wire.KeyRevoked(sessionID), wire.KeyName(userID)}, end})
	})
	for len(all) > 0 {
		part := all[:min(revalidation, len(all))]
		all = all[len(part):]
		cmds := make(rueidis.Commands, 0, 3*len(part))
		for _, o := range part {
			cmds = append(cmds, b.client.B().Exists().Key(o.keys[0]).Build(), b.client.B().Exists().Key(o.keys[1]).Build(),
				b.client.B().Get().Key(o.keys[2]).Build())
		}
		results := b.client.DoMulti(ctx, cmds...)
		for i, o := range part {
			erased, _ := results[3*i].AsBool()
			revoked, _ := results[3*i+1].AsBool()
			if erased || revoked {
				o.end()
			}
			if name, err := results[3*i+2].ToString(); err == nil {
				b.sockets.Rename(o.user, name)
			}
		}
	}
}
