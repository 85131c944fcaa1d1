package consume_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

func TestUpdateReachesRoomSenderAndStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	h := w.commands(w.client)
	at := time.Now().UTC().Truncate(time.Millisecond)
	c := update("r1", "ann", 0, at)
	c.Data = strings.TrimSuffix(c.Data, "}") + `,"isAdmin":true,"userName":"Mallory","batteryLevel":-1}`
	handle(t, h, c)

	e := w.waitHeard(1, "the room hears the position")[0]
	if e.Event != wire.EventLocationUpdated || e.Class != wire.ClassPosition || e.UserID != "ann" || e.Origin != c.Origin {
		t.Errorf("envelope %+v", e)
	}
	var ack wire.LocationConfirmed
	if err := json.Unmarshal([]byte(e.Ack), &ack); err != nil || ack.Latitude != 45.5 || !ack.Timestamp.Equal(at) {
		t.Errorf("ack %q: %+v, %v", e.Ack, ack, err)
	}
	l := location(t, e.Data)
	if l.UserName != "Name of ann" || l.Latitude != 45.5 || !l.IsLive || l.RoomID != "r1" || !l.RecordedAt.Equal(at) {
		t.Errorf("location %+v", l)
	}
	if l.DistanceToDestination == nil || *l.DistanceToDestination < 67_000 || *l.DistanceToDestination > 68_000 {
		t.Errorf("distance to 46, 14 is %v", l.DistanceToDestination)
	}
	if strings.Contains(e.Data, "isAdmin") || strings.Contains(e.Data, "batteryLevel") {
		t.Errorf("unknown members must go, unknown values too: %s", e.Data)
	}
	stored, _ := w.do("GET", wire.KeyLocation("r1", "ann")).ToString()
	if stored != e.Data {
		t.Errorf("stored %s", stored)
	}
	if left, _ := w.do("PTTL", wire.KeyLocation("r1", "ann")).AsInt64(); left <= 0 || left > ttl.Milliseconds() {
		t.Errorf("lives for %d ms", left)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now()
	w.room("open", "ann")
	w.roomWith(wire.RoomCache{ID: "late", Status: wire.RoomStatusActive, ExpiresAt: wire.At(now.Add(-time.Second))}, "ann")
	w.roomWith(wire.RoomCache{ID: "expired", Status: wire.RoomStatusExpired, ExpiresAt: wire.At(now.Add(time.Hour))}, "ann")
	w.roomWith(wire.RoomCache{ID: "closed", Status: wire.RoomStatusClosed, ExpiresAt: wire.At(now.Add(time.Hour))}, "ann")
	with := func(room, user, data string) wire.Command {
		c := update(room, user, 1, now)
		c.Data = data
		return c
	}
	stale := update("open", "ann", 1, now.Add(-ttl))
	for _, tc := range []struct {
		name    string
		command wire.Command
		code    wire.Code
		text    string
	}{
		{"inherited mistake 10: text as latitude", with("open", "ann", `{"latitude":"abc","longitude":1}`), wire.CodeValidation, "latitude must be a number"},
		{"inherited mistake 10: longitude 99999", with("open", "ann", `{"latitude":1,"longitude":99999}`), wire.CodeValidation, "longitude must be between -180 and 180"},
		{"not JSON", with("open", "ann", `{"latitude`), wire.CodeValidation, "object"},
		{"inherited mistake 9: expired, not swept", update("late", "ann", 1, now), wire.CodeRoomExpired, ""},
		{"inherited mistake 9: expired", update("expired", "ann", 1, now), wire.CodeRoomExpired, ""},
		{"closed", update("closed", "ann", 1, now), wire.CodeRoomClosed, ""},
		{"a stranger", update("open", "eve", 1, now), wire.CodeNotMember, "Not authorized to update location in this room"},
		{"inherited mistake 11: no such room", update("undefined", "ann", 1, now), wire.CodeRoomNotFound, ""},
		{"waited too long to be live", stale, wire.CodeUnavailable, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(w.waitReplies(0, ""))
			if rejects := handle(t, w.commands(w.client), tc.command); len(rejects) > 0 {
				t.Errorf("went to the dead letters: %v", rejects)
			}
			e := w.waitReplies(before+1, "the sender hears why")[before]
			got := socketError(t, e)
			if got.Code != tc.code || !strings.Contains(got.Message, tc.text) || got.Event != wire.EventLocationUpdate || got.ID != "7" {
				t.Errorf("got %+v", got)
			}
			if e.Origin != tc.command.Origin {
				t.Errorf("origin %+v", e.Origin)
			}
			if w.exists(wire.KeyLocation(tc.command.RoomID, tc.command.UserID)) {
				t.Error("the position was stored")
			}
		})
	}
}

func TestLostCachesAreNotARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("DEL", wire.KeyRoomCaches)
	handle(t, w.commands(w.client), update("r1", "ann", 1, time.Now()))
	if got := socketError(t, w.waitReplies(1, "the sender hears")[0]); got.Code != wire.CodeUnavailable || got.RetryAfterMs == 0 {
		t.Errorf("got %+v", got)
	}
}

// inherited mistake 13: of one member's fixes an older one never follows a
// newer one, and its sender is answered nevertheless.
func TestOlderFixIsConfirmedOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	h := w.commands(w.client)
	now := time.Now()
	older := update("r1", "ann", 1, now.Add(-10*time.Second))
	older.Received = now
	handle(t, h, update("r1", "ann", 2, now))
	handle(t, h, older, update("r1", "ann", 3, now.Add(time.Second)))

	got := w.waitHeard(2, "both newer fixes arrive")
	if len(got) != 2 || place(t, got[0].Data) != 2 || place(t, got[1].Data) != 3 {
		t.Errorf("the room heard %+v", got)
	}
	reply := w.waitReplies(1, "the older fix is confirmed")[0]
	if reply.Event != wire.EventLocationConfirmed || !strings.Contains(reply.Data, `"latitude":45.5001,`) || reply.Origin.Ref != "7" {
		t.Errorf("reply %+v", reply)
	}
}

// inherited mistake 26, location's part: who is behind catches up with the newest
// positions, instead of playing out old ones ever later.
func TestBacklogIsConflated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	begin := time.Now().Add(-20 * time.Second)
	var commands []wire.Command
	for i := range 10 {
		commands = append(commands, update("r1", "ann", float64(i), begin.Add(time.Duration(i)*time.Second)), update("r1", "bob", float64(i), begin.Add(time.Duration(i)*time.Second)))
	}
	handle(t, w.commands(w.client), commands...)
	got := w.waitHeard(2, "the newest of each")
	w.waitReplies(18, "all others are confirmed")
	if len(got) != 2 || place(t, got[0].Data) != 9 || place(t, got[1].Data) != 9 {
		t.Errorf("the room heard %+v", got)
	}
}

func TestMemoryIsLoadedLazily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann")
	w.events("r1")
	now := time.Now()
	handle(t, w.commands(w.client), update("r1", "ann", 2, now))
	older := update("r1", "ann", 1, now.Add(-time.Second))
	older.Received = now
	handle(t, w.commands(w.client), older) // a successor with an empty memory
	w.waitReplies(1, "the older fix is confirmed only")
	if got := w.waitHeard(1, "the newer fix"); len(got) != 1 || place(t, got[0].Data) != 2 {
		t.Errorf("the room heard %+v", got)
	}
}

func TestLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	h := w.commands(w.client)
	now := time.Now()
	leave := update("r1", "ann", 0, now)
	leave.Type, leave.Data = wire.CommandLeave, `{"roomId":"r1"}`
	handle(t, h, update("r1", "ann", 1, now.Add(-time.Second)))
	handle(t, h, leave)
	if w.exists(wire.KeyLocation("r1", "ann")) {
		t.Error("the position is still there after the leave")
	}
	handle(t, h, update("r1", "ann", 2, now.Add(-time.Millisecond)))
	if w.exists(wire.KeyLocation("r1", "ann")) {
		t.Error("an update from before the leave brought the position back")
	}
	w.waitReplies(1, "it is confirmed nevertheless")
	// inherited mistake 5: the member's other device goes on, and is not refused.
	handle(t, h, update("r1", "ann", 3, now.Add(time.Millisecond)))
	got := w.waitHeard(3, "the other device's fix")
	if len(got) != 3 || got[1].Event != wire.EventLocationRemoved || place(t, got[2].Data) != 3 || !w.exists(wire.KeyLocation("r1", "ann")) {
		t.Errorf("the room heard %+v", got)
	}
	// In one batch: nothing of a member who is gone at its end.
	again := leave
	again.Received = now.Add(3 * time.Millisecond)
	handle(t, h, update("r1", "ann", 4, now.Add(2*time.Millisecond)), again)
	w.waitReplies(2, "the sender is answered")
	if got := w.waitHeard(4, "everybody is told to remove it"); w.exists(wire.KeyLocation("r1", "ann")) || len(got) != 4 || got[3].Event != wire.EventLocationRemoved {
		t.Errorf("a position survived its leave: %+v", got)
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob", "cleo")
	h := w.commands(w.client)
	now := time.Now()
	ask := func(user, ref string) wire.Command {
		return wire.Command{Type: wire.CommandSnapshot, RoomID: "r1", UserID: user, Origin: wire.Origin{EdgeID: "e1", SocketID: "s-" + user, Ref: ref}, Received: now, Data: "{}"}
	}
	handle(t, h, ask("ann", "")) // nobody is anywhere: nothing is said
	handle(t, h, update("r1", "ann", 1, now), ask("ann", ""), ask("bob", "1"))
	reply := w.waitReplies(1, "bob hears where ann is")[0]
	var got wire.RoomLocations
	if err := json.Unmarshal([]byte(reply.Data), &got); err != nil {
		t.Fatal(err)
	}
	if reply.Event != wire.EventRoomLocations || reply.Origin.SocketID != "s-bob" || got.RoomID != "r1" || len(got.Locations) != 1 || location(t, string(got.Locations[0])).UserID != "ann" {
		t.Errorf("got %+v", reply)
	}
	// A position whose member is gone is not shown, whatever Redis still holds.
	w.do("SREM", wire.KeyRoomMembers("r1"), "ann")
	w.eventually("ann is gone from the cached members", func() bool {
		before := len(w.waitReplies(0, ""))
		handle(t, h, ask("bob", "2"))
		r := w.waitReplies(before+1, "bob is answered")[before]
		return strings.Contains(r.Data, `"locations":[]`)
	})
	before := len(w.waitReplies(0, ""))
	handle(t, h, ask("eve", "3"))
	replies := w.waitReplies(before+1, "a stranger is refused")
	if e := socketError(t, replies[len(replies)-1]); e.Code != wire.CodeNotMember || e.Event != wire.EventJoinRoom || e.Message != "Not authorized to join this room" {
		t.Errorf("got %+v", e)
	}
}

// inherited mistake 7 and 3: who has left by REST is refused as soon as the
// member set says so, although memberships are read from memory.
func TestFormerMemberIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann")
	h := w.commands(w.client)
	handle(t, h, update("r1", "ann", 1, time.Now()))
	w.do("SREM", wire.KeyRoomMembers("r1"), "ann")
	w.eventually("the change reaches the client-side cache", func() bool {
		handle(t, h, update("r1", "ann", 1, time.Now()))
		return len(w.waitReplies(0, "")) > 0
	})
	if e := socketError(t, w.waitReplies(1, "refusal")[0]); e.Code != wire.CodeNotMember {
		t.Errorf("got %+v", e)
	}
}

func TestOneMessagePerRoomAndEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var commands []wire.Command
	now := time.Now()
	for r := range 3 {
		room := fmt.Sprintf("r%d", r)
		w.room(room, "ann", "bob")
		w.events(room)
		for i := range 4 {
			commands = append(commands, update(room, "ann", float64(i), now.Add(time.Duration(i)*time.Millisecond)), update(room, "bob", float64(i), now.Add(time.Duration(i)*time.Millisecond)), update(room, "eve", 1, now))
		}
	}
	before, _ := w.do("INFO", "commandstats").ToString()
	handle(t, w.commands(w.client), commands...)
	w.waitHeard(24, "all positions")
	w.waitReplies(12, "all refusals")
	after, _ := w.do("INFO", "commandstats").ToString()
	for command, want := range map[string]int{"spublish": 4, "set": 6, "mget": 0, "mset": 0} {
		if got := calls(after, command) - calls(before, command); got != want {
			t.Errorf("%d × %s, want %d", got, command, want)
		}
	}
}

func TestPoison(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann")
	w.events("r1")
	good := update("r1", "ann", 1, time.Now())
	nowhere, strange := good, good
	nowhere.RoomID, strange.Type = "", "dance"
	entries := []redisx.Entry{{ID: "1-1", Value: "rubbish"}, {ID: "1-2", Value: nowhere.String()}, {ID: "1-3", Value: good.String()},
		{ID: "1-4", Value: strange.String()}, {ID: "1-5", Value: ""}}
	rejects, err := w.commands(w.client).Handle(context.Background(), entries)
	if err != nil {
		t.Fatal(err)
	}
	if len(rejects) != 4 {
		t.Errorf("rejects %+v", rejects)
	}
	for _, r := range rejects {
		if r.Reason == "" || r.Entry.ID == "1-3" {
			t.Errorf("reject %+v", r)
		}
	}
	w.waitHeard(1, "the good one among them")
}

// inherited mistake 12: with two replicas everybody hears everybody, and
// inherited mistake 13: in order; a replica that goes leaves nothing undone.
func TestReplicasShareAndTakeOver(t *testing.T) {
	t.Parallel()
	const partitions, rooms, rounds = 4, 12, 30
	w := newWorld(t)
	for r := range rooms {
		w.room(fmt.Sprintf("r%d", r), "ann", "bob")
		w.events(fmt.Sprintf("r%d", r))
	}
	stopFirst := w.replica("one", partitions)
	w.replica("two", partitions)
	w.eventually("both replicas work", func() bool {
		owners := map[string]bool{}
		for p := range partitions {
			owner, err := w.do("GET", fmt.Sprintf("lease:location:{%d}", p)).ToString()
			if err != nil {
				return false
			}
			owners[owner] = true
		}
		return len(owners) == 2
	})
	begin := time.Now()
	for i := range rounds {
		if i == rounds/2 {
			go stopFirst()
		}
		for r := range rooms {
			w.send(update(fmt.Sprintf("r%d", r), "ann", float64(i), begin.Add(time.Duration(i)*time.Millisecond)), partitions)
		}
	}
	newest := map[string]float64{}
	w.eventually("every room hears the last fix", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		clear(newest)
		for _, e := range w.heard {
			l, at := location(t, e.Data), place(t, e.Data)
			if last, ok := newest[l.RoomID]; ok && at < last {
				t.Fatalf("%s heard %v after %v", l.RoomID, at, last)
			}
			newest[l.RoomID] = at
		}
		for r := range rooms {
			if newest[fmt.Sprintf("r%d", r)] != rounds-1 {
				return false
			}
		}
		return true
	})
}

// A replica dies with entries that it has read and not acknowledged: its
// successor does them, in order, as soon as the lease has ended.
func TestTakeOverOfPendingEntries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann", "bob")
	w.events("r1")
	stream := wire.StreamCommands(wire.ServiceLocation, 0)
	w.do("XGROUP", "CREATE", stream, "location", "0", "MKSTREAM")
	w.do("SET", "lease:location:{0}", "dead", "PX", "1500")
	w.do("ZADD", "location:replicas", fmt.Sprint(time.Now().UnixMilli()), "dead")
	now := time.Now()
	for i := range 5 {
		w.send(update("r1", "ann", float64(i), now.Add(time.Duration(i)*time.Millisecond)), 1)
	}
	w.do("XREADGROUP", "GROUP", "location", "dead", "COUNT", "3", "STREAMS", stream, ">") // 3 of 5 in its hands
	w.do("XADD", stream, "*", wire.CommandField, "poison")
	w.replica("heir", 1)
	// By now they are a backlog: each is answered, the newest are broadcast.
	w.eventually("all five are done by the successor", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.heard)+len(w.replies) == 5
	})
	got := w.waitHeard(2, "the newest of what was pending, and of what was new")
	if len(got) != 2 || place(t, got[0].Data) != 2 || place(t, got[1].Data) != 4 {
		t.Errorf("the room heard %+v", got)
	}
	w.eventually("poison is in the dead letters and nothing is left", func() bool {
		dead, _ := w.do("XLEN", wire.StreamDead(wire.ServiceLocation)).AsInt64()
		left, _ := w.do("XLEN", stream).AsInt64()
		return dead == 1 && left == 0
	})
	letters, err := w.do("XRANGE", wire.StreamDead(wire.ServiceLocation), "-", "+").AsXRange()
	if err != nil || len(letters) != 1 || letters[0].FieldValues["reason"] == "" || letters[0].FieldValues["value"] != "poison" {
		t.Errorf("dead letters %+v, %v", letters, err)
	}
}
