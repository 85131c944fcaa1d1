package navigation_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

const metre = 1 / 111_194.93 // degrees of latitude

var nan = math.NaN()

// north is a place so many metres north of 46, 14.
func north(metres float64) navigation.Point {
	return navigation.Point{Lat: 46 + metres*metre, Lng: 14}
}

// walker takes a member along; times are seconds.
type walker struct {
	member navigation.Member
	plan   *navigation.Plan
}

func (w *walker) to(second float64, p navigation.Point, accuracy float64) navigation.Result {
	at := int64(1_000_000_000 + second*1000)
	return w.member.Step(w.plan, navigation.Sample{Point: p, At: at, Received: at, Accuracy: accuracy, Speed: nan})
}

func TestArrival(t *testing.T) {
	t.Parallel()
	type fix struct{ second, metres, accuracy float64 }
	for _, tc := range []struct {
		name  string
		fixes []fix // metres from the destination
		want  []navigation.How
	}{
		{"comes in", []fix{{0, 500, 5}, {60, 200, 5}, {90, 40, 5}}, []navigation.How{navigation.Entered}},
		{"is there already", []fix{{0, 20, 5}, {10, 21, 5}}, []navigation.How{navigation.AlreadyThere}},
		{"drives through between two fixes", []fix{{0, -700, 5}, {30, -300, 5}, {60, 300, 5}}, []navigation.How{navigation.Crossed}},
		{"was silent in between: the chord means nothing", []fix{{0, -300, 5}, {600, 300, 5}}, nil},
		{"a vague fix in the middle says nothing", []fix{{0, 900, 5}, {10, 0, 800}, {20, 880, 5}}, nil},
		{"an unsure fix must be confirmed", []fix{{0, 900, 5}, {10, 50, 120}, {20, 880, 5}}, nil},
		{"and is", []fix{{0, 900, 5}, {10, 50, 120}, {31, 50, 120}}, []navigation.How{navigation.Entered}},
		{"dances around the edge", []fix{{0, 500, 5}, {60, 55, 5}, {70, 80, 5}, {80, 50, 5}, {90, 140, 5}, {100, 30, 5}}, []navigation.How{navigation.Entered}},
		{"goes for bread and comes back", []fix{{0, 500, 5}, {60, 10, 5}, {300, 600, 5}, {600, 10, 5}}, []navigation.How{navigation.Entered}},
		{"goes home and comes again", []fix{{0, 500, 5}, {60, 10, 5}, {300, 800, 5}, {600, 2000, 5}, {900, 10, 5}}, []navigation.How{navigation.Entered, navigation.Entered}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := walker{plan: navigation.NewPlan(north(0), nil, nil)}
			var got []navigation.How
			for _, f := range tc.fixes {
				if r := w.to(f.second, north(f.metres), f.accuracy); r.Arrived != navigation.NotArrived {
					got = append(got, r.Arrived)
				}
			}
			if len(got) != len(tc.want) {
				t.Fatalf("arrivals %v, want %v", got, tc.want)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("arrivals %v, want %v", got, tc.want)
				}
			}
		})
	}
}

// However the fixes of somebody who has arrived dance, there is one arrival, and
// no departure before the accuracy allows it.
func TestWhoIsThereArrivesOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := walker{plan: navigation.NewPlan(north(0), nil, nil)}
		w.to(0, north(2000), 5)
		arrivals := 0
		for i := range rapid.IntRange(1, 60).Draw(t, "fixes") {
			accuracy := rapid.Float64Range(1, 300).Draw(t, "accuracy")
			off := rapid.Float64Range(-1, 1).Draw(t, "error") * min(accuracy, navigation.LeaveBeyond)
			if r := w.to(float64(100+10*i), north(off), accuracy); r.Arrived != navigation.NotArrived {
				arrivals++
			}
			if arrivals == 1 && !w.member.Arrived {
				t.Fatalf("left by a fix %f m away that is good to %f m", off, accuracy)
			}
		}
		if arrivals > 1 {
			t.Fatalf("arrived %d times", arrivals)
		}
	})
}

// At an even pace the estimate says how long the route takes that is left, or the
// great circle and its usual detour; along a route nobody is bothered with changes.
func TestETAOfAnEvenPace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pace := rapid.Float64Range(0.8, 40).Draw(t, "m/s")
		every := rapid.Float64Range(1, 30).Draw(t, "seconds between fixes")
		noise := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)) //nolint:gosec // not a secret
		length := pace * 3600
		route, err := navigation.NewRoute("r", []navigation.Point{north(0), north(length)})
		if err != nil {
			t.Fatal(err)
		}
		detour := 1.0
		if rapid.Bool().Draw(t, "without route") {
			route, detour = nil, navigation.Detour
		}
		w := walker{plan: navigation.NewPlan(north(length), nil, route)}
		for second := 0.0; second < 1800; second += every {
			r := w.to(second, north(pace*second+4*noise.NormFloat64()), 5)
			if r.TellETA && route != nil {
				t.Fatalf("after %.0f s at %.1f m/s, fixes every %.0f s, the room is told of an ETA that has not changed: %d after %d", second, pace, every, w.member.ETA, r.PreviousETA)
			}
			if second < 300 {
				continue
			}
			want := (length - pace*second) / pace * detour
			got := float64(w.member.ETA-w.member.At) / 1000
			if math.Abs(got-want) > 0.12*want {
				t.Fatalf("after %.0f s at %.1f m/s: %.0f s left, want %.0f", second, pace, got, want)
			}
		}
	})
}

func TestETAIsToldWhenItMatters(t *testing.T) {
	t.Parallel()
	w := walker{plan: navigation.NewPlan(north(20_000), nil, nil)}
	second, told := 0.0, 0
	for ; second < 600; second += 5 {
		w.to(second, north(15*second), 5)
	}
	for at := 15 * second; second < 600+1200; second += 5 { // stands for twenty minutes
		if r := w.to(second, north(at), 5); r.TellETA {
			told++
		}
	}
	if told == 0 || told > 4 {
		t.Errorf("the room was told %d times in twenty minutes of standing still", told)
	}
}

func TestWaypointsAndRoute(t *testing.T) {
	t.Parallel()
	east := navigation.Point{Lat: 46, Lng: 14.02}
	w := walker{plan: navigation.NewPlan(north(1000), []navigation.Point{east}, nil)}
	w.to(0, north(0), 5)
	leg := navigation.Distance(north(0), east)
	if want := leg + navigation.Distance(east, north(1000)); math.Abs(w.member.Remaining-want) > 1 {
		t.Errorf("%.0f m through the waypoint, want %.0f", w.member.Remaining, want)
	}
	w.to(600, east, 5)
	w.to(700, north(500), 5)
	if w.member.Next != 1 || math.Abs(w.member.Remaining-500) > 1 {
		t.Errorf("after the waypoint %.0f m are left, next is %d", w.member.Remaining, w.member.Next)
	}

	// There and back on one road: the same place is at 30 % and at 70 % of it.
	route, err := navigation.NewRoute("r", []navigation.Point{north(0), north(5000), north(50)})
	if err != nil {
		t.Fatal(err)
	}
	w = walker{plan: navigation.NewPlan(north(0), nil, route)}
	last := 0.0
	for second := 0.0; second <= 900; second += 10 {
		metres := 10 * second
		where := north(metres)
		if metres > 5000 {
			where = north(10_000 - metres)
		}
		w.to(second, where, 5)
		if w.member.Basis != navigation.BasisRoute && second > 60 {
			t.Fatalf("after %.0f s off the route", second)
		}
		if w.member.Progress < last-1e-9 {
			t.Fatalf("progress fell from %f to %f after %.0f s", last, w.member.Progress, second)
		}
		last = w.member.Progress
	}
	if want := 9000 / route.Length(); math.Abs(last-want) > 0.01 {
		t.Errorf("progress %f, want %f", last, want)
	}
	w.to(1000, navigation.Point{Lat: 46.01, Lng: 14.05}, 5)
	if w.member.Progress >= 0 || w.member.Basis == navigation.BasisRoute {
		t.Error("4 km beside the route there is no progress along it")
	}
}

// Two walk together; one stops, is missed once, and has caught up once.
func TestStraggling(t *testing.T) {
	t.Parallel()
	plan := navigation.NewPlan(north(20_000), nil, nil)
	ann, bob := walker{plan: plan}, walker{plan: plan}
	var group navigation.Group
	var news []navigation.Straggle
	annAt, bobAt := 0.0, 0.0
	for second := 0.0; second < 3600; second += 5 {
		annAt += 1.5 * 5
		switch {
		case second < 600:
			bobAt += 1.5 * 5
		case second > 1800: // hurries after
			bobAt = min(bobAt+5*5, annAt)
		}
		ann.to(second, north(annAt), 5)
		bob.to(second, north(bobAt), 5)
		l := group.Look(plan.ID, []navigation.Person{{User: "ann", Member: &ann.member}, {User: "bob", Member: &bob.member}}, bob.member.At)
		news = append(news, l.Straggles...)
	}
	if len(news) != 2 || news[0].User != "bob" || !news[0].Straggling || news[1].User != "bob" || news[1].Straggling {
		t.Fatalf("news: %+v", news)
	}
	if d := news[0].DistanceBehind; d < navigation.StragglesBeyond || d > navigation.StragglesBeyond+300 {
		t.Errorf("missed when %.0f m behind", d)
	}
}

// Whoever starts elsewhere is on another way, not late.
func TestAnotherWayIsNotStraggling(t *testing.T) {
	t.Parallel()
	plan := navigation.NewPlan(north(0), nil, nil)
	near, far := walker{plan: plan}, walker{plan: plan}
	var group navigation.Group
	for second := 0.0; second < 1200; second += 5 {
		near.to(second, north(3000-second), 5)
		far.to(second, north(40_000-10*second), 5)
		l := group.Look(plan.ID, []navigation.Person{{User: "n", Member: &near.member}, {User: "f", Member: &far.member}}, far.member.At)
		if len(l.Straggles) > 0 {
			t.Fatalf("after %.0f s: %+v", second, l.Straggles)
		}
	}
}

func TestGroupArrivesOnce(t *testing.T) {
	t.Parallel()
	plan := navigation.NewPlan(north(0), nil, nil)
	ann, bob, lost := walker{plan: plan}, walker{plan: plan}, walker{plan: plan}
	people := []navigation.Person{{User: "bob", Member: &bob.member}, {User: "ann", Member: &ann.member}, {User: "lost", Member: &lost.member}}
	var group navigation.Group
	lost.to(0, north(9000), 5) // and never heard of again
	arrivals := 0
	for second := 0.0; second < 4000; second += 10 {
		ann.to(second, north(max(0, 1000-second)), 5)
		bob.to(second, north(max(0, 3000-second)), 5)
		l := group.Look(plan.ID, people, ann.member.At)
		if len(l.Arrived) == 0 {
			continue
		}
		arrivals++
		if second < navigation.GoneSilentAfter/1000 || len(l.Arrived) != 2 || l.Arrived[0] != "ann" || l.Arrived[1] != "bob" || l.ArrivedAt != bob.member.ArrivedAt {
			t.Errorf("after %.0f s: %+v", second, l)
		}
	}
	if arrivals != 1 {
		t.Errorf("the group arrived %d times", arrivals)
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	w := walker{plan: navigation.NewPlan(north(30_000), nil, nil)}
	var got []navigation.Reason
	step := func(second, metres float64, watched bool) {
		w.to(second, north(metres), 5)
		if r := w.member.Advise(watched); r != navigation.NoReason {
			got = append(got, r)
		}
	}
	second, metres := 0.0, 0.0
	drive := func(seconds, pace float64, watched bool) {
		for range int(seconds / 5) {
			step(second, metres, watched)
			second, metres = second+5, metres+5*pace
		}
	}
	drive(300, 15, true)
	drive(600, 1.4, true)
	drive(300, 0, true)
	drive(60, 1.4, false)
	drive(1500, 15, true)
	drive(30, 15, true)
	want := []navigation.Reason{navigation.Walking, navigation.Driving, navigation.Walking, navigation.Still, navigation.Unwatched, navigation.Walking, navigation.Driving, navigation.Near}
	seen := map[navigation.Reason]bool{}
	for _, r := range got {
		seen[r] = true
	}
	for _, r := range want {
		if !seen[r] && r != navigation.Near {
			t.Errorf("%s was never advised: %v", r, got)
		}
	}
	if len(got) > 12 {
		t.Errorf("the advice changed %d times: %v", len(got), got)
	}
	for _, r := range want {
		if r.Interval() < 1000 || r.String() == "" {
			t.Errorf("%d has no interval or no name", r)
		}
	}
}
