package consume_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

func order(kind, room, user, data string, at time.Time) wire.Command {
	return wire.Command{Type: kind, RoomID: room, UserID: user, UserName: "Name of " + user, Received: at, Data: data,
		Origin: wire.Origin{EdgeID: "e1", SocketID: "s-" + user, Ref: "9"}}
}

// shared is what the one who stores wishes sends when that is done.
func shared(t testing.TB, room, user string, s privacy.Sharing) wire.Command {
	t.Helper()
	raw, err := json.Marshal(publish.SharingCache(s))
	if err != nil {
		t.Fatal(err)
	}
	return order(wire.CommandShared, room, user, string(raw), time.Now())
}

func payload[T any](t testing.TB, e wire.Envelope, event string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(e.Data), &v); err != nil || e.Event != event {
		t.Fatalf("no %s: %+v (%v)", event, e, err)
	}
	return v
}

func (w *world) verdict(n int) string {
	w.t.Helper()
	replies := w.waitReplies(n, "the sender is answered")
	return payload[wire.LocationConfirmed](w.t, replies[n-1], wire.EventLocationConfirmed).Verdict
}

// A pause counts before it is stored, for whatever is in the stream behind it,
// and what was measured before its end never shows.
func TestPauseMeansPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	h := w.commands(w.client)
	now := time.Now()
	handle(t, h, update("r1", "ann", 1, now.Add(-2*time.Second)))
	handle(t, h, update("r1", "ann", 2, now.Add(-time.Second)), order(wire.CommandPause, "r1", "ann", `{"roomId":"r1"}`, now), update("r1", "ann", 3, now.Add(time.Millisecond)))
	heard := w.waitHeard(2, "the room is told")
	if r := payload[wire.LocationRemoved](t, heard[1], wire.EventLocationRemoved); len(heard) != 2 || r.UserID != "ann" || r.Reason != wire.RemovedPaused {
		t.Fatalf("the room heard %+v", heard)
	}
	if w.exists(wire.KeyLocation("r1", "ann")) {
		t.Error("the position is still there")
	}
	if n, _ := w.do("XLEN", wire.StreamWishes).AsInt64(); n != 1 {
		t.Errorf("%d wishes to store", n)
	}
	if w.verdict(2) != wire.VerdictHidden {
		t.Errorf("verdict %s", w.verdict(2))
	}
	// A successor that knows nothing, before the wish is stored.
	h = w.commands(w.client)
	handle(t, h, update("r1", "ann", 4, now.Add(2*time.Millisecond)))
	if w.verdict(3) != wire.VerdictHidden {
		t.Error("a new owner shows who has paused")
	}
	// It does not know whether its predecessor has told the room.
	payload[wire.LocationRemoved](t, w.waitHeard(3, "the room is told again")[2], wire.EventLocationRemoved)
	paused, resumed := true, false
	s := privacy.Shared().Apply(privacy.Change{Paused: &paused}, now)
	handle(t, h, shared(t, "r1", "ann", s))
	c := payload[wire.SharingChanged](t, w.waitHeard(4, "the wish is told")[3], wire.EventSharingChanged)
	if !c.Paused || c.Precision != wire.PrecisionExact || c.UserName != "Name of ann" {
		t.Errorf("got %+v", c)
	}
	handle(t, h, update("r1", "ann", 5, now.Add(3*time.Millisecond)))
	s = s.Apply(privacy.Change{Paused: &resumed}, now.Add(time.Second))
	handle(t, h, order(wire.CommandResume, "r1", "ann", `{"roomId":"r1"}`, now.Add(time.Second)), shared(t, "r1", "ann", s))
	if c := payload[wire.SharingChanged](t, w.waitHeard(5, "the wish is told")[4], wire.EventSharingChanged); c.Paused {
		t.Errorf("got %+v", c)
	}
	late := update("r1", "ann", 6, now.Add(500*time.Millisecond)) // measured in the pause
	late.Received = now.Add(2 * time.Second)
	handle(t, h, late)
	if v := w.verdict(5); v != wire.VerdictHidden {
		t.Errorf("a late packet is %s", v)
	}
	handle(t, h, update("r1", "ann", 7, now.Add(3*time.Second)))
	heard = w.waitHeard(6, "the first fix after the pause")
	if place(t, heard[5].Data) != 7 {
		t.Errorf("heard %s", heard[5].Data)
	}
}

// Others get the middle of a cell, and what follows from that; the sender is
// answered with what was sent.
func TestApproximate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	h := w.commands(w.client)
	level := privacy.Approximate
	now := time.Now()
	handle(t, h, update("r1", "ann", 1, now.Add(-10*time.Second)))
	handle(t, h, shared(t, "r1", "ann", privacy.Shared().Apply(privacy.Change{Level: &level}, now)))
	heard := w.waitHeard(3, "the exact dot goes")
	if r := payload[wire.LocationRemoved](t, heard[1], wire.EventLocationRemoved); r.Reason != wire.RemovedPrecision {
		t.Errorf("reason %s", r.Reason)
	}
	for i := range 3 {
		c := update("r1", "ann", float64(i), now.Add(time.Duration(i)*time.Second))
		c.Data = strings.TrimSuffix(c.Data, "}") + `,"altitude":300,"bearing":12,"batteryLevel":80}`
		handle(t, h, c)
	}
	heard = w.waitHeard(6, "three positions")
	cell, _ := privacy.Approximate.Show(privacy.Fix{Latitude: start, Longitude: 14.5})
	for i, e := range heard[3:] {
		l := location(t, e.Data)
		if l.Latitude != cell.Latitude || l.Longitude != cell.Longitude || *l.Accuracy != privacy.CoarseAccuracy || l.Precision != wire.PrecisionApproximate ||
			l.Speed != nil || l.Bearing != nil || l.Altitude != nil || *l.BatteryLevel != 80 {
			t.Errorf("position %d: %s", i, e.Data)
		}
		if want := position.Distance(cell.Latitude, cell.Longitude, 46, 14); *l.DistanceToDestination < want-1 || *l.DistanceToDestination > want+1 {
			t.Errorf("distance %v, from the cell it is %v", *l.DistanceToDestination, want)
		}
		if ack := location(t, e.Ack); ack.Latitude == l.Latitude {
			t.Errorf("the sender is answered with the cell: %s", e.Ack)
		}
	}
	stored, _ := w.do("GET", wire.KeyLocation("r1", "ann")).ToString()
	if stored != heard[5].Data {
		t.Errorf("stored %s", stored)
	}
}

func (w *world) zones(user string, z privacy.Zones) {
	w.t.Helper()
	raw, err := json.Marshal(publish.ZonesCache(z))
	if err != nil {
		w.t.Fatal(err)
	}
	w.set(wire.KeyZones(user), string(raw))
}

// A zone counts in all rooms, for who is in it already and for who comes in.
func TestPrivacyZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	h := w.commands(w.client)
	now := time.Now()
	handle(t, h, update("r1", "ann", 0, now.Add(-time.Second)))
	z, err := privacy.Zones{}.Put(privacy.Zone{ID: "z", Name: "Home", Latitude: start, Longitude: 14.5, Radius: 100}, now)
	if err != nil {
		t.Fatal(err)
	}
	w.zones("ann", z)
	handle(t, h, order(wire.CommandRefresh, "r1", "ann", "{}", now))
	heard := w.waitHeard(2, "who is at home disappears at once")
	if r := payload[wire.LocationRemoved](t, heard[1], wire.EventLocationRemoved); r.Reason != wire.RemovedHidden {
		t.Errorf("reason %s", r.Reason)
	}
	for i := range 400 { // on the way, 11 m at a time
		handle(t, h, update("r1", "ann", float64(i), now.Add(time.Duration(i)*time.Second)))
	}
	heard = w.waitHeard(3, "far from home")
	for _, e := range heard[2:] {
		if p := place(t, e.Data); p < 10 { // 100 m
			t.Errorf("exact %v m from home", p*11)
		}
	}
	if len(heard) < 100 {
		t.Errorf("%d positions were shown far from home", len(heard))
	}
}

// Without the projection nobody is shown, of whom nothing is known.
func TestFailsClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	w.do("DEL", wire.KeySharingCaches)
	h := w.commands(w.client)
	now := time.Now()
	handle(t, h, update("r1", "ann", 1, now))
	if v := w.verdict(1); v != wire.VerdictHidden || w.exists(wire.KeyLocation("r1", "ann")) {
		t.Errorf("verdict %s", v)
	}
	w.set(wire.KeySharingCaches, "1")
	at := now
	w.eventually("the projection is there again", func() bool {
		at = at.Add(time.Second)
		handle(t, h, update("r1", "ann", 2, at))
		return w.exists(wire.KeyLocation("r1", "ann"))
	})
	// What is known goes on counting when the projection is lost once more.
	w.do("DEL", wire.KeySharingCaches)
	handle(t, h, order(wire.CommandRefresh, "r1", "ann", "{}", now), update("r1", "ann", 3, at.Add(time.Second)))
	if !w.exists(wire.KeyLocation("r1", "ann")) {
		t.Error("a member of whom all was known is hidden")
	}
	// Readers have no memory.
	if live, err := store.NewPositions(w.client, ttl).Live(t.Context(), "r1", []string{"ann"}); err != nil || len(live) > 0 {
		t.Errorf("shown: %s %v", live, err)
	}
}

// Whatever members say and in whatever order: nobody hears, finds or keeps more
// than the wish of that moment allows, neither live nor in a snapshot.
func TestViewersNeverGetMoreThanAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rooms := 0
	rapid.Check(t, func(rt *rapid.T) {
		rooms++
		room := fmt.Sprintf("p%d", rooms)
		w.room(room, "ann", "bob")
		w.mu.Lock()
		w.heard = nil
		w.mu.Unlock()
		w.events(room)
		h := w.commands(w.client)
		s := privacy.Shared()
		home := privacy.Zones{}
		if rapid.Bool().Draw(rt, "has a home") {
			home, _ = home.Put(privacy.Zone{ID: "z", Name: "Home", Latitude: start, Longitude: 14.5, Radius: 200, Seed: 5,
				Level: rapid.SampledFrom([]privacy.Level{privacy.Hidden, privacy.Approximate}).Draw(rt, "shown at home")}, time.Now().Add(-time.Hour))
			w.zones("ann", home)
		} else {
			w.do("DEL", wire.KeyZones("ann"))
		}
		now := time.Now().Add(-10 * time.Minute)
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "seconds")) * time.Second)
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				paused := rapid.Bool().Draw(rt, "pauses")
				kind := map[bool]string{true: wire.CommandPause, false: wire.CommandResume}[paused]
				handle(t, h, order(kind, room, "ann", "{}", now))
				s = s.Apply(privacy.Change{Paused: &paused}, now)
				handle(t, h, shared(t, room, "ann", s))
			case 1:
				level := rapid.SampledFrom([]privacy.Level{privacy.Hidden, privacy.Approximate, privacy.Exact}).Draw(rt, "precision")
				s = s.Apply(privacy.Change{Level: &level}, now)
				handle(t, h, shared(t, room, "ann", s))
			default:
				c := update(room, "ann", float64(rapid.IntRange(0, 200).Draw(rt, "place")), now)
				c.Received = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(rt, "late")) * time.Second)
				handle(t, h, c)
			}
			if rapid.IntRange(0, 5).Draw(rt, "handover") == 0 {
				raw, _ := json.Marshal(publish.SharingCache(s))
				w.do("HSET", wire.KeySharing(room), "ann", string(raw))
				h = w.commands(w.client)
			}
			if raw, err := w.do("GET", wire.KeyLocation(room, "ann")).ToString(); err == nil {
				checkShown(rt, location(t, raw), s, home)
			}
			handle(t, h, order(wire.CommandSnapshot, room, "bob", "{}", now))
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, e := range w.heard {
			if e.Event == wire.EventLocationUpdated {
				l := location(t, e.Data)
				inHome := len(home.Zones) > 0 && position.Distance(l.Latitude, l.Longitude, start, 14.5) <= 200 && l.Precision == ""
				if inHome {
					rt.Fatalf("exact at home: %s", e.Data)
				}
			}
		}
	})
	var _ consume.Effects = (*publish.Batch)(nil)
}

// checkShown holds a stored position against a wish.
func checkShown(t *rapid.T, l wire.Location, s privacy.Sharing, home privacy.Zones) {
	level := privacy.Exact
	if l.Precision == wire.PrecisionApproximate {
		level = privacy.Approximate
		if l.Speed != nil || l.Altitude != nil || l.Bearing != nil || *l.Accuracy != privacy.CoarseAccuracy {
			t.Fatalf("too much: %+v", l)
		}
	}
	if most := s.Policy(home).Wherever(time.Now()); level > most {
		t.Fatalf("%s is stored while %s is allowed", level, most)
	}
	if s.Past.At.After(l.RecordedAt.Time) && level > s.Past.Level {
		t.Fatalf("%s of %s is stored, what was before %s may be %s", level, l.RecordedAt, s.Past.At, s.Past.Level)
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob", "cleo")
	w.events("r1")
	h := w.commands(w.client)
	now := time.Now()
	ask := func(by, whom string) wire.Command {
		return order(wire.CommandAsk, "r1", by, fmt.Sprintf(`{"roomId":"r1","userId":%q}`, whom), now)
	}
	handle(t, h, ask("bob", "ann"))
	got := payload[wire.LocationRequested](t, w.waitReplies(1, "who asks is answered")[0], wire.EventLocationRequested)
	if got.State != wire.AskAsked || got.AskedByName != "Name of bob" || !w.exists(wire.KeyAsked("r1", "ann")) {
		t.Errorf("got %+v", got)
	}
	if e := w.waitHeard(1, "ann's devices hear of it")[0]; e.Event != wire.EventLocationRequested || e.UserID != "ann" {
		t.Errorf("heard %+v", e)
	}
	handle(t, h, ask("cleo", "ann"))
	if e := socketError(t, w.waitReplies(2, "not again so soon")[1]); e.Code != wire.CodeRateLimited || e.RetryAfterMs <= 0 || e.Event != wire.EventAskLocation {
		t.Errorf("got %+v", e)
	}
	handle(t, h, ask("cleo", "eve"), ask("cleo", ""))
	replies := w.waitReplies(4, "refusals")
	if a, b := socketError(t, replies[2]), socketError(t, replies[3]); a.Code != wire.CodeMemberNotFound || b.Code != wire.CodeValidation {
		t.Errorf("got %+v %+v", a, b)
	}
	handle(t, h, order(wire.CommandPause, "r1", "bob", "{}", now), ask("ann", "bob"))
	if got := payload[wire.LocationRequested](t, w.waitReplies(5, "bob pauses")[4], wire.EventLocationRequested); got.State != wire.AskPaused || w.exists(wire.KeyAsked("r1", "bob")) {
		t.Errorf("got %+v", got)
	}
}

func TestWishesAreValidated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann")
	h := w.commands(w.client)
	now := time.Now()
	for i, c := range []wire.Command{
		order(wire.CommandPause, "r1", "ann", `{"until":"yesterday"}`, now),
		order(wire.CommandPause, "r1", "ann", `{"until":"2001-01-01T00:00:00Z"}`, now),
		order(wire.CommandPrecision, "r1", "ann", `{"precision":"city"}`, now),
		order(wire.CommandPrecision, "r1", "ann", `[]`, now),
		order(wire.CommandPause, "r1", "eve", `{}`, now),
	} {
		handle(t, h, c)
		e := socketError(t, w.waitReplies(i+1, "a refusal")[i])
		if want := map[bool]wire.Code{true: wire.CodeValidation, false: wire.CodeNotMember}[c.UserID == "ann"]; e.Code != want || e.ID != "9" {
			t.Errorf("%s: %+v", c.Data, e)
		}
	}
	if n, _ := w.do("XLEN", wire.StreamWishes).AsInt64(); n != 0 {
		t.Errorf("%d wishes to store", n)
	}
}
