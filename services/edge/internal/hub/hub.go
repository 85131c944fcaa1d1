package hub

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Member is a socket. It is compared with ==, so it should be a pointer.
type Member interface {
	// Send must not block. A member that cannot keep up returns an error and
	// sees to its own end.
	Send(m *outq.Message) error
}

// shardCount is well above the number of cores; a power of two.
const shardCount = 64

// Hub is ready for use after New and needs no clean-up.
type Hub struct {
	seed   maphash.Seed
	shards [shardCount]shard

	rooms, members        atomic.Int64
	broadcasts, delivered atomic.Uint64
	refused               atomic.Uint64
}

type shard struct {
	mu    sync.RWMutex
	rooms map[string][]Member // lists are replaced, never modified
	_     [32]byte            // shards on one cache line would slow each other down
}

// Stats are Rooms and Members (a socket in two rooms counts twice) now, and what
// happened since the start.
type Stats struct {
	Rooms, Members int64
	Broadcasts     uint64
	Delivered      uint64 // messages handed to a member
	Refused        uint64 // messages that a member did not take
}

// New makes an empty hub.
func New() *Hub {
	h := &Hub{seed: maphash.MakeSeed()}
	for i := range h.shards {
		h.shards[i].rooms = make(map[string][]Member)
	}
	return h
}

func (h *Hub) shard(room string) *shard {
	return &h.shards[maphash.String(h.seed, room)%shardCount]
}

// Join adds m to room and reports whether it is the first there on this edge.
// Joining twice is joining once.
func (h *Hub) Join(room string, m Member) (first bool) {
	s := h.shard(room)
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.rooms[room]
	if slices.Contains(old, m) {
		return false
	}
	list := make([]Member, len(old)+1)
	copy(list, old)
	list[len(old)] = m
	s.rooms[room] = list
	h.members.Add(1)
	if len(old) == 0 {
		h.rooms.Add(1)
	}
	return len(old) == 0
}

// Leave removes m from room and reports whether nobody is left there on this
// edge. Leaving a room one is not in changes nothing and reports false.
func (h *Hub) Leave(room string, m Member) (last bool) {
	s := h.shard(room)
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.rooms[room]
	at := slices.Index(old, m)
	if at < 0 {
		return false
	}
	h.members.Add(-1)
	if len(old) == 1 {
		delete(s.rooms, room)
		h.rooms.Add(-1)
		return true
	}
	list := make([]Member, 0, len(old)-1)
	list = append(list, old[:at]...)
	s.rooms[room] = append(list, old[at+1:]...)
	return false
}

// Broadcast hands msg to the members of room in the order they joined, but not
// to except (nil for none), and returns how many took it. Broadcasts of one
// caller reach a member in order.
func (h *Hub) Broadcast(room string, msg *outq.Message, except Member) int {
	taken, refused := 0, 0
	for _, m := range h.Members(room) {
		if m == except {
			continue
		}
		if m.Send(msg) == nil {
			taken++
		} else {
			refused++
		}
	}
	h.broadcasts.Add(1)
	h.delivered.Add(uint64(taken))
	if refused > 0 {
		h.refused.Add(uint64(refused))
	}
	return taken
}

// Members returns who is in room. The list is shared: never modify it.
func (h *Hub) Members(room string) []Member {
	s := h.shard(room)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.rooms[room]
}

// Stats may be called at any time.
func (h *Hub) Stats() Stats {
	return Stats{
		Rooms: h.rooms.Load(), Members: h.members.Load(),
		Broadcasts: h.broadcasts.Load(), Delivered: h.delivered.Load(), Refused: h.refused.Load(),
	}
}
