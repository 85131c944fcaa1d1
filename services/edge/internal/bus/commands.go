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
	paceEvery  = 100 * time.Millisecond
)

// Commands appends to the command streams.
type Commands struct {
	client   rueidis.Client
	bound    int64 // longest a stream may get
	waited   func() time.Duration
	log      func(error)
	services map[string][]*commandLane // by service, then by partition
}

type commandLane struct {
	*lane.Lane
	stream string
	stall  time.Duration // see stallAfter; 0 = any
	behind atomic.Bool   // the service does not keep up
	crowd  *crowd        // of those who send positions; nil: none are sent here
}

// NewCommands starts nothing. bound is the number of unread commands of one
// partition past which more are refused; waited tells how long a command has
// waited, of late, before it gets here.
func NewCommands(client rueidis.Client, partitions int, bound int64, waited func() time.Duration, m *Metrics, log func(error)) *Commands {
	c := &Commands{client: client, bound: bound, waited: waited, log: log, services: map[string][]*commandLane{}}
	// A position that waited is soon replaced by the next, and needs no refusal; a
	// call for help is better told late than refused.
	for _, s := range []struct {
		name       string
		partitions int
		stall      time.Duration
	}{{wire.ServiceLocation, partitions, 0}, {wire.ServiceChat, partitions, stallAfter}, {wire.ServiceSOS, 1, 0}} {
		for p := range s.partitions {
			l := &commandLane{Lane: lane.New(client, m.appended), stream: wire.StreamCommands(s.name, p), stall: s.stall}
			if s.name == wire.ServiceLocation {
				l.crowd = newCrowd()
			}
			c.services[s.name] = append(c.services[s.name], l)
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
	if command.Type == wire.CommandUpdate {
		if wait := l.crowd.wait(command.UserID, command.Received); wait > 0 {
			return wire.NewError(wire.CodeUnavailable).After(wait)
		}
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

// Share is which part of the people may send positions at present, 0 to 1, where it
// is smallest.
func (c *Commands) Share() float64 {
	share := uint32(everybody)
	for _, l := range c.services[wire.ServiceLocation] {
		share = min(share, l.crowd.share.Load())
	}
	return float64(share) / everybody
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

// look finds out which services are behind.
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
	for i, l := range lanes {
		d := depths[i]
		behind := d.Entries > c.bound || l.stall > 0 && d.Oldest > l.stall
		if was := l.behind.Swap(behind); !was && behind {
			c.log(fmt.Errorf("commands are refused: %d are in %s, the oldest for %s", d.Entries, l.stream, d.Oldest))
		}
	}
}

// pace lets as many people send positions as the location service keeps up with,
// until ctx ends. Nobody looks while nobody sends.
func (c *Commands) pace(ctx context.Context) {
	var lanes []*commandLane
	var streams []string
	for run.Pause(ctx, paceEvery) {
		lanes, streams = lanes[:0], streams[:0]
		for _, l := range c.services[wire.ServiceLocation] {
			if l.crowd.stirred() {
				lanes, streams = append(lanes, l), append(streams, l.stream)
			}
		}
		if len(lanes) > 0 {
			c.feel(ctx, lanes, streams)
		}
	}
}

func (c *Commands) feel(ctx context.Context, lanes []*commandLane, streams []string) {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	progresses, err := redisx.Progresses(ctx, c.client, streams...)
	if err != nil {
		return // appending fails by itself
	}
	waited, now := c.waited(), time.Now()
	for i, l := range lanes {
		p := progresses[i]
		p.Behind += waited + l.Delay()
		if l.crowd.feel(p, now) {
			c.log(fmt.Errorf("positions are refused in turns: one for %s waits for %s", l.stream, p.Behind))
		}
	}
}
