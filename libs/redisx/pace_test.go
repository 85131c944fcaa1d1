package redisx

import (
	"testing"
	"time"
)

// No timer delays an entry unless a thousand come in a second, and then in proportion to the work that they make.
func TestPaceWaitsOnlyUnderLoad(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	run := func(entries int, every, took time.Duration) time.Duration {
		var p pace
		now := time.Unix(1, 0)
		for range 1000 {
			now = now.Add(every)
			p.count(entries, now, took)
		}
		return p.wait(10 * ms)
	}
	for _, c := range []struct {
		entries     int
		every, took time.Duration
		want        time.Duration
	}{
		{1, 10 * ms, 9 * ms, 0},          // 100/s, however long each takes
		{40, 45 * ms, 5 * ms, 0},         // bursts that make less than 1,000/s
		{1, ms / 2, ms / 4, 0},           // 2,000/s of next to no work
		{3, ms, ms, 3 * ms},              // 3,000/s
		{200, 20 * ms, 10 * ms, 10 * ms}, // 10,000/s: no longer than allowed
	} {
		if got := run(c.entries, c.every, c.took); got != c.want {
			t.Errorf("%d every %v, each batch taking %v: waits %v, want %v", c.entries, c.every, c.took, got, c.want)
		}
	}
	var idle pace
	idle.count(5000, time.Unix(1, 0), 100*ms) // the first batch after a long silence
	idle.count(1, time.Unix(2, 0), 9*ms)
	if wait := idle.wait(10 * ms); wait != 0 {
		t.Errorf("an idle consumer waits %v", wait)
	}
	var off pace
	off.busy, off.took = true, time.Second
	if off.wait(0) != 0 {
		t.Error("a consumer that must not wait waits")
	}
}
