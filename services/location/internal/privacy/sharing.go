package privacy

import (
	"slices"
	"time"
)

// Sharing is what a member has said in one room. The zero Sharing is not a valid
// one; see Shared.
type Sharing struct {
	Level       Level
	Paused      bool
	PausedUntil time.Time
	Until       time.Time
	Past        Past
	Version     int64 // grows with each change; 0 = has said nothing
}

// Shared is what counts for a member who has said nothing.
func Shared() Sharing { return Sharing{Level: Exact} }

// Change is what a member says. What is nil stays as it is; a zero time means
// never.
type Change struct {
	Level       *Level
	Paused      *bool
	PausedUntil *time.Time
	Until       *time.Time
}

// farthest is how far ahead a time may lie: longer than any room lives.
const farthest = 31 * 24 * time.Hour

// Check validates a change at now; the error is an *InvalidError.
func (c *Change) Check(now time.Time) error {
	if c.PausedUntil != nil && !c.PausedUntil.IsZero() && !ahead(*c.PausedUntil, now) {
		return &InvalidError{"pausedUntil", "must be a time in the next 31 days"}
	}
	if c.Until != nil && !c.Until.IsZero() && !ahead(*c.Until, now) {
		return &InvalidError{"until", "must be a time in the next 31 days"}
	}
	return nil
}

func ahead(t, now time.Time) bool { return t.After(now) && t.Sub(now) <= farthest }

// Apply is s after a change at now. Whoever shows more than before shows it from
// now on only.
func (s Sharing) Apply(c Change, now time.Time) Sharing {
	before := s.policy().Wherever(now)
	if s.Paused && !s.policy().pausedAt(now) { // it has ended by itself
		s.Past = s.Past.And(Past{s.PausedUntil, Hidden})
		s.Paused, s.PausedUntil = false, time.Time{}
	}
	if c.Level != nil {
		s.Level = *c.Level
	}
	if c.Paused != nil {
		s.Paused, s.PausedUntil = *c.Paused, time.Time{}
	}
	if c.PausedUntil != nil && s.Paused {
		s.PausedUntil = *c.PausedUntil
	}
	if c.Until != nil {
		s.Until = *c.Until
	}
	if s.policy().Wherever(now) > before {
		s.Past = s.Past.And(Past{now, before})
	}
	s.Version++
	return s
}

func (s Sharing) policy() *Policy {
	return &Policy{Level: s.Level, Paused: s.Paused, PausedUntil: s.PausedUntil, Until: s.Until, Past: s.Past}
}

// Zones are all zones of a user. Past is of those that are gone.
type Zones struct {
	Zones   []Zone
	Past    Past
	Version int64
}

// Policy is what a member wants in a room, with the zones that count in all
// rooms; nil if that is nothing.
func (s Sharing) Policy(z Zones) *Policy {
	p := s.policy()
	p.Zones, p.Past = z.Zones, p.Past.And(z.Past)
	if p.Level == Exact && !p.Paused && p.Until.IsZero() && len(p.Zones) == 0 && p.Past.At.IsZero() {
		return nil
	}
	return p
}

// Put is z with a zone more, or with another state of the zone that has its id:
// that one keeps its seed, since two shrouds around one place would tell more
// than one. The error is an *InvalidError or ErrTooManyZones.
func (z Zones) Put(zone Zone, now time.Time) (Zones, error) {
	out := Zones{Past: z.Past, Version: z.Version + 1, Zones: slices.Clone(z.Zones)}
	i := slices.IndexFunc(z.Zones, func(old Zone) bool { return old.ID == zone.ID })
	switch {
	case i >= 0:
		zone.Seed = z.Zones[i].Seed
		out.Past = out.Past.And(Past{now, z.Zones[i].Level})
		out.Zones[i] = zone
	case len(z.Zones) >= MaxZones:
		return z, ErrTooManyZones
	default:
		out.Zones, i = append(out.Zones, zone), len(out.Zones)
	}
	if err := out.Zones[i].Check(); err != nil {
		return z, err
	}
	return out, nil
}

// Remove is z without a zone. What was measured before stays as unseen as it
// was.
func (z Zones) Remove(id string, now time.Time) (Zones, error) {
	out := Zones{Past: z.Past, Version: z.Version + 1}
	for _, zone := range z.Zones {
		if zone.ID == id {
			out.Past = out.Past.And(Past{now, zone.Level})
			continue
		}
		out.Zones = append(out.Zones, zone)
	}
	if len(out.Zones) == len(z.Zones) {
		return z, ErrZoneNotFound
	}
	return out, nil
}

// Wish is all that a member has said that counts in a room.
type Wish struct {
	Sharing Sharing
	Zones   Zones
	Left    time.Time // when the member took the position back last; zero = never
	// Held hides the member while Sharing.Version is at most that: a stricter wish
	// is about to be stored. It is -1 for a member who is not held.
	Held int64
}

// Unsaid is the wish of a member who has said nothing.
func Unsaid() Wish { return Wish{Sharing: Shared(), Held: -1} }

// Policy is what follows from a wish; nil = nothing.
func (w Wish) Policy() *Policy {
	if w.Held >= w.Sharing.Version {
		return &Policy{Level: Hidden, Paused: true}
	}
	p := w.Sharing.Policy(w.Zones)
	if !w.Left.IsZero() {
		if p == nil {
			p = &Policy{Level: Exact}
		}
		p.Past = p.Past.And(Past{w.Left, Hidden})
	}
	return p
}

// Newer is what is known of a member after a look at what is stored: whatever
// has the higher version counts, since a store may have lost its last second.
func (w Wish) Newer(o Wish) Wish {
	if o.Sharing.Version > w.Sharing.Version {
		w.Sharing = o.Sharing
	}
	if o.Zones.Version > w.Zones.Version {
		w.Zones = o.Zones
	}
	if o.Left.After(w.Left) {
		w.Left = o.Left
	}
	w.Held = max(w.Held, o.Held)
	return w
}

// Has tells whether there is a zone with that id.
func (z Zones) Has(id string) bool {
	return slices.ContainsFunc(z.Zones, func(zone Zone) bool { return zone.ID == id })
}
