package geofence

import "slices"

// Hysteresis of being inside.
const (
	surelyAfter     = 15_000 // ms inside by fixes that are not sure, until it counts
	leaveBeyond     = 20.0   // metres outside at least before somebody has left
	unknownAccuracy = 15.0
	vagueAccuracy   = 500.0 // metres: a fix that is worse says nothing
)

// What is said about a visit.
const (
	Entered Kind = "entered"
	Exited  Kind = "exited"
	Dwelled Kind = "dwelled"
)

// Event is news about a fence. At is the fix time, Unix ms.
type Event struct {
	Kind  Kind
	Fence *Fence
	At    int64
}

// Visit is what is remembered of a member and a fence that the member is in, or
// seems to be in. Times are Unix ms.
type Visit struct {
	Fence   string `json:"f"`
	Seems   int64  `json:"s,omitempty"` // since when the member seems to be inside
	Since   int64  `json:"i,omitempty"` // since when it is certain; 0 = is not yet
	Dwelled bool   `json:"d,omitempty"` // was told
}

// Step brings visits up to date with a fix. It never changes visits but returns
// others; save tells whether they must be kept. Fences that are gone are left
// without a word.
func Step(fences []Fence, visits []Visit, p Point, accuracy float64, at int64) (now []Visit, events []Event, save bool) {
	if len(fences) == 0 && len(visits) == 0 || accuracy > vagueAccuracy {
		return visits, nil, false
	}
	if !(accuracy >= 0) {
		accuracy = unknownAccuracy
	}
	for i := range fences {
		f := &fences[i]
		var v Visit
		if j := slices.IndexFunc(visits, func(v Visit) bool { return v.Fence == f.ID }); j >= 0 {
			v = visits[j]
		}
		before := v
		v.Fence = f.ID
		events = f.step(&v, p, accuracy, at, events)
		save = save || v.Since != before.Since || v.Dwelled != before.Dwelled
		if v.Seems != 0 || v.Since != 0 {
			now = append(now, v)
		}
	}
	return now, events, save
}

func (f *Fence) step(v *Visit, p Point, accuracy float64, at int64, events []Event) []Event {
	margin := f.Margin(p)
	switch {
	case v.Since == 0 && margin < 0:
		v.Seems = 0
	case v.Since == 0:
		if v.Seems == 0 {
			v.Seems = at
		}
		if margin >= accuracy || at-v.Seems >= surelyAfter {
			v.Since = v.Seems
			events = append(events, Event{Entered, f, at})
		}
	case margin < -max(accuracy, leaveBeyond):
		*v = Visit{Fence: f.ID}
		return append(events, Event{Exited, f, at})
	}
	if v.Since != 0 && f.Dwell > 0 && !v.Dwelled && at-v.Since >= f.Dwell.Milliseconds() {
		v.Dwelled = true
		events = append(events, Event{Dwelled, f, at})
	}
	return events
}
