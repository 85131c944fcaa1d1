//go:build unix

// Package load is `wemapsctl load`: it fills rooms with members that report
// positions and chat, checks what arrives, and prints what it cost.
package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// Config of Run.
type Config struct {
	Base      string
	Protocol  client.Protocol
	Rooms     int
	Members   int           // of each room
	Positions float64       // per member and second
	Chats     float64       // per member and second
	Idle      int           // sockets that only exist
	Storm     bool          // connect the idle sockets during the measurement
	Slow      int           // members that never read
	REST      int           // workers that read rooms meanwhile
	SignIns   int           // workers that sign in with passwords meanwhile
	Connects  int           // parallel connects
	Sample    int           // sockets that are checked event by event
	Sweep     time.Duration // between two reads of the other sockets
	Warm      time.Duration
	Duration  time.Duration
	Processes []process
	Say       func(format string, args ...any)
}

// generator is one run of the load generator.
type generator struct {
	cfg    Config
	dial   *dialer
	people *population
	busy   []*socket
	sample *sample
	sweep  *sweep
	dialed atomic.Int64
	report *Report
}

// Run makes the population, connects it, and measures once, or with find for
// the highest rate that keeps p99 below the bound.
func Run(ctx context.Context, cfg Config, find bool) (*Report, error) {
	d, err := newDialer(cfg.Base, cfg.Protocol)
	if err != nil {
		return nil, err
	}
	g := &generator{cfg: cfg, dial: d, report: &Report{Protocol: cfg.Protocol, Rooms: cfg.Rooms, Members: cfg.Members}, sweep: &sweep{every: cfg.Sweep}}
	if err := g.populate(ctx); err != nil {
		return nil, err
	}
	defer g.leave(ctx)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	defer func() {
		close(stop)
		readers.Wait()
		for _, s := range g.all() {
			s.close()
		}
	}()
	readers.Go(func() { g.sweep.run(stop) })
	if err := g.connectBusy(ctx); err != nil {
		return nil, err
	}
	readers.Go(func() { g.sample.run(stop) })
	if !cfg.Storm {
		if err := g.connectIdle(ctx); err != nil {
			return nil, err
		}
	}
	if find {
		return g.report, g.find(ctx)
	}
	r, err := g.measure(ctx, cfg.Positions, cfg.Chats)
	if err == nil {
		g.report.Runs = append(g.report.Runs, r)
	}
	return g.report, err
}

func (g *generator) populate(ctx context.Context) error {
	var sizes []int
	for range g.cfg.Rooms {
		sizes = append(sizes, g.cfg.Members)
	}
	for left := (g.cfg.Idle + idlePerUser - 1) / idlePerUser; left > 0; left -= idleRoomSize {
		sizes = append(sizes, min(left, idleRoomSize))
	}
	var err error
	g.people, err = populate(ctx, client.NewREST(g.cfg.Base, setupParallel+g.cfg.REST+g.cfg.SignIns), sizes, g.phase)
	return err
}

func (g *generator) phase(name string, n int, took time.Duration) {
	p := Phase{Name: name, Count: n, Seconds: took.Seconds(), PerSecond: float64(n) / took.Seconds()}
	g.report.Phases = append(g.report.Phases, p)
	g.cfg.Say("%s", p)
}

func (g *generator) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	start := time.Now()
	if err := g.people.leave(ctx); err != nil {
		g.cfg.Say("leaving the rooms: %v", err)
		return
	}
	g.phase("leave room", len(g.people.users), time.Since(start))
}

func (g *generator) all() []*socket {
	return slices.Concat(g.sweep.all(), g.sample.all())
}

func (s *sample) all() []*socket {
	if s == nil {
		return nil
	}
	return s.sockets
}

// connectBusy connects the members that report. The last of each room, as far
// as needed, are the slow ones; the sample is spread over the rooms.
func (g *generator) connectBusy(ctx context.Context) error {
	n := g.cfg.Rooms * g.cfg.Members
	g.busy = make([]*socket, n)
	start := time.Now()
	err := parallel(ctx, g.cfg.Connects, n, func(i int) (err error) {
		g.busy[i], err = g.dial.dial(ctx, g.people.users[i], int(g.dialed.Add(1)-1))
		return err
	})
	if err != nil {
		return fmt.Errorf("connect members: %w", err)
	}
	g.phase("connect", n, time.Since(start))
	for i := range min(g.cfg.Slow, n) {
		g.busy[n-1-i*g.cfg.Members%n].slow = true
	}
	step := max(1, n/max(1, g.cfg.Sample))
	var sampled []*socket
	for i, s := range g.busy {
		if i%step == 0 && len(sampled) < g.cfg.Sample && !s.slow {
			sampled = append(sampled, s)
		} else {
			g.sweep.add(s)
		}
	}
	g.sample = newSample(sampled)
	return nil
}

const phaseIdle = "connect idle"

// connectIdle connects sockets of the idle rooms and says what each costs.
func (g *generator) connectIdle(ctx context.Context) error {
	if g.cfg.Idle == 0 {
		return nil
	}
	before, own, ledger := usages(g.cfg.Processes), ownCPU(), openLedger(g.cfg.Processes)
	idle := g.people.users[g.cfg.Rooms*g.cfg.Members:]
	start := time.Now()
	var refused atomic.Int64
	err := parallel(ctx, g.cfg.Connects, g.cfg.Idle, func(i int) error {
		s, err := g.dial.dial(ctx, idle[i%len(idle)], int(g.dialed.Add(1)-1))
		if g.cfg.Storm && errors.Is(err, errRefused) {
			refused.Add(1)
			return nil
		}
		if err != nil {
			return err
		}
		g.sweep.addIdle(s)
		return nil
	})
	if err != nil {
		return fmt.Errorf("connect idle sockets: %w", err)
	}
	g.phase(phaseIdle, g.cfg.Idle, time.Since(start))
	g.report.Phases[len(g.report.Phases)-1].Others = ledger.strangers(openLedger(g.cfg.Processes))
	g.cfg.Say("connects cost %s  generator %d µs each", costs(g.cfg.Processes, before, g.cfg.Idle), (ownCPU()-own).Microseconds()/int64(g.cfg.Idle))
	if n := refused.Load(); n > 0 {
		g.cfg.Say("%d idle sockets were refused", n)
	}
	if g.cfg.Storm {
		return nil
	}
	run.Pause(ctx, 3*time.Second) // buffers of the handshakes are given back
	for i, u := range usages(g.cfg.Processes) {
		per := float64(u.rss-before[i].rss) / float64(g.cfg.Idle)
		g.report.Idle = append(g.report.Idle, IdleCost{Process: g.cfg.Processes[i].Name, RSS: u.rss, PerSocket: per})
		if per > 100 {
			g.cfg.Say("%-10s %s, %.1f KiB per idle socket", g.cfg.Processes[i].Name, mib(u.rss), per/1024)
		}
	}
	return nil
}

// Bounds of what counts as keeping up.
const (
	latencyBound = 200 * time.Millisecond
	paceBound    = 0.97 // of what was to be sent
)

// find doubles the rate until it is too much, and then closes in.
func (g *generator) find(ctx context.Context) error {
	good, bad := 0.0, 0.0
	rate := g.cfg.Positions
	for range 12 {
		r, err := g.measure(ctx, rate, g.cfg.Chats)
		if err != nil {
			return err
		}
		g.report.Runs = append(g.report.Runs, r)
		g.cfg.Say("%s\n", r)
		if r.Positions.P99 <= latencyBound.Seconds()*1000 && r.Positions.Missing == 0 && r.UpdatesPerSecond >= paceBound*r.Offered {
			good = rate
		} else {
			bad = rate
		}
		switch {
		case bad == 0:
			rate *= 2
		case bad-good < bad/8:
			g.report.Best = good * float64(len(g.busy))
			return nil
		default:
			rate = (good + bad) / 2
		}
	}
	g.report.Best = good * float64(len(g.busy))
	return nil
}

// measure sends for a while and counts until everything has arrived.
func (g *generator) measure(ctx context.Context, positions, chats float64) (Result, error) {
	warm, cancel := context.WithTimeout(ctx, g.cfg.Warm)
	send(warm, g.cfg.Protocol, g.people.rooms, g.busy, positions, chats, true)
	cancel()
	g.settle(ctx, func(counts) bool { return false }, time.Second)
	for _, s := range g.busy {
		s.user.positions, s.user.chats = 0, 0
	}
	g.sample.reset()
	before := g.now()

	during, cancel := context.WithTimeout(ctx, g.cfg.Duration)
	defer cancel()
	var others sync.WaitGroup
	m := newMix(g, during)
	m.start(&others)
	if g.cfg.Storm {
		others.Go(func() {
			if err := g.connectIdle(ctx); err != nil {
				g.cfg.Say("%v", err)
			}
		})
	}
	failed := send(during, g.cfg.Protocol, g.people.rooms, g.busy, positions, chats, false)
	sent := g.now()
	others.Wait()
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	wantPositions, wantChats := g.expected()
	g.settle(ctx, func(c counts) bool {
		return c.positions-before.counts.positions >= uint64(wantPositions) && c.chat-before.counts.chat >= uint64(wantChats)
	}, 5*time.Second)
	return g.result(positions, before, sent, g.now(), failed, m), nil
}

// moment is a state of everything that is counted.
type moment struct {
	at     time.Time
	own    time.Duration
	ledger ledger
	usages []usage
	counts counts
	dead   int
	why    error
}

func (g *generator) now() moment {
	m := moment{at: time.Now(), own: ownCPU(), ledger: openLedger(g.cfg.Processes), usages: usages(g.cfg.Processes)}
	c1, d1, e1 := g.sweep.total()
	c2, d2, e2 := g.sample.total()
	c1.add(c2)
	m.counts, m.dead, m.why = c1, d1+d2, errors.Join(e1, e2)
	return m
}

// settle waits until enough has arrived or nothing more does.
func (g *generator) settle(ctx context.Context, enough func(counts) bool, most time.Duration) {
	for deadline := time.Now().Add(most); time.Now().Before(deadline); {
		c, _, _ := g.sweep.total()
		c2, _, _ := g.sample.total()
		c.add(c2)
		if enough(c) || !run.Pause(ctx, 20*time.Millisecond) {
			return
		}
	}
}

// expected is how many deliveries what was sent should make, not counting
// those to sockets that do not read.
func (g *generator) expected() (positions, chats int64) {
	readers := make([]int64, g.cfg.Rooms)
	for _, s := range g.busy {
		if !s.slow {
			readers[s.user.room]++
		}
	}
	for _, s := range g.busy {
		others := readers[s.user.room]
		chats += s.user.chats * others
		if !s.slow {
			others--
		}
		positions += s.user.positions * others
	}
	return positions, chats
}
