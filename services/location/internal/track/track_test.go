package track_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC).UnixMilli()

// point is one of a device that goes north from 46, 14.
func point(seconds, metres float64) track.Point {
	p := track.Unknown()
	p.At, p.Latitude, p.Longitude = noon+int64(seconds*1000), 46+metres/111_195.08, 14
	return p
}

func drawPoints(t *rapid.T) []track.Point {
	points := make([]track.Point, rapid.IntRange(1, 1200).Draw(t, "points"))
	scale := rapid.SampledFrom([]float64{1, 50, 3000}).Draw(t, "scale")
	seed := rapid.Int64Range(1, 1e9).Draw(t, "seed")
	at, north, east := noon, 0.0, 0.0
	for i := range points {
		seed = (seed*1103515245 + 12345) & 0x7fffffff // enough of chance for a long way
		a := float64(seed%628) / 100
		north, east, at = north+scale*math.Cos(a), east+scale*math.Sin(a), at+1000*(seed%11+seed%97/96*900)
		points[i] = track.Unknown()
		points[i].At, points[i].Latitude, points[i].Longitude = at, 46+north/111_195, 14+east/77_000
	}
	return points
}

// fromLine is how far p is from the nearest of the lines between points, computed in
// another way than the code does: by trying.
func fromLine(p *track.Point, a, b *track.Point) float64 {
	at := func(part float64) float64 {
		return position.Distance(p.Latitude, p.Longitude, a.Latitude+part*(b.Latitude-a.Latitude), a.Longitude+part*(b.Longitude-a.Longitude))
	}
	low, high := 0.0, 1.0
	for range 60 { // the distance has one minimum
		third := (high - low) / 3
		if at(low+third) < at(high-third) {
			high -= third
		} else {
			low += third
		}
	}
	return at(low)
}

// Both ends stay, in the order of the way, and no point is farther from what is
// left than it may be.
func TestSimplifyKeepsItsPromise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points := drawPoints(t)
		tolerance := rapid.SampledFrom([]float64{0, 1, 20, 500}).Draw(t, "tolerance")
		var kept []track.Point
		s := track.NewSimplifier(tolerance, func(p *track.Point) error { kept = append(kept, *p); return nil })
		for i := range points {
			if err := s.Next(&points[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.End(); err != nil {
			t.Fatal(err)
		}
		if !same(kept[0], points[0]) || !same(kept[len(kept)-1], points[len(points)-1]) {
			t.Fatal("an end is missing")
		}
		if tolerance == 0 && len(kept) != len(points) {
			t.Fatalf("%d of %d points are left", len(kept), len(points))
		}
		next := 1
		for i := range points {
			if next < len(kept) && same(points[i], kept[next]) && i > 0 {
				next++
				continue
			}
			if i == 0 {
				continue
			}
			if next == len(kept) {
				t.Fatal("a point is not of the way")
			}
			if d := fromLine(&points[i], &kept[next-1], &kept[next]); d > tolerance*1.001+0.01 {
				t.Fatalf("point %d is %.2f m beside the line, more than %.0f", i, d, tolerance)
			}
		}
		if next != len(kept) {
			t.Fatalf("%d points are made up", len(kept)-next)
		}
	})
}

func same(a, b track.Point) bool {
	return a.At == b.At && a.Latitude == b.Latitude && a.Longitude == b.Longitude
}

func TestGaps(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		seconds, metres float64
		gap             bool
	}{
		"the next fix":              {10, 20, false},
		"the longest interval":      {120, 3000, false},
		"still, and reporting less": {300, 0, false},
		"silent":                    {301, 0, true},
		"through a tunnel":          {150, 2500, true},
		"slow, and reporting less":  {150, 1900, false},
	} {
		a, b := point(0, 0), point(tc.seconds, tc.metres)
		g, gap := track.Between(&a, &b)
		if gap != tc.gap || math.Abs(g.Distance-tc.metres) > 1 {
			t.Errorf("%s: %t %+v", name, gap, g)
		}
	}
	a, b := point(0, 0), track.Unknown()
	b.Latitude, b.Longitude = 10, 10
	if _, gap := track.Between(&a, &b); gap {
		t.Error("a gap without times")
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	var s track.Stops
	var stops []track.Stop
	next := func(p track.Point) {
		if stop, ok := s.Next(&p); ok {
			stops = append(stops, stop)
		}
	}
	for i := range 20 { // 5 minutes' walk
		next(point(float64(15*i), float64(20*i)))
	}
	for i := range 30 { // 5 minutes around 400 m, jittering
		next(point(300+float64(10*i), 400+float64(i%3*10)))
	}
	vague := point(605, 3000)
	vague.Accuracy = 800
	next(vague) // a fix from a cell tower ends no stop
	for i := range 10 {
		next(point(610+float64(10*i), 500+float64(20*i)))
	}
	if len(stops) != 1 || stops[0].From < noon+285_000 || stops[0].From > noon+320_000 || stops[0].To != noon+590_000 {
		t.Fatalf("got %+v", stops)
	}
	if d := position.Distance(stops[0].Latitude, stops[0].Longitude, 46+410/111_195.08, 14); d > 15 {
		t.Errorf("the stop is %.0f m away", d)
	}
	if _, ok := s.End(); ok {
		t.Error("who walks on has not stopped")
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	run := func(points ...track.Point) track.Statistics {
		var m track.Meter
		for i := range points {
			m.Next(&points[i])
		}
		return m.End()
	}
	// Ten minutes at 2 m/s, ten at rest, ten at 2 m/s, with noise that is less than the accuracy.
	var way []track.Point
	for i := range 181 {
		metres := 20 * float64(min(i, 60)+max(i-120, 0))
		p := point(10*float64(i), metres)
		if p.Accuracy = 8; i >= 60 && i <= 120 {
			p.Longitude += float64(i%2) * 5 / 77_000
		}
		p.Altitude = 300 + metres/10 + float64(i%2)
		way = append(way, p)
	}
	s := run(way...)
	near := func(what string, got, want, off float64) {
		t.Helper()
		if math.Abs(got-want) > off {
			t.Errorf("%s is %v, not %v", what, got, want)
		}
	}
	near("distance", s.Distance, 2400, 1)
	near("elapsed", s.Elapsed.Seconds(), 1800, 0)
	near("moving", s.Moving.Seconds(), 1200, 20)
	near("average speed", s.AverageSpeed(), 2, 0.05)
	near("top speed", s.MaxSpeed, 2, 0.05)
	near("ascent", s.Ascent, 240, 2)
	near("descent", s.Descent, 0, 0)

	jump := []track.Point{point(0, 0), point(1, 1), point(2, 40), point(3, 3), point(20, 20)}
	if s := run(jump...); s.MaxSpeed > 6 {
		t.Errorf("one wild fix makes %.1f m/s", s.MaxSpeed)
	}
	gap := run(point(0, 0), point(10, 20), point(1000, 900), point(1010, 920))
	near("distance without the gap", gap.Distance, 40, 0.1)
	near("time without the gap", gap.Elapsed.Seconds(), 20, 0)
	if one := run(point(0, 0)); one.Points != 1 || one.Distance != 0 || one.MaxSpeed != 0 || one.Altitudes {
		t.Errorf("one point: %+v", one)
	}
}

// Whatever is recorded comes out of its line as it went in.
func TestLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) float64 {
			return rapid.OneOf(rapid.Just(math.NaN()), rapid.Float64Range(-1e6, 1e6)).Draw(t, name)
		}
		f := track.Fix{Room: "r", User: "u", Device: rapid.String().Draw(t, "device"), Received: rapid.Int64().Draw(t, "received"),
			Level: rapid.SampledFrom([]privacy.Level{privacy.Hidden, privacy.Approximate, privacy.Exact}).Draw(t, "level"),
			Point: track.Point{At: rapid.Int64().Draw(t, "at"), Latitude: rapid.Float64Range(-90, 90).Draw(t, "lat"), Longitude: rapid.Float64Range(-180, 180).Draw(t, "lng"),
				Accuracy: number("accuracy"), Speed: number("speed"), Bearing: number("bearing"), Altitude: number("altitude")}}
		got, err := track.Parse(string(f.Append(nil)))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*track.Fix{&f, &got} {
			for _, v := range []*float64{&p.Accuracy, &p.Speed, &p.Bearing, &p.Altitude} {
				if math.IsNaN(*v) {
					*v = -1e9
				}
			}
		}
		if !reflect.DeepEqual(got, f) {
			t.Fatalf("%+v became %+v", f, got)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("r\tu\t1\t2\t3\t46\t14\t\t\t\t\tapp")
	f.Add("r\tu\t1\t9\t3\t460\t14\t\t\t\t\tapp\t")
	f.Fuzz(func(t *testing.T, line string) {
		fix, err := track.Parse(line)
		if err == nil && !(fix.Latitude >= -90 && fix.Latitude <= 90 && fix.Longitude >= -180 && fix.Longitude <= 180 && fix.Level <= privacy.Exact && fix.Room != "") {
			t.Fatalf("%+v", fix)
		}
	})
}

// Others get of a point what the level lets them have, and nothing else.
func TestShow(t *testing.T) {
	t.Parallel()
	p := point(0, 0)
	p.Speed, p.Altitude, p.Bearing, p.Accuracy = 1, 2, 3, 4
	if _, ok := track.Show(p, privacy.Hidden); ok {
		t.Error("hidden, and shown")
	}
	if got, ok := track.Show(p, privacy.Exact); !ok || got != p {
		t.Errorf("exact: %+v", got)
	}
	got, ok := track.Show(p, privacy.Approximate)
	if !ok || !got.Coarse || same(got, p) || got.At != p.At || !math.IsNaN(got.Speed) || !math.IsNaN(got.Altitude) || !math.IsNaN(got.Bearing) || got.Accuracy != privacy.CoarseAccuracy {
		t.Errorf("approximate: %+v", got)
	}
}
