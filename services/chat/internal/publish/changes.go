package publish

import (
	"context"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Change is a change that was made, and the command that it came from.
type Change struct {
	message.Changed
	Origin wire.Origin
}

// Changes publishes committed changes in one round trip, to rooms first, then
// to those who made them. After an error they are to be published again. The
// room hears a change by its number, and clients, who know how far they are,
// show it once; the message is told as it is now, whatever came after.
func (p *Publisher) Changes(ctx context.Context, changes []Change) error {
	rooms, order := map[string][]wire.Envelope{}, []string{}
	replies := newLines()
	cmds := rueidis.Commands{}
	for _, c := range changes {
		event, data := changed(c.Changed)
		e := wire.Envelope{Event: event, Class: wire.ClassOrdered, UserID: c.Change.UserID, Origin: c.Origin, Data: string(data)}
		if c.Outcome != message.Repeated {
			if rooms[c.RoomID] == nil {
				order = append(order, c.RoomID)
			}
			rooms[c.RoomID] = append(rooms[c.RoomID], e)
			// The list as of the change before is not read any more.
			cmds = append(cmds, p.Lists.Forget(c.RoomID, c.Rev-1))
		}
		if c.Origin.Ref != "" {
			replies.add(e)
		}
	}
	for _, id := range order {
		cmds = append(cmds, roomlog.Publish(p.Client, id, rooms[id]...))
	}
	return p.do(ctx, replies.commands(p.Client, cmds))
}

func changed(c message.Changed) (event string, data []byte) {
	m := c.Message
	switch {
	case m.Deleted():
		return wire.EventMessageDeleted, marshal(wire.MessageDeleted{RoomID: m.RoomID, ID: m.ID, Seq: m.Seq, Rev: m.Rev,
			UserID: m.UserID, DeletedBy: m.DeletedBy, DeletedAt: wire.At(m.DeletedAt)})
	case c.Change.Kind == message.Edit:
		return wire.EventMessageEdited, Encode(m)
	}
	return wire.EventMessageReaction, marshal(wire.MessageReaction{RoomID: m.RoomID, ID: m.ID, Seq: m.Seq, Rev: m.Rev,
		UserID: c.Change.UserID, UserName: c.Change.UserName, Emoji: c.Change.Emoji, Removed: c.Change.Kind == message.Unreact,
		Reactions: reactions(m)})
}
