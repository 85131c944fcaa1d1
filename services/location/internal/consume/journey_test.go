package consume_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
)

// traveller goes north along a road to 46, 14, as a phone reports it.
type traveller struct {
	user   string
	metres float64 // from the start
	skew   time.Duration
	held   []wire.Command // not sent yet: the phone is in a dead spot
	noise  *rand.Rand
}

const (
	metre  = 1 / 111_194.93 // degrees of latitude
	length = 6000.0         // metres of the road
)

func (v *traveller) fix(at time.Time) wire.Command {
	lat := 46 + (v.metres-length+3*v.noise.NormFloat64())*metre
	return wire.Command{Type: wire.CommandUpdate, RoomID: "r1", UserID: v.user, UserName: strings.ToUpper(v.user[:1]) + v.user[1:],
		Origin: wire.Origin{EdgeID: "e1", SocketID: "s-" + v.user}, Received: at,
		Data: fmt.Sprintf(`{"latitude":%.7f,"longitude":14,"accuracy":6,"recordedAt":%q}`, lat, at.Add(v.skew).UTC().Format(wire.TimeLayout))}
}

// journey plays what three phones report in an hour and returns what the room
// heard beside positions. restart gives the partition to another process in
// between.
func journey(t *testing.T, restart bool) (events []wire.Envelope, w *world) {
	t.Helper()
	w = newWorld(t)
	begin := time.Now().Truncate(time.Second)
	w.roomWith(wire.RoomCache{ID: "r1", Name: "Trip", DestinationLat: 46, DestinationLng: 14, Status: wire.RoomStatusActive,
		ExpiresAt: wire.At(begin.Add(3 * time.Hour)), Version: 1}, "ann", "bob", "cleo")
	w.events("r1")
	now := begin
	start := func() *consume.Commands {
		h := w.commands(w.client)
		h.SetNow(func() time.Time { return now })
		return h
	}
	h := start()
	noise := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not a secret
	ann, bob, cleo := &traveller{user: "ann", noise: noise}, &traveller{user: "bob", skew: -time.Hour, noise: noise}, &traveller{user: "cleo", noise: noise}
	for second := 0; second < 3600; second += 5 {
		now = begin.Add(time.Duration(second) * time.Second)
		var batch []wire.Command
		for _, v := range []*traveller{ann, bob, cleo} {
			pace := 4.0
			if v == cleo && second >= 600 && second < 1300 {
				pace = 0 // a flat tyre
			}
			if v.metres < length {
				v.metres += 5 * pace
			}
			c := v.fix(now)
			switch {
			case v == ann && second >= 400 && second < 700: // a tunnel: the phone keeps its fixes
				v.held = append(v.held, c)
				continue
			case v == ann && second == 700: // and sends them all, out of order, some twice
				noise.Shuffle(len(v.held), func(i, j int) { v.held[i], v.held[j] = v.held[j], v.held[i] })
				for _, old := range append(v.held, v.held[:10]...) {
					old.Received = now
					batch = append(batch, old)
				}
			}
			batch = append(batch, c)
			if second%50 == 0 {
				batch = append(batch, c) // the network repeats
			}
			if second%300 == 150 { // a reflection: one fix from another country
				far := c
				far.Received = now.Add(time.Second)
				far.Data = fmt.Sprintf(`{"latitude":48,"longitude":11,"accuracy":6,"recordedAt":%q}`, now.Add(v.skew+time.Second).UTC().Format(wire.TimeLayout))
				batch = append(batch, far)
			}
		}
		handle(t, h, batch...)
		if restart && second%600 == 300 {
			h = start()
		}
	}
	w.eventually("the room hears that all have arrived", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return slices.ContainsFunc(w.heard, func(e wire.Envelope) bool { return e.Event == wire.EventGroupArrived })
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	last := map[string]time.Time{}
	for _, e := range w.heard {
		if e.Event != wire.EventLocationUpdated {
			events = append(events, e)
			continue
		}
		l := location(t, e.Data)
		if l.Latitude > 46.01 || l.RecordedAt.Before(last[l.UserID]) {
			t.Fatalf("the room was shown %+v", l)
		}
		last[l.UserID] = l.RecordedAt.Time
	}
	return events, w
}

// A journey with jitter, a dead spot and its late batch, repeated and reflected
// fixes, a clock that is an hour slow and a flat tyre has exactly these events,
// whether or not the process is replaced on the way.
func TestJourneyHasExactlyItsEvents(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"one process": false, "replaced five times": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, w := journey(t, restart)
			var got []string
			for _, e := range events {
				switch e.Event {
				case wire.EventMemberArrived:
					var m wire.MemberArrived
					decode(t, e.Data, &m)
					got = append(got, fmt.Sprintf("%s arrives as %d, %s", m.UserName, m.Rank, m.How))
				case wire.EventMemberStraggling:
					var m wire.MemberStraggling
					decode(t, e.Data, &m)
					got = append(got, fmt.Sprintf("%s straggles: %t", m.UserName, m.Straggling))
				case wire.EventGroupArrived:
					var m wire.GroupArrived
					decode(t, e.Data, &m)
					got = append(got, fmt.Sprintf("all arrive: %d", len(m.UserIDs)))
				case wire.EventETAChanged:
					var m wire.ETAChanged
					decode(t, e.Data, &m)
					if m.UserID != "cleo" {
						t.Errorf("%s's ETA did not change: %+v", m.UserName, m)
					}
				case wire.EventLocationStale: // the tracks have gaps
				default:
					t.Errorf("unexpected %s", e.Event)
				}
			}
			want := []string{"Cleo straggles: true", "Ann arrives as 1, entered", "Bob arrives as 2, entered", "Cleo arrives as 3, entered", "all arrive: 3"}
			if !slices.Equal(got, want) {
				t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			checkNotes(t, w)
		})
	}
}

// checkNotes looks for the same news among the commands to chat.
func checkNotes(t *testing.T, w *world) {
	t.Helper()
	entries, err := w.do("XRANGE", wire.StreamCommands(wire.ServiceChat, 0), "-", "+").AsXRange()
	if err != nil {
		t.Fatal(err)
	}
	kinds, keys := map[string]int{}, map[string]bool{}
	for _, entry := range entries {
		c, err := wire.ParseCommand(entry.FieldValues[wire.CommandField])
		if err != nil || c.Type != wire.CommandSystem || c.RoomID != "r1" {
			t.Fatalf("%+v, %v", c, err)
		}
		var m wire.SystemMessage
		decode(t, c.Data, &m)
		if keys[m.Key] {
			t.Errorf("%s is noted twice", m.Key)
		}
		keys[m.Key] = true
		kinds[m.Kind]++
	}
	if kinds[wire.SystemArrived] != 3 || kinds[wire.SystemGroupArrived] != 1 || kinds[wire.SystemStraggling] != 1 {
		t.Errorf("noted in chat: %v", kinds)
	}
}

func decode(t *testing.T, data string, dst any) {
	t.Helper()
	if err := json.Unmarshal([]byte(data), dst); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

// Every sender hears what became of a fix.
func TestVerdictsAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ann")
	h := w.commands(w.client)
	now := time.Now()
	far := update("r1", "ann", 0, now.Add(2*time.Millisecond))
	far.Data = strings.Replace(far.Data, `"latitude":45.5`, `"latitude":-12.5`, 1)
	late := update("r1", "ann", 1, now.Add(-time.Second))
	late.Received = now
	tablet := update("r1", "ann", 200, now.Add(3*time.Millisecond))
	tablet.Data = strings.TrimSuffix(tablet.Data, "}") + `,"deviceId":"tablet"}`
	same := update("r1", "ann", 0, now)
	same.Received = now.Add(time.Second)
	handle(t, h, update("r1", "ann", 0, now))
	handle(t, h, far, late, tablet, same)
	got := map[string]int{}
	for _, e := range w.waitReplies(4, "four are confirmed to their sender alone") {
		var c wire.LocationConfirmed
		decode(t, e.Data, &c)
		got[c.Verdict]++
	}
	for _, verdict := range []string{wire.VerdictImplausible, wire.VerdictLate, wire.VerdictOtherDevice, wire.VerdictDuplicate} {
		if got[verdict] != 1 {
			t.Errorf("verdicts %v, want one %s", got, verdict)
		}
	}
}
