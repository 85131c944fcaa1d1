package proxy

import (
	"net/netip"
	"sync"
	"time"
)

// Limiter bounds what one address may ask for. It is a guard against floods by
// one machine, generous enough for a school behind one address; what a user may
// do is limited by the services. An IPv6 client has its whole /64. Requests from
// this machine itself are not limited: they come from a proxy or a test.
type Limiter struct {
	rate, burst float64 // per second, at once

	mu      sync.Mutex
	buckets map[netip.Addr]*bucket
}

type bucket struct {
	spent float64
	at    time.Time
}

// maxBuckets is how many addresses are remembered before those that have been
// quiet are forgotten.
const maxBuckets = 16384

// NewLimiter allows rate requests per second, and burst at once.
func NewLimiter(rate, burst float64) *Limiter {
	return &Limiter{rate: rate, burst: burst, buckets: map[netip.Addr]*bucket{}}
}

// Allow takes one request of an address, or tells how long it should wait.
func (l *Limiter) Allow(client string, now time.Time) time.Duration {
	addr, err := netip.ParseAddr(client)
	if err != nil || addr.IsLoopback() {
		return 0
	}
	if addr = addr.Unmap(); addr.Is6() {
		addr = netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[addr]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			l.forget(now)
		}
		b = &bucket{at: now}
		l.buckets[addr] = b
	}
	return b.take(l.rate, l.burst, now)
}

// forget drops full buckets. The caller holds l.mu.
func (l *Limiter) forget(now time.Time) {
	for addr, b := range l.buckets {
		if now.Sub(b.at).Seconds()*l.rate >= b.spent {
			delete(l.buckets, addr)
		}
	}
}

func (b *bucket) take(rate, burst float64, now time.Time) time.Duration {
	b.spent = max(0, b.spent-now.Sub(b.at).Seconds()*rate)
	b.at = now
	if b.spent+1 > burst {
		return time.Duration((b.spent + 1 - burst) / rate * float64(time.Second))
	}
	b.spent++
	return 0
}
