package chaos

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// fault is something that can go wrong.
type fault struct {
	name, about       string
	touches           []string // what breaks; faults that share something are not combined
	alone             bool     // not combined at all
	shortest, longest time.Duration
	// do breaks and mends. It returns when what was broken can work again,
	// though it need not yet do so.
	do func(ctx context.Context, r *runner, in injection) error
}

// faults lists everything that chaos can do.
func faults() []*fault {
	var all []*fault
	for _, service := range stack.Services {
		all = append(all, &fault{name: "kill-" + service, about: "kill -9 of one " + service + ", which starts again",
			touches: []string{service}, shortest: 300 * time.Millisecond, longest: 3 * time.Second, do: kill(service)})
	}
	return append(all,
		&fault{name: "deploy", about: "SIGTERM and start of every process, one after the other, under load", alone: true, do: deploy},
		&fault{name: "redis-restart", about: "Redis stops and comes back with its data", touches: []string{"redis"},
			shortest: time.Second, longest: 4 * time.Second, do: restartRedis(false, syscall.SIGTERM)},
		&fault{name: "redis-killed", about: "kill -9 of Redis, which comes back with what it had on disk", touches: []string{"redis"},
			shortest: 200 * time.Millisecond, longest: 2 * time.Second, do: restartRedis(false, syscall.SIGKILL)},
		&fault{name: "redis-wiped", about: "Redis stops and comes back empty", touches: []string{"redis"},
			shortest: 200 * time.Millisecond, longest: 3 * time.Second, do: restartRedis(true, syscall.SIGKILL)},
		&fault{name: "redis-away", about: "Redis is away for more than a minute", touches: []string{"redis"}, alone: true,
			shortest: 60 * time.Second, longest: 90 * time.Second, do: restartRedis(false, syscall.SIGTERM)},
		&fault{name: "postgres-restart", about: "immediate stop of Postgres, which recovers from its log", touches: []string{"postgres"},
			shortest: 200 * time.Millisecond, longest: 4 * time.Second, do: restartPostgres},
		&fault{name: "postgres-away", about: "Postgres is away for more than a minute", touches: []string{"postgres"}, alone: true,
			shortest: 60 * time.Second, longest: 90 * time.Second, do: restartPostgres},
		&fault{name: "cut-redis", about: "one process cannot reach Redis", touches: []string{"redis", "links"},
			shortest: time.Second, longest: 5 * time.Second, do: onLinks(linkCut, "redis")},
		&fault{name: "cut-postgres", about: "one process cannot reach Postgres", touches: []string{"postgres", "links"},
			shortest: time.Second, longest: 5 * time.Second, do: onLinks(linkCut, "postgres")},
		&fault{name: "cut-services", about: "an edge cannot reach a service", touches: []string{"links"},
			shortest: time.Second, longest: 5 * time.Second, do: onLinks(linkCut, stack.Services[:4]...)},
		&fault{name: "delay-redis", about: "100 to 600 ms on the way from one process to Redis", touches: []string{"redis", "links"},
			shortest: 2 * time.Second, longest: 5 * time.Second, do: onLinks(linkDelay, "redis")},
		&fault{name: "delay-postgres", about: "100 to 600 ms on the way from one process to Postgres", touches: []string{"postgres", "links"},
			shortest: 2 * time.Second, longest: 5 * time.Second, do: onLinks(linkDelay, "postgres")},
		&fault{name: "silence", about: "what one process says to Redis or Postgres vanishes, connections stay open", touches: []string{"redis", "postgres", "links"},
			shortest: 2 * time.Second, longest: 14 * time.Second, do: onLinks(linkSilence, "redis", "postgres")},
		&fault{name: "cut-clients", about: "clients cannot reach an edge", touches: []string{"clients"},
			shortest: time.Second, longest: 5 * time.Second, do: onClients(linkCut)},
		&fault{name: "delay-clients", about: "100 to 600 ms on the way from clients to an edge", touches: []string{"clients"},
			shortest: 2 * time.Second, longest: 5 * time.Second, do: onClients(linkDelay)},
		&fault{name: "silence-clients", about: "what clients and an edge say to each other vanishes, connections stay open", touches: []string{"clients"},
			shortest: 2 * time.Second, longest: 12 * time.Second, do: onClients(linkSilence)},
		&fault{name: "fill-stream", about: "chat is stopped while clients send until they are refused", touches: []string{"chat"}, alone: true, do: fill},
		&fault{name: "freeze-chat", about: "SIGSTOP of a chat for longer than its locks live, then SIGCONT", touches: []string{"chat"},
			shortest: 7 * time.Second, longest: 12 * time.Second, do: freeze("chat")},
		&fault{name: "freeze-location", about: "SIGSTOP of a location for longer than its leases live, then SIGCONT", touches: []string{"location"},
			shortest: 4 * time.Second, longest: 8 * time.Second, do: freeze("location")},
		&fault{name: "freeze-room", about: "SIGSTOP of a room for a while, then SIGCONT", touches: []string{"room"},
			shortest: 4 * time.Second, longest: 8 * time.Second, do: freeze("room")},
		&fault{name: "freeze-edge", about: "SIGSTOP of an edge for longer than its lease lives, then SIGCONT", touches: []string{"edge"},
			shortest: 11 * time.Second, longest: 13 * time.Second, do: freeze("edge")},
	)
}

// pick chooses a replica. Three times in four it is the one with more to do,
// as far as the service says so: a fault of the other may go unnoticed.
func (r *runner) pick(ctx context.Context, service string, in injection) *stack.Process {
	all := r.world.stack.Process[service]
	chosen := all[in.pick%uint64(len(all))]
	if in.pick>>8%4 == 0 {
		return chosen
	}
	most := r.owned(ctx, chosen)
	for _, p := range all {
		if n := r.owned(ctx, p); n > most {
			chosen, most = p, n
		}
	}
	return chosen
}

// owned is the number of partitions that a process works on, or of its sockets.
func (r *runner) owned(ctx context.Context, p *stack.Process) float64 {
	asking, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(asking, http.MethodGet, "http://"+p.Admin+"/metrics", nil)
	if err != nil {
		return 0
	}
	response, err := restClient.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	total := 0.0
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		name, _, _ = strings.Cut(name, "{")
		switch name {
		case "wemaps_chat_owned_partitions", "wemaps_location_partitions_owned", "wemaps_edge_sockets":
			n, _ := strconv.ParseFloat(value, 64) // 0: it owns none
			total += n
		}
	}
	return total
}

func kill(service string) func(context.Context, *runner, injection) error {
	return func(ctx context.Context, r *runner, in injection) error {
		p := r.pick(ctx, service, in)
		r.note("kill -9 %s for %s", p.Name, in.hold)
		p.Kill()
		run.Pause(ctx, in.hold)
		return p.Start()
	}
}

func freeze(service string) func(context.Context, *runner, injection) error {
	return func(ctx context.Context, r *runner, in injection) error {
		p := r.pick(ctx, service, in)
		r.note("freeze %s for %s", p.Name, in.hold)
		if err := p.Signal(syscall.SIGSTOP); err != nil {
			return err
		}
		run.Pause(ctx, in.hold)
		return p.Signal(syscall.SIGCONT)
	}
}

// deploy replaces every process by a new one, the next only when the last is
// ready, as an orchestrator does.
func deploy(ctx context.Context, r *runner, _ injection) error {
	r.note("deploy all")
	for replica := range replicas {
		for _, service := range stack.Services {
			p := r.world.stack.Process[service][replica]
			if err := p.Terminate(20 * time.Second); err != nil {
				r.verdict.add(kindCrash, "", "", "deploy: %v", err)
			}
			if err := p.Start(); err != nil {
				return err
			}
			ready, cancel := context.WithTimeout(ctx, 60*time.Second)
			err := p.WaitReady(ready)
			cancel()
			if err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	return nil
}

func restartRedis(wipe bool, sig syscall.Signal) func(context.Context, *runner, injection) error {
	return func(ctx context.Context, r *runner, in injection) error {
		r.note("redis: %s, away for %s, wiped: %t", sig, in.hold, wipe)
		if err := r.world.redis.down(sig); err != nil {
			return err
		}
		if wipe {
			if err := os.RemoveAll(r.world.redis.cfg.Dir); err != nil {
				return fmt.Errorf("wipe Redis: %w", err)
			}
		}
		run.Pause(ctx, in.hold)
		return r.world.redis.up(context.WithoutCancel(ctx))
	}
}

func restartPostgres(ctx context.Context, r *runner, in injection) error {
	r.note("postgres: immediate stop, away for %s", in.hold)
	if err := r.world.postgres.down(syscall.SIGQUIT); err != nil {
		return err
	}
	run.Pause(ctx, in.hold)
	return r.world.postgres.up(context.WithoutCancel(ctx))
}

type linkFault int

const (
	linkCut linkFault = iota
	linkDelay
	linkSilence
)

// onLinks breaks one of the links to the targets.
func onLinks(kind linkFault, targets ...string) func(context.Context, *runner, injection) error {
	return func(ctx context.Context, r *runner, in injection) error {
		names := r.world.links.to(targets...)
		process, target, _ := strings.Cut(names[in.pick%uint64(len(names))], ">")
		service, _, _ := strings.Cut(process, "-")
		return onLink(ctx, r, kind, r.pick(ctx, service, in).Name+">"+target, in)
	}
}

// theClients are one end of a link whose other end is an edge.
const theClients = "clients"

func onClients(kind linkFault) func(context.Context, *runner, injection) error {
	return func(ctx context.Context, r *runner, in injection) error {
		return onLink(ctx, r, kind, theClients+">"+r.pick(ctx, "edge", in).Name, in)
	}
}

func onLink(ctx context.Context, r *runner, kind linkFault, name string, in injection) error {
	var err error
	switch kind {
	case linkCut:
		r.note("cut %s for %s", name, in.hold)
		r.world.links.cut(name)
	case linkDelay:
		d := 100*time.Millisecond + time.Duration(in.pick>>32%500)*time.Millisecond
		r.note("delay %s by %s for %s", name, d, in.hold)
		err = r.world.links.delay(name, d)
	case linkSilence:
		r.note("silence %s for %s", name, in.hold)
		err = r.world.links.silence(name)
	}
	if err != nil {
		r.note("%v", err) // a connection was just ending; what the link suffers instead is as good
	}
	run.Pause(ctx, in.hold)
	return r.world.links.mend(name, kind == linkDelay)
}

// fill stops chat and lets everybody send until some are refused for it.
func fill(ctx context.Context, r *runner, _ injection) error {
	all := r.world.stack.Process["chat"]
	r.note("stop chat, send until refused")
	for _, p := range all {
		if err := p.Terminate(20 * time.Second); err != nil {
			r.verdict.add(kindCrash, "", "", "fill-stream: %v", err)
		}
	}
	before := r.refusals.Load()
	refused := false
	for i := 0; i < 100 && ctx.Err() == nil && !refused; i++ {
		if i%20 == 0 {
			for _, p := range r.people {
				p.burst(burstSize)
			}
		}
		run.Pause(ctx, 100*time.Millisecond)
		refused = r.refusals.Load() > before
	}
	if !refused && ctx.Err() == nil {
		r.verdict.add(kindRefusal, "", "", "nobody was refused although nobody reads the full stream")
	}
	run.Pause(ctx, time.Second) // and a while longer
	for _, p := range slices.Backward(all) {
		if err := p.Start(); err != nil {
			return err
		}
	}
	return nil
}
