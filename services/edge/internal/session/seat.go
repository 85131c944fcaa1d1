package session

import (
	"sync"
	"sync/atomic"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Seat is a session's place in one room. It is what the hub sends to.
type Seat struct {
	session   *Session
	room      string
	announced bool         // the others were told; guarded by Session.mu
	entered   atomic.Bool  // presence was told; set under Session.mu while the session has the seat
	first     atomic.Int64 // seq of the first chat message that came here live
	paged     atomic.Int64 // chat up to here came in the pages of a resume
	gate      atomic.Pointer[gate]
	since     *point // written before the gate opens; nil: nothing was recovered
}

// Send hands m to the socket, or keeps it while the gate is closed.
func (s *Seat) Send(m *outq.Message) error { return s.send(m, 0) }

// SendChat is Send for the room's chat message number seq. One that came in a
// page is not sent again: with Redis away for a moment a page, which is read
// from the archive, can be ahead of what the room has been told.
func (s *Seat) SendChat(m *outq.Message, seq int64) error {
	if seq > 0 && seq <= s.paged.Load() {
		return nil
	}
	if s.first.Load() == 0 {
		s.first.CompareAndSwap(0, seq)
	}
	return s.send(m, seq)
}

func (s *Seat) send(m *outq.Message, seq int64) error {
	if kept, err := s.keep(kept{m: m, seq: seq}); kept || err != nil {
		return err
	}
	if s.had(m.Place(), seq) {
		return nil
	}
	return s.session.conn.Send(m)
}

// keep tells whether the gate is closed and k waits behind it.
func (s *Seat) keep(k kept) (bool, error) {
	g := s.gate.Load()
	if g == nil {
		return false, nil
	}
	kept, err := g.keep(k)
	if err != nil {
		s.session.conn.Close(wire.CloseSlow)
	}
	return kept, err
}

// UserID, SocketID and RoomID say whose seat it is, and where.
func (s *Seat) UserID() string   { return s.session.user.id }
func (s *Seat) SocketID() string { return s.session.conn.ID() }
func (s *Seat) RoomID() string   { return s.room }

// Entered tells whether presence knows of the seat.
func (s *Seat) Entered() bool { return s.entered.Load() }

// UserName is the user's name by now.
func (s *Seat) UserName() string { return s.session.name() }

// Reply answers the socket's ref.
// place is the event's in the room's log, or "".
func (s *Seat) Reply(ref, event string, data []byte, place string) {
	s.session.answer(ref, event, data, place)
}

// ReplyChat answers the sender of the room's chat message number seq. It is the
// message itself, and so waits behind the gate as it would for anybody else.
func (s *Seat) ReplyChat(ref, event string, data []byte, seq int64, place string) {
	if s.first.Load() == 0 {
		s.first.CompareAndSwap(0, seq)
	}
	if kept, err := s.keep(kept{seq: seq, ref: ref, event: event, data: data, place: place}); kept || err != nil {
		return
	}
	s.session.answer(ref, event, data, place)
}

// Evict takes the seat away, because its user is no member any more or the room
// has ended. The caller has taken it out of the hub.
func (s *Seat) Evict() {
	if s.session.remove(s) {
		if s.Entered() {
			s.session.m.presence.Evict(s.room, s.session.user.id, s.SocketID())
		}
		s.session.m.rooms.Close(s.room)
	}
}

// maxKept bounds what may wait behind a gate.
const maxKept = 1024

// gate keeps a room's events from a socket until it has been told what comes
// before them: that it is in, and the chat it missed.
type gate struct {
	mu   sync.Mutex
	open bool
	kept []kept
}

// kept is an event, or with a ref the answer to its sender.
type kept struct {
	m          *outq.Message
	seq        int64
	ref, event string
	data       []byte
	place      string
}

func (g *gate) keep(k kept) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open {
		return false, nil
	}
	if k.m != nil && k.m.Class() != outq.Ordered && len(g.kept) >= maxKept/4 {
		return true, nil // a newer one is coming
	}
	if len(g.kept) == maxKept {
		return false, outq.ErrOverflow
	}
	g.kept = append(g.kept, k)
	return true, nil
}

// newSeat makes a seat with a closed gate.
func newSeat(s *Session, room string) *Seat {
	seat := &Seat{session: s, room: room}
	seat.gate.Store(&gate{})
	return seat
}

// openGate sends what was kept, except chat up to and including seq, which the
// client has had already. An answer is sent in any case: its sender waits for it.
func (s *Seat) openGate(seq int64) {
	g := s.gate.Load()
	if g == nil {
		return
	}
	seq = max(seq, s.paged.Load())
	g.mu.Lock()
	for _, k := range g.kept {
		switch {
		case k.m == nil:
			s.session.answer(k.ref, k.event, k.data, k.place)
		case s.had(k.m.Place(), k.seq):
		case k.seq == 0 || k.seq > seq:
			_ = s.session.conn.Send(k.m) // one that fails is on its way out
		}
	}
	g.kept, g.open = nil, true
	g.mu.Unlock()
	s.gate.CompareAndSwap(g, nil)
}
