package bus

import (
	"sync"
	"time"
)

// recheckFor is how long after somebody has left a room everybody who takes a
// seat there is looked up once more: longer than a handshake can take between
// its check and its seat, and than a process can lag behind with its caches.
const recheckFor = time.Minute

// departures remembers which rooms somebody has left lately, so that a join
// notices one that came between its check and its seat. It is safe for
// concurrent use.
type departures struct {
	mu    sync.Mutex
	rooms map[string]time.Time // "" = perhaps any
}

// note remembers that somebody has left; room "" that somebody may have left
// any room unnoticed.
func (d *departures) note(room string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rooms[room] = at
}

// from tells whether somebody may have left room lately.
func (d *departures) from(room string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, some := d.rooms[room]
	_, anywhere := d.rooms[""]
	return some || anywhere
}

func (d *departures) forget(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for room, at := range d.rooms {
		if now.Sub(at) > recheckFor {
			delete(d.rooms, room)
		}
	}
}
