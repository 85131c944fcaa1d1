package navigation

import (
	"cmp"
	"slices"
)

// When somebody straggles: far enough and long enough behind the middle of the
// others, who was with them before, for a while. Whoever starts elsewhere is not
// late, but on another way.
const (
	StragglesBeyond  = 500.0  // metres behind
	StragglesAfter   = 180.0  // and seconds behind
	CaughtUpWithin   = 250.0  // metres, or
	CaughtUpAfter    = 60.0   // seconds behind
	stragglingHolds  = 60_000 // ms that it must last, either way
	FreshWithin      = 120_000
	GoneSilentAfter  = 30 * 60_000 // ms: no longer on the way
	slowestGroupPace = 0.8         // m/s, to turn metres into seconds when everybody stands
	tooVague         = 1000.0      // metres: nobody can tell whether such a member has arrived
	farthestCompared = 0.5         // of the way that is left: beyond, nobody was together
)

// standing is a member's place in the group.
type standing struct {
	since int64 // since when Straggling should be the other way round; 0 = should not
}

// Group is what is remembered of a room.
type Group struct {
	Plan    uint64 `json:"p"`
	Arrived bool   `json:"a,omitempty"` // group-arrived was told
}

// Person is a member for the time of one look at the group.
type Person struct {
	User   string
	Member *Member
}

// Straggle is news about somebody who falls behind or has caught up.
type Straggle struct {
	User                          string
	Straggling                    bool
	DistanceBehind, SecondsBehind float64
	At                            int64 // fix time
}

// Look is what one look at a group found. The members of Changed have another
// Saved than before.
type Look struct {
	Straggles []Straggle
	Changed   []string
	// Arrived: everybody has, for the first time; in order.
	Arrived   []string
	ArrivedAt int64
}

// Look judges the group at now, Unix ms. people are the room's members with a
// position or something saved; their Members are changed.
func (g *Group) Look(plan uint64, people []Person, now int64) (l Look) {
	if g.Plan != plan {
		*g = Group{Plan: plan}
	}
	people = slices.DeleteFunc(people, func(p Person) bool { return p.Member.Plan != plan })
	for _, p := range people {
		g.standing(p, people, now, &l)
	}
	g.arrival(people, now, &l)
	return l
}

// onTheWay tells whether p says where the group is.
func onTheWay(p Person, now int64) bool {
	return p.Member.Known() && !p.Member.Arrived && !p.Member.Gone && now-p.Member.Heard <= FreshWithin
}

func (g *Group) standing(p Person, people []Person, now int64, l *Look) {
	m := p.Member
	if !onTheWay(p, now) {
		if m.Straggling && (m.Arrived || m.Gone) {
			m.Straggling, m.group = false, standing{}
			l.Changed = append(l.Changed, p.User)
		}
		return
	}
	behind, pace, ok := compare(p, people, now)
	if !ok {
		m.group.since = 0
		return
	}
	seconds := behind / max(pace, slowestGroupPace)
	if !m.Together {
		if behind <= StragglesBeyond && behind >= -max(StragglesBeyond, farthestCompared*m.Remaining) {
			m.Together = true
			l.Changed = append(l.Changed, p.User)
		}
		return
	}
	var should bool
	if m.Straggling {
		should = behind > CaughtUpWithin && seconds > CaughtUpAfter
	} else {
		should = behind > StragglesBeyond && seconds > StragglesAfter
	}
	switch {
	case should == m.Straggling:
		m.group.since = 0
	case m.group.since == 0:
		m.group.since = m.At
	case m.At-m.group.since >= stragglingHolds:
		m.Straggling, m.group.since = should, 0
		l.Changed = append(l.Changed, p.User)
		l.Straggles = append(l.Straggles, Straggle{User: p.User, Straggling: should, DistanceBehind: max(behind, 0), SecondsBehind: max(seconds, 0), At: m.At})
	}
}

// compare measures p against the middle of the others: how much farther p has to
// go, in metres, and how fast the middle one goes. Those who have arrived count,
// since nobody is farther ahead.
func compare(p Person, people []Person, now int64) (behind, pace float64, ok bool) {
	var left, paces [64]float64
	remaining, speeds := left[:0], paces[:0]
	for _, o := range people {
		switch {
		case o.User == p.User || !o.Member.Known() || o.Member.Gone:
		case o.Member.Arrived:
			remaining = append(remaining, 0)
		case onTheWay(o, now):
			remaining = append(remaining, o.Member.Remaining)
			speeds = append(speeds, o.Member.pace())
		}
	}
	if len(remaining) == 0 {
		return 0, 0, false
	}
	speeds = append(speeds, p.Member.pace())
	slices.Sort(remaining)
	slices.Sort(speeds)
	return p.Member.Remaining - middle(remaining), middle(speeds), true
}

func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// arrival tells once that everybody is there. Whoever was silent for half an
// hour is not waited for; one alone is no group.
func (g *Group) arrival(people []Person, now int64, l *Look) {
	if g.Arrived {
		return
	}
	var there []Person
	for _, p := range people {
		switch {
		case p.Member.ArrivedAt != 0:
			there = append(there, p)
		case p.Member.Accuracy >= tooVague: // cannot arrive, and so is not waited for
		case now-max(p.Member.Heard, p.Member.Seen) <= GoneSilentAfter:
			return
		}
	}
	if len(there) < 2 {
		return
	}
	slices.SortFunc(there, func(a, b Person) int {
		return cmp.Or(cmp.Compare(a.Member.ArrivedAt, b.Member.ArrivedAt), cmp.Compare(a.User, b.User))
	})
	g.Arrived = true
	for _, p := range there {
		l.Arrived = append(l.Arrived, p.User)
		l.ArrivedAt = p.Member.ArrivedAt
	}
}

// Rank is the place of somebody who arrived at a time among people, from 1.
func Rank(plan uint64, people []Person, user string, at int64) int {
	rank := 1
	for _, p := range people {
		if m := p.Member; p.User != user && m.Plan == plan && m.ArrivedAt != 0 && m.ArrivedAt <= at {
			rank++
		}
	}
	return rank
}
