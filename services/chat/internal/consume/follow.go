package consume

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

// Ender notes that a room has ended; see store.Archive.
type Ender interface {
	End(ctx context.Context, roomID string, at time.Time) (rev int64, err error)
}

// Ager shortens the life of what is cached of a room; see store.List.
type Ager interface {
	Age(ctx context.Context, roomID string, rev int64) error
}

// Counted shows that nothing is unread in a new room, and nothing of one that
// has ended; see store.Tallies.
type Counted interface {
	Begin(ctx context.Context, rooms ...string) error
	End(ctx context.Context, roomID string) error
}

// Appender puts commands into the chat streams, in their order; see publish.Commands.
type Appender interface {
	Append(ctx context.Context, cmds ...wire.Command) error
}

// Follower follows what happens to rooms. Its handling may be repeated. What
// the rooms are to be told of it goes through the chat streams: only a room's
// writer gives out its numbers.
type Follower struct {
	Rooms   Ender
	Cache   Ager
	Tallies Counted
	Notes   Appender
	Now     func() time.Time
}

// Handle is a redisx.Handler for the room event stream.
func (f *Follower) Handle(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
	var rejects []redisx.Reject
	var later pending
	for _, entry := range batch {
		var e wire.RoomEvent
		if err := json.Unmarshal([]byte(entry.Value), &e); err != nil || e.RoomID == "" {
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: "not a room event"})
			continue
		}
		if err := f.handle(ctx, e, &later); err != nil {
			return nil, err
		}
	}
	return rejects, f.settle(ctx, &later)
}

// pending is what a batch asks for that can be done together.
type pending struct {
	begun []string       // rooms
	notes []wire.Command // in the order of the events
}

func (f *Follower) settle(ctx context.Context, p *pending) error {
	if len(p.begun) > 0 {
		if err := f.Tallies.Begin(ctx, p.begun...); err != nil {
			return err
		}
	}
	if len(p.notes) > 0 {
		if err := f.Notes.Append(ctx, p.notes...); err != nil {
			return err
		}
	}
	*p = pending{}
	return nil
}

func (f *Follower) handle(ctx context.Context, e wire.RoomEvent, later *pending) error {
	switch e.Type {
	case wire.RoomEventCreated:
		later.begun = append(later.begun, e.RoomID)
		return nil
	case wire.RoomEventClosed, wire.RoomEventExpired:
		return f.ended(ctx, e, later)
	}
	note, ok := noteOf(e)
	if !ok {
		return nil
	}
	cmd, err := note.Command(e.RoomID, f.Now())
	if err != nil {
		return fmt.Errorf("encode a system message: %w", err)
	}
	later.notes = append(later.notes, cmd)
	return nil
}

// ended comes after what was asked for before. The messages stay for as long as
// the retention says.
func (f *Follower) ended(ctx context.Context, e wire.RoomEvent, before *pending) error {
	if err := f.settle(ctx, before); err != nil {
		return err
	}
	rev, err := f.Rooms.End(ctx, e.RoomID, e.At.Time)
	if err != nil {
		return err
	}
	if err := f.Cache.Age(ctx, e.RoomID, rev); err != nil {
		return err
	}
	return f.Tallies.End(ctx, e.RoomID)
}

// noteOf is what a room is told of an event; false if that is nothing. The
// event's id makes it one message however often the event comes.
func noteOf(e wire.RoomEvent) (wire.SystemMessage, bool) {
	m := wire.SystemMessage{Key: "room:" + strconv.FormatInt(e.ID, 10), UserID: e.UserID, UserName: e.UserName}
	switch e.Type {
	case wire.RoomEventMemberJoined:
		m.Kind, m.Text = wire.SystemJoined, e.UserName+" joined"
	case wire.RoomEventMemberLeft:
		m.Kind, m.Text = wire.SystemLeft, e.UserName+" left"
	case wire.RoomEventMemberRemoved:
		m.Kind, m.Text = wire.SystemRemoved, e.UserName+" was removed"
	case wire.RoomEventDestinationChanged:
		if e.Room == nil {
			return m, false
		}
		m.Kind, m.Text = wire.SystemDestinationChanged, e.UserName+" changed the destination to "+e.Room.DestinationName
		m.Data, _ = json.Marshal(wire.DestinationChanged{DestinationName: e.Room.DestinationName,
			DestinationLat: e.Room.DestinationLat, DestinationLng: e.Room.DestinationLng}) // always marshals
	default:
		return m, false
	}
	return m, true
}
