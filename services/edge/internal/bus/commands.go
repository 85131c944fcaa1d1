package bus

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/lane"
)

const (
	watchEvery = 500 * time.Millisecond
	retryAfter = 2 * time.Second
)

// Commands appends to the command streams.
type Commands struct {
	client     rueidis.Client
	partitions int
	bound      int64 // longest a stream may get
	log        func(error)
	services   map[string][]*commandLane
}

type commandLane struct {
	*lane.Lane
	stream string
	behind atomic.Bool // the service does not keep up
}

// NewCommands starts nothing. bound is the number of unread commands of one
// partition past which more are refused.
func NewCommands(client rueidis.Client, partitions int, bound int64, m *Metrics, log func(error)) *Commands {
	c := &Commands{client: client, partitions: partitions, bound: bound, log: log, services: map[string][]*commandLane{}}
	for _, service := range []string{wire.ServiceLocation, wire.ServiceChat} {
		for p := range partitions {
			c.services[service] = append(c.services[service], &commandLane{
				Lane: lane.New(client, m.appended), stream: wire.StreamCommands(service, p)})
		}
	}
	return c
}

// Append hands on a command, in order per service and room. The error, now or
// later through failed, is UNAVAILABLE: the service is too far behind or Redis is
// away. failed runs on another goroutine and must not block.
func (c *Commands) Append(service string, command wire.Command, failed func(error)) error {
	l := c.services[service][wire.Partition(command.RoomID, c.partitions)]
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
	return wire.NewError(wire.CodeUnavailable).Because(cause).After(retryAfter)
}

// lanes lists all of them.
func (c *Commands) lanes() []*commandLane {
	var all []*commandLane
	for _, ls := range c.services {
		all = append(all, ls...)
	}
	return all
}

// watch looks after the streams' lengths until ctx ends: a service that does
// not keep up must not fill Redis, and its users must hear of it.
func (c *Commands) watch(ctx context.Context) {
	lanes := c.lanes()
	for run.Pause(ctx, watchEvery) {
		cmds := make(rueidis.Commands, 0, len(lanes))
		for _, l := range lanes {
			cmds = append(cmds, c.client.B().Xlen().Key(l.stream).Build())
		}
		for i, r := range c.client.DoMulti(ctx, cmds...) {
			length, err := r.AsInt64()
			if err != nil {
				continue // appending fails by itself
			}
			if was := lanes[i].behind.Swap(length > c.bound); !was && length > c.bound {
				c.log(errBehind(lanes[i].stream))
			}
		}
	}
}

type errBehind string

func (e errBehind) Error() string { return "commands are refused: too many are unread in " + string(e) }
