package navigation_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

// beside is how far p is from a line, by looking for the nearest place of each
// part in ever smaller thirds: slow, and nothing like what Simplify does.
func beside(p navigation.Point, line []navigation.Point) float64 {
	nearest := math.Inf(1)
	for i := 0; i+1 < len(line); i++ {
		lng := line[i+1].Lng - line[i].Lng
		if math.Abs(lng) > 180 {
			lng -= math.Copysign(360, lng)
		}
		at := func(part float64) float64 {
			return navigation.Distance(p, navigation.Point{Lat: line[i].Lat + part*(line[i+1].Lat-line[i].Lat), Lng: line[i].Lng + part*lng})
		}
		low, high := 0.0, 1.0
		for range 40 {
			if a, b := low+(high-low)/3, high-(high-low)/3; at(a) < at(b) {
				high = b
			} else {
				low = a
			}
		}
		nearest = min(nearest, at(low), at(0), at(1))
	}
	return nearest
}

// What is left of a line is a part of it, has its ends, and is nowhere farther
// away than it may be, also across the date line.
func TestSimplifyKeepsItsTolerance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lng := rapid.Float64Range(-70, 70).Draw(t, "lat"), rapid.SampledFrom([]float64{14, 180, -179.999, 0}).Draw(t, "lng")
		var line []navigation.Point
		for range rapid.IntRange(2, 20).Draw(t, "points") {
			lat += rapid.Float64Range(-0.002, 0.002).Draw(t, "north")
			lng += rapid.Float64Range(-0.002, 0.002).Draw(t, "east")
			if lng > 180 {
				lng -= 360
			}
			line = append(line, navigation.Point{Lat: lat, Lng: lng})
		}
		tolerance := rapid.Float64Range(0, 300).Draw(t, "tolerance")
		left := navigation.Simplify(line, tolerance)
		if left[0] != line[0] || left[len(left)-1] != line[len(line)-1] {
			t.Fatal("an end is gone")
		}
		at := 0
		for _, p := range left {
			i := slices.Index(line[at:], p)
			if i < 0 {
				t.Fatalf("%v is not of the line, or in another order", p)
			}
			at += i
		}
		for _, p := range line {
			if d := beside(p, left); d > tolerance+0.5 { // a straight line on the map is no great circle
				t.Fatalf("%v is %.1f m beside what is left, more than %.1f", p, d, tolerance)
			}
		}
	})
}

// A straight line needs two points for each part, a zigzag all of them.
func TestSimplifyOfLongLines(t *testing.T) {
	t.Parallel()
	const n = 10_000
	straight, zigzag := make([]navigation.Point, n), make([]navigation.Point, n)
	for i := range n {
		straight[i] = north(float64(i))
		zigzag[i] = navigation.Point{Lat: 46 + float64(i)*metre, Lng: 14 + float64(i%2)*0.001*float64(n-i)/n}
	}
	if got := len(navigation.Simplify(straight, 10)); got > n/200+2 {
		t.Errorf("%d points are left of a straight line", got)
	}
	if got := len(navigation.Simplify(zigzag, 0)); got != n {
		t.Errorf("%d points are left of a zigzag", got)
	}
}

// The worst that can be sent.
func BenchmarkSimplifyWorst(b *testing.B) {
	line := make([]navigation.Point, 50_000)
	for i := range line {
		line[i] = navigation.Point{Lat: 46 + float64(i)*metre, Lng: 14 + float64(i%2)*0.001*float64(len(line)-i)/float64(len(line))}
	}
	for b.Loop() {
		navigation.Simplify(line, 0)
	}
}
