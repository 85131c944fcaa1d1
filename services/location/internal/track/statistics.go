package track

import (
	"math"
	"time"
)

// The formulas of figures.
const (
	// MovingPace is the speed in m/s from which a leg counts as moving: 1 km/h.
	MovingPace = 1 / 3.6
	// ClimbBand is how far in metres the altitude must go the other way before that
	// is a climb or a descent and not noise, as barometers of sports watches have it.
	ClimbBand = 5.0
	// sprint is over how long the highest speed must have been held: two fixes a
	// second apart, each a few metres wrong, make anybody a sprinter.
	sprint    = 10 * time.Second
	sprintMax = 256 // points that are remembered for that
)

// Statistics are the figures of one device's track.
type Statistics struct {
	Points   int
	From, To int64         // Unix ms; 0 = no times are known
	Distance float64       // metres
	Elapsed  time.Duration // between the first fix and the last one, without gaps
	Moving   time.Duration
	// MovingDistance is Distance without what was covered slower than MovingPace.
	MovingDistance  float64
	MaxSpeed        float64 // m/s; 0 = not known
	Ascent, Descent float64 // metres
	Altitudes       bool    // of at least two points
	Coarse          bool    // somebody who may not know better: computed from coarse points
}

// AverageSpeed while moving, m/s; 0 if nobody has moved.
func (s *Statistics) AverageSpeed() float64 {
	if s.Moving <= 0 {
		return 0
	}
	return s.MovingDistance / s.Moving.Seconds()
}

// Meter computes the figures of one device's points, in their order.
//
// Distance is the sum of great circles (haversine, mean radius) between anchors.
// The first point is one, and a point becomes the next one when it is farther
// from the last than its accuracy: what is nearer may be no movement at all.
// Without accuracies every point is an anchor. A leg from anchor to anchor counts
// as moving when it was at MovingPace at least. Gaps count for nothing. MaxSpeed
// is the highest speed over anchors at least ten seconds apart. Altitudes are
// smoothed with weights of 0.3, 0.4 and 0.3, and ClimbBand is applied to that.
type Meter struct {
	s            Statistics
	last, anchor Point
	broken       bool // the next point begins a segment
	ring         [sprintMax]pace
	head, filled int

	altitudes [3]float64 // the newest last
	n         int        // of altitudes since the last gap
	base      float64    // altitude from which a climb is counted
	peak      float64    // the highest, or lowest, since
	rising    int        // 1, -1, 0 = not known yet
}

// pace is a time and the way until then.
type pace struct {
	at  int64
	way float64
}

// Next takes the next point.
func (m *Meter) Next(p *Point) {
	first := m.s.Points == 0
	m.s.Points++
	m.s.Coarse = m.s.Coarse || p.Coarse
	if p.At != 0 {
		if m.s.From == 0 {
			m.s.From = p.At
		}
		m.s.To = p.At
	}
	if first {
		m.restart(p)
		return
	}
	if _, gap := Between(&m.last, p); gap || m.broken {
		m.climbEnd()
		m.restart(p)
		return
	}
	if p.At != 0 && m.last.At != 0 {
		m.s.Elapsed += time.Duration(p.At-m.last.At) * time.Millisecond
	}
	m.last = *p
	m.climb(p.Altitude)
	leg := distance(&m.anchor, p)
	if leg <= p.Accuracy { // false for NaN
		return
	}
	m.s.Distance += leg
	if p.At != 0 && m.anchor.At != 0 {
		took := time.Duration(p.At-m.anchor.At) * time.Millisecond
		if took > 0 && leg/took.Seconds() >= MovingPace {
			m.s.Moving += took
			m.s.MovingDistance += leg
		}
	}
	m.anchor = *p
	m.sprint(p.At)
}

// Break says that the next point begins another segment.
func (m *Meter) Break() { m.broken = true }

func (m *Meter) restart(p *Point) {
	m.broken = false
	m.last, m.anchor = *p, *p
	m.head, m.filled, m.n, m.rising = 0, 0, 0, 0
	m.sprint(p.At)
	m.climb(p.Altitude)
}

// sprint compares with the newest anchor that is at least ten seconds old.
func (m *Meter) sprint(at int64) {
	if at == 0 {
		return
	}
	oldest := at - sprint.Milliseconds()
	for m.filled > 1 && m.ring[(m.head+1)%sprintMax].at <= oldest {
		m.head, m.filled = (m.head+1)%sprintMax, m.filled-1
	}
	if m.filled > 0 {
		if from := m.ring[m.head]; from.at <= oldest {
			m.s.MaxSpeed = max(m.s.MaxSpeed, (m.s.Distance-from.way)/(float64(at-from.at)/1000))
		}
	}
	if m.filled == sprintMax {
		m.head, m.filled = (m.head+1)%sprintMax, m.filled-1
	}
	m.ring[(m.head+m.filled)%sprintMax] = pace{at, m.s.Distance}
	m.filled++
}

// climb takes the next altitude.
func (m *Meter) climb(altitude float64) {
	if math.IsNaN(altitude) {
		return
	}
	m.s.Altitudes = m.s.Altitudes || m.n > 0
	m.altitudes[0], m.altitudes[1], m.altitudes[2] = m.altitudes[1], m.altitudes[2], altitude
	m.n++
	switch m.n {
	case 1:
		m.base, m.peak = altitude, altitude
	case 2: // the first one has no one before it
	default:
		m.height(0.3*m.altitudes[0] + 0.4*m.altitudes[1] + 0.3*m.altitudes[2])
	}
}

// height follows the smoothed altitude: a change counts when the way back from
// its peak is longer than the band.
func (m *Meter) height(h float64) {
	switch {
	case m.rising == 0:
		if math.Abs(h-m.base) >= ClimbBand {
			m.rising, m.peak = 1, h
			if h < m.base {
				m.rising = -1
			}
		}
	case float64(m.rising)*(h-m.peak) > 0:
		m.peak = h
	case float64(m.rising)*(m.peak-h) >= ClimbBand:
		m.count()
		m.base, m.peak, m.rising = m.peak, h, -m.rising
	}
}

func (m *Meter) count() {
	if m.rising > 0 {
		m.s.Ascent += m.peak - m.base
	} else {
		m.s.Descent += m.base - m.peak
	}
}

// climbEnd counts what is open: the last altitude has none after it.
func (m *Meter) climbEnd() {
	if m.n > 1 {
		m.height(m.altitudes[2])
	}
	if m.rising != 0 {
		m.count()
	}
	m.n, m.rising = 0, 0
}

// End returns the figures.
func (m *Meter) End() Statistics {
	m.climbEnd()
	return m.s
}
