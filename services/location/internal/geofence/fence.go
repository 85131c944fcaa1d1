// Package geofence is the domain of areas of a room: what may be one, and who
// enters, leaves and stays. It imports the standard library only.
package geofence

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a fence.
const (
	MaxPerRoom   = 20
	MaxVertices  = 100
	MinRadius    = 10.0      // metres
	MaxRadius    = 100_000.0 // metres
	MaxExtent    = 200_000.0 // metres from a polygon's first vertex to any other
	MaxNameRunes = 100
	MaxDwell     = 24 * time.Hour
	minArea      = 100.0 // square metres: half the size of a tennis court
	maxLatitude  = 85.0  // a polygon's plane is no good at the poles
)

// Why a fence cannot be had.
var (
	ErrNotFound = errors.New("no such geofence")
	ErrTooMany  = errors.New("the room has as many geofences as it can")
)

// InvalidError says which field breaks which rule, for people.
type InvalidError struct{ Field, Rule string }

func (e *InvalidError) Error() string { return e.Field + " " + e.Rule }

// Point is a place in degrees, WGS 84.
type Point struct{ Lat, Lng float64 }

// Kind of a fence.
type Kind string

// All kinds.
const (
	Circle  Kind = "circle"
	Polygon Kind = "polygon"
)

// Fence is an area.
type Fence struct {
	ID, Name             string
	Kind                 Kind
	Center               Point   // of a circle
	Radius               float64 // of a circle, metres
	Vertices             []Point // of a polygon; the last is joined to the first
	Dwell                time.Duration
	CreatedBy            string
	CreatedAt, UpdatedAt time.Time
}

// Check makes f a valid fence, or returns an *InvalidError.
func (f *Fence) Check() error {
	f.Name = strings.TrimSpace(f.Name)
	switch {
	case f.Name == "":
		return &InvalidError{"name", "is required"}
	case utf8.RuneCountInString(f.Name) > MaxNameRunes:
		return &InvalidError{"name", fmt.Sprintf("must have at most %d characters", MaxNameRunes)}
	case f.Dwell < 0 || f.Dwell > MaxDwell:
		return &InvalidError{"dwellSeconds", fmt.Sprintf("must be between 0 and %.0f", MaxDwell.Seconds())}
	}
	switch f.Kind {
	case Circle:
		f.Vertices = nil
		return f.checkCircle()
	case Polygon:
		f.Center, f.Radius = Point{}, 0
		return f.checkPolygon()
	}
	return &InvalidError{"kind", "must be circle or polygon"}
}

func (f *Fence) checkCircle() error {
	if !onEarth(f.Center) {
		return &InvalidError{"center", "must be a longitude and a latitude"}
	}
	if !(f.Radius >= MinRadius && f.Radius <= MaxRadius) {
		return &InvalidError{"radius", fmt.Sprintf("must be between %.0f and %.0f metres", MinRadius, MaxRadius)}
	}
	return nil
}

func (f *Fence) checkPolygon() error {
	if n := len(f.Vertices); n > 3 && f.Vertices[0] == f.Vertices[n-1] {
		f.Vertices = f.Vertices[:n-1]
	}
	if n := len(f.Vertices); n < 3 || n > MaxVertices {
		return &InvalidError{"vertices", fmt.Sprintf("must be between 3 and %d", MaxVertices)}
	}
	for _, v := range f.Vertices {
		if !onEarth(v) || math.Abs(v.Lat) > maxLatitude {
			return &InvalidError{"vertices", fmt.Sprintf("must be longitudes and latitudes, the latter between -%.0f and %.0f", maxLatitude, maxLatitude)}
		}
		if x, y := project(f.Vertices[0], v); math.Hypot(x, y) > MaxExtent {
			return &InvalidError{"vertices", fmt.Sprintf("must be within %.0f km of the first", MaxExtent/1000)}
		}
	}
	if f.area() < minArea {
		return &InvalidError{"vertices", fmt.Sprintf("must enclose at least %.0f square metres", minArea)}
	}
	if f.crossesItself() {
		return &InvalidError{"vertices", "must not make lines that cross or touch each other"}
	}
	return nil
}

// crossesItself tells whether two edges have a point in common, other than the
// corner of neighbours. Of such a shape people think differently what is inside.
func (f *Fence) crossesItself() bool {
	n := len(f.Vertices)
	x, y := make([]float64, n), make([]float64, n)
	for i, v := range f.Vertices {
		x[i], y[i] = project(f.Vertices[0], v)
	}
	for i := range n {
		a, b := i, (i+1)%n
		if x[a] == x[b] && y[a] == y[b] {
			return true
		}
		for j := i + 1; j < n; j++ {
			c, d := j, (j+1)%n
			switch {
			case b == c: // neighbours: the second must not come back along the first
				if back(x[a]-x[b], y[a]-y[b], x[d]-x[b], y[d]-y[b]) {
					return true
				}
			case d == a:
				if back(x[b]-x[a], y[b]-y[a], x[c]-x[a], y[c]-y[a]) {
					return true
				}
			default:
				if meet(x[a], y[a], x[b], y[b], x[c], y[c], x[d], y[d]) {
					return true
				}
			}
		}
	}
	return false
}

// back tells whether two vectors point the same way.
func back(x1, y1, x2, y2 float64) bool { return x1*y2 == y1*x2 && x1*x2+y1*y2 > 0 }

// meet tells whether the lines from a to b and from c to d have a point in
// common.
func meet(ax, ay, bx, by, cx, cy, dx, dy float64) bool {
	side := func(px, py, qx, qy, rx, ry float64) float64 { return (qx-px)*(ry-py) - (qy-py)*(rx-px) }
	within := func(px, py, qx, qy, rx, ry float64) bool { // r, which is on the line through p and q, is between them
		return min(px, qx) <= rx && rx <= max(px, qx) && min(py, qy) <= ry && ry <= max(py, qy)
	}
	d1, d2 := side(ax, ay, bx, by, cx, cy), side(ax, ay, bx, by, dx, dy)
	d3, d4 := side(cx, cy, dx, dy, ax, ay), side(cx, cy, dx, dy, bx, by)
	switch {
	case (d1 > 0 && d2 < 0 || d1 < 0 && d2 > 0) && (d3 > 0 && d4 < 0 || d3 < 0 && d4 > 0):
		return true
	case d1 == 0 && within(ax, ay, bx, by, cx, cy), d2 == 0 && within(ax, ay, bx, by, dx, dy),
		d3 == 0 && within(cx, cy, dx, dy, ax, ay), d4 == 0 && within(cx, cy, dx, dy, bx, by):
		return true
	}
	return false
}

func onEarth(p Point) bool { return math.Abs(p.Lat) <= 90 && math.Abs(p.Lng) <= 180 }

func (f *Fence) area() float64 {
	twice := 0.0
	x1, y1 := project(f.Vertices[0], f.Vertices[len(f.Vertices)-1])
	for _, v := range f.Vertices {
		x2, y2 := project(f.Vertices[0], v)
		twice += x1*y2 - x2*y1
		x1, y1 = x2, y2
	}
	return math.Abs(twice) / 2
}

// Margin is how far p is inside the fence, in metres; negative outside.
func (f *Fence) Margin(p Point) float64 {
	if f.Kind == Circle {
		return f.Radius - distance(f.Center, p)
	}
	return f.margin(p)
}

// margin counts crossings of the ray to the east (even-odd rule), and finds the
// nearest edge, in the plane that touches the earth at p.
func (f *Fence) margin(p Point) float64 {
	inside, nearest := false, math.Inf(1)
	x1, y1 := project(p, f.Vertices[len(f.Vertices)-1])
	for _, v := range f.Vertices {
		x2, y2 := project(p, v)
		if (y1 > 0) != (y2 > 0) && x1+(0-y1)/(y2-y1)*(x2-x1) > 0 {
			inside = !inside
		}
		nearest = min(nearest, edge(x1, y1, x2, y2))
		x1, y1 = x2, y2
	}
	if inside {
		return nearest
	}
	return -nearest
}

// edge is the distance of the origin from the line between two points.
func edge(x1, y1, x2, y2 float64) float64 {
	dx, dy := x2-x1, y2-y1
	part := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		part = min(max(-(x1*dx+y1*dy)/length, 0), 1)
	}
	return math.Hypot(x1+part*dx, y1+part*dy)
}

const (
	earthRadius = 6_371_008.8 // metres: IUGG mean radius R1
	degree      = math.Pi / 180
)

// project puts p into the plane that touches the earth at origin, in metres.
func project(origin, p Point) (x, y float64) {
	lng := p.Lng - origin.Lng
	switch {
	case lng > 180:
		lng -= 360
	case lng < -180:
		lng += 360
	}
	return lng * degree * earthRadius * math.Cos(origin.Lat*degree), (p.Lat - origin.Lat) * degree * earthRadius
}

// distance is the haversine distance in metres.
func distance(a, b Point) float64 {
	sinLat, sinLng := math.Sin((b.Lat-a.Lat)*degree/2), math.Sin((b.Lng-a.Lng)*degree/2)
	h := sinLat*sinLat + math.Cos(a.Lat*degree)*math.Cos(b.Lat*degree)*sinLng*sinLng
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}
