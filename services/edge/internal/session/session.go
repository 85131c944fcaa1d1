package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Session is one authenticated connection.
type Session struct {
	m       *Manager
	conn    Conn
	user    *user
	sid     string  // of the token's session
	viewer  *Viewer // nil: a member's session
	expires int64   // Unix s
	opened  time.Time

	// Used by the connection's reader only.
	frames  bucket
	strikes bucket
	hushed  time.Time // until then the client has been told to send no positions

	mu       sync.Mutex
	seats    []*Seat
	ended    bool
	recovery recovery
}

// UserID says whose session it is.
func (s *Session) UserID() string { return s.user.id }

// name is the user's name by now.
func (s *Session) name() string { return *s.user.name.Load() }

// Event takes one event from the client. Events of a session are handed over
// one after the other. ref is "" when the client wants no answer of its own.
func (s *Session) Event(ctx context.Context, name string, data json.RawMessage, ref string) {
	s.m.metrics.framesIn.Inc()
	now := time.Now()
	if wait := s.frames.take(frameRate, 1, now); wait > 0 {
		s.refuse(name, ref, wire.NewError(wire.CodeRateLimited).After(wait))
		return
	}
	if len(data) > wire.MaxFrameBytes {
		s.refuse(name, ref, wire.Errorf(wire.CodePayloadTooLarge, "The payload must not be larger than %d bytes", wire.MaxFrameBytes))
		return
	}
	if err := s.dispatch(ctx, request{name: name, data: data, ref: ref, at: now}); err != nil && !s.hush(name, ref, err, now) {
		s.refuse(name, ref, err)
	}
}

// hush tells whether a refused position needs no answer, since an error that
// said when to try again is younger than that. Under overload the answers would
// cost as much as what they refuse.
func (s *Session) hush(name, ref string, err error, now time.Time) bool {
	var we *wire.Error
	if name != wire.EventLocationUpdate || ref != "" || !errors.As(err, &we) || we.Code != wire.CodeUnavailable || we.RetryAfter <= 0 {
		return false
	}
	if now.Before(s.hushed) {
		s.m.metrics.refused.WithLabelValues("event", string(we.Code)).Inc()
		return true
	}
	s.hushed = now.Add(we.RetryAfter)
	return false
}

// Invalid tells the client that it sent something that is no event at all.
func (s *Session) Invalid(ref string, err error) {
	s.m.metrics.framesIn.Inc()
	s.refuse("", ref, err)
}

// Closed ends the session; the connection calls it once, last.
func (s *Session) Closed(reason string) {
	s.m.metrics.sockets.WithLabelValues(protocol(s.conn)).Dec()
	s.m.log.Info("socket closed", zap.String("conn_id", s.conn.ID()), zap.String("user_id", s.user.id),
		zap.String("reason", reason), zap.Duration("duration", time.Since(s.opened)))
	s.end(reason == leftByItself)
}

// leftByItself is the reason of a Socket.IO client that has said goodbye.
const leftByItself = "client namespace disconnect"

// end is final; clean means that the client does not think of going on.
func (s *Session) end(clean bool) {
	if s.viewer != nil {
		s.leave()
		return
	}
	s.mu.Lock()
	s.leaveState(clean)
	seats := s.seats
	s.seats, s.ended = nil, true
	s.mu.Unlock()
	for _, seat := range seats {
		s.m.rooms.Leave(seat.room, seat)
		if seat.Entered() {
			s.m.presence.Exit(seat.room, s.user.id, s.name(), s.conn.ID())
		}
	}
	s.m.presence.Dismiss(s.user.id, s.conn.ID())
	s.m.reg.remove(s)
	s.m.reg.exit(s.user)
	s.m.count.Add(-1)
}

// seat finds the session's seat in a room.
func (s *Session) seat(room string) *Seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seat := range s.seats {
		if seat.room == room {
			return seat
		}
	}
	return nil
}

// sit takes a new seat in a room that was opened, and is told of it by nobody.
func (s *Session) sit(ctx context.Context, seat *Seat) error {
	s.mu.Lock()
	s.seats = append(s.seats, seat)
	s.mu.Unlock()
	if err := s.m.rooms.Enter(ctx, seat.room, s.user.id, seat); err != nil {
		if s.remove(seat) {
			s.m.rooms.Close(seat.room)
		}
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Whoever evicts it tells presence after it has taken it from the list. An arrival
	// that came after that would be taken back by nobody.
	if !slices.Contains(s.seats, seat) {
		return wire.NewError(wire.CodeNotMember)
	}
	s.m.presence.Enter(seat.room, s.user.id, s.name(), s.conn.ID(), &seat.entered)
	if s.recovery.seated(seat.room) {
		s.lose()
	}
	return nil
}

// remove forgets a seat and tells whether it was there.
func (s *Session) remove(seat *Seat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.seats, seat)
	if i < 0 {
		return false
	}
	if s.recovery.room != "" {
		s.lose()
	}
	s.seats = slices.Delete(s.seats, i, i+1)
	return true
}

// announce tells whether the others have still to be told of the seat.
func (s *Session) announce(seat *Seat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !seat.announced
	seat.announced = true
	return first
}

// reply answers ref; without one it is a plain event.
func (s *Session) reply(ref, event string, data []byte) { s.conn.Reply(ref, event, data) }

func (s *Session) replyJSON(ref, event string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.m.log.Error("payload cannot be encoded", zap.String("event", event), zap.Error(err))
		return
	}
	s.reply(ref, event, data)
}

// refuse tells the client why an event had no effect, and closes the connection
// of one that does not stop.
func (s *Session) refuse(event, ref string, err error) {
	strike := float32(strikeInvalid)
	switch code(err) {
	case wire.CodeRateLimited:
		strike = strikeEarly
	case wire.CodeUnavailable, wire.CodeInternal, wire.CodeOverloaded:
		strike = 0 // not the client's fault
	}
	s.complain(event, ref, "", err)
	if strike > 0 && s.strikes.take(strikeRate, strike, time.Now()) > 0 {
		s.conn.Close(wire.CloseAbuse)
	}
}

// complain sends the error alone; unlike refuse it may be called from anywhere.
func (s *Session) complain(event, ref, room string, err error) {
	var we *wire.Error
	if !errors.As(err, &we) {
		s.m.log.Error("event failed", zap.String("event", event), zap.String("conn_id", s.conn.ID()), zap.Error(err))
		we = wire.NewError(wire.CodeInternal)
	}
	s.m.metrics.refused.WithLabelValues("event", string(we.Code)).Inc()
	var id string
	if s.conn.Encoding() == outq.Native {
		id = ref // Socket.IO's refs mean nothing to the app
	}
	s.replyJSON(ref, wire.EventError, we.OnSocket(event, id, room))
}

// code is the code of an error that a client may see.
func code(err error) wire.Code {
	var we *wire.Error
	if errors.As(err, &we) {
		return we.Code
	}
	return wire.CodeInternal
}

func protocol(c Conn) string {
	if c.Encoding() == outq.Native {
		return "native"
	}
	return "socketio"
}
