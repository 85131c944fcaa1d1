package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is how a run went.
type Report struct {
	Seed       uint64
	Clients    int
	Rooms      int
	Messages   int // acked
	Deliveries int // different messages told to clients
	Edits      int // and deletions and reactions, of different messages, acked
	Refused    int // events that clients were asked to repeat
	Repairs    int // gaps that clients had to ask for themselves
	StaleFixes int // fixes told after a newer one of the same member
	Rows       []Row
	Violations []string
}

// Row is one kind of fault.
type Row struct {
	Fault                            string
	Runs                             int
	Lost, Doubled, Disordered, Other int
	Ack, Position, All, Slowest      []time.Duration
}

// Passed tells whether every promise was kept.
func (r *Report) Passed() bool { return len(r.Violations) == 0 }

const (
	rowNone  = "(none)"
	rowPairs = "two at once"
)

func (r *runner) report() *Report {
	out := &Report{Seed: r.opt.Seed, Clients: len(r.people), Rooms: len(r.rooms)}
	for _, p := range r.people {
		for _, b := range p.books {
			out.Messages += len(b.acked)
			out.Deliveries += len(b.got)
			out.StaleFixes += b.stale
			out.Edits += len(b.changes.mine)
		}
		for _, n := range p.refused {
			out.Refused += n
		}
		out.Repairs += p.repairs
	}
	rows := map[string]*Row{}
	row := func(name string) *Row {
		if rows[name] == nil {
			rows[name] = &Row{Fault: name}
		}
		return rows[name]
	}
	for _, h := range r.happens {
		t := row(h.name())
		t.Runs++
		if !h.unfinished {
			t.Ack, t.Position = append(t.Ack, h.recovery.ack), append(t.Position, h.recovery.position)
			t.All, t.Slowest = append(t.All, h.recovery.all), append(t.Slowest, h.recovery.slowest)
		}
	}
	violations := r.verdict.list()
	slices.SortStableFunc(violations, func(a, b violation) int { return a.at.Compare(b.at) })
	for _, v := range violations {
		cause := r.cause(v.at)
		out.Violations = append(out.Violations, v.String()+" (during or after "+cause.round.String()+")")
		t := row(cause.name())
		switch v.kind {
		case kindLost:
			t.Lost++
		case kindDoubled:
			t.Doubled++
		case kindDisorder:
			t.Disordered++
		default:
			t.Other++
		}
	}
	for _, f := range faults() {
		if t := rows[f.name]; t != nil {
			out.Rows = append(out.Rows, *t)
		}
	}
	for _, name := range []string{rowPairs, rowNone} {
		if t := rows[name]; t != nil {
			out.Rows = append(out.Rows, *t)
		}
	}
	return out
}

func (h happening) name() string {
	switch len(h.round) {
	case 0:
		return rowNone
	case 1:
		return h.round[0].fault.name
	default:
		return rowPairs
	}
}

// cause is the last round that had begun at t.
func (r *runner) cause(t time.Time) happening {
	for _, h := range slices.Backward(r.happens) {
		if !h.began.After(t) {
			return h
		}
	}
	return happening{}
}

// Markdown is the report as a table with what else there is to say.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d: %d clients (a third of them Socket.IO) in %d rooms, %d messages acked, %d deliveries, %d messages changed; %d events refused for later, %d gaps repaired by clients, %d stale fixes.\n\n",
		r.Seed, r.Clients, r.Rooms, r.Messages, r.Deliveries, r.Edits, r.Refused, r.Repairs, r.StaleFixes)
	b.WriteString("| fault | runs | lost | doubled | out of order | other | first ack | first position | every room back | slowest ack |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, t := range r.Rows {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %s | %s | %s | %s |\n", t.Fault, t.Runs, t.Lost, t.Doubled, t.Disordered, t.Other,
			spread(t.Ack), spread(t.Position), spread(t.All), spread(t.Slowest))
	}
	b.WriteString("\nTimes are median / worst, from the end of the fault; the slowest ack is from a message's first try.\n")
	const most = 40
	for i, v := range r.Violations {
		if i == most {
			fmt.Fprintf(&b, "- and %d more\n", len(r.Violations)-most)
			break
		}
		b.WriteString("- " + v + "\n")
	}
	return b.String()
}

func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "–"
	}
	sorted := slices.Sorted(slices.Values(all))
	return ms(sorted[len(sorted)/2]) + " / " + ms(sorted[len(sorted)-1])
}

func ms(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
