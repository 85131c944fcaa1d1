// Package publish turns decisions about positions into Redis commands: the
// positions themselves, one message per room and one per edge, all in a single
// pipeline.
package publish

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// Batch collects the effects of a batch of commands, in order. Nothing happens
// before Flush. It is reused from batch to batch and serves one goroutine.
type Batch struct {
	client     rueidis.Client
	partitions int // of chat's command stream
	ttl        time.Duration
	sent       func(messages int)

	bytes   []byte // JSON of all effects; spans point into it
	effects []effect
	cmds    rueidis.Commands
	lines   map[string]*strings.Builder // by channel
	order   []string                    // channels as they first occurred
	logged  bool                        // cmds has something for a room's log

	tracks   *Tracks // nil = nothing is recorded
	recorded []byte  // reused
}

// span is a part of Batch.bytes.
type span struct{ from, to int }

// effect is one envelope and, if key is set, the position to keep.
type effect struct {
	channel  string
	key      string
	keep     time.Duration
	envelope wire.Envelope
	ack      span
	data     span
}

// NewBatch is for positions that live for ttl after their arrival; chat has so
// many partitions. sent hears how many messages each Flush has published.
func NewBatch(client rueidis.Client, partitions int, ttl time.Duration, sent func(messages int)) *Batch {
	return &Batch{client: client, partitions: partitions, ttl: ttl, sent: sent, lines: map[string]*strings.Builder{}}
}

// Reset forgets what was collected, keeping the memory.
func (b *Batch) Reset() {
	b.bytes, b.effects, b.cmds, b.order = b.bytes[:0], b.effects[:0], b.cmds[:0], b.order[:0]
	b.logged = false
	clear(b.lines)
}

// Answer is what the sender of a fix hears.
type Answer struct {
	Fix     *position.Fix
	Verdict position.Verdict
	Advice  navigation.Reason // NoReason = nothing has changed
}

// Position is a fix that became the member's position, and what follows from it.
// Answer is for the sender, all else for the others.
type Position struct {
	Answer
	Shown *position.Fix // what the others see of the fix, at a Level
	Level privacy.Level

	Keep bool      // it is the newest of its batch
	Now  time.Time // of the batch

	Direct, Remaining float64 // metres to the destination
	Progress          float64 // of the route, 0 to 1; negative = none
	Speed             float64 // smoothed, m/s; negative = unknown
	ETA               int64   // Unix ms; 0 = none
	Basis             navigation.Basis
	Arrived           bool
}

// Position tells the room where a member is, and the sender that the fix was
// taken. With Keep it becomes the member's live position.
func (b *Batch) Position(c *wire.Command, p *Position) {
	e := effect{channel: wire.ChannelRoom(c.RoomID), envelope: wire.Envelope{Event: wire.EventLocationUpdated,
		Class: wire.ClassPosition, UserID: c.UserID, Origin: c.Origin}}
	e.ack.from = len(b.bytes)
	b.bytes = appendConfirmed(b.bytes, &p.Answer, c.Received)
	e.ack.to, e.data.from = len(b.bytes), len(b.bytes)
	b.bytes = appendLocation(b.bytes, c, p)
	e.data.to = len(b.bytes)
	if p.Keep {
		e.key = wire.KeyLocation(c.RoomID, c.UserID)
		// Late commands do not live longer; the millisecond keeps PX above 0.
		e.keep = max(b.ttl-max(p.Now.Sub(c.Received), 0), time.Millisecond)
	}
	b.effects = append(b.effects, e)
}

// Confirm tells the sender alone what became of a fix that others need not hear
// of.
func (b *Batch) Confirm(c *wire.Command, a Answer) {
	from := len(b.bytes)
	b.bytes = appendConfirmed(b.bytes, &a, c.Received)
	b.reply(c, wire.EventLocationConfirmed, span{from, len(b.bytes)})
}

// Refuse tells the sender why a command had no effect.
func (b *Batch) Refuse(c *wire.Command, event string, e *wire.Error) {
	b.replyJSON(c, wire.EventError, e.OnSocket(event, c.Origin.Ref, c.RoomID))
}

// Snapshot tells one socket who is where.
func (b *Batch) Snapshot(c *wire.Command, locations []json.RawMessage) {
	if locations == nil {
		locations = []json.RawMessage{}
	}
	b.replyJSON(c, wire.EventRoomLocations, wire.RoomLocations{RoomID: c.RoomID, Locations: locations})
}

// Call tells one socket of a call for help that is open.
func (b *Batch) Call(c *wire.Command, call json.RawMessage) {
	from := len(b.bytes)
	b.bytes = append(b.bytes, call...)
	unasked := *c
	unasked.Origin.Ref = "" // the answer is the snapshot
	b.reply(&unasked, wire.EventSOSRaised, span{from, len(b.bytes)})
}

func (b *Batch) replyJSON(c *wire.Command, event string, payload any) {
	data, err := json.Marshal(payload)
	if err != nil {
		// Only stored positions that are not JSON can do this; nobody should hear them.
		data = []byte("{}")
	}
	from := len(b.bytes)
	b.bytes = append(b.bytes, data...)
	b.reply(c, event, span{from, len(b.bytes)})
}

func (b *Batch) reply(c *wire.Command, event string, data span) {
	if c.Origin.EdgeID == "" {
		return // not from a socket
	}
	b.effects = append(b.effects, effect{channel: wire.ChannelReplies(c.Origin.EdgeID), data: data,
		envelope: wire.Envelope{Event: event, Class: wire.ClassOrdered, UserID: c.UserID, Origin: c.Origin}})
}

// Forget deletes a member's position.
func (b *Batch) Forget(k position.Key) {
	b.cmds = append(b.cmds, b.client.B().Del().Key(wire.KeyLocation(k.Room, k.User)).Build())
}

// Locate notes that a member has a position, so that it can be found when the
// room ends.
func (b *Batch) Locate(k position.Key, until time.Time) {
	key := wire.KeyLocated(k.Room)
	b.cmds = append(b.cmds,
		b.client.B().Sadd().Key(key).Member(k.User).Build(),
		b.client.B().Expireat().Key(key).Timestamp(until.Add(time.Hour).Unix()).Build())
}

// Flush does everything in one pipeline. After an error nothing is known; the
// batch can be collected and flushed again, since all effects may be repeated.
func (b *Batch) Flush(ctx context.Context) error {
	all := string(b.bytes) // one copy for all values and messages
	for i := range b.effects {
		e := &b.effects[i]
		e.envelope.Ack, e.envelope.Data = all[e.ack.from:e.ack.to], all[e.data.from:e.data.to]
		b.line(e)
		if e.key != "" {
			b.cmds = append(b.cmds, b.client.B().Set().Key(e.key).Value(e.envelope.Data).PxMilliseconds(e.keep.Milliseconds()).Build())
		}
	}
	if b.logged {
		// By itself, since the log's script may have to be brought along; and before
		// the positions, which may be newer.
		if err := redisx.FirstError(roomlog.Do(ctx, b.client, b.cmds)); err != nil {
			b.abandon()
			return fmt.Errorf("publish what was removed: %w", err)
		}
		b.cmds, b.logged = b.cmds[:0], false
	}
	// Positions first: whoever hears of one and asks, finds it.
	for _, channel := range b.order {
		b.cmds = append(b.cmds, b.client.B().Spublish().Channel(channel).Message(b.lines[channel].String()).Build())
	}
	if len(b.cmds) == 0 {
		return nil
	}
	if err := redisx.FirstError(b.client.DoMulti(ctx, b.cmds...)); err != nil {
		b.abandon()
		return fmt.Errorf("publish positions: %w", err)
	}
	b.sent(len(b.order))
	return nil
}

// abandon leaves the commands to the client: after a failure its writer may still be
// reading them, and would send what is collected next in their place.
func (b *Batch) abandon() { b.cmds = nil }

func (b *Batch) line(e *effect) {
	builder, ok := b.lines[e.channel]
	if ok {
		builder.WriteByte('\n')
	} else {
		builder = &strings.Builder{}
		builder.Grow(len(e.envelope.Data) + len(e.envelope.Ack) + 160)
		b.lines[e.channel] = builder
		b.order = append(b.order, e.channel)
	}
	e.envelope.AppendTo(builder)
}
