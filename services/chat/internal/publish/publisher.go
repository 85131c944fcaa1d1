package publish

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Sent is a stored message and the command that it came from.
type Sent struct {
	message.Stored
	Origin wire.Origin
}

// Refusal tells a command's origin why it was refused.
type Refusal struct {
	Origin wire.Origin
	UserID string
	RoomID string
	Event  string // the client's event
	Err    *wire.Error
}

// Lists are the commands on rooms' lists of newest messages.
type Lists interface {
	Push(roomID string, rev, first int64, values []string) rueidis.Commands
	Forget(roomID string, rev int64) rueidis.Completed
}

// Publisher publishes through Redis.
type Publisher struct {
	Client rueidis.Client
	Lists  Lists
}

// Batch publishes a committed batch in one round trip: to each room one
// message with all that is new in it, then the rooms' lists, then to each edge
// one message with its acks and errors. The acks come last, so that whoever
// has one finds the message wherever they look.
//
// After an error the whole batch is to be published again; its messages then
// come as Redelivered, are broadcast again with the same id and seq, which
// clients know, and the lists, in which some may stand already, are dropped.
func (p *Publisher) Batch(ctx context.Context, sent []Sent, refusals []Refusal) error {
	type room struct {
		id     string
		told   []wire.Envelope
		values []string
		first  int64
		rev    int64
		again  bool
	}
	rooms, order := map[string]*room{}, []*room{}
	replies := newLines()
	for _, s := range sent {
		json := string(Encode(s.Message))
		event := wire.EventNewMessage
		if s.System() {
			event = wire.EventSystemMessage
		}
		e := wire.Envelope{Event: event, Class: wire.ClassOrdered, UserID: s.UserID, Origin: s.Origin, Seq: s.Seq, Data: json}
		if s.Outcome == message.Repeated {
			e.Seq = 0 // its sender's edge need not wait for the room to be told: that was before
		} else {
			r := rooms[s.RoomID]
			if r == nil {
				r = &room{id: s.RoomID, first: s.Seq, rev: s.RoomRev}
				rooms[s.RoomID] = r
				order = append(order, r)
			}
			r.told = append(r.told, e)
			r.values = append(r.values, json)
			r.again = r.again || s.Outcome == message.Redelivered
		}
		if s.Origin.Ref != "" {
			replies.add(e)
		}
	}
	for _, r := range refusals {
		replies.add(refusal(r))
	}
	cmds := make(rueidis.Commands, 0, 3*len(order)+len(replies.order))
	for _, r := range order {
		cmds = append(cmds, roomlog.Publish(p.Client, r.id, r.told...))
		if r.again {
			cmds = append(cmds, p.Lists.Forget(r.id, r.rev))
		} else {
			cmds = append(cmds, p.Lists.Push(r.id, r.rev, r.first, r.values)...)
		}
	}
	return p.do(ctx, replies.commands(p.Client, cmds))
}

// Page answers a history command.
func (p *Publisher) Page(ctx context.Context, origin wire.Origin, userID, roomID string, page message.Page) error {
	replies := newLines()
	replies.add(wire.Envelope{Event: wire.EventChatHistory, Class: wire.ClassOrdered, UserID: userID, Origin: origin, Data: string(EncodePage(roomID, page))})
	return p.do(ctx, replies.commands(p.Client, nil))
}

func (p *Publisher) do(ctx context.Context, cmds rueidis.Commands) error {
	if len(cmds) == 0 {
		return nil
	}
	if err := redisx.FirstError(roomlog.Do(ctx, p.Client, cmds)); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func refusal(r Refusal) wire.Envelope {
	return wire.Envelope{Event: wire.EventError, Class: wire.ClassOrdered, UserID: r.UserID, Origin: r.Origin,
		Data: string(marshal(r.Err.OnSocket(r.Event, r.Origin.Ref, r.RoomID)))}
}

// lines collects envelopes by edge.
type lines struct {
	byEdge map[string]*strings.Builder
	order  []string
}

func newLines() *lines { return &lines{byEdge: map[string]*strings.Builder{}} }

// add leaves out commands that came from nowhere: nobody waits for an answer.
func (l *lines) add(e wire.Envelope) {
	if e.Origin.EdgeID == "" {
		return
	}
	b := l.byEdge[e.Origin.EdgeID]
	if b == nil {
		b = &strings.Builder{}
		l.byEdge[e.Origin.EdgeID] = b
		l.order = append(l.order, e.Origin.EdgeID)
	} else {
		b.WriteByte('\n')
	}
	e.AppendTo(b)
}

func (l *lines) commands(client rueidis.Client, cmds rueidis.Commands) rueidis.Commands {
	for _, edge := range l.order {
		cmds = append(cmds, client.B().Spublish().Channel(wire.ChannelReplies(edge)).Message(l.byEdge[edge].String()).Build())
	}
	return cmds
}
