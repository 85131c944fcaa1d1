package navigation

// Bounds of arriving.
const (
	// ArriveWithin is the distance from the destination, in metres, that counts
	// as being there.
	ArriveWithin = 60.0
	// LeaveBeyond is the distance past which, accuracy deducted, somebody is
	// certainly not there any more.
	LeaveBeyond = 150.0
	// NewsBeyond is the distance past which coming back is another arrival.
	NewsBeyond = 1000.0
	// DwellToArrive is how long, in seconds, somebody must be there when a
	// single fix is too inaccurate to be sure.
	DwellToArrive = 20

	vagueAccuracy  = 250.0 // metres: a fix that is worse says nothing about arrival
	crossingWithin = 120.0 // seconds between two fixes whose straight line means something
)

// How somebody arrived.
type How uint8

// All ways of arriving.
const (
	NotArrived   How = iota
	Entered          // came in
	Crossed          // was before and behind it in two fixes, and in between there
	AlreadyThere     // the first fix was there
)

// String is the name that clients hear.
func (h How) String() string { return [...]string{"", "entered", "crossed", "already-there"}[h] }

// arrival is the state between outside and inside.
type arrival struct {
	inside int64 // fix time since which the member seems to be there; 0 = is not
	moved  bool  // had a position elsewhere before
}

// arrive decides about being there, with hysteresis: whoever is certainly within
// LeaveBeyond has arrived at once, whoever is there only by an inaccurate fix
// after DwellToArrive, and nobody is away before that is certain.
func (m *Member) arrive(p *Plan, s Sample, before vec, beforeAt int64, r *Result) How {
	accuracy := accuracyOf(s.Accuracy)
	if s.Accuracy > vagueAccuracy {
		return NotArrived
	}
	a := &m.arrival
	elsewhere := a.moved
	a.moved = true
	if m.Arrived {
		m.depart(accuracy, r)
		return NotArrived
	}
	if m.Gone && m.Direct > NewsBeyond+accuracy {
		m.Gone, m.ArrivedAt, r.Save = false, 0, true
	}
	if m.Direct > ArriveWithin {
		a.inside = 0
		if elsewhere && float64(s.At-beforeAt)/1000 <= crossingWithin && m.crossed(p, before) {
			return m.arriveAt(s.At, Crossed, r)
		}
		return NotArrived
	}
	if a.inside == 0 {
		a.inside = s.At
	}
	if m.Direct+accuracy > LeaveBeyond && s.At-a.inside < DwellToArrive*1000 {
		return NotArrived
	}
	how := Entered
	if !elsewhere {
		how = AlreadyThere
	}
	return m.arriveAt(s.At, how, r)
}

// arriveAt notes the arrival. Coming back after a short absence is no news.
func (m *Member) arriveAt(at int64, how How, r *Result) How {
	m.Arrived, r.Save = true, true
	m.ETA, m.Basis = 0, BasisNone
	if m.Gone {
		return NotArrived
	}
	m.ArrivedAt = at
	return how
}

func (m *Member) depart(accuracy float64, r *Result) {
	if m.Direct-accuracy > LeaveBeyond {
		m.Arrived, m.Gone, r.Save = false, true, true
		m.arrival.inside = 0
	}
}

// crossed tells whether the straight way from before came within ArriveWithin of
// the destination. The chord's plane is flat enough for ways of minutes.
func (m *Member) crossed(p *Plan, before vec) bool {
	a, b := before, m.pos
	dx, dy, dz := b.x-a.x, b.y-a.y, b.z-a.z
	length := dx*dx + dy*dy + dz*dz
	if length == 0 {
		return false
	}
	part := ((p.dest.x-a.x)*dx + (p.dest.y-a.y)*dy + (p.dest.z-a.z)*dz) / length
	if part <= 0 || part >= 1 {
		return false
	}
	x, y, z := a.x+part*dx-p.dest.x, a.y+part*dy-p.dest.y, a.z+part*dz-p.dest.z
	const within = ArriveWithin / EarthRadius
	return x*x+y*y+z*z <= within*within
}
