// Package navigation is the domain of getting there: how far a member has to
// go, how long that takes, who has arrived, and how a group keeps together. It
// imports the standard library only.
package navigation

import (
	"encoding/binary"
	"hash/fnv"
	"math"
)

// EarthRadius is the mean radius R1 of the IUGG, in metres.
const EarthRadius = 6_371_008.8

const degree = math.Pi / 180

// Point is a place in degrees, WGS 84.
type Point struct{ Lat, Lng float64 }

// vec is a place as a unit vector on the sphere.
type vec struct{ x, y, z float64 }

func vecOf(p Point) vec {
	sinLat, cosLat := math.Sincos(p.Lat * degree)
	sinLng, cosLng := math.Sincos(p.Lng * degree)
	return vec{cosLat * cosLng, cosLat * sinLng, sinLat}
}

// to is the length of the great circle between two places in metres. With the
// chord instead of the haversine it is as exact (the same number, computed from
// vectors that are there already) and costs one square root and one arcsine.
// The earth is taken for a sphere, which costs at most 0.56 %: less than any
// detour, and a hundredth of what is unknown about an ETA.
func (a vec) to(b vec) float64 {
	x, y, z := a.x-b.x, a.y-b.y, a.z-b.z
	half := math.Sqrt(x*x+y*y+z*z) / 2
	return 2 * EarthRadius * math.Asin(min(half, 1))
}

// Distance between two points in metres; see vec.to.
func Distance(a, b Point) float64 { return vecOf(a).to(vecOf(b)) }

// Plan is where a room wants to go. It never changes; another destination, other
// waypoints or another route are another plan.
type Plan struct {
	// ID differs between plans; what is remembered of a member counts for one
	// plan only.
	ID          uint64
	Destination Point
	Waypoints   []Point // on the way, in order
	Route       *Route  // nil = none

	dest  vec
	stops []vec     // of Waypoints
	legs  []float64 // from each waypoint through the following ones to the destination, metres
}

// NewPlan makes a plan. A route that does not come within RouteEndsWithin of the
// destination leads somewhere else, and is not used.
func NewPlan(destination Point, waypoints []Point, route *Route) *Plan {
	p := &Plan{Destination: destination, Waypoints: waypoints, dest: vecOf(destination)}
	h := fnv.New64a()
	number := func(v float64) { _ = binary.Write(h, binary.LittleEndian, v) } // never fails
	number(destination.Lat)
	number(destination.Lng)
	for _, w := range waypoints {
		number(w.Lat)
		number(w.Lng)
		p.stops = append(p.stops, vecOf(w))
	}
	p.legs = make([]float64, len(waypoints))
	next, length := p.dest, 0.0
	for i := len(p.stops) - 1; i >= 0; i-- {
		length += p.stops[i].to(next)
		p.legs[i], next = length, p.stops[i]
	}
	if route != nil && vecOf(route.points[len(route.points)-1]).to(p.dest) <= RouteEndsWithin {
		p.Route = route
		_, _ = h.Write([]byte(route.ID))
	}
	p.ID = h.Sum64()
	return p
}
