package track

import "time"

// The rule of stops: somebody who stays within StopRadius of where they came to
// for StopAfter has stopped. It is the stay point of Q. Li, Y. Zheng, X. Xie, Y.
// Chen, W. Liu, W.-Y. Ma, "Mining User Similarity Based on Location History", ACM
// GIS 2008, with bounds for walks instead of cities. Fixes that are less exact
// than the radius neither make a stop nor end one.
const (
	StopRadius = 50.0 // metres
	StopAfter  = 3 * time.Minute
)

// Stop is where somebody stayed: the middle of the fixes there.
type Stop struct {
	Latitude, Longitude float64
	From, To            int64 // Unix ms
}

// Stops finds the stops of one device's points, in their order.
type Stops struct {
	anchor, last Point
	n            int
	lat, lng     float64 // sums of offsets from the anchor
}

// Next takes the next point, and returns the stop that it ends, if any.
func (s *Stops) Next(p *Point) (Stop, bool) {
	if p.At == 0 || p.Accuracy > StopRadius { // false for NaN
		return Stop{}, false
	}
	if s.n > 0 && distance(&s.anchor, p) <= StopRadius {
		s.last = *p
		s.n++
		s.lat += p.Latitude - s.anchor.Latitude
		s.lng += shorter(p.Longitude - s.anchor.Longitude)
		return Stop{}, false
	}
	stop, ok := s.End()
	s.anchor, s.last, s.n, s.lat, s.lng = *p, *p, 1, 0, 0
	return stop, ok
}

// End returns the stop that the track ends with, if any.
func (s *Stops) End() (Stop, bool) {
	if s.n < 2 || time.Duration(s.last.At-s.anchor.At)*time.Millisecond < StopAfter {
		return Stop{}, false
	}
	n := float64(s.n)
	return Stop{s.anchor.Latitude + s.lat/n, shorter(s.anchor.Longitude + s.lng/n), s.anchor.At, s.last.At}, true
}

// shorter turns a longitude, or a difference of two, into -180 to 180.
func shorter(degrees float64) float64 {
	switch {
	case degrees > 180:
		return degrees - 360
	case degrees < -180:
		return degrees + 360
	}
	return degrees
}
