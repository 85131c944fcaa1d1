//go:build unix

package load

import (
	"fmt"
	"strings"
)

// target is one promise: what the inherited backend did with the same work on such a machine, what ours must do, what
// it did, and whether that is enough.
type target struct {
	keys                  []string // without values of these there is nothing to say
	work, inherited, goal string
	value                 func(s *suite) string
	met                   func(s *suite) bool
}

func latency(name string) func(*suite) string {
	return func(s *suite) string {
		low, high := s.spread(name + " p99")
		return fmt.Sprintf("p50 %.1f, p95 %.1f, p99 %.1f ms (%.1f–%.1f)", s.median(name+" p50"), s.median(name+" p95"), s.median(name+" p99"), low, high)
	}
}

func flow(name string) func(*suite) string {
	return func(s *suite) string {
		return fmt.Sprintf("%.0f/s → %.0f deliveries/s, %s; %.0f lost, %.0f superseded, %.0f doubled, %.0f reordered",
			s.median(name+" updates"), s.median(name+" deliveries"), latency(name)(s), s.median(name+" lost"), s.median(name+" superseded"),
			s.median(name+" doubled"), s.median(name+" reordered"))
	}
}

func perSecond(key string, goal float64) target {
	return target{keys: []string{key}, value: func(s *suite) string {
		low, high := s.spread(key)
		return fmt.Sprintf("%.0f/s (%.0f–%.0f), p99 %.0f ms", s.median(key), low, high, s.median(key+" p99"))
	}, met: func(s *suite) bool { return s.median(key) >= goal }}
}

func (t target) of(work, inherited, goal string) target {
	t.work, t.inherited, t.goal = work, inherited, goal
	return t
}

// clean tells whether nothing was lost, doubled or reordered, in any pass.
func (s *suite) clean(name string) bool {
	for _, what := range []string{" lost", " doubled", " reordered"} {
		if _, worst := s.spread(name + what); worst > 0 {
			return false
		}
	}
	return true
}

var targets = []target{
	{[]string{"rooms of 8 p99"}, "positions, rooms of 8", "600/s → 4,200", "12,000/s → 84,000, p99 < 200 ms", flow("rooms of 8"),
		func(s *suite) bool {
			return s.median("rooms of 8 updates") >= paceBound*12_000 && s.median("rooms of 8 p99") < 200 && s.clean("rooms of 8")
		}},
	{[]string{"rooms of 50 p99"}, "positions, rooms of 50", "400/s → 19,600", "240,000 deliveries/s, p99 < 200 ms", flow("rooms of 50"),
		func(s *suite) bool {
			return s.median("rooms of 50 deliveries") >= paceBound*240_000 && s.median("rooms of 50 p99") < 200 && s.clean("rooms of 50")
		}},
	{[]string{"low p99"}, "latency at 560/s, rooms of 8", "p50 8, p95 28, p99 53 ms", "p50 ≤ 1.5, p99 ≤ 6 ms", latency("low"),
		func(s *suite) bool { return s.median("low p50") <= 1.5 && s.median("low p99") <= 6 && s.clean("low") }},
	{[]string{"socket"}, "memory per idle joined socket, whole edge, 15,000", "17–24 KiB", "≤ 8 KiB",
		func(s *suite) string {
			return fmt.Sprintf("%.1f KiB, all of the process counted; %.1f KiB for one more", s.median("socket"), s.median("socket added"))
		},
		func(s *suite) bool { return s.median("socket") <= 8 }},
	{[]string{"connects"}, "connects/s, authenticated and joined", "300/s", "≥ 3,000/s",
		func(s *suite) string {
			low, high := s.spread("connects")
			return fmt.Sprintf("%.0f/s (%.0f–%.0f)", s.median("connects"), low, high)
		},
		func(s *suite) bool { return s.median("connects") >= 3000 }},
	{[]string{"storm p99"}, "bystanders of 5,000 connects at once", "", "nobody lost, doubled, reordered", latency("storm"), func(s *suite) bool { return s.clean("storm") }},
	{[]string{"slow p99"}, "bystanders of 70 sockets that never read", "", "nobody lost, doubled, reordered", latency("slow"), func(s *suite) bool { return s.clean("slow") }},
	perSecond("rest create", 1980).of("REST create, 32 at once", "198/s", "≥ 1,980/s"),
	perSecond("rest join", 2210).of("REST join", "221/s", "≥ 2,210/s"),
	perSecond("rest get", 7600).of("REST get", "760/s", "≥ 7,600/s"),
	perSecond("rest list", 2510).of("REST list", "251/s", "≥ 2,510/s"),
	{[]string{"together max"}, "32 users join one room at once", "153 of 160 refused", "all in, < 100 ms",
		func(s *suite) string { return fmt.Sprintf("all in, slowest %.0f ms", s.median("together max")) },
		func(s *suite) bool { return s.median("together max") < 100 }},
	{[]string{"low p99", "sign-ins p99"}, "positions beside 4 who sign in with passwords, p99", "27 → 173 ms", "within 20 %",
		func(s *suite) string {
			return fmt.Sprintf("%.1f → %.1f ms", s.median("low p99"), s.median("sign-ins p99"))
		},
		func(s *suite) bool { return s.median("sign-ins p99") <= 1.2*s.median("low p99") }},
	{[]string{"rooms of 8 p99", "twice p99"}, "twice the limit offered: 24,000/s", "accepts a quarter, p50 15 s, RSS × 4", "goes on with what it could before, RSS bounded",
		func(s *suite) string {
			return fmt.Sprintf("%.0f/s taken → %.0f deliveries/s, p50 %.0f ms, p99 %.0f ms, %.0f superseded, %.0f error events, edge %.0f MiB",
				s.median("twice updates"), s.median("twice deliveries"), s.median("twice p50"), s.median("twice p99"), s.median("twice superseded"),
				s.median("twice errors"), s.median("twice MiB edge"))
		},
		func(s *suite) bool {
			return s.median("twice deliveries") >= 0.9*s.median("rooms of 8 deliveries") && s.median("twice MiB edge") < 4*s.median("rooms of 8 MiB edge")
		}},
	{[]string{"chat p99"}, "chat, committed and acked, 500 rooms", "not durable", "≥ 5,000/s, p99 < 200 ms",
		func(s *suite) string {
			return fmt.Sprintf("%.0f/s → %.0f deliveries/s, %s; %.0f lost, %.0f doubled, %.0f reordered", s.median("chat chats"), s.median("chat deliveries"),
				latency("chat")(s), s.median("chat lost"), s.median("chat doubled"), s.median("chat reordered"))
		},
		func(s *suite) bool {
			return s.median("chat chats") >= paceBound*5000 && s.median("chat p99") < 200 && s.clean("chat")
		}},
	{[]string{"resting"}, "memory of the five services at rest", "155 MiB", "≤ 100 MiB",
		func(s *suite) string { return fmt.Sprintf("%.0f MiB", s.median("resting")) },
		func(s *suite) bool { return s.median("resting") <= 100 }},
}

// measured tells whether a row's values are there; --only may have left them out.
func (t target) measured(s *suite) bool {
	for _, key := range t.keys {
		if len(s.values[key]) == 0 {
			return false
		}
	}
	return true
}

func (s *suite) table() string {
	var b strings.Builder
	b.WriteString("| work | inherited backend | target | WeMaps | met |\n|---|---|---|---|---|\n")
	for _, t := range targets {
		if !t.measured(s) {
			continue
		}
		met := "yes"
		if !t.met(s) {
			met = "**no**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", t.work, t.inherited, t.goal, t.value(s), met)
	}
	for _, name := range []string{"rooms of 8", "rooms of 50"} {
		if len(s.values[name+" p99"]) > 0 {
			fmt.Fprintf(&b, "\nCPU per delivery, %s: edge %.1f, location %.1f, Redis %.1f, generator %.1f µs.", name, s.median(name+" µs edge"),
				s.median(name+" µs location"), s.median(name+" µs redis"), s.median(name+" µs generator"))
		}
	}
	if writes := s.median("floor writes"); writes > 0 {
		fmt.Fprintf(&b, "\nFloors in the same runs: %.0f frames/s written one by one at %.1f µs CPU each (rooms of 8: %.2f ×, rooms of 50: %.2f ×)",
			writes, s.median("floor µs"), s.median("rooms of 8 deliveries")/writes, s.median("rooms of 50 deliveries")/writes)
	}
	if updates := s.median("floor updates"); updates > 0 {
		fmt.Fprintf(&b, "; the bare Redis path %.0f updates/s at %.1f µs Go CPU each (rooms of 8: %.2f ×)",
			updates, s.median("floor update µs"), s.median("rooms of 8 updates")/updates)
	}
	b.WriteByte('\n')
	return b.String()
}
