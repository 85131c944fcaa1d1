package navigation

import (
	"errors"
	"math"
	"sort"
)

// Bounds of following a route.
const (
	// RouteEndsWithin is how far a route may end from the destination, metres.
	RouteEndsWithin = 2000.0
	// OffRoute is how far beside the route a member may be, in metres, without
	// the accuracy: a wide road and a path that was drawn by hand.
	OffRoute = 75.0

	sameDistance = 30.0  // metres: two places of a route that are equally near
	windowBehind = 100.0 // metres that a member may go back before being searched for
	windowAhead  = 500.0
	searchAgain  = 10_000 // ms between searches along the whole route
)

// ErrShortRoute says that a route has fewer than two points.
var ErrShortRoute = errors.New("a route needs two points")

// Route is a polyline with the distance from its start at each point. It never
// changes.
type Route struct {
	ID     string
	points []Point
	along  []float64 // metres from the start
}

// NewRoute copies points; consecutive equal ones count once.
func NewRoute(id string, points []Point) (*Route, error) {
	r := &Route{ID: id}
	var last vec
	for i, p := range points {
		v := vecOf(p)
		switch {
		case i == 0:
			r.points, r.along = append(r.points, p), append(r.along, 0)
		case p != r.points[len(r.points)-1]:
			r.along = append(r.along, r.along[len(r.along)-1]+last.to(v))
			r.points = append(r.points, p)
		}
		last = v
	}
	if len(r.points) < 2 {
		return nil, ErrShortRoute
	}
	return r, nil
}

// Length in metres.
func (r *Route) Length() float64 { return r.along[len(r.along)-1] }

// Snap finds the place of the route that is nearest to p: how far along it is,
// and how far p is beside it, in metres. Where the route comes by several times
// the first one counts.
func (r *Route) Snap(p Point) (along, beside float64) {
	return r.between(p, 0, r.Length())
}

// near is Snap around the last known place. Going on is more likely than going
// back: where a road is used both ways, only a place that is clearly nearer lies
// behind.
func (r *Route) near(p Point, along, ahead float64) (at, beside float64) {
	at, beside = r.between(p, along, along+ahead)
	if beside <= sameDistance {
		return at, beside
	}
	if back, d := r.between(p, along-windowBehind, along); d < beside-sameDistance {
		return back, d
	}
	return at, beside
}

// between is Snap to the part of the route from one distance from the start to
// another: where a member can be by now, so that a way there and back on one
// road does not confuse it. It works in the plane that touches the earth at p:
// good to a part in 10,000 where the route is near, which is where it matters.
func (r *Route) between(p Point, from, to float64) (along, beside float64) {
	first := max(sort.SearchFloat64s(r.along, from)-1, 0)
	last := min(sort.SearchFloat64s(r.along, to), len(r.points)-1)
	first = min(first, last-1)
	const perDegree = EarthRadius * degree
	scale := perDegree * math.Cos(p.Lat*degree)
	x1, y1 := turn(r.points[first].Lng-p.Lng)*scale, (r.points[first].Lat-p.Lat)*perDegree
	beside = math.Inf(1)
	for i := first; i < last; i++ {
		x2, y2 := turn(r.points[i+1].Lng-p.Lng)*scale, (r.points[i+1].Lat-p.Lat)*perDegree
		length := r.along[i+1] - r.along[i]
		part, d := nearest(x1, y1, x2, y2, (from-r.along[i])/length, (to-r.along[i])/length)
		here := r.along[i] + part*length
		// A later part must be clearly nearer, unless it goes on from the best one.
		if d < beside-sameDistance || d < beside && here-along < windowBehind {
			beside, along = d, here
		}
		x1, y1 = x2, y2
	}
	return along, beside
}

// nearest is the part of the way from 1 to 2, between two parts, that is nearest
// to the origin, and its distance.
func nearest(x1, y1, x2, y2, low, high float64) (part, distance float64) {
	dx, dy := x2-x1, y2-y1
	if length := dx*dx + dy*dy; length > 0 {
		part = -(x1*dx + y1*dy) / length
	}
	part = min(max(part, low, 0), high, 1)
	return part, math.Hypot(x1+part*dx, y1+part*dy)
}

// turn brings a difference of longitudes into -180 to 180.
func turn(degrees float64) float64 {
	switch {
	case degrees > 180:
		return degrees - 360
	case degrees < -180:
		return degrees + 360
	}
	return degrees
}
