package geofence_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/services/location/internal/geofence"
)

const metre = 1 / 111_194.93 // degrees of latitude, and of longitude on the equator

// at is a place so many metres east and north of 0, 0.
func at(east, north float64) geofence.Point {
	return geofence.Point{Lat: north * metre, Lng: east * metre}
}

func square(side float64) geofence.Fence {
	return geofence.Fence{ID: "f", Name: "Square", Kind: geofence.Polygon, Vertices: []geofence.Point{at(0, 0), at(side, 0), at(side, side), at(0, side)}}
}

func TestMargin(t *testing.T) {
	t.Parallel()
	circle := geofence.Fence{Kind: geofence.Circle, Center: at(0, 0), Radius: 100}
	ell := geofence.Fence{Kind: geofence.Polygon, Vertices: []geofence.Point{at(0, 0), at(300, 0), at(300, 100), at(100, 100), at(100, 300), at(0, 300)}}
	side := square(200)
	for _, tc := range []struct {
		name  string
		fence *geofence.Fence
		p     geofence.Point
		want  float64
	}{
		{"centre", &circle, at(0, 0), 100},
		{"inside a circle", &circle, at(60, 0), 40},
		{"outside a circle", &circle, at(0, -250), -150},
		{"inside a square", &side, at(50, 100), 50},
		{"beside a square", &side, at(230, 100), -30},
		{"off its corner", &side, at(-30, -40), -50},
		{"in the arm of an L", &ell, at(250, 60), 40},
		{"in the notch of an L", &ell, at(160, 160), -60},
	} {
		if got := tc.fence.Margin(tc.p); math.Abs(got-tc.want) > 0.5 {
			t.Errorf("%s: %.1f m, want %.1f", tc.name, got, tc.want)
		}
	}
}

// Across the date line a fence is as good as anywhere.
func TestMarginAtTheDateLine(t *testing.T) {
	t.Parallel()
	f := geofence.Fence{Kind: geofence.Polygon, Vertices: []geofence.Point{{Lat: 0, Lng: 179.999}, {Lat: 0, Lng: -179.999}, {Lat: 0.002, Lng: -179.999}, {Lat: 0.002, Lng: 179.999}}}
	if f.Margin(geofence.Point{Lat: 0.001, Lng: 180}) < 100 || f.Margin(geofence.Point{Lat: 0.001, Lng: -179.9995}) < 50 || f.Margin(geofence.Point{Lat: 0.001, Lng: 179.99}) > 0 {
		t.Error("the date line confuses it")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		set   func(f *geofence.Fence)
		field string
	}{
		{"a square", func(*geofence.Fence) {}, ""},
		{"a closed ring", func(f *geofence.Fence) { f.Vertices = append(f.Vertices, f.Vertices[0]) }, ""},
		{"no name", func(f *geofence.Fence) { f.Name = "  " }, "name"},
		{"two corners", func(f *geofence.Fence) { f.Vertices = f.Vertices[:2] }, "vertices"},
		{"no area", func(f *geofence.Fence) { f.Vertices = []geofence.Point{at(0, 0), at(50, 0), at(100, 0)} }, "vertices"},
		{"a bow tie", func(f *geofence.Fence) {
			f.Vertices = []geofence.Point{at(0, 0), at(300, 0), at(0, 200), at(200, 200)}
		}, "vertices"},
		{"a corner on an edge", func(f *geofence.Fence) {
			f.Vertices = []geofence.Point{at(0, 0), at(200, 0), at(200, 200), at(100, 0), at(0, 200)}
		}, "vertices"},
		{"a spike there and back", func(f *geofence.Fence) {
			f.Vertices = []geofence.Point{at(0, 0), at(400, 0), at(200, 0), at(200, 200), at(0, 200)}
		}, "vertices"},
		{"a corner twice", func(f *geofence.Fence) { f.Vertices = append(f.Vertices, at(0, 200)) }, "vertices"},
		{"a corner on a straight edge", func(f *geofence.Fence) { f.Vertices = append(f.Vertices, at(0, 100)) }, ""},
		{"across the date line", func(f *geofence.Fence) {
			f.Vertices = []geofence.Point{{Lat: 0, Lng: 179.99}, {Lat: 0, Lng: -179.99}, {Lat: 0.01, Lng: -179.99}, {Lat: 0.01, Lng: 179.99}}
		}, ""},
		{"a bow tie across the date line", func(f *geofence.Fence) {
			f.Vertices = []geofence.Point{{Lat: 0, Lng: 179.99}, {Lat: 0, Lng: -179.98}, {Lat: 0.01, Lng: 179.98}, {Lat: 0.01, Lng: -179.99}}
		}, "vertices"},
		{"a continent", func(f *geofence.Fence) { f.Vertices[2] = geofence.Point{Lat: 40, Lng: 40} }, "vertices"},
		{"not on earth", func(f *geofence.Fence) { f.Vertices[1].Lng = 181 }, "vertices"},
		{"not a number", func(f *geofence.Fence) { f.Vertices[1].Lat = math.NaN() }, "vertices"},
		{"a tiny circle", func(f *geofence.Fence) { f.Kind, f.Radius = geofence.Circle, 5 }, "radius"},
		{"no kind", func(f *geofence.Fence) { f.Kind = "" }, "kind"},
		{"a week", func(f *geofence.Fence) { f.Dwell = 7 * 24 * time.Hour }, "dwellSeconds"},
	} {
		f := square(200)
		tc.set(&f)
		var invalid *geofence.InvalidError
		err := f.Check()
		if (tc.field == "") != (err == nil) || err != nil && (!errors.As(err, &invalid) || invalid.Field != tc.field) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.field)
		}
	}
}

func TestVisit(t *testing.T) {
	t.Parallel()
	f := square(200)
	f.Dwell = time.Minute
	fences := []geofence.Fence{f}
	var visits []geofence.Visit
	var got []geofence.Kind
	for _, s := range []struct {
		second, east, accuracy float64
	}{
		{0, -100, 5}, {10, 3, 8}, {12, -3, 8}, {14, 4, 8}, // dances at the edge: nothing yet
		{20, 50, 8},                              // enters
		{30, -8, 8}, {40, 60, 8}, {50, -10, 600}, // not far enough out, and a vague fix
		{95, 100, 8},   // has stayed
		{200, -100, 8}, // leaves
		{210, 60, 8},   // enters again
	} {
		var events []geofence.Event
		visits, events, _ = geofence.Step(fences, visits, at(s.east, 100), s.accuracy, int64(1e9+1000*s.second))
		for _, e := range events {
			got = append(got, e.Kind)
		}
	}
	want := []geofence.Kind{geofence.Entered, geofence.Dwelled, geofence.Exited, geofence.Entered}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

// Whatever way somebody takes, what is told alternates: in, perhaps stayed, out.
func TestVisitsAlternate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := square(300)
		f.Dwell = 30 * time.Second
		var visits []geofence.Visit
		inside, dwelled := false, false
		now := int64(1e9)
		for range rapid.IntRange(1, 80).Draw(t, "fixes") {
			now += rapid.Int64Range(500, 60_000).Draw(t, "ms")
			p := at(rapid.Float64Range(-200, 500).Draw(t, "east"), rapid.Float64Range(-200, 500).Draw(t, "north"))
			var events []geofence.Event
			visits, events, _ = geofence.Step([]geofence.Fence{f}, visits, p, rapid.Float64Range(1, 100).Draw(t, "accuracy"), now)
			for _, e := range events {
				switch {
				case e.Kind == geofence.Entered && !inside:
					inside, dwelled = true, false
				case e.Kind == geofence.Dwelled && inside && !dwelled:
					dwelled = true
				case e.Kind == geofence.Exited && inside:
					inside = false
				default:
					t.Fatalf("%s while inside is %t", e.Kind, inside)
				}
			}
		}
	})
}

// Corners around a circle make a fence in this order, and with two neighbours
// exchanged none.
func TestWhatCrossesItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 60).Draw(t, "corners")
		f := geofence.Fence{Name: "Round", Kind: geofence.Polygon}
		first := rapid.Float64Range(0, 6).Draw(t, "first")
		for i := range n {
			sin, cos := math.Sincos(first + 2*math.Pi*float64(i)/float64(n))
			f.Vertices = append(f.Vertices, at(20_000*cos, 20_000*sin))
		}
		good := f
		if err := good.Check(); err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, n-2).Draw(t, "exchanged")
		f.Vertices[i], f.Vertices[i+1] = f.Vertices[i+1], f.Vertices[i]
		if f.Check() == nil {
			t.Fatal("a fence that crosses itself was taken")
		}
	})
}
