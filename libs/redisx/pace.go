package redisx

import (
	"context"
	"time"

	"github.com/wemaps/wemaps/libs/run"
)

const (
	// busyRate is from how many entries a second on a consumer is busy: a wait at
	// less would be felt, and save nothing.
	busyRate  = 1000
	paceEvery = 50 * time.Millisecond
	// gatherPart is how many times longer than a batch took its successor may
	// gather, so that the wait grows with the load.
	gatherPart = 3
	minGather  = time.Millisecond // timers cannot do less, and a batch that short is no load
)

// pace is how busy a consumer has been lately.
type pace struct {
	since   time.Time
	entries int
	busy    bool
	took    time.Duration // by the last batch
}

func (p *pace) count(entries int, now time.Time, took time.Duration) {
	p.entries += entries
	p.took = took
	elapsed := now.Sub(p.since)
	if elapsed < paceEvery {
		return
	}
	p.busy = float64(p.entries) >= busyRate*elapsed.Seconds()
	p.since, p.entries = now, 0
}

// wait is how long the next batch may gather.
func (p *pace) wait(most time.Duration) time.Duration {
	if wait := min(gatherPart*p.took, most); p.busy && wait >= minGather {
		return wait
	}
	return 0
}

// gather waits if the consumer is busy. What comes meanwhile is safe in the
// stream.
func (c *Consumer) gather(ctx context.Context) {
	if wait := c.pace.wait(c.Gather); wait > 0 {
		run.Pause(ctx, wait)
	}
}
