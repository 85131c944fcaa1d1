package position

import (
	"math"
	"slices"
	"time"
)

// Bounds of judgement.
const (
	// LateAfter is the age at arrival from which a fix is no longer "now": a
	// phone that was offline is catching up. A device whose clock is wrong is
	// recognized; see stream.skewed.
	LateAfter = 2 * time.Minute
	// MaxPace is the speed in m/s that nobody exceeds, an airliner with the
	// wind behind it included, unless the device itself says so.
	MaxPace = 350.0
	// Insist is how many fixes in a row, plausible as a way of their own, make
	// an implausible place believed: else one bad fix at the start would lock a
	// member out for hours.
	Insist = 3
	// HandoverAfter is how long the leading device must be silent before
	// another one, that is somewhere else, is believed.
	HandoverAfter = time.Minute

	unknownAccuracy = 100.0    // metres, for a fix that has none
	worstAccuracy   = 50_000.0 // metres; claims beyond it excuse nothing
	noFixAccuracy   = 100.0    // metres; at 0, 0 a fix must be better to be true
	maxOthers       = 3        // devices beside the leading one that are remembered
	suspectAfter    = 60_000   // ms: the age from which a clock may be slow; less than LateAfter, else one at the bound is late now and then
	stepsOfSkew     = 3
	goingPace       = 2.0 // m/s: a device that moves
	restingPace     = 0.5 // m/s: one that lies on a table
)

// Verdict is what becomes of a fix.
type Verdict uint8

// All verdicts. Only an accepted fix moves a member; of the others, the late
// ones and those of other devices join the track.
const (
	Accepted Verdict = iota
	Late
	Duplicate
	Implausible
	NoFix
	OtherDevice
	Withdrawn
	Hidden // by the member's own wish; see package privacy
	verdicts
)

// Verdicts lists all.
func Verdicts() []Verdict {
	all := make([]Verdict, verdicts)
	for i := range all {
		all[i] = Verdict(i) //nolint:gosec // a handful
	}
	return all
}

// String is the name that the sender hears.
func (v Verdict) String() string {
	return [...]string{"accepted", "late", "duplicate", "implausible", "no-fix", "other-device", "withdrawn", "hidden"}[v]
}

// Tracked tells whether a fix with this verdict belongs into the track.
func (v Verdict) Tracked() bool {
	return v == Accepted || v == Late || v == OtherDevice || v == Hidden
}

// Mark is what must be remembered of a member to decide about the next fix.
// It is copied by value; nothing that it points to ever changes. Times are Unix
// milliseconds; 0 = never.
type Mark struct {
	FixedAt int64 // fix time of the position
	Until   int64 // when the position ends by itself
	LeftAt  int64 // when the member last took the position back

	lead   stream   // of the device that the position is from
	others []stream // of the member's other devices, the latest first
}

// stream is what is remembered of one device.
type stream struct {
	device   string // "" = not known, after a take-over of the memory
	last     place  // the newest believed fix
	speed    float64
	received int64
	doubt    place // the newest implausible fix, and how many agree
	doubts   int8
	steps    int8  // old fixes in a row that came in step with the clock
	since    int64 // when the first of them arrived
	first    int64 // its age at its arrival, ms
	age      int64 // of the last one
	skew     int64 // by which the device's clock is slow, ms, ≥ 0
}

type place struct {
	at                 int64
	lat, lng, accuracy float64
}

// Recalled is the mark of a position that another process has stored after it
// arrived at received. If it was old by then its device's clock is slow, and
// that process had come to know it.
func Recalled(f *Fix, received, until int64) Mark {
	at := f.RecordedAt.UnixMilli()
	m := Mark{FixedAt: at, Until: until, lead: stream{last: placeOf(f, at), speed: f.Speed}}
	if age := received - at; age > suspectAfter {
		m.lead.skew = age
	}
	return m
}

// Left is the mark of a member who took the position back at a time.
func (m *Mark) Left(at int64) Mark { return Mark{LeftAt: max(at, m.LeftAt)} }

// Judge decides about a fix that passed Check and arrived at received, and
// remembers it. If it is Accepted the caller sets Until.
//
// The newest fix wins by its own time, whatever order packets arrive in. A fix
// of the same device and time is a duplicate, except right after a take-over of
// the memory, where it may be a command repeated for its effects, or be of another
// device: whose the position is that was taken over is known when a fix continues
// it, and until then an implausible one is another device's. A fix that arrived
// before the member left must not bring the member back.
func (m *Mark) Judge(f *Fix, received, now int64) Verdict {
	if received < m.LeftAt {
		return Withdrawn
	}
	if math.Abs(f.Latitude) < 1e-6 && math.Abs(f.Longitude) < 1e-6 && !(f.Accuracy <= noFixAccuracy) { // NaN is not
		return NoFix
	}
	at := f.RecordedAt.UnixMilli()
	p := placeOf(f, at)
	if m.lead.device == f.Device || m.lead.device == "" {
		recalled := m.lead.device == ""
		v := m.lead.judge(f, p, received, m.Until > now)
		switch {
		case v == Accepted:
			m.FixedAt = at
		case v == Implausible && recalled:
			return OtherDevice
		}
		return v
	}
	return m.another(f, p, received, now)
}

// another judges a fix of a device that does not lead.
func (m *Mark) another(f *Fix, p place, received, now int64) Verdict {
	others := slices.Clone(m.others)
	i := slices.IndexFunc(others, func(s stream) bool { return s.device == f.Device })
	if i < 0 {
		if len(others) == maxOthers {
			others = others[:maxOthers-1]
		}
		others, i = append(others, stream{}), len(others)
	}
	s := others[i]
	v := s.judge(f, p, received, s.received > now-HandoverAfter.Milliseconds())
	others = slices.Insert(slices.Delete(others, i, i+1), 0, s)
	switch {
	case v != Accepted:
	case m.Until > now && s.time() <= m.lead.time():
		v = Late
	case m.Until > now && !m.yields(&s, received):
		v = OtherDevice
	default:
		others[0], m.lead, m.FixedAt = m.lead, s, p.at
	}
	m.others = others
	return v
}

// yields tells whether the leading device lets another one lead: when it is
// silent, when both are at one place, so that nobody sees a difference, and
// when it lies still while the other is on the way.
func (m *Mark) yields(s *stream, received int64) bool {
	l := &m.lead
	return received-l.received > HandoverAfter.Milliseconds() ||
		l.speed < restingPace && s.speed > goingPace ||
		distance(l.last, s.last) <= l.last.radius()+s.last.radius()
}

// Clock is a fix time of the leading device, Unix ms, by a right clock as far as
// one can know.
func (m *Mark) Clock(at int64) int64 { return at + m.lead.skew }

// Place is where the leading device was last, whoever may know it.
func (m *Mark) Place() (lat, lng, accuracy float64, ok bool) {
	p := &m.lead.last
	return p.lat, p.lng, p.accuracy, p.at != 0
}

// time is the newest fix time, by a right clock as far as one can know: a clock
// that is ahead must not keep the other devices out.
func (s *stream) time() int64 { return min(s.last.at+s.skew, s.received) }

// judge decides whether a fix may be the device's newest. Without a fix time a
// pace says nothing: after a dead spot a phone sends everything at once. live tells whether
// what is remembered is still worth something: after that an older fix time may
// be a clock that was set.
func (s *stream) judge(f *Fix, p place, received int64, live bool) Verdict {
	known, timed := s.last.at != 0, !f.Untimed
	switch {
	case timed && s.device != "" && (known && p.at == s.last.at || s.doubts > 0 && p.at == s.doubt.at):
		return Duplicate
	case known && live && p.at < s.last.at:
		return Late
	}
	age := received - p.at
	suspect := age-s.skew > suspectAfter
	switch {
	case age < s.skew:
		s.skew = max(age, 0)
	case suspect && s.skewed(age, received):
	case age-s.skew > LateAfter.Milliseconds():
		s.device = f.Device
		return Late
	}
	if known && timed && !plausible(s.last, p, f.Speed) {
		agree := s.doubts > 0 && p.at > s.doubt.at && plausible(s.doubt, p, f.Speed)
		if !agree {
			s.doubts = 0
		}
		s.doubts++
		s.doubt = p
		if s.doubts < Insist {
			return Implausible
		}
	}
	s.device, s.last, s.speed, s.received = f.Device, p, f.Speed, received
	s.doubts = 0
	if !suspect {
		s.steps = 0
	}
	return Accepted
}

// skewed tells whether a fix that seems to be old comes from a device whose
// clock is slow. A phone that catches up sends faster than it measured; one with
// a wrong clock sends at the pace of time, always equally late.
func (s *stream) skewed(age, received int64) bool {
	const second = 1000
	if s.steps == 0 || max(age-s.age, s.age-age) > 2*second {
		s.steps, s.since, s.first, s.age = 1, received, age, age
		return false
	}
	s.steps, s.age = min(s.steps+1, math.MaxInt8-1), age
	// Of a row of fixes the network's jitter weighs little.
	took := received - s.since
	if s.steps <= stepsOfSkew || took < 3*second || max(age-s.first, s.first-age) > took/2 {
		return false
	}
	s.skew, s.steps = age, 0
	return true
}

// plausible tells whether a device can have come from a to b. The second that
// is added to the time allows for clocks that tick in seconds.
func plausible(a, b place, speed float64) bool {
	// Most fixes are close to the one before: 0.002° are at most 315 m.
	if math.Abs(a.lat-b.lat) < 0.002 && math.Abs(a.lng-b.lng) < 0.002 {
		return true
	}
	pace := MaxPace
	if fast := 1.5 * speed; fast > pace { // false for NaN
		pace = fast
	}
	seconds := math.Abs(float64(b.at-a.at))/1000 + 1
	return distance(a, b) <= pace*seconds+a.radius()+b.radius()
}

func distance(a, b place) float64 { return Distance(a.lat, a.lng, b.lat, b.lng) }

func placeOf(f *Fix, at int64) place {
	return place{at: at, lat: f.Latitude, lng: f.Longitude, accuracy: f.Accuracy}
}

// radius in metres.
func (p *place) radius() float64 {
	if !Known(p.accuracy) {
		return unknownAccuracy
	}
	return min(p.accuracy, worstAccuracy)
}
