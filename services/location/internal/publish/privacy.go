package publish

import (
	"strconv"
	"time"

	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// leftLife is how long it is known when somebody took a position back.
const leftLife = time.Hour

// Removed tells the room that a member's position is not to be shown any more.
// It is in the room's log: whoever was away hears of it, too.
func (b *Batch) Removed(who Who, reason string) {
	b.log(who.Room, wire.Envelope{Event: wire.EventLocationRemoved, Class: wire.ClassOrdered, UserID: who.User,
		Data: string(mustJSON(wire.LocationRemoved{RoomID: who.Room, UserID: who.User, Reason: reason}))})
}

// Shared tells the room what a member shows from now on; the member who asked
// for it gets it as the answer.
func (b *Batch) Shared(c *wire.Command, changed wire.SharingChanged) {
	b.log(c.RoomID, wire.Envelope{Event: wire.EventSharingChanged, Class: wire.ClassOrdered, UserID: c.UserID, Origin: c.Origin, Data: string(mustJSON(changed))})
}

// log publishes what must be heard in order, before the batch's positions.
func (b *Batch) log(room string, e wire.Envelope) {
	b.cmds, b.logged = append(b.cmds, roomlog.Publish(b.client, room, e)), true
}

// Left notes when a member took the position back, so that nothing older can
// bring it back.
func (b *Batch) Left(k position.Key, at time.Time) {
	key := wire.KeyLeft(k.Room)
	b.cmds = append(b.cmds,
		b.client.B().Hset().Key(key).FieldValue().FieldValue(k.User, strconv.FormatInt(at.UnixMilli(), 10)).Build(),
		b.client.B().Expire().Key(key).Seconds(int64(leftLife/time.Second)).Build())
}

// Held notes that nothing is shown of a member as long as the version of the
// wish is not higher than that.
func (b *Batch) Held(k position.Key, version int64) {
	b.cmds = append(b.cmds, b.client.B().Hset().Key(wire.KeySharing(k.Room)).FieldValue().
		FieldValue(wire.SharingHeld(k.User), strconv.FormatInt(version, 10)).Build())
}

// Wish hands a wish to the one who stores it.
func (b *Batch) Wish(c *wire.Command) {
	b.cmds = append(b.cmds, b.client.B().Xadd().Key(wire.StreamWishes).Id("*").FieldValue().FieldValue(wire.CommandField, c.String()).Build())
}

// Asked passes the question where somebody is on to that one's devices, and
// tells who asks what has become of it.
func (b *Batch) Asked(c *wire.Command, to wire.LocationRequested) {
	b.replyJSON(c, wire.EventLocationRequested, to)
	if to.State != wire.AskAsked {
		return
	}
	from := len(b.bytes)
	b.bytes = append(b.bytes, mustJSON(to)...)
	b.effects = append(b.effects, effect{channel: wire.ChannelRoom(to.RoomID), data: span{from, len(b.bytes)},
		envelope: wire.Envelope{Event: wire.EventLocationRequested, Class: wire.ClassTransient, UserID: to.UserID}})
	b.cmds = append(b.cmds, b.client.B().Set().Key(wire.KeyAsked(to.RoomID, to.UserID)).Value("1").ExSeconds(wire.AskedSeconds).Build())
}

// Stale tells the room that a member has been silent since seen.
func (b *Batch) Stale(who Who, seen time.Time) {
	b.tell(who.Room, who.User, wire.EventLocationStale, wire.StaleLocation{RoomID: who.Room, UserID: who.User, LastSeen: wire.At(seen)})
}
