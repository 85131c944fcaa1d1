package consume

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
)

// Group is the consumer group of this service in every stream that it reads.
const Group = wire.ServiceLocation

const (
	leaseTTL  = 3 * time.Second
	batchSize = 2048
	gatherFor = 10 * time.Millisecond
)

// Partitions works on this replica's share of the command streams. A partition
// has one owner at a time, kept by a lease: with several consumers of one group
// two fixes of a member could overtake each other on their way to the room,
// and every decision would have to read the last position from Redis.
type Partitions struct {
	Client     rueidis.Client
	Partitions int
	Instance   string
	New        func() *Commands // a handler with an empty memory
	Record     redisx.Handler   // stores recorded fixes; nil = they wait
	Metrics    *Metrics
	OnError    func(error)
}

// Run blocks until ctx ends.
func (p *Partitions) Run(ctx context.Context) error {
	share := &share{client: p.Client, key: "location:replicas", name: p.Instance, partitions: p.Partitions, onError: p.OnError}
	working := map[int]func(){} // how to stop working on a partition
	defer func() {
		for _, stop := range working {
			stop()
		}
		share.leave(ctx)
	}()
	for {
		mine := share.claim(ctx)
		for partition := range p.Partitions {
			stop, on := working[partition]
			switch {
			case mine[partition] && !on:
				working[partition] = p.start(ctx, partition)
			case !mine[partition] && on:
				stop()
				delete(working, partition)
			}
		}
		if !run.Pause(ctx, leaseTTL/3) {
			return nil
		}
	}
}

// start works on a partition until stop is called, which waits for the end.
func (p *Partitions) start(ctx context.Context, partition int) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = redisx.WhileLeased(ctx, p.Client, "lease:location:{"+strconv.Itoa(partition)+"}", p.Instance, leaseTTL,
			func(ctx context.Context) error { return p.consume(ctx, partition) }, p.OnError)
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

func (p *Partitions) consume(ctx context.Context, partition int) error {
	p.Metrics.owned.Inc()
	defer p.Metrics.owned.Dec()
	commands := p.consumer(wire.StreamCommands(wire.ServiceLocation, partition), p.New().Handle)
	if p.Record == nil {
		return commands.Run(ctx)
	}
	// A goroutine of its own: what waits for Postgres keeps no position waiting.
	ctx, cancel := context.WithCancel(ctx)
	wait := run.Go(func() { _ = p.consumer(wire.StreamTracks(partition), p.Record).Run(ctx) }) // whose failures go to OnError
	defer wait()
	defer cancel()
	return commands.Run(ctx)
}

func (p *Partitions) consumer(stream string, handle redisx.Handler) *redisx.Consumer {
	return &redisx.Consumer{Client: p.Client, Stream: stream, Field: wire.CommandField, Group: Group, Name: p.Instance,
		Dead: wire.StreamDead(wire.ServiceLocation), Batch: batchSize, Exclusive: true, Gather: gatherFor, Handle: handle, OnError: p.OnError}
}
