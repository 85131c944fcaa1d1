package publish

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// Who is a member of a room.
type Who struct{ Room, User, Name string }

// Saved is what must survive of a member, as JSON in KeyNavigation.
type Saved struct {
	navigation.Saved
	Name   string           `json:"u,omitempty"`
	Visits []geofence.Visit `json:"v,omitempty"`
}

// keptAfter is how long a room's navigation outlives the room, for replicas
// whose clocks differ.
const keptAfter = time.Hour

// Keep writes a field of the room's navigation; it lives as long as the room.
func (b *Batch) Keep(room, field string, saved any, until time.Time) {
	raw, err := json.Marshal(saved)
	if err != nil {
		return // numbers that are not finite; the next save has others
	}
	key := wire.KeyNavigation(room)
	b.cmds = append(b.cmds,
		b.client.B().Hset().Key(key).FieldValue().FieldValue(field, string(raw)).Build(),
		b.client.B().Expireat().Key(key).Timestamp(until.Add(keptAfter).Unix()).Build())
}

// Arrived tells the room that a member has reached the destination, at a fix
// time in Unix ms, as the rank-th.
func (b *Batch) Arrived(who Who, how navigation.How, at int64, rank int) {
	payload := wire.MemberArrived{RoomID: who.Room, UserID: who.User, UserName: who.Name, ArrivedAt: millis(at), How: how.String(), Rank: rank}
	b.tell(who.Room, who.User, wire.EventMemberArrived, payload)
	b.note(who, wire.SystemArrived, fmt.Sprintf("arrived:%s:%d", who.User, at), who.Name+" has arrived", payload)
}

// Straggles tells the room that a member falls behind, or has caught up.
func (b *Batch) Straggles(who Who, s navigation.Straggle) {
	payload := wire.MemberStraggling{RoomID: who.Room, UserID: who.User, UserName: who.Name, Straggling: s.Straggling,
		DistanceBehind: whole(s.DistanceBehind), SecondsBehind: whole(s.SecondsBehind), At: millis(s.At)}
	text := who.Name + " has caught up"
	if s.Straggling {
		text = fmt.Sprintf("%s is %s behind the others", who.Name, distanceText(s.DistanceBehind))
	}
	b.tell(who.Room, who.User, wire.EventMemberStraggling, payload)
	b.note(who, wire.SystemStraggling, fmt.Sprintf("straggling:%s:%d:%t", who.User, s.At, s.Straggling), text, payload)
}

// GroupArrived tells the room that everybody has reached the destination of a
// plan, the last one at a fix time in Unix ms.
func (b *Batch) GroupArrived(room string, users []string, at int64, plan uint64) {
	payload := wire.GroupArrived{RoomID: room, ArrivedAt: millis(at), UserIDs: users}
	b.tell(room, "", wire.EventGroupArrived, payload)
	b.note(Who{Room: room}, wire.SystemGroupArrived, "group-arrived:"+strconv.FormatUint(plan, 36), "Everybody has arrived", payload)
}

// ETAChanged tells the room that a member comes earlier or later than it was
// told; times in Unix ms.
func (b *Batch) ETAChanged(who Who, eta, previous int64, basis navigation.Basis) {
	payload := wire.ETAChanged{RoomID: who.Room, UserID: who.User, UserName: who.Name, ETA: millis(eta), PreviousETA: millis(previous), ETABasis: basis.String()}
	word, by := "later", eta-previous
	if by < 0 {
		word, by = "earlier", -by
	}
	b.tell(who.Room, who.User, wire.EventETAChanged, payload)
	b.note(who, wire.SystemETAChanged, fmt.Sprintf("eta:%s:%d", who.User, eta),
		fmt.Sprintf("%s will arrive about %d min %s than thought", who.Name, (by+30_000)/60_000, word), payload)
}

// Fence tells the room what a member has done at a geofence.
func (b *Batch) Fence(who Who, e geofence.Event) {
	event := map[geofence.Kind]string{geofence.Entered: wire.EventGeofenceEntered, geofence.Exited: wire.EventGeofenceExited,
		geofence.Dwelled: wire.EventGeofenceDwelled}[e.Kind]
	b.tell(who.Room, who.User, event, wire.GeofenceEvent{RoomID: who.Room, UserID: who.User, UserName: who.Name,
		GeofenceID: e.Fence.ID, GeofenceName: e.Fence.Name, At: millis(e.At)})
}

// tell sends everybody in the room an event in its order.
func (b *Batch) tell(room, user, event string, payload any) {
	from := len(b.bytes)
	b.bytes = append(b.bytes, mustJSON(payload)...)
	b.effects = append(b.effects, effect{channel: wire.ChannelRoom(room), data: span{from, len(b.bytes)},
		envelope: wire.Envelope{Event: event, Class: wire.ClassOrdered, UserID: user}})
}

// note lets chat say it in the room's history. The key makes it the same
// message however often this batch is done.
func (b *Batch) note(who Who, kind, key, text string, payload any) {
	m := wire.SystemMessage{Key: key, Kind: kind, Text: text, UserID: who.User, UserName: who.Name, Data: mustJSON(payload)}
	c, err := m.Command(who.Room, time.Now())
	if err != nil {
		return // strings and JSON always marshal
	}
	stream := wire.StreamCommands(wire.ServiceChat, wire.Partition(who.Room, b.partitions))
	b.cmds = append(b.cmds, b.client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(wire.CommandField, c.String()).Build())
}

func mustJSON(payload any) json.RawMessage {
	raw, err := json.Marshal(payload)
	if err != nil {
		return json.RawMessage("{}") // numbers that are not finite; nobody should hear them
	}
	return raw
}

func millis(at int64) wire.Time { return wire.At(time.UnixMilli(at)) }

func whole(v float64) float64 { return float64(int64(v + 0.5)) }

func distanceText(metres float64) string {
	if metres < 1000 {
		return fmt.Sprintf("%.0f m", metres)
	}
	return fmt.Sprintf("%.1f km", metres/1000)
}

// Recalled reads a member's mark back from a stored position, and at what level
// that is known to others.
func Recalled(raw string, ttl time.Duration) (position.Mark, privacy.Level, bool) {
	var l wire.Location
	if json.Unmarshal([]byte(raw), &l) != nil || l.RecordedAt.IsZero() || l.Timestamp.IsZero() {
		return position.Mark{}, privacy.Exact, false
	}
	f := position.Empty()
	f.Latitude, f.Longitude, f.RecordedAt = l.Latitude, l.Longitude, l.RecordedAt.Time
	f.Accuracy, f.Speed = optional(l.Accuracy), optional(l.Speed)
	level := privacy.Exact
	if l.Precision == wire.PrecisionApproximate {
		level = privacy.Approximate
	}
	return position.Recalled(&f, l.Timestamp.UnixMilli(), l.Timestamp.Add(ttl).UnixMilli()), level, true
}
