//go:build unix

package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// mix is REST traffic beside the sockets.
type mix struct {
	g   *generator
	ctx context.Context // of the measurement; it bounds each worker's loop

	mu        sync.Mutex
	latencies map[string][]time.Duration
	failed    map[string]int
}

func newMix(g *generator, ctx context.Context) *mix {
	return &mix{g: g, ctx: ctx, latencies: map[string][]time.Duration{}, failed: map[string]int{}}
}

const password = "Load1234"

func (m *mix) start(wg *sync.WaitGroup) {
	rest := m.g.people.rest
	for i := range m.g.cfg.REST {
		u := m.g.people.users[i%len(m.g.people.users)]
		wg.Go(func() {
			for n := 0; m.ctx.Err() == nil; n++ {
				if n%2 == 0 {
					m.timed("list rooms", func() error { return rest.Get(m.ctx, u.Account, "/api/rooms") })
				} else {
					m.timed("get room", func() error { return rest.Get(m.ctx, u.Account, "/api/rooms/"+m.g.people.rooms[u.room]) })
				}
			}
		})
	}
	for i := range m.g.cfg.SignIns {
		name := fmt.Sprintf("load %08x pw %d", rand.Uint32(), i)
		wg.Go(func() {
			if err := rest.SignUp(m.ctx, name, password); err != nil {
				m.g.cfg.Say("%v", err)
				return
			}
			for m.ctx.Err() == nil {
				m.timed("sign in with password", func() error { return rest.SignInWith(m.ctx, name, password) })
			}
		})
	}
}

func (m *mix) timed(name string, do func() error) {
	start := time.Now()
	err := do()
	if m.ctx.Err() != nil {
		return // cut off by the end
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.failed[name]++
		return
	}
	m.latencies[name] = append(m.latencies[name], time.Since(start))
}

func (m *mix) rows(seconds float64) []RESTRow {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []RESTRow
	for name, l := range m.latencies {
		s := summarize(l)
		rows = append(rows, RESTRow{Name: name, PerSecond: float64(len(l)) / seconds, Failed: m.failed[name], P50: s.P50, P99: s.P99})
	}
	slices.SortFunc(rows, func(a, b RESTRow) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) })
	return rows
}
