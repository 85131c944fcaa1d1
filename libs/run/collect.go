package run

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Headroom is how much garbage a busy process may hold, in bytes. The collector's
// own rule, as much garbage as there is live memory, makes a small heap with much
// to do collect many times a second, and each time shrinks the stacks of all
// goroutines, which grow again at their next event: a fifth of a busy edge's time.
const Headroom = 64 << 20

// Collect keeps the garbage collector's pace fit for what the process does, until
// ctx ends: Headroom while it works hard, the usual pace otherwise, and half the
// garbage while it is quiet, when what a busy time has left behind is given back. A
// process that was started with a pace of its own (GOGC) keeps that. There must be
// one in a process at most.
func Collect(ctx context.Context) error {
	if _, ok := os.LookupEnv("GOGC"); ok {
		<-ctx.Done()
		return nil
	}
	c := collector{percent: usualPercent}
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	last := samples[1].Value.Uint64()
	for Pause(ctx, time.Second) {
		metrics.Read(samples)
		live, all := samples[0].Value.Uint64(), samples[1].Value.Uint64()
		before := c.percent
		c.feel(live, all-last)
		last = all
		if c.percent == before {
			continue
		}
		debug.SetGCPercent(c.percent)
		if c.percent == quietPercent {
			debug.FreeOSMemory()
		}
	}
	return nil
}

const (
	// usualPercent is what GOGC is unless somebody says otherwise.
	usualPercent = 100
	// quietPercent makes no work worth mentioning: a process is quiet when it takes
	// five seconds or more from one collection to the next.
	quietPercent = 50
)

// collector decides on the collector's pace, in percent of the live memory.
type collector struct{ percent int }

// feel is told how much memory is live, and how much was allocated in the last
// second.
func (c *collector) feel(live, allocated uint64) {
	live = max(live, 1<<20)
	switch {
	case allocated < max(live/10, 1<<20):
		c.percent = quietPercent
	case allocated > 2*live: // two collections a second, at the usual pace
		percent := max(int(Headroom*100/live), usualPercent)
		if percent > c.percent*5/4 || percent < c.percent*3/4 {
			c.percent = percent
		}
	case c.percent == quietPercent && allocated > max(live/2, 5<<20): // far more than quiet, so as not to come back every other second
		c.percent = usualPercent
	}
}
