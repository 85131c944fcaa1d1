//go:build unix

package load

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// Report is everything that a run has found out.
type Report struct {
	Protocol client.Protocol `json:"protocol"`
	Rooms    int             `json:"rooms"`
	Members  int             `json:"members"`
	Phases   []Phase         `json:"phases"`
	Idle     []IdleCost      `json:"idle,omitempty"`
	Runs     []Result        `json:"runs,omitempty"`
	Best     float64         `json:"bestUpdatesPerSecond,omitempty"` // of a search
	Floors   *Floors         `json:"floors,omitempty"`
}

// Phase is one step of the preparation.
type Phase struct {
	Name      string  `json:"name"`
	Count     int     `json:"count"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	Others    float64 `json:"others,omitempty"` // of a processor, taken meanwhile by who is not watched
}

func (p Phase) String() string {
	return fmt.Sprintf("%-14s %6d in %6.2f s   %8.0f/s", p.Name, p.Count, p.Seconds, p.PerSecond)
}

// IdleCost is what idle sockets cost a process, in bytes.
type IdleCost struct {
	Process   string  `json:"process"`
	RSS       int64   `json:"rss"`
	PerSocket float64 `json:"perSocket"`
}

// Latency from send to arrival, in milliseconds, of sampled sockets.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Stream is what became of one kind of event.
type Stream struct {
	Latency
	Sampled int `json:"sampled"`
	// Of sampled sockets. A position may be superseded by a newer one of the same member that was heard; the newest is
	// lost if it is missing, as is any message.
	Missing    int64 `json:"missing"`
	Superseded int64 `json:"superseded"`
	Doubled    int64 `json:"doubled"` // on sampled sockets
	Reordered  int64 `json:"reordered"`
	Expected   int64 `json:"expected"`  // on all sockets
	Delivered  int64 `json:"delivered"` // on all sockets
}

// strangers stands for all that is neither watched nor the generator.
const strangers = "others"

// Cost of a process during a measurement.
type Cost struct {
	Process string  `json:"process"`
	CPU     float64 `json:"cpu"`   // of one core
	Micros  float64 `json:"µs"`    // per delivery
	RSS     int64   `json:"rss"`   // bytes, at the end
	Grown   int64   `json:"grown"` // bytes
}

// RESTRow is the REST traffic beside the sockets.
type RESTRow struct {
	Name      string  `json:"name"`
	PerSecond float64 `json:"perSecond"`
	Failed    int     `json:"failed"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
}

// Result of one measurement.
type Result struct {
	Seconds             float64   `json:"seconds"`
	Offered             float64   `json:"offered"` // updates per second
	UpdatesPerSecond    float64   `json:"updatesPerSecond"`
	ChatsPerSecond      float64   `json:"chatsPerSecond"`
	DeliveriesPerSecond float64   `json:"deliveriesPerSecond"`
	Confirmed           int64     `json:"confirmed"`
	Positions           Stream    `json:"positions"`
	Chat                Stream    `json:"chat"`
	ErrorEvents         int64     `json:"errorEvents"`
	FirstErrors         []string  `json:"firstErrors,omitempty"`
	FailedSends         int64     `json:"failedSends"`
	LostSockets         int       `json:"lostSockets"`
	WhyLost             string    `json:"whyLost,omitempty"`
	Costs               []Cost    `json:"costs"`
	REST                []RESTRow `json:"rest,omitempty"`
}

func (g *generator) result(rate float64, before, sent, after moment, failed int64, m *mix) Result {
	seconds := sent.at.Sub(before.at).Seconds()
	wantPositions, wantChats := g.expected()
	var positions, chats int64
	for _, s := range g.busy {
		positions += s.user.positions
		chats += s.user.chats
	}
	got := after.counts
	r := Result{Seconds: seconds, Offered: rate * float64(len(g.busy)), UpdatesPerSecond: float64(positions) / seconds, ChatsPerSecond: float64(chats) / seconds,
		Confirmed: int64(got.confirmed - before.counts.confirmed), ErrorEvents: int64(got.errors - before.counts.errors), FailedSends: failed,
		LostSockets: after.dead - before.dead, REST: m.rows(seconds)}
	if r.LostSockets > 0 && after.why != nil {
		r.WhyLost = after.why.Error()
	}
	g.sample.mu.Lock()
	r.Positions = g.stream(&g.sample.positions, func(u *user) int64 { return u.positions }, false)
	r.Chat = g.stream(&g.sample.chat, func(u *user) int64 { return u.chats }, true)
	r.FirstErrors = slices.Clone(g.sample.errors)
	g.sample.mu.Unlock()
	r.Positions.Expected, r.Positions.Delivered = wantPositions, int64(got.positions-before.counts.positions)
	r.Chat.Expected, r.Chat.Delivered = wantChats, int64(got.chat-before.counts.chat)
	// Rates and costs are those of the time in which was sent; what follows is the wait for stragglers.
	delivered := int64(sent.counts.positions-before.counts.positions) + int64(sent.counts.chat-before.counts.chat)
	r.DeliveriesPerSecond = float64(delivered) / seconds
	cost := func(name string, cpu time.Duration, rss, grown int64) {
		r.Costs = append(r.Costs, Cost{Process: name, CPU: cpu.Seconds() / seconds,
			Micros: float64(cpu.Microseconds()) / float64(max(delivered, 1)), RSS: rss, Grown: grown})
	}
	for i, p := range g.cfg.Processes {
		cost(p.Name, sent.usages[i].cpu-before.usages[i].cpu, after.usages[i].rss, after.usages[i].rss-before.usages[i].rss)
	}
	cost("generator", sent.own-before.own, 0, 0)
	others := time.Duration(before.ledger.strangers(sent.ledger) * seconds * float64(time.Second))
	cost(strangers, others, 0, 0)
	return r
}

// cost of a process by name; the zero Cost if it was not watched.
func (r *Result) cost(name string) Cost {
	for _, c := range r.Costs {
		if c.Process == name {
			return c
		}
	}
	return Cost{}
}

// stream sums up one kind of event on the sampled sockets. Ordered events also reach their sender, and none may be
// left out.
func (g *generator) stream(st *stream, sent func(*user) int64, ordered bool) Stream {
	out := Stream{Latency: summarize(st.latencies), Sampled: len(st.latencies), Doubled: st.doubled, Reordered: st.reordered}
	for _, to := range g.sample.sockets {
		first := to.user.room * g.cfg.Members
		for _, from := range g.people.users[first : first+g.cfg.Members] {
			if from == to.user && !ordered {
				continue
			}
			lost, superseded := st.unheard(to, from.id, sent(from))
			if ordered {
				lost, superseded = lost+superseded, 0
			}
			out.Missing += lost
			out.Superseded += superseded
		}
	}
	return out
}

func summarize(latencies []time.Duration) Latency {
	if len(latencies) == 0 {
		return Latency{}
	}
	sorted := slices.Clone(latencies)
	slices.Sort(sorted)
	at := func(part float64) float64 {
		return float64(sorted[min(len(sorted)-1, int(part*float64(len(sorted))))].Microseconds()) / 1000
	}
	return Latency{P50: at(.5), P95: at(.95), P99: at(.99), Max: at(1)}
}

func (s Stream) row(name string) string {
	return fmt.Sprintf("%-10s p50 %.2f  p95 %.2f  p99 %.2f  max %.1f ms (%d sampled: %d lost, %d superseded, %d doubled, %d reordered); all sockets %d of %d\n",
		name, s.P50, s.P95, s.P99, s.Max, s.Sampled, s.Missing, s.Superseded, s.Doubled, s.Reordered, s.Delivered, s.Expected)
}

// String is the result as it is printed.
func (r Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%.0f updates/s of %.0f offered, %.0f chats/s, %.0f deliveries/s over %.1f s; %d confirmed\n",
		r.UpdatesPerSecond, r.Offered, r.ChatsPerSecond, r.DeliveriesPerSecond, r.Seconds, r.Confirmed)
	if r.Positions.Expected > 0 {
		b.WriteString(r.Positions.row("positions"))
	}
	if r.Chat.Expected > 0 {
		b.WriteString(r.Chat.row("chat"))
	}
	for _, row := range r.REST {
		fmt.Fprintf(&b, "%-22s %7.0f/s  p50 %.2f  p99 %.2f ms, %d failed\n", row.Name, row.PerSecond, row.P50, row.P99, row.Failed)
	}
	if r.ErrorEvents+r.FailedSends+int64(r.LostSockets) > 0 {
		fmt.Fprintf(&b, "%d error events, %d failed sends, %d lost sockets %s\n", r.ErrorEvents, r.FailedSends, r.LostSockets, r.WhyLost)
		for _, e := range r.FirstErrors {
			fmt.Fprintf(&b, "  %s\n", e)
		}
	}
	for _, c := range r.Costs {
		fmt.Fprintf(&b, "%-10s %5.1f %% CPU  %6.2f µs per delivery", c.Process, 100*c.CPU, c.Micros)
		if c.RSS > 0 {
			fmt.Fprintf(&b, "  RSS %s (%+.1f)", mib(c.RSS), float64(c.Grown)/(1<<20))
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n")
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
