package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// injection is one fault at one place for some time.
type injection struct {
	fault *fault
	pick  uint64        // chooses among the places where the fault can be
	hold  time.Duration // how long it lasts, for faults that last
}

// round is what happens at once: one injection, or two of different kinds.
type round []injection

func (r round) String() string {
	names := make([]string, len(r))
	for i, in := range r {
		names[i] = in.fault.name
	}
	return strings.Join(names, " + ")
}

// schedule deals rounds for ever; the same seed deals the same.
type schedule struct {
	rng    *rand.Rand
	faults []*fault
	deck   []*fault // still to come in this pass
	single bool     // the next is one fault alone
}

func newSchedule(seed uint64, faults []*fault) *schedule {
	return &schedule{rng: rand.New(rand.NewPCG(seed, 0)), faults: faults, single: true}
}

// next deals each fault once alone, in random order, before any comes again;
// after every second one a pair follows.
func (s *schedule) next() round {
	if !s.single {
		s.single = true
		if pair := s.pair(); pair != nil {
			return pair
		}
	}
	if len(s.deck) == 0 {
		s.deck = slices.Clone(s.faults)
		s.rng.Shuffle(len(s.deck), func(i, j int) { s.deck[i], s.deck[j] = s.deck[j], s.deck[i] })
	}
	f := s.deck[0]
	s.deck = s.deck[1:]
	s.single = len(s.deck)%2 != 0
	return round{s.injection(f)}
}

// pair finds two faults that do not break the same thing, if there are such.
func (s *schedule) pair() round {
	for range 20 {
		a, b := s.faults[s.rng.IntN(len(s.faults))], s.faults[s.rng.IntN(len(s.faults))]
		if a != b && !a.alone && !b.alone && !slices.ContainsFunc(a.touches, func(t string) bool { return slices.Contains(b.touches, t) }) {
			return round{s.injection(a), s.injection(b)}
		}
	}
	return nil
}

func (s *schedule) injection(f *fault) injection {
	hold := f.shortest
	if spread := f.longest - f.shortest; spread > 0 {
		hold += time.Duration(s.rng.Int64N(int64(spread)))
	}
	return injection{fault: f, pick: s.rng.Uint64(), hold: hold.Round(10 * time.Millisecond)}
}

// chooseFaults finds faults by name; none means all.
func chooseFaults(names string) ([]*fault, error) {
	all := faults()
	if names == "" {
		return all, nil
	}
	var chosen []*fault
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(all, func(f *fault) bool { return f.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no fault %q; see --list", name)
		}
		if !slices.Contains(chosen, all[i]) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, nil
}
