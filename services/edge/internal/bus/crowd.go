package bus

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
)

// crowd is those who send positions of one partition, of which more may come than
// the location service can take. Then some people's turn is now and others' later:
// one who is refused hears when it is worth while again, and the others are as
// well off as before. Which share of them has its turn follows from how long
// positions wait on the way into the stream and in it.
type crowd struct {
	share atomic.Uint32 // of the people, in 1/65536
	sent  atomic.Bool   // since the last look

	// Used by pace only.
	given   string // the newest position that the service had been given
	givenAt time.Time
	late    time.Time // since when looks have found positions waiting for long; zero: they have not
	shows   time.Time // from then on looks show what the last change has done
}

const (
	everybody = 1 << 16
	fewest    = everybody / 20
	// turn is how long a person's turn is.
	turn = 2500 * time.Millisecond
	// longWait is how long a position may wait to be taken; as much again is left
	// to work it through and pass it on, so that others see it within half a second.
	longWait = 200 * time.Millisecond
	// patience is for how long that must have been so, so that a hiccup of the
	// machine refuses nobody.
	patience = 250 * time.Millisecond
	// longestHold bounds how long a smaller share is given to show what it does.
	longestHold = time.Second
	// awayAfter is how long a service that takes nothing counts as working. One that
	// is away is waited for: it is coming back, and nobody can be told when.
	awayAfter = 500 * time.Millisecond
)

var crowdSeed = maphash.MakeSeed()

func newCrowd() *crowd {
	c := &crowd{}
	c.share.Store(everybody)
	return c
}

// wait is how long it is until this person may send again; 0: now.
func (c *crowd) wait(userID string, now time.Time) time.Duration {
	if !c.sent.Load() {
		c.sent.Store(true)
	}
	share := c.share.Load()
	if share == everybody {
		return 0
	}
	// Turns begin at another moment for each, so that they do not all come at once.
	h := maphash.String(crowdSeed, userID)
	at := uint64(now.UnixMilli()) + h%uint64(turn.Milliseconds())
	number, into := at/uint64(turn.Milliseconds()), at%uint64(turn.Milliseconds())
	if uint32(mix(h+number)>>48) < share {
		return 0
	}
	return turn - time.Duration(into)*time.Millisecond
}

// mix spreads neighbours over all 64 bits (the finalizer of SplitMix64, Steele et
// al., "Fast splittable pseudorandom number generators", 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// stirred tells whether it is worth while to look again.
func (c *crowd) stirred() bool { return c.sent.Swap(false) || c.share.Load() < everybody }

// feel changes the share according to a look at the stream, and reports whether
// this is the moment from which on somebody is refused.
func (c *crowd) feel(p redisx.Progress, now time.Time) bool {
	if p.Given != c.given {
		if c.given != "" {
			c.givenAt = now
		}
		c.given = p.Given
	}
	working := now.Sub(c.givenAt) < awayAfter
	switch {
	case p.Behind <= longWait || !working:
		c.late = time.Time{}
	case c.late.IsZero():
		c.late = now
	}
	share := c.share.Load()
	switch {
	case !c.late.IsZero() && now.Sub(c.late) >= patience:
		if now.Before(c.shows) {
			return false
		}
		// What waits now was let in before, and has to be worked off first.
		c.shows = now.Add(min(p.Behind, longestHold))
		c.share.Store(max(share-share/8, fewest))
		return share == everybody
	case !working:
		c.share.Store(everybody)
	case p.Behind < longWait/2:
		c.share.Store(min(share+everybody/64, everybody))
	}
	return false
}
