package replay

import (
	"slices"
	"sync"
	"time"
)

// tally counts what was sent and what has arrived where. A fix is known by its
// sender and its fix time, which replay makes unique per sender.
type tally struct {
	mu        sync.Mutex
	sent      []map[int64]bool        // by sender: fix times, Unix ms
	heard     [][]map[int64]int       // by receiver and sender
	confirmed []int                   // by sender
	errors    []string                // the first few
	failures  int                     // all errors
	latencies []time.Duration         // fix time to arrival
	left      []float64               // by sender: metres, as the server said last
	recent    []map[int]time.Duration // by sender: last latency at each receiver
	reconnect int
}

const (
	maxLatencies = 1 << 20
	maxErrors    = 5
)

func newTally(members int) *tally {
	t := &tally{sent: make([]map[int64]bool, members), heard: make([][]map[int64]int, members), confirmed: make([]int, members),
		left: make([]float64, members), recent: make([]map[int]time.Duration, members)}
	for i := range members {
		t.sent[i], t.recent[i], t.left[i] = map[int64]bool{}, map[int]time.Duration{}, -1
		t.heard[i] = make([]map[int64]int, members)
		for j := range members {
			t.heard[i][j] = map[int64]int{}
		}
	}
	return t
}

func (t *tally) did(sender int, fix int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent[sender][fix] = true
}

// unsent takes back what could not be written.
func (t *tally) unsent(sender int, fix int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.sent[sender], fix)
}

func (t *tally) confirm(sender int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.confirmed[sender]++
}

func (t *tally) hear(receiver, sender int, fix int64, left *float64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.sent[sender][fix] {
		return // from an earlier run of the same names
	}
	t.heard[receiver][sender][fix]++
	latency := now.Sub(time.UnixMilli(fix))
	if len(t.latencies) < maxLatencies {
		t.latencies = append(t.latencies, latency)
	}
	t.recent[sender][receiver] = latency
	if left != nil {
		t.left[sender] = *left
	}
}

func (t *tally) fail(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures++
	if len(t.errors) < maxErrors {
		t.errors = append(t.errors, text)
	}
}

func (t *tally) reconnected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reconnect++
}

// status of one sender, for the running report.
type status struct {
	sent, confirmed int
	left            float64 // metres, negative if nobody has heard it
	arrived         int     // receivers that have heard the sender
	worst           time.Duration
}

func (t *tally) status(sender int) status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := status{sent: len(t.sent[sender]), confirmed: t.confirmed[sender], left: t.left[sender], arrived: len(t.recent[sender])}
	for _, latency := range t.recent[sender] {
		s.worst = max(s.worst, latency)
	}
	return s
}

// Summary of a replay.
type Summary struct {
	Sent, Confirmed             int // fixes
	Expected, Delivered         int // fixes at the other members
	Superseded                  int // did not arrive, but a newer one of the same member did
	Missing, Doubled            int
	Reconnects, Errors          int
	FirstErrors                 []string
	P50, P95, P99, WorstLatency time.Duration
}

func (t *tally) summary() Summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Summary{Reconnects: t.reconnect, Errors: t.failures, FirstErrors: slices.Clone(t.errors)}
	for sender, fixes := range t.sent {
		s.Sent += len(fixes)
		s.Confirmed += t.confirmed[sender]
		for receiver := range t.heard {
			if receiver == sender {
				continue
			}
			s.Expected += len(fixes)
			heard := t.heard[receiver][sender]
			newest := int64(0)
			for fix, times := range heard {
				s.Delivered++
				s.Doubled += times - 1
				newest = max(newest, fix)
			}
			for fix := range fixes {
				switch {
				case heard[fix] > 0:
				case fix < newest:
					s.Superseded++
				default:
					s.Missing++
				}
			}
		}
	}
	sorted := slices.Clone(t.latencies)
	slices.Sort(sorted)
	if n := len(sorted); n > 0 {
		s.P50, s.P95, s.P99, s.WorstLatency = sorted[n/2], sorted[n*95/100], sorted[n*99/100], sorted[n-1]
	}
	return s
}
