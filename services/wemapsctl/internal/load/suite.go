//go:build unix

package load

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/run"
)

// suite measures everything that WeMaps promises of its speed, some times over, and reports medians.
type suite struct {
	cfg    Config
	addr   string // of the edge
	each   time.Duration
	only   *regexp.Regexp       // of scenarios; nil = all
	values map[string][]float64 // of each pass
}

func newSuite(cfg Config) (*suite, error) {
	u, err := url.Parse(cfg.Base)
	if err != nil || u.Port() == "" {
		return nil, fmt.Errorf("--url must be http://host:port, not %q", cfg.Base)
	}
	return &suite{cfg: cfg, addr: u.Host, each: cfg.Duration, values: map[string][]float64{}}, nil
}

func (s *suite) say(format string, args ...any) { s.cfg.Say("  "+format, args...) }
func (s *suite) put(key string, v float64)      { s.values[key] = append(s.values[key], v) }

// pass runs every scenario once.
func (s *suite) pass(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"memory of the five services at rest", s.resting},
		{"15,000 joined sockets that are quiet", s.idle},
		{"positions, rooms of 8, 560/s", s.scenario("low", func(*Config) {})},
		{"the same beside four who sign in with passwords", s.scenario("sign-ins", func(c *Config) { c.SignIns = 4 })},
		{"the same beside 70 members who never read", s.scenario("slow", func(c *Config) { c.Slow = 70 })},
		{"the same in a storm of 5,000 connects", s.scenario("storm", func(c *Config) { c.Idle, c.Storm, c.Connects = 5000, true, 256 })},
		{"positions, rooms of 8, 12,000/s", s.scenario("rooms of 8", func(c *Config) { c.Rooms, c.Positions = 200, 7.5 })},
		{"positions, rooms of 50, 4,900/s", s.scenario("rooms of 50", func(c *Config) { c.Rooms, c.Members, c.Positions = 10, 50, 9.8 })},
		{"twice that, rooms of 8, 24,000/s", s.scenario("twice", func(c *Config) { c.Rooms, c.Positions = 400, 7.5 })},
		{"chat in 500 rooms, 5,000/s", s.scenario("chat", func(c *Config) { c.Rooms, c.Positions, c.Chats = 500, 0, 1.25 })},
		{"REST, 32 at once", s.restRows},
		{"32 users join one room at once", s.together},
	} {
		if s.only != nil && !s.only.MatchString(step.name) {
			continue
		}
		s.cfg.Say("%s", step.name)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if err := s.calm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// What an earlier scenario leaves to do (thousands of members whose grace ends, rooms that close) must not be measured
// with the next.
const (
	calmFor    = time.Second
	calmCPU    = calmFor / 4 // of all processors together
	calmWithin = 30 * time.Second
	disturbed  = 0.3 // of a processor taken by others: the scenario is run once more
)

// calm waits until the machine has little to do.
func (s *suite) calm(ctx context.Context) error {
	before := machineCPU()
	for began := time.Now(); time.Since(began) < calmWithin; {
		if !run.Pause(ctx, calmFor) {
			return ctx.Err()
		}
		now := machineCPU()
		if now-before < calmCPU {
			return nil
		}
		before = now
	}
	s.say("the machine has not become quiet within %s", calmWithin)
	return nil
}

// freshCPU is less than the services use in their first minutes when nobody asks anything of them, and much less than a
// pass costs.
const freshCPU = 10 * time.Second

// resting adds up the services' memory, if they have had nothing to do since they started.
func (s *suite) resting(context.Context) error {
	var sum int64
	var spent time.Duration
	for i, u := range usages(s.cfg.Processes) {
		if name := s.cfg.Processes[i].Name; name != "postgres" && name != "redis" {
			sum += u.rss
			spent += u.cpu
		}
	}
	if spent > freshCPU {
		s.say("left out: they have worked for %s of CPU time already", spent)
		return nil
	}
	s.put("resting", float64(sum)/(1<<20))
	s.say("%s", mib(sum))
	return nil
}

const idleSockets = 15_000

func (s *suite) idle(ctx context.Context) error {
	report, connect, err := s.connectIdle(ctx)
	if err == nil && connect.Others > disturbed {
		if err = s.again(ctx, connect.Others); err == nil {
			report, connect, err = s.connectIdle(ctx)
		}
	}
	if err != nil {
		return err
	}
	s.put("connects", connect.PerSecond)
	for _, c := range report.Idle {
		if c.Process == "edge" {
			s.put("socket", float64(c.RSS)/1024/idleSockets)
			s.put("socket added", c.PerSocket/1024)
		}
	}
	return nil
}

func (s *suite) connectIdle(ctx context.Context) (*Report, Phase, error) {
	report, _, err := s.run(ctx, func(c *Config) { c.Rooms, c.Idle, c.Connects, c.Duration = 1, idleSockets, 256, time.Second })
	if err != nil {
		return nil, Phase{}, err
	}
	i := slices.IndexFunc(report.Phases, func(p Phase) bool { return p.Name == phaseIdle })
	return report, report.Phases[i], nil
}

// again says that a measurement was disturbed, and waits until it can be repeated.
func (s *suite) again(ctx context.Context, others float64) error {
	s.say("others took %.0f %% of a processor: once more", 100*others)
	return s.calm(ctx)
}

// scenario is a run with the population of the inherited backend's own limit, changed.
func (s *suite) scenario(name string, change func(*Config)) func(context.Context) error {
	return func(ctx context.Context) error {
		_, r, err := s.run(ctx, change)
		if err == nil && r.cost(strangers).CPU > disturbed {
			if err := s.again(ctx, r.cost(strangers).CPU); err != nil {
				return err
			}
			_, r, err = s.run(ctx, change)
		}
		if err != nil {
			return err
		}
		st := r.Positions
		if r.Chat.Expected > 0 {
			st = r.Chat
		}
		for key, v := range map[string]float64{
			"updates": r.UpdatesPerSecond, "chats": r.ChatsPerSecond, "deliveries": r.DeliveriesPerSecond,
			"p50": st.P50, "p95": st.P95, "p99": st.P99, "lost": float64(st.Missing), "superseded": float64(st.Superseded),
			"doubled": float64(st.Doubled), "reordered": float64(st.Reordered), "errors": float64(r.ErrorEvents),
			"lost sockets": float64(r.LostSockets), "arrived": float64(st.Delivered) / float64(max(st.Expected, 1)),
		} {
			s.put(name+" "+key, v)
		}
		for _, c := range r.Costs {
			s.put(name+" µs "+c.Process, c.Micros)
			s.put(name+" MiB "+c.Process, float64(c.RSS)/(1<<20))
			s.put(name+" CPU "+c.Process, c.CPU)
		}
		return nil
	}
}

func (s *suite) run(ctx context.Context, change func(*Config)) (*Report, Result, error) {
	cfg := s.cfg
	cfg.Rooms, cfg.Members, cfg.Positions, cfg.Chats = 70, 8, 1, 0
	cfg.Say = func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); strings.HasPrefix(text, "connect") || strings.Contains(text, "refused") {
			s.say("%s", text)
		}
	}
	change(&cfg)
	report, err := Run(ctx, cfg, false)
	if err != nil {
		return nil, Result{}, err
	}
	r := report.Runs[0]
	s.say("%s", strings.ReplaceAll(r.String(), "\n", "\n  "))
	return report, r, nil
}

// median of a value over the passes; 0 if it was never measured.
func (s *suite) median(key string) float64 {
	v := slices.Sorted(slices.Values(s.values[key]))
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}

// spread is the smallest and the largest of the passes.
func (s *suite) spread(key string) (low, high float64) {
	if v := s.values[key]; len(v) > 0 {
		return slices.Min(v), slices.Max(v)
	}
	return 0, 0
}

// costs says what each process spent on n requests.
func costs(processes []process, before []usage, n int) string {
	var b strings.Builder
	for i, u := range usages(processes) {
		if micros := float64((u.cpu - before[i].cpu).Microseconds()) / float64(max(n, 1)); micros >= 1 {
			fmt.Fprintf(&b, "%s %.0f µs  ", processes[i].Name, micros)
		}
	}
	return strings.TrimSpace(b.String())
}
