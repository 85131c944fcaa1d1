package bus

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// deliver hands what was published on a room's channel to its sockets here.
func (b *Bus) deliver(r *room, message string) {
	began := time.Now()
	var out []Seat
	r.mu.Lock()
	wire.EachEnvelope(message, func(e wire.Envelope, err error) {
		switch {
		case err != nil:
			b.log.Error("malformed envelope", zap.Error(err))
		case (e.Event == wire.EventNewMessage || e.Event == wire.EventSystemMessage) && e.Seq > 0:
			b.chat(r, e)
		case isChange(e.Event):
			b.change(r, e)
		case e.Event == wire.EventRoomClosed:
			out = append(out, b.closeRoom(r, []byte(e.Data))...)
		case e.Event == wire.EventMemberRemoved:
			b.tell(r, e)
			out = append(out, b.takeOutUser(r, removedUser(e.Data))...)
		case e.Event == wire.EventLocationRequested: // for one member, whose devices may be on any edge
			b.tellUser(r, e)
		case e.Event == wire.EventUserLeft && e.Origin.SocketID == "": // the room's events tell it; it is for the log
		default:
			b.tell(r, e)
		}
	})
	r.mu.Unlock()
	evict(out)
	b.metrics.delivered(time.Since(began))
}

func removedUser(data string) string {
	var m wire.RemovedMember
	_ = json.Unmarshal([]byte(data), &m) // "" is nobody
	return m.UserID
}

// tell hands one event to everybody in the room; its origin gets the answer to
// its command instead. The caller holds r.mu.
func (b *Bus) tell(r *room, e wire.Envelope) {
	class, key := outq.Ordered, ""
	switch e.Class {
	case wire.ClassPosition:
		class, key = outq.Position, r.id+e.UserID
	case wire.ClassTransient:
		class = outq.Transient
	}
	msg := outq.NewEvent(class, key, e.Event, []byte(e.Data))
	if e.Offset != "" {
		msg = outq.NewEventAt(e.Event, []byte(e.Data), e.Offset)
	}
	b.show(r, e.Event, class, key, []byte(e.Data))
	origin := b.origin(r, e)
	if origin == nil {
		b.hub.Broadcast(r.id, msg, nil)
		return
	}
	switch {
	case announcement(e.Event): // it knows that it has come
	case e.Origin.Ref != "" && isChange(e.Event): // see change
	case e.Ack != "":
		origin.Reply(e.Origin.Ref, ackOf(e.Event), []byte(e.Ack), "")
	default:
		origin.Reply(e.Origin.Ref, e.Event, []byte(e.Data), e.Offset)
	}
	b.hub.Broadcast(r.id, msg, origin)
}

// tellUser hands an event to the sockets of the user it names, and to nobody
// else. The caller holds r.mu.
func (b *Bus) tellUser(r *room, e wire.Envelope) {
	msg := outq.NewEvent(outq.Transient, "", e.Event, []byte(e.Data))
	for _, m := range b.hub.Members(r.id) {
		if s, ok := m.(Seat); ok && s.UserID() == e.UserID {
			_ = s.Send(msg) // one that cannot keep up sees to its own end
		}
	}
}

// say tells the room's sockets here something that every edge learns by itself.
func (b *Bus) say(r *room, event string, data []byte) {
	b.hub.Broadcast(r.id, outq.NewEvent(outq.Ordered, "", event, data), nil)
	b.show(r, event, outq.Ordered, "", data)
}

// origin finds the socket here that caused e.
func (b *Bus) origin(r *room, e wire.Envelope) Seat {
	if e.Origin.EdgeID != b.cfg.EdgeID || e.Origin.SocketID == "" {
		return nil
	}
	for _, m := range b.hub.Members(r.id) {
		if s, ok := m.(Seat); ok && s.SocketID() == e.Origin.SocketID {
			return s
		}
	}
	return nil
}

// announcement tells whether an event is for the others only.
func announcement(event string) bool {
	switch event {
	case wire.EventUserJoined, wire.EventUserOnline, wire.EventUserLeft, wire.EventMessageRead, wire.EventUserTyping:
		return true
	}
	return false
}

// isChange tells whether an event is a change of a message.
func isChange(event string) bool {
	switch event {
	case wire.EventMessageEdited, wire.EventMessageDeleted, wire.EventMessageReaction:
		return true
	}
	return false
}

// ackOf names the event that answers the sender.
func ackOf(event string) string {
	if event == wire.EventLocationUpdated {
		return wire.EventLocationConfirmed
	}
	return event
}

// followReplies listens for answers to this edge's sockets until ctx ends.
func (b *Bus) followReplies(ctx context.Context) {
	b.subscribe(ctx, wire.ChannelReplies(b.cfg.EdgeID), func(gap bool) {
		if gap {
			b.askAgain()
		}
	}, func(m string) {
		wire.EachEnvelope(m, func(e wire.Envelope, err error) {
			if err != nil {
				b.log.Error("malformed reply", zap.Error(err))
				return
			}
			if roomID, ok := strings.CutPrefix(e.Origin.SocketID, fillPrefix); ok {
				b.filled(roomID, e)
				return
			}
			if roomID, ok := strings.CutPrefix(e.Origin.SocketID, basePrefix); ok {
				b.based(roomID, e)
				return
			}
			if e.Event == wire.EventNewMessage && e.Seq > 0 {
				b.answer(e, b.paired)
				return
			}
			if isChange(e.Event) {
				b.answer(e, b.pairedChange)
				return
			}
			b.sockets.Deliver(e)
		})
	})
}
