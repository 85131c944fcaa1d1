// Package track is what is made of recorded fixes: ways in segments, with gaps,
// stops and figures. It imports the standard library only, and works point by
// point, so that a track of a month needs no more memory than one of a minute.
package track

import (
	"errors"
	"math"
	"time"

	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// Why a track or a recording cannot be had.
var (
	ErrNotFound   = errors.New("no such track")
	ErrNotAllowed = errors.New("the room does not allow recording")
	ErrNotManager = errors.New("only owners and admins may say whether a room allows recording")
	ErrTooLong    = errors.New("the track has too many points for one answer")
	ErrTooMany    = errors.New("the user has as many imported tracks as one can have")
)

// Joined is somebody who has become a member of a room.
type Joined struct {
	Room, User string
	At         time.Time
}

// Fix is a fix on its way to the archive.
type Fix struct {
	Room, User, Device string
	Received           int64 // Unix ms
	Level              privacy.Level
	Point
}

// Point is one point of a track. A number that is not known is NaN.
type Point struct {
	At                  int64   // when it was measured, Unix ms; 0 = not known
	Latitude, Longitude float64 // degrees, WGS 84
	Accuracy            float64 // metres
	Speed               float64 // m/s
	Bearing             float64 // degrees from north
	Altitude            float64 // metres
	Coarse              bool    // the middle of a cell: see privacy.Level.Show
}

// Unknown is a point of which nothing is known.
func Unknown() Point {
	nan := math.NaN()
	return Point{Latitude: nan, Longitude: nan, Accuracy: nan, Speed: nan, Bearing: nan, Altitude: nan}
}

// Time is when the point was measured; the zero time if that is not known.
func (p *Point) Time() time.Time {
	if p.At == 0 {
		return time.Time{}
	}
	return time.UnixMilli(p.At).UTC()
}

// Show is what somebody else may know of a point that was recorded at a level;
// false = nothing. It decides nothing itself: see package privacy.
func Show(p Point, level privacy.Level) (Point, bool) {
	f, ok := level.Show(privacy.Fix{Latitude: p.Latitude, Longitude: p.Longitude, Accuracy: p.Accuracy, Speed: p.Speed, Bearing: p.Bearing,
		Heading: math.NaN(), Altitude: p.Altitude, BatteryLevel: math.NaN(), At: p.Time()})
	if !ok {
		return Point{}, false
	}
	return Point{At: f.At.UnixMilli(), Latitude: f.Latitude, Longitude: f.Longitude, Accuracy: f.Accuracy, Speed: f.Speed, Bearing: f.Bearing,
		Altitude: f.Altitude, Coarse: level != privacy.Exact}, true
}

func distance(a, b *Point) float64 {
	return position.Distance(a.Latitude, a.Longitude, b.Latitude, b.Longitude)
}

// The rule of gaps: between two fixes farther apart than this nobody knows where
// the way was. The longest interval that apps are advised to report at is two
// minutes, so that five are a silence; and a train in a tunnel is no straight line.
const (
	GapAfter    = 5 * time.Minute
	GapFar      = 2000.0 // metres …
	GapFarAfter = 2 * time.Minute
)

// Gap is a time of which nothing is known.
type Gap struct {
	From, To int64   // Unix ms
	Distance float64 // metres, as the crow flies
}

// Between tells whether there is a gap between two points of one device. Points
// without a time have none.
func Between(a, b *Point) (Gap, bool) {
	if a.At == 0 || b.At == 0 {
		return Gap{}, false
	}
	g := Gap{a.At, b.At, distance(a, b)}
	took := time.Duration(b.At-a.At) * time.Millisecond
	return g, took > GapAfter || took > GapFarAfter && g.Distance > GapFar
}
