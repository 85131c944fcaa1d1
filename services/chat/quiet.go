package main

import (
	"sync"
	"time"
)

// quiet lets one of many through in a time.
type quiet struct {
	every time.Duration

	mu      sync.Mutex
	last    time.Time
	skipped int
}

func newQuiet(every time.Duration) *quiet { return &quiet{every: every} }

// next tells whether now is the time, and how many were held back before.
func (q *quiet) next(now time.Time) (skipped int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Sub(q.last) < q.every {
		q.skipped++
		return 0, false
	}
	skipped, q.skipped, q.last = q.skipped, 0, now
	return skipped, true
}
