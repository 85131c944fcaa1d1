package ingest

import (
	"sync"
	"time"
)

// Limiter bounds what one device may send: Rate points per second over time, and
// Burst at once. A point is a request or a fix in it. It is a guard against a
// broken app, far above what a working one can do, and counts per replica.
type Limiter struct {
	rate, burst float64

	mu      sync.Mutex
	devices map[string]*allowance
}

type allowance struct {
	left float64
	at   time.Time
}

// maxDevices is how many devices are remembered before those whose allowance is
// full again are forgotten.
const maxDevices = 16384

// NewLimiter allows rate points per second.
func NewLimiter(rate, burst float64) *Limiter {
	return &Limiter{rate: rate, burst: burst, devices: map[string]*allowance{}}
}

// Take takes points, or tells how long the device must wait. A request is let in
// if anything is left at all, so that one that is larger than Burst passes, too.
func (l *Limiter) Take(device string, points int, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.devices[device]
	if !ok {
		if len(l.devices) >= maxDevices {
			l.forget(now)
		}
		a = &allowance{left: l.burst, at: now}
		l.devices[device] = a
	}
	if passed := now.Sub(a.at); passed > 0 {
		a.left, a.at = min(l.burst, a.left+passed.Seconds()*l.rate), now
	}
	if a.left <= 0 {
		return time.Duration((1 - a.left) / l.rate * float64(time.Second))
	}
	a.left -= float64(points)
	return 0
}

func (l *Limiter) forget(now time.Time) {
	for device, a := range l.devices {
		if a.left+now.Sub(a.at).Seconds()*l.rate >= l.burst {
			delete(l.devices, device)
		}
	}
	if len(l.devices) >= maxDevices { // all are busy: rather let them in than grow
		clear(l.devices)
	}
}
