package consume_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

// outward is the part of a real track from its start to where it is farthest
// from there. The tracks lie beside the project where they are at all.
func outward(t *testing.T, name string) []gpx.Point {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "..", "..", "shared", "tracks", name))
	if os.IsNotExist(err) {
		t.Skip("the real tracks are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	read, err := gpx.Read(file, gpx.Limits{Bytes: 64 << 20, Points: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	way := slices.DeleteFunc(read.Way(), func(p gpx.Point) bool { return p.Time.IsZero() })
	at := func(p gpx.Point) navigation.Point { return navigation.Point{Lat: p.Lat, Lng: p.Lon} }
	last, farthest := 0, 0.0
	for i, p := range way {
		if d := navigation.Distance(at(way[0]), at(p)); d > farthest {
			last, farthest = i, d
		}
	}
	return way[:last+1]
}

// phone reports a track as phones do: some metres off, with a dead spot whose
// fixes come late, all at once and in any order, some twice, and with a clock of
// its own.
type phone struct {
	user        string
	after, skew time.Duration
	noise       *rand.Rand
	held        []wire.Command
	room        string
}

func (p *phone) report(i, n int, at gpx.Point, now time.Time) (out []wire.Command) {
	c := wire.Command{Type: wire.CommandUpdate, RoomID: p.room, UserID: p.user, UserName: strings.ToUpper(p.user[:1]) + p.user[1:],
		Origin: wire.Origin{EdgeID: "e1", SocketID: "s-" + p.user}, Received: now,
		Data: fmt.Sprintf(`{"latitude":%.7f,"longitude":%.7f,"accuracy":8,"recordedAt":%q}`, at.Lat+4*p.noise.NormFloat64()*metre,
			at.Lon+4*p.noise.NormFloat64()*metre, now.Add(p.skew).UTC().Format(wire.TimeLayout))}
	if i > n/3 && i < n/2 { // the dead spot
		p.held = append(p.held, c)
		return nil
	}
	if i == n/2 {
		p.noise.Shuffle(len(p.held), func(i, j int) { p.held[i], p.held[j] = p.held[j], p.held[i] })
		for _, old := range append(p.held, p.held[:len(p.held)/4]...) {
			old.Received = now
			out = append(out, old)
		}
	}
	if out = append(out, c); i%7 == 0 {
		out = append(out, c)
	}
	return out
}

// Three follow a real track a minute apart, with all that phones do to it: the
// room hears of three arrivals in their order and that all are there, and of
// nothing else but changed ETAs.
func TestARealTrackHasExactlyItsEvents(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"korita-zbevnica.gpx", "cerknicko-jezero.gpx"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			way := outward(t, name)
			w := newWorld(t)
			end, begin := way[len(way)-1], time.Now().Truncate(time.Second)
			w.roomWith(wire.RoomCache{ID: "r1", Name: "Trip", DestinationLat: end.Lat, DestinationLng: end.Lon, Status: wire.RoomStatusActive,
				ExpiresAt: wire.At(begin.Add(24 * time.Hour)), Version: 1}, "ann", "bob", "cleo")
			w.events("r1")
			now := begin
			h := w.commands(w.client)
			h.SetNow(func() time.Time { return now })
			phones := []*phone{{user: "ann"}, {user: "bob", after: time.Minute, skew: -2 * time.Hour}, {user: "cleo", after: 2 * time.Minute, skew: 30 * time.Second}}
			type step struct {
				at    time.Time
				phone *phone
				i     int
			}
			var steps []step
			for i, p := range phones {
				p.noise, p.room = rand.New(rand.NewPCG(uint64(i), 7)), "r1" //nolint:gosec // not a secret
				for j, point := range way {
					steps = append(steps, step{begin.Add(point.Time.Sub(way[0].Time) + p.after), p, j})
				}
				for extra := range 10 { // who is there stays a while
					steps = append(steps, step{begin.Add(end.Time.Sub(way[0].Time) + p.after + time.Duration(extra+1)*30*time.Second), p, len(way) - 1})
				}
			}
			slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
			for _, s := range steps {
				now = s.at
				if batch := s.phone.report(s.i, len(way), way[s.i], now); len(batch) > 0 {
					handle(t, h, batch...)
				}
			}
			w.eventually("the room hears that all have arrived", func() bool {
				w.mu.Lock()
				defer w.mu.Unlock()
				return slices.ContainsFunc(w.heard, func(e wire.Envelope) bool { return e.Event == wire.EventGroupArrived })
			})
			w.mu.Lock()
			defer w.mu.Unlock()
			var got []string
			newest := map[string]time.Time{}
			for _, e := range w.heard {
				switch e.Event {
				case wire.EventLocationUpdated:
					l := location(t, e.Data)
					if l.RecordedAt.Before(newest[l.UserID]) {
						t.Fatalf("the dot of %s went back to %s", l.UserID, l.RecordedAt)
					}
					newest[l.UserID] = l.RecordedAt.Time
				case wire.EventMemberArrived:
					var m wire.MemberArrived
					decode(t, e.Data, &m)
					got = append(got, fmt.Sprintf("%s arrives as %d", m.UserName, m.Rank))
				case wire.EventGroupArrived:
					got = append(got, "all arrive")
				case wire.EventETAChanged, wire.EventLocationStale: // who records every few minutes is silent in between
				default:
					got = append(got, e.Event+" "+e.Data)
				}
			}
			if want := []string{"Ann arrives as 1", "Bob arrives as 2", "Cleo arrives as 3", "all arrive"}; !slices.Equal(got, want) {
				t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}
