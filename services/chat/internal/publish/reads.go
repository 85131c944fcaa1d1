package publish

import (
	"context"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Read is where a reader is now, and a command that wanted that. Moved tells
// whether this command brought the reader there.
type Read struct {
	message.Read
	Moved  bool
	Origin wire.Origin
}

// Reads tells rooms who has read how far, each reader once, and answers those
// who wait for that.
func (p *Publisher) Reads(ctx context.Context, reads []Read) error {
	replies := newLines()
	rooms, order := map[string][]wire.Envelope{}, []string{}
	for _, r := range reads {
		e := wire.Envelope{Event: wire.EventMessageRead, Class: wire.ClassOrdered, UserID: r.UserID, Origin: r.Origin,
			Data: string(marshal(Receipt(r.Read)))}
		if r.Moved {
			if rooms[r.RoomID] == nil {
				order = append(order, r.RoomID)
			}
			rooms[r.RoomID] = append(rooms[r.RoomID], e)
		}
		if r.Origin.Ref != "" {
			replies.add(e)
		}
	}
	cmds := rueidis.Commands{}
	for _, id := range order {
		cmds = append(cmds, roomlog.Publish(p.Client, id, rooms[id]...))
	}
	return p.do(ctx, replies.commands(p.Client, cmds))
}

// Receipt is the wire form of a read.
func Receipt(r message.Read) wire.MessageRead {
	return wire.MessageRead{RoomID: r.RoomID, UserID: r.UserID, Seq: r.Seq, ReadAt: when(r.At)}
}
