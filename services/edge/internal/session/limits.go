package session

import (
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// rate is a token bucket's size (burst) and filling speed (perSecond).
type rate struct{ perSecond, burst float32 }

// Bounds of what one client may send. Updates are per member (user and room),
// chat, joins, history and calls for help per user, frames and strikes per socket.
var (
	updateRate  = rate{wire.UpdatesPerSecond, wire.UpdatesBurst}
	chatRate    = rate{10, 30}
	joinRate    = rate{5, 30}
	historyRate = rate{5, 20}
	typingRate  = rate{2, 6}
	sosRate     = rate{1, 10}
	frameRate   = rate{200, 400}
	strikeRate  = rate{1, 60} // what is wrong, not just early: past it the socket is closed
)

const (
	strikeInvalid = 1.0
	strikeEarly   = 0.1
)

// bucket is a token bucket that needs no timer. The zero value is full.
type bucket struct {
	spent float32
	at    int64 // Unix ms
}

// take takes n tokens, or tells how long to wait for them.
func (b *bucket) take(r rate, n float32, now time.Time) time.Duration {
	ms := now.UnixMilli()
	if passed := ms - b.at; passed > 0 {
		b.spent = max(0, b.spent-float32(passed)*r.perSecond/1000)
		b.at = ms
	}
	if b.spent+n > r.burst {
		return time.Duration((b.spent+n-r.burst)/r.perSecond*1000+1) * time.Millisecond
	}
	b.spent += n
	return 0
}
