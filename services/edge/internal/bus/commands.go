package bus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/lane"
)

const (
	watchEvery   = 500 * time.Millisecond
	watchTimeout = 2 * time.Second
	retryAfter   = 2 * time.Second
	// stallAfter is how long chat may leave a command unread. Then it cannot work:
	// its Postgres is away, or nobody runs it. What it has been given it will do
	// when it can, but whoever comes now must not wait in the dark.
	stallAfter = 3 * time.Second
	// freshFor is how long a position may wait to be taken by a service that works.
	// Older ones are of no use to anybody, and who sends them should hear so.
	freshFor = time.Second
)

// Commands appends to the command streams.
type Commands struct {
	client   rueidis.Client
	bound    int64 // longest a stream may get
	log      func(error)
	services map[string][]*commandLane // by service, then by partition
	freshFor time.Duration
}

type commandLane struct {
	*lane.Lane
	stream string
	stall  time.Duration // see stallAfter; 0 = any
	fresh  bool          // its commands are of use only soon
	behind atomic.Bool   // the service does not keep up

	given string // the newest command that the service had been given at the last look
}

// NewCommands starts nothing. bound is the number of unread commands of one
// partition past which more are refused.
func NewCommands(client rueidis.Client, partitions int, bound int64, m *Metrics, log func(error)) *Commands {
	c := &Commands{client: client, bound: bound, log: log, services: map[string][]*commandLane{}, freshFor: freshFor}
	// A position that waited is soon replaced by the next, and needs no refusal; a
	// call for help is better told late than refused.
	for _, s := range []struct {
		name       string
		partitions int
		stall      time.Duration
	}{{wire.ServiceLocation, partitions, 0}, {wire.ServiceChat, partitions, stallAfter}, {wire.ServiceSOS, 1, 0}} {
		for p := range s.partitions {
			c.services[s.name] = append(c.services[s.name], &commandLane{
				Lane: lane.New(client, m.appended), stream: wire.StreamCommands(s.name, p), stall: s.stall, fresh: s.name == wire.ServiceLocation})
		}
	}
	return c
}

// Append hands on a command, in order per service and room. The error, now or
// later through failed, is UNAVAILABLE: the service is too far behind or Redis is
// away. failed runs on another goroutine and must not block.
func (c *Commands) Append(service string, command wire.Command, failed func(error)) error {
	lanes := c.services[service]
	l := lanes[wire.Partition(command.RoomID, len(lanes))]
	if l.behind.Load() {
		return unavailable(nil)
	}
	add := c.client.B().Xadd().Key(l.stream).Id("*").FieldValue().FieldValue(wire.CommandField, command.String()).Build()
	if err := l.Put(add, func(r rueidis.RedisResult) {
		if err := r.Error(); err != nil {
			failed(unavailable(err))
		}
	}); err != nil {
		return unavailable(err)
	}
	return nil
}

func unavailable(cause error) *wire.Error {
	// Spread, so that all who wait do not come back in one moment.
	return wire.NewError(wire.CodeUnavailable).Because(cause).After(retryAfter + rand.N(retryAfter/2))
}

// lanes lists all of them.
func (c *Commands) lanes() []*commandLane {
	var all []*commandLane
	for _, ls := range c.services {
		all = append(all, ls...)
	}
	return all
}

// watch looks after the streams until ctx ends: a service that does not keep up
// must not fill Redis, and its users must hear of it.
func (c *Commands) watch(ctx context.Context) {
	for run.Pause(ctx, watchEvery) {
		c.look(ctx)
	}
}

// look finds out which services are behind. One whose commands must be fresh is
// behind as soon as it works and leaves them waiting; if it does not work at all
// it is coming back, and its commands wait.
func (c *Commands) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	lanes := c.lanes()
	streams := make([]string, len(lanes))
	for i, l := range lanes {
		streams[i] = l.stream
	}
	depths, err := redisx.Depths(ctx, c.client, streams...)
	if err != nil {
		return // appending fails by itself
	}
	progresses, err := redisx.Progresses(ctx, c.client, streams...)
	if err != nil {
		return
	}
	for i, l := range lanes {
		d, p := depths[i], progresses[i]
		overloaded := l.fresh && p.Behind > c.freshFor && l.given != "" && p.Given != l.given
		behind := overloaded || d.Entries > c.bound || l.stall > 0 && d.Oldest > l.stall
		l.given = p.Given
		if was := l.behind.Swap(behind); !was && behind {
			c.log(fmt.Errorf("commands are refused: %d are in %s, the oldest for %s", d.Entries, l.stream, d.Oldest))
		}
	}
}
