package privacy

import "time"

// Past says that whatever was measured before At gets Level at most: fixes of
// a time when nobody was to see them stay unseen when they come late. The zero
// Past says nothing.
type Past struct {
	At    time.Time
	Level Level
}

// And is the stricter of both.
func (p Past) And(o Past) Past {
	switch {
	case p.At.IsZero():
		return o
	case o.At.IsZero():
		return p
	}
	if o.At.After(p.At) {
		p.At = o.At
	}
	p.Level = min(p.Level, o.Level)
	return p
}

// Policy is what a member wants in a room. The nil Policy is that of a member
// who has asked for nothing and is shown exactly; the zero Policy hides, and is
// for members of whom it is not known what they have asked for.
type Policy struct {
	Level       Level     // at most
	Paused      bool      // nothing is shown
	PausedUntil time.Time // the pause ends then by itself; zero = does not
	Until       time.Time // the sharing ends then for good; zero = does not
	Zones       []Zone    // that have passed Check
	Past        Past
}

// Wherever is the most that anybody may see of the member at now, wherever the
// member is.
func (p *Policy) Wherever(now time.Time) Level {
	switch {
	case p == nil:
		return Exact
	case p.pausedAt(now), p.endedAt(now):
		return Hidden
	}
	return p.Level
}

// Pausing tells whether the member pauses at now, and Ended whether the time that
// the member wanted to share for is over.
func (p *Policy) Pausing(now time.Time) bool { return p != nil && p.pausedAt(now) }
func (p *Policy) Ended(now time.Time) bool   { return p != nil && p.endedAt(now) }

func (p *Policy) pausedAt(t time.Time) bool {
	return p.Paused && (p.PausedUntil.IsZero() || t.Before(p.PausedUntil))
}

func (p *Policy) endedAt(t time.Time) bool { return !p.Until.IsZero() && !t.Before(p.Until) }

// Of is the level that holds for a fix at now. It depends on when the fix was
// measured as well: what comes late, or was under way when the member stopped,
// is judged by both times, and the stricter one counts.
func (p *Policy) Of(f *Fix, now time.Time) Level {
	level := p.Wherever(now)
	if p == nil || level == Hidden {
		return level
	}
	if p.pausedAt(f.At) || p.endedAt(f.At) {
		return Hidden
	}
	if f.At.Before(p.Past.At) {
		level = min(level, p.Past.Level)
	}
	for i := range p.Zones {
		if z := &p.Zones[i]; z.Level < level && z.holds(f) {
			level = z.Level
		}
	}
	return level
}

// Show is what others see of a fix at now; false = nothing.
func (p *Policy) Show(f Fix, now time.Time) (Fix, bool) { return p.Of(&f, now).Show(f) }

// Changes is when the policy next changes by itself; zero = never.
func (p *Policy) Changes(now time.Time) (next time.Time) {
	if p == nil {
		return next
	}
	if p.Paused && now.Before(p.PausedUntil) {
		next = p.PausedUntil
	}
	if now.Before(p.Until) && (next.IsZero() || p.Until.Before(next)) {
		next = p.Until
	}
	return next
}
