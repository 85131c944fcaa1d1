package navigation

// Reason says why a reporting interval is advised.
type Reason uint8

// All reasons.
const (
	NoReason  Reason = iota
	Unwatched        // nobody else is connected
	Still            // has not moved for StillAfter
	Walking
	Driving // or riding, or flying
	Near    // of arriving: everybody looks
)

// String is the name that clients hear.
func (r Reason) String() string {
	return [...]string{"", "unwatched", "still", "walking", "driving", "near-arrival"}[r]
}

// Interval is how often an app should report for a reason, in ms.
func (r Reason) Interval() int64 {
	return [...]int64{0, 120_000, 60_000, 10_000, 5_000, 3_000}[r] //nolint:mnd // the table
}

// Bounds of advice.
const (
	StillAfter   = 120   // seconds
	stillPace    = 0.5   // m/s
	drivingPace  = 2.5   // m/s: faster than anybody walks
	drivingAgain = 2.0   // m/s: below that a driver has become a walker
	nearSeconds  = 120.0 // before the destination
	nearMetres   = 400.0
	adviseAfter  = 10_000 // ms that a reason must hold before it is told
)

// advice is what the member's app was told, and what it is about to be told.
type advice struct {
	told, next Reason
	since      int64 // fix time since which next holds
	stillSince int64 // fix time; 0 = moves
}

// Advise returns the reason whose interval the app should use from now on, or
// NoReason while nothing has changed. watched tells whether anybody looks.
func (m *Member) Advise(watched bool) Reason {
	a := &m.advice
	switch {
	case m.Fast >= stillPace || m.Fast < 0:
		a.stillSince = 0
	case a.stillSince == 0:
		a.stillSince = m.At
	}
	reason := m.reason(watched)
	if reason != a.next {
		a.next, a.since = reason, m.At
	}
	if reason == a.told || a.told != NoReason && m.At-a.since < adviseAfter {
		return NoReason
	}
	a.told = reason
	return reason
}

func (m *Member) reason(watched bool) Reason {
	a := &m.advice
	switch {
	case !watched:
		return Unwatched
	case a.stillSince != 0 && m.At-a.stillSince >= StillAfter*1000:
		return Still
	case !m.Arrived && m.Remaining <= max(nearMetres, nearSeconds*m.Fast) && (m.Fast >= stillPace || a.told == Near):
		return Near
	case m.Fast >= drivingPace, a.told == Driving && m.Fast >= drivingAgain:
		return Driving
	}
	return Walking
}
