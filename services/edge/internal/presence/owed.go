package presence

import "sync"

// maxOwed bounds the sockets that are uncounted later: more than an edge has.
const maxOwed = 100_000

// owed is what Redis could not be told. The next resync makes up for it. It is
// safe for concurrent use; its lock is taken under Presence.mu, and nothing under
// it.
type owed struct {
	mu      sync.Mutex
	rooms   map[string]bool   // that Redis may be wrong about → whether somebody was not announced
	sockets map[string]string // that are counted and have gone → user
}

// room notes that a change in a room failed. With announce somebody came, and was
// not said to be online. Who is known of already is not said again then, unless
// Redis has lost them meanwhile.
func (o *owed) room(id string, announce bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rooms == nil {
		o.rooms = map[string]bool{}
	}
	o.rooms[id] = o.rooms[id] || announce
}

func (o *owed) takeRooms() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.rooms
	o.rooms = nil
	return all
}

func (o *owed) uncount(userID, socketID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sockets == nil {
		o.sockets = map[string]string{}
	}
	if len(o.sockets) < maxOwed {
		o.sockets[socketID] = userID
	}
}

func (o *owed) takeUncounts() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.sockets
	o.sockets = nil
	return all
}
