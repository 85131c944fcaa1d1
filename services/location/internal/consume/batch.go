package consume

import (
	"context"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// command is one command of a batch and what was found out about it.
type command struct {
	wire.Command
	fix     position.Fix
	room    *position.Room
	err     error // why it is refused
	roomAt  int   // index in batch.rooms, -1 = none
	member  int   // index in batch.members
	verdict position.Verdict
	level   privacy.Level // how exactly others may know the fix

	change  privacy.Change // of a wish
	reason  string         // why the position was removed; "" = it was not
	told    *wire.SharingChanged
	request *wire.LocationRequested

	// What an accepted fix brought about.
	seen   *position.Fix // what the others see of it
	nav    navigation.Result
	then   state // the member as of this fix
	advice navigation.Reason
	fences []geofence.Event
}

// state is what a position tells of navigation.
type state struct {
	direct, remaining, progress, fast float64
	eta, at                           int64 // Unix ms; at is the fix time by a right clock
	basis                             navigation.Basis
	arrived                           bool
}

// member is what a batch does to one member.
type member struct {
	memory
	key    position.Key
	roomAt int
	last   int  // the command that decides what is stored
	leave  int  // the last command after which nothing was shown, or -1
	moved  bool // some fix was accepted
	save   bool // what must survive has changed
}

// batch is the work of one call of Handle.
type batch struct {
	now       time.Time
	commands  []command
	members   []member
	index     map[position.Key]int // into members
	rooms     []roomWork
	roomIndex map[string]int // into rooms
	ids       []string       // of rooms
}

// reset empties b, keeping its memory: a batch per millisecond would leave much
// behind.
func (b *batch) reset(now time.Time) {
	b.now = now
	clear(b.commands)
	clear(b.members)
	clear(b.rooms)
	b.commands, b.members, b.rooms, b.ids = b.commands[:0], b.members[:0], b.rooms[:0], b.ids[:0]
	clear(b.index)
	clear(b.roomIndex)
}

func (b *batch) parse(entries []redisx.Entry) (rejects []redisx.Reject) {
	for _, e := range entries {
		c, err := wire.ParseCommand(e.Value)
		switch {
		case err != nil:
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: err.Error()})
		case c.RoomID == "" || c.UserID == "":
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: "no room or no user"})
		case !known(c.Type):
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: "unknown command type " + c.Type})
		default:
			b.commands = append(b.commands, command{Command: c, roomAt: -1, member: -1})
		}
	}
	return rejects
}

func known(commandType string) bool {
	switch commandType {
	case wire.CommandUpdate, wire.CommandLeave, wire.CommandSnapshot, wire.CommandRefresh,
		wire.CommandPause, wire.CommandResume, wire.CommandPrecision, wire.CommandShared, wire.CommandGone, wire.CommandAsk, wire.CommandWatch:
		return true
	}
	return false
}

// admit decodes fixes, finds rooms, and notes who is refused. A leave concerns
// nobody but the member, who may always take the position back.
func (h *Commands) admit(ctx context.Context, b *batch) error {
	for i := range b.commands {
		c := &b.commands[i]
		if c.Type == wire.CommandLeave || c.Type == wire.CommandGone {
			continue
		}
		at, ok := b.roomIndex[c.RoomID]
		if !ok {
			at = len(b.ids)
			b.roomIndex[c.RoomID] = at
			b.ids = append(b.ids, c.RoomID)
			b.rooms = append(b.rooms, roomWork{id: c.RoomID})
		}
		c.roomAt = at
		switch {
		case c.Type == wire.CommandRefresh, c.Type == wire.CommandWatch: // one more who watches, too, is news
			b.rooms[at].refresh = true
		case c.Type != wire.CommandUpdate:
			c.err = c.understand(b.now)
		case b.now.Sub(c.Received) >= h.TTL:
			c.err = position.ErrUnavailable // it would end before it was seen
		default:
			if c.fix, c.err = decodeFix(c.Data); c.err == nil {
				c.err = c.fix.Check(c.Received)
			}
		}
	}
	if len(b.ids) == 0 {
		return nil
	}
	rooms, certain, err := h.Rooms.Find(ctx, b.ids)
	if err != nil {
		return err
	}
	for i := range b.commands {
		c := &b.commands[i]
		if c.roomAt < 0 || c.err != nil {
			continue
		}
		c.room = rooms[c.roomAt]
		b.rooms[c.roomAt].room = c.room
		switch {
		case c.Type == wire.CommandRefresh, c.Type == wire.CommandShared: // from a service, which asked already
		case c.room != nil && c.Type == wire.CommandWatch: // the edge knows the link
			c.err = c.room.Open(b.now)
		case c.room != nil:
			c.err = c.room.Admit(c.UserID, b.now)
		case certain:
			c.err = position.ErrRoomNotFound
		default:
			c.err = position.ErrUnavailable
		}
	}
	return nil
}

// moves tells whether a command concerns the member's position, or may.
func (c *command) moves() bool {
	return c.err == nil && c.Type != wire.CommandSnapshot && c.Type != wire.CommandAsk && c.Type != wire.CommandWatch
}

// recall brings what is known of all members that the batch moves into
// b.members.
func (h *Commands) recall(ctx context.Context, b *batch) error {
	var unknown []position.Key
	var at []int
	for i := range b.commands {
		c := &b.commands[i]
		if !c.moves() {
			continue
		}
		key := position.Key{Room: c.RoomID, User: c.UserID}
		j, ok := b.index[key]
		if !ok {
			j = len(b.members)
			b.index[key] = j
			b.members = append(b.members, member{key: key, roomAt: c.roomAt, last: -1, leave: -1})
			m := &b.members[j]
			if m.memory, ok = h.members.Get(key); !ok {
				unknown, at = append(unknown, key), append(at, j)
			}
		}
		if b.members[j].roomAt < 0 {
			b.members[j].roomAt = c.roomAt // the first command was a leave
		}
		c.member = j
	}
	if len(unknown) == 0 {
		return nil
	}
	marks, err := h.Positions.Marks(ctx, unknown)
	if err != nil {
		return err
	}
	for i, j := range at {
		m := &b.members[j]
		m.mark, m.shown = marks[i].Mark, marks[i].Shown
		if m.roomAt >= 0 && b.rooms[m.roomAt].memory != nil {
			saved := b.rooms[m.roomAt].memory.saved[m.key.User]
			m.nav.Saved, m.visits, m.name = saved.Saved, saved.Visits, saved.Name
		}
	}
	return nil
}
