// Package consume handles what reaches the location service: commands from
// sockets, one goroutine per partition, and the events of rooms.
package consume

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// Rooms finds rooms and their members; see store.Rooms.
type Rooms interface {
	Find(ctx context.Context, ids []string) (rooms []*position.Room, certain bool, err error)
}

// Positions reads live positions; see store.Positions.
type Positions interface {
	Marks(ctx context.Context, keys []position.Key) ([]position.Mark, error)
	Live(ctx context.Context, room string, users []string) ([]json.RawMessage, error)
}

// Effects collects what a batch does; see publish.Batch.
type Effects interface {
	Reset()
	Position(c *wire.Command, f *position.Fix, room *position.Room, keep bool, now time.Time)
	Confirm(c *wire.Command, f *position.Fix)
	Refuse(c *wire.Command, event string, e *wire.Error)
	Snapshot(c *wire.Command, locations []json.RawMessage)
	Forget(k position.Key)
	Locate(k position.Key, until time.Time)
	Flush(ctx context.Context) error
}

const (
	// behindAfter is the age from which a batch is a backlog: of each member
	// only the newest fix is broadcast, since the others are of no use any more.
	behindAfter = time.Second
	retryAfter  = 2 * time.Second
)

// Commands handles the commands of one partition. It serves one goroutine, and
// what it remembers is good only while its replica owns the partition.
type Commands struct {
	rooms     Rooms
	positions Positions
	effects   Effects
	board     *position.Board
	ttl       time.Duration // of a position
	metrics   *Metrics
	now       func() time.Time
}

// NewCommands starts with an empty memory of at least limit members.
func NewCommands(rooms Rooms, positions Positions, effects Effects, ttl time.Duration, limit int, metrics *Metrics) *Commands {
	return &Commands{rooms: rooms, positions: positions, effects: effects, board: position.NewBoard(limit), ttl: ttl,
		metrics: metrics, now: time.Now}
}

// command is one command of a batch and what was found out about it.
type command struct {
	wire.Command
	fix   position.Fix
	room  *position.Room
	err   error // why it is refused
	taken bool  // the fix became the member's position, if only for a moment
}

// member is what a batch does to one member.
type member struct {
	mark  position.Mark
	fresh bool // had no position before, as far as the board knows
	last  int  // the command that decides what is stored
	leave int  // the last leave, or -1
}

// batch is the work of one call of Handle.
type batch struct {
	now      time.Time
	commands []command
	members  map[position.Key]*member
}

// Handle does a batch: everything that it reads comes in at most two round
// trips, mostly none, and everything that it does goes out in one pipeline. The
// memory changes only after that, so that a failed batch can be done again.
func (h *Commands) Handle(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
	b := &batch{now: h.now(), commands: make([]command, 0, len(entries))}
	rejects := b.parse(entries)
	if err := h.admit(ctx, b); err != nil {
		return nil, err
	}
	if err := h.recall(ctx, b); err != nil {
		return nil, err
	}
	h.decide(b)
	h.effects.Reset()
	for i := range b.commands {
		h.collect(b, i)
	}
	if err := h.effects.Flush(ctx); err != nil {
		return nil, err
	}
	for key, m := range b.members {
		h.board.Put(key, m.mark)
	}
	if err := h.snapshots(ctx, b); err != nil {
		return nil, err
	}
	h.metrics.observe(b, rejects)
	return rejects, nil
}

func (b *batch) parse(entries []redisx.Entry) (rejects []redisx.Reject) {
	for _, e := range entries {
		c, err := wire.ParseCommand(e.Value)
		switch {
		case err != nil:
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: err.Error()})
		case c.RoomID == "" || c.UserID == "":
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: "no room or no user"})
		case c.Type != wire.CommandUpdate && c.Type != wire.CommandLeave && c.Type != wire.CommandSnapshot:
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: "unknown command type " + c.Type})
		default:
			b.commands = append(b.commands, command{Command: c})
		}
	}
	return rejects
}

// admit decodes fixes, finds rooms, and notes who is refused. A leave concerns
// nobody but the member, who may always take the position back.
func (h *Commands) admit(ctx context.Context, b *batch) error {
	index := make(map[string]int, len(b.commands))
	ids := make([]string, 0, len(b.commands))
	for i := range b.commands {
		c := &b.commands[i]
		if c.Type == wire.CommandLeave {
			continue
		}
		if _, ok := index[c.RoomID]; !ok {
			index[c.RoomID] = len(ids)
			ids = append(ids, c.RoomID)
		}
		if c.Type != wire.CommandUpdate {
			continue
		}
		if c.fix, c.err = decodeFix(c.Data); c.err == nil {
			c.err = c.fix.Check(c.Received)
		}
		if b.now.Sub(c.Received) >= h.ttl {
			c.err = position.ErrUnavailable // it would end before it was seen
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rooms, certain, err := h.rooms.Find(ctx, ids)
	if err != nil {
		return err
	}
	for i := range b.commands {
		c := &b.commands[i]
		if c.Type == wire.CommandLeave || c.err != nil {
			continue
		}
		switch c.room = rooms[index[c.RoomID]]; {
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

// recall brings the marks of all members that the batch moves into b.members.
func (h *Commands) recall(ctx context.Context, b *batch) error {
	b.members = make(map[position.Key]*member, len(b.commands))
	var unknown []position.Key
	for i := range b.commands {
		c := &b.commands[i]
		if c.err != nil || c.Type == wire.CommandSnapshot {
			continue
		}
		key := position.Key{Room: c.RoomID, User: c.UserID}
		if _, ok := b.members[key]; ok {
			continue
		}
		mark, ok := h.board.Get(key)
		if !ok {
			unknown = append(unknown, key)
		}
		b.members[key] = &member{mark: mark, fresh: mark.FixedAt == 0, last: -1, leave: -1}
	}
	if len(unknown) == 0 {
		return nil
	}
	marks, err := h.positions.Marks(ctx, unknown)
	if err != nil {
		return err
	}
	for i, key := range unknown {
		b.members[key].mark = marks[i]
	}
	return nil
}

// decide applies the rule of position.Mark to the commands in order.
func (h *Commands) decide(b *batch) {
	now := b.now.UnixMilli()
	for i := range b.commands {
		c := &b.commands[i]
		if c.err != nil || c.Type == wire.CommandSnapshot {
			continue
		}
		m := b.members[position.Key{Room: c.RoomID, User: c.UserID}]
		received := c.Received.UnixMilli()
		if c.Type == wire.CommandLeave {
			m.mark = position.Mark{LeftAt: max(received, m.mark.LeftAt)}
			m.last, m.leave = i, i
			continue
		}
		if at := c.fix.RecordedAt.UnixMilli(); m.mark.Takes(at, received, now) {
			m.mark.FixedAt, m.mark.Until = at, received+h.ttl.Milliseconds()
			m.last, c.taken = i, true
		}
	}
}

// collect turns the decision about one command into effects.
func (h *Commands) collect(b *batch, i int) {
	c := &b.commands[i]
	if c.err != nil {
		e := toWire(c.err, c.Type)
		h.metrics.refused(e.Code)
		h.effects.Refuse(&c.Command, eventOf(c.Type), e)
		return
	}
	if c.Type == wire.CommandSnapshot {
		return
	}
	key := position.Key{Room: c.RoomID, User: c.UserID}
	m := b.members[key]
	switch {
	case c.Type == wire.CommandLeave:
		if m.last == i {
			h.effects.Forget(key)
		}
	// Nobody needs to hear of a position that is older than the one known, that
	// the member took back meanwhile, or that this very backlog replaces.
	case !c.taken, m.leave > i, m.last != i && b.now.Sub(c.Received) > behindAfter:
		h.effects.Confirm(&c.Command, &c.fix)
	default:
		if m.last == i && m.fresh {
			h.effects.Locate(key, c.room.ExpiresAt)
		}
		h.effects.Position(&c.Command, &c.fix, c.room, m.last == i, b.now)
	}
}

// snapshots answers who is where, after the batch's own positions are stored.
func (h *Commands) snapshots(ctx context.Context, b *batch) error {
	h.effects.Reset()
	for i := range b.commands {
		c := &b.commands[i]
		if c.Type != wire.CommandSnapshot || c.err != nil {
			continue
		}
		others := make([]string, 0, len(c.room.Members))
		for _, user := range c.room.Members {
			if user != c.UserID {
				others = append(others, user)
			}
		}
		live, err := h.positions.Live(ctx, c.RoomID, others)
		if err != nil {
			return err
		}
		// The contract: only when others have live positions. Who waits for an
		// answer gets one nevertheless.
		if len(live) > 0 || c.Origin.Ref != "" {
			h.effects.Snapshot(&c.Command, live)
		}
	}
	return h.effects.Flush(ctx)
}

func eventOf(commandType string) string {
	switch commandType {
	case wire.CommandUpdate:
		return wire.EventLocationUpdate
	case wire.CommandLeave:
		return wire.EventLeaveRoom
	}
	return wire.EventJoinRoom
}

// toWire is the one place where a refusal gets its code.
func toWire(err error, commandType string) *wire.Error {
	var invalid *position.InvalidError
	switch {
	case errors.As(err, &invalid):
		return wire.Errorf(wire.CodeValidation, "%s", invalid.Error())
	case errors.Is(err, errNotJSON):
		return wire.Errorf(wire.CodeValidation, "The data must be a JSON object")
	case errors.Is(err, position.ErrNotMember) && commandType == wire.CommandSnapshot:
		return wire.Errorf(wire.CodeNotMember, "Not authorized to join this room")
	case errors.Is(err, position.ErrNotMember):
		return wire.Errorf(wire.CodeNotMember, "Not authorized to update location in this room")
	case errors.Is(err, position.ErrRoomNotFound):
		return wire.NewError(wire.CodeRoomNotFound)
	case errors.Is(err, position.ErrRoomClosed):
		return wire.NewError(wire.CodeRoomClosed)
	case errors.Is(err, position.ErrRoomExpired):
		return wire.NewError(wire.CodeRoomExpired)
	}
	return wire.NewError(wire.CodeUnavailable).After(retryAfter).Because(err)
}
