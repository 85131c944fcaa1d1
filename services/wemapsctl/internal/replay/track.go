// Package replay is `wemapsctl replay`: it drives members along recorded
// tracks through the edge, in real time, and checks what arrives.
package replay

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"time"

	"github.com/wemaps/wemaps/libs/gpx"
)

// limits of a file that is replayed.
var limits = gpx.Limits{Bytes: 64 << 20, Points: 1_000_000}

// readGPX returns the way in a file; an error names the file and the place in it.
func readGPX(name string, r io.Reader) ([]gpx.Point, error) {
	f, err := gpx.Read(r, limits)
	var bad *gpx.Error
	switch {
	case errors.As(err, &bad):
		return nil, fmt.Errorf("%s:%d:%d: %s", name, bad.Line, bad.Column, bad.Reason)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	points := f.Way()
	if points == nil {
		return nil, fmt.Errorf("%s: fewer than two points in tracks, routes and waypoints", name)
	}
	return points, nil
}

// Track is a way through time: where somebody is, At after the start.
type Track struct {
	points []gpx.Point
	at     []time.Duration // since the start, never decreasing
	length []float64       // metres since the start
	// Synthetic says why the file's times are of no use; "" if they are used.
	Synthetic string
}

const earthRadius = 6_371_008.8 // metres: IUGG mean radius R1

// NewTrack uses the times of points, or, when they are of no use, drives along
// them at kmh.
func NewTrack(points []gpx.Point, kmh float64) *Track {
	t := &Track{points: points, at: make([]time.Duration, len(points)), length: make([]float64, len(points))}
	for i := 1; i < len(points); i++ {
		t.length[i] = t.length[i-1] + distance(points[i-1], points[i])
	}
	t.Synthetic = gpx.Useless(points)
	for i := range points {
		if t.Synthetic == "" {
			t.at[i] = points[i].Time.Sub(points[0].Time)
		} else {
			t.at[i] = time.Duration(t.length[i] / (kmh / 3.6) * float64(time.Second))
		}
	}
	return t
}

// Duration from the first point to the last.
func (t *Track) Duration() time.Duration { return t.at[len(t.at)-1] }

// Length in metres.
func (t *Track) Length() float64 { return t.length[len(t.length)-1] }

// End is the last point.
func (t *Track) End() gpx.Point { return t.points[len(t.points)-1] }

// Len is the number of points.
func (t *Track) Len() int { return len(t.points) }

// Where is a place on a track with the motion there.
type Where struct {
	gpx.Point
	Speed   float64 // m/s
	Bearing float64 // degrees from north
	Done    bool    // this is the end
}

// Where returns the place at a time after the start, between two points by
// linear interpolation: their distance is small against the earth.
func (t *Track) Where(at time.Duration) Where {
	last := len(t.points) - 1
	if at >= t.at[last] {
		return Where{Point: t.points[last], Bearing: bearing(t.points[last-1], t.points[last]), Done: true}
	}
	i := sort.Search(len(t.at), func(i int) bool { return t.at[i] > at })
	if i == 0 {
		i = 1
	}
	a, b := t.points[i-1], t.points[i]
	w := Where{Point: a, Bearing: bearing(a, b)}
	if step := t.at[i] - t.at[i-1]; step > 0 {
		part := float64(max(at-t.at[i-1], 0)) / float64(step)
		w.Lat += (b.Lat - a.Lat) * part
		w.Lon += (shorter(b.Lon - a.Lon)) * part
		w.Lon = shorter(w.Lon)
		w.Ele += (b.Ele - a.Ele) * part
		w.Speed = (t.length[i] - t.length[i-1]) / step.Seconds()
	}
	return w
}

// shorter turns a longitude or a difference of two into -180 to 180.
func shorter(degrees float64) float64 {
	switch {
	case degrees > 180:
		return degrees - 360
	case degrees < -180:
		return degrees + 360
	}
	return degrees
}

// distance is the haversine distance in metres.
func distance(a, b gpx.Point) float64 {
	const degree = math.Pi / 180
	sinLat, sinLon := math.Sin((b.Lat-a.Lat)*degree/2), math.Sin((b.Lon-a.Lon)*degree/2)
	h := sinLat*sinLat + math.Cos(a.Lat*degree)*math.Cos(b.Lat*degree)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}

// bearing is the initial course of the great circle from a to b, in degrees.
func bearing(a, b gpx.Point) float64 {
	const degree = math.Pi / 180
	dLon := (b.Lon - a.Lon) * degree
	y := math.Sin(dLon) * math.Cos(b.Lat*degree)
	x := math.Cos(a.Lat*degree)*math.Sin(b.Lat*degree) - math.Sin(a.Lat*degree)*math.Cos(b.Lat*degree)*math.Cos(dLon)
	return math.Mod(math.Atan2(y, x)/degree+360, 360)
}
