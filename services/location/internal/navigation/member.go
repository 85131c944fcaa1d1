package navigation

import "math"

// Bounds of motion and estimates.
const (
	fastSeconds   = 15.0  // time constant of SpeedSmoothed
	slowSeconds   = 900.0 // time constant of the pace that an ETA is made from
	measureWithin = 30.0  // seconds after which a displacement counts, however small
	// surely is how many accuracies a displacement must have to count at once. With
	// less, the fixes that err forward would be the ones that count.
	surely     = 5.0
	gapSeconds = 600.0 // a silence after which the old pace says nothing
	slowest    = 0.15  // m/s: below that nobody is on the way
	// Detour is how much longer a way takes than its great circle at the same pace.
	// Road networks have 1.2 to 1.4 (R. H. Ballou et al., "Selected country
	// circuity factors for road travel distance estimation", Transportation
	// Research A 36(9), 2002), but the pace is made from displacements, which cut
	// the small bends already. On the real tracks 1.1 leaves the least error, and
	// learning it from the way gone so far makes it worse: how the rest bends has
	// little to do with that.
	Detour = 1.1
	// enough is how many seconds of motion an estimate needs.
	enough = 30.0
	// passed is how near a waypoint must be come by, in metres.
	passed = 100.0
)

// Basis says what an estimate is made from.
type Basis uint8

// All bases.
const (
	BasisNone Basis = iota
	BasisSpeed
	BasisRoute
	BasisEngine
)

// String is the name that clients hear.
func (b Basis) String() string { return [...]string{"none", "speed", "route", "engine"}[b] }

// Sample is a fix as navigation sees it.
type Sample struct {
	Point
	At       int64   // fix time, Unix ms
	Received int64   // arrival, Unix ms, by our own clock
	Accuracy float64 // metres, NaN = unknown
	Speed    float64 // m/s, NaN = unknown
	Engine   int64   // arrival by a routing engine, Unix ms; 0 = none is known
}

// Member is what is remembered of one member on the way of one plan. It is
// copied by value. The zero Member has no position.
type Member struct {
	Saved          // what must survive this process
	At       int64 // fix time, Unix ms
	Heard    int64 // arrival, Unix ms
	Point    Point
	Accuracy float64

	Direct    float64 // metres to the destination, great circle
	Remaining float64 // metres, along the route or through the waypoints
	Progress  float64 // of the route, 0 to 1; negative = not on it
	Fast      float64 // smoothed speed, m/s; negative = unknown
	ETA       int64   // Unix ms; 0 = nothing can be said
	Basis     Basis

	pos      vec
	slow     float64 // m/s over the last quarter of an hour, stops included
	seconds  float64 // that slow is made from
	anchor   vec     // where the running measurement began
	anchored int64

	searched int64 // when the whole route was searched last
	arrival  arrival
	notice   notice
	advice   advice
	group    standing
}

// Saved is the part of a Member that is written to the store, whenever it
// changes: events that were told must not be told again by the next process.
type Saved struct {
	Plan       uint64  `json:"p"`           // Plan.ID that all this is about
	Arrived    bool    `json:"a,omitempty"` // is there now
	ArrivedAt  int64   `json:"at,omitempty"`
	Gone       bool    `json:"g,omitempty"` // has arrived and left again for good: another arrival is news
	Next       int     `json:"n,omitempty"` // index of the waypoint ahead
	Along      float64 `json:"m,omitempty"` // metres along the route
	Together   bool    `json:"w,omitempty"` // was with the group once
	Straggling bool    `json:"s,omitempty"`
	Seen       int64   `json:"t,omitempty"` // arrival of the fix at the last save, Unix ms
}

// Known tells whether the member has a position.
func (m *Member) Known() bool { return m.At != 0 }

// Result is what a Step brought about.
type Result struct {
	Arrived How // NotArrived = no news
	// TellETA: the ETA has changed so much that the room should hear of it.
	TellETA     bool
	PreviousETA int64
	Save        bool // Saved has changed
}

// Step moves the member to a newer sample under a plan.
func (m *Member) Step(p *Plan, s Sample) (r Result) {
	if m.Plan != p.ID {
		m.Saved = Saved{Plan: p.ID}
		m.arrival, m.notice, m.group, m.searched = arrival{}, notice{}, standing{}, 0
		r.Save = true
	}
	first, before, beforeAt := !m.Known(), m.pos, m.At
	m.pos = vecOf(s.Point)
	m.move(s, first)
	m.At, m.Heard, m.Point, m.Accuracy = s.At, s.Received, s.Point, s.Accuracy
	m.Direct = m.pos.to(p.dest)
	if m.pass(p) {
		r.Save = true
	}
	m.follow(p, s)
	m.estimate(s.Engine)
	if how := m.arrive(p, s, before, beforeAt, &r); how != NotArrived {
		r.Arrived = how
	}
	m.watchETA(&r)
	if r.Save {
		m.Seen = s.Received
	}
	return r
}

// move keeps the speeds. A displacement counts when it is larger than the
// accuracies, or after half a minute: fixes of a phone that lies still dance
// around, and from second to second that looks like walking.
func (m *Member) move(s Sample, first bool) {
	if first || s.At-m.At > gapSeconds*1000 {
		m.slow, m.seconds, m.Fast = 0, 0, -1
		m.anchor, m.anchored = m.pos, s.At
		if s.Speed >= 0 {
			m.Fast = s.Speed
		}
		return
	}
	if s.Speed >= 0 { // a receiver knows it better, by the Doppler effect
		m.Fast = smooth(m.Fast, s.Speed, float64(s.At-m.At)/1000, fastSeconds)
	}
	dt := float64(s.At-m.anchored) / 1000
	if dt <= 0 {
		return
	}
	d := m.anchor.to(m.pos)
	if noise := surely * (accuracyOf(s.Accuracy) + accuracyOf(m.Accuracy)); d < noise && dt < measureWithin {
		return
	}
	v := d / dt
	if !(s.Speed >= 0) {
		m.Fast = smooth(m.Fast, v, dt, fastSeconds)
	}
	m.slow = smooth(m.slow, v, dt, min(slowSeconds, m.seconds))
	m.seconds += dt
	m.anchor, m.anchored = m.pos, s.At
}

// smooth is an exponential average for samples at uneven times: the first-order
// approximation of 1-exp(-dt/constant), which needs no exponential.
func smooth(old, sample, dt, constant float64) float64 {
	if old < 0 {
		return sample
	}
	return old + (sample-old)*dt/(constant+dt)
}

// accuracyOf is the accuracy where one is needed; 15 m is usual for a phone.
func accuracyOf(v float64) float64 {
	if v >= 0 {
		return min(v, 200)
	}
	return 15
}

// pass counts waypoints that the member has come by. Coming by a later one
// skips those before it.
func (m *Member) pass(p *Plan) bool {
	for i := len(p.stops) - 1; i >= m.Next; i-- {
		if m.pos.to(p.stops[i]) <= passed+accuracyOf(m.Accuracy) {
			m.Next = i + 1
			return true
		}
	}
	return false
}

// follow finds how far there is to go.
func (m *Member) follow(p *Plan, s Sample) {
	m.Progress, m.Basis = -1, BasisSpeed
	if p.Route != nil && m.onRoute(p.Route, s) {
		m.Basis = BasisRoute
		m.Progress = m.Along / p.Route.Length()
		m.Remaining = max(p.Route.Length()-m.Along, m.Direct)
		return
	}
	m.Remaining = m.Direct
	if m.Next < len(p.stops) {
		m.Remaining = m.pos.to(p.stops[m.Next]) + p.legs[m.Next]
	}
}

// onRoute moves Along. It looks near the last place first, so that a road that is
// used in both directions does not confuse it.
func (m *Member) onRoute(r *Route, s Sample) bool {
	near := OffRoute + accuracyOf(s.Accuracy)
	if m.searched != 0 {
		along, beside := r.near(s.Point, m.Along, windowAhead+max(m.Fast, 0)*measureWithin)
		if beside <= near {
			m.Along = along
			return true
		}
		if s.At-m.searched < searchAgain {
			return false
		}
	}
	m.searched = s.At
	along, beside := r.Snap(s.Point)
	if beside > near {
		return false
	}
	m.Along = along
	return true
}

// estimate makes the ETA from what remains and the member's pace, unless a
// routing engine knows better. Of the room's own route it does not: it would send
// the member another way.
func (m *Member) estimate(engine int64) {
	m.ETA = 0
	if engine > m.At && !m.Arrived && m.Basis != BasisRoute {
		m.ETA, m.Basis = engine, BasisEngine
		return
	}
	pace := m.pace()
	if m.Arrived || pace < slowest {
		m.Basis = BasisNone
		return
	}
	way := m.Remaining
	if m.Basis == BasisSpeed {
		way *= Detour
	}
	m.ETA = m.At + int64(math.Round(way/pace*1000))
}

// pace is the speed in m/s at which the member goes on, stops included: slow as
// soon as it is known well, and before that the smoothed speed.
func (m *Member) pace() float64 {
	if m.seconds >= enough || m.Fast < 0 {
		return m.slow
	}
	part := m.seconds / enough
	return m.slow*part + m.Fast*(1-part)
}
