package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// State is where a client was, for when it comes back (Socket.IO's connection
// state recovery). Only a client of exactly one room can: what two rooms told it
// has no common order.
type State struct {
	UserID   string `json:"userId"`
	SocketID string `json:"socketId"`
	// SID is what the client calls itself, after the first socket of all that its
	// state has gone through; "" = SocketID.
	SID  string `json:"sid,omitempty"`
	Room string `json:"room"`
}

// Recovery keeps the states of clients by a secret name, the pid, for all edges.
// Only Take and Missed wait.
type Recovery interface {
	// Take reads a state; ok is false when there is none.
	Take(ctx context.Context, pid string) (s State, ok bool, err error)
	// Keep writes the state of a client that is there, and Lapse that of one that
	// is gone, unless the client has come back elsewhere. Drop forgets it likewise.
	Keep(pid string, s State)
	Lapse(pid string, s State)
	Drop(pid string, s State)
	// Missed lists what a room was told after offset, in order. told is the newest
	// chat number up to there, 0 if it is not known. ok is false when something may
	// be missing.
	Missed(ctx context.Context, roomID, offset string) (missed []wire.Envelope, told int64, ok bool, err error)
}

// maxMissed is how many events a client is told at once. Who has missed more
// connects anew.
const maxMissed = 200

// recovery is a Session's part in it; guarded by Session.mu.
type recovery struct {
	pid    string          // "" = the client knows of no recovery
	sid    string          // what the client goes on calling itself; "" = by its connection
	room   string          // the only one there has been; "" = none yet
	saved  bool            // others may know the state
	lost   bool            // for good
	missed []*outq.Message // until the client has been told
}

// point is up to where a seat's client has been told by recovery.
type point struct {
	offset string
	seq    int64
}

// had tells whether the client knows what is at place, or chat number seq.
func (s *Seat) had(place string, seq int64) bool {
	p := s.since
	return p != nil && (seq > 0 && seq <= p.seq || place != "" && !roomlog.After(place, p.offset))
}

// newPID makes a name that nobody can guess: it opens a state.
func newPID() string {
	var secret [16]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(secret[:])
}

// Recover implements socketio.Recoverer.
func (s *Session) Recover() (pid, sid string, missed []*outq.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	missed, s.recovery.missed = s.recovery.missed, nil
	return s.recovery.pid, s.recovery.sid, missed
}

// knownAs is the id that a recovered client goes by, for the log.
func (s *Session) knownAs() zap.Field {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recovery.sid == "" {
		return zap.Skip() // its connection's
	}
	return zap.String("known_as", s.recovery.sid)
}

// cameFrom reads what a returning client has in its handshake.
func cameFrom(h Handshake) (pid, offset string) {
	var auth struct {
		PID    string `json:"pid"`
		Offset string `json:"offset"`
	}
	if len(h.Auth) == 0 || json.Unmarshal(h.Auth, &auth) != nil || len(auth.PID) != 22 || !roomlog.Valid(auth.Offset) {
		return "", ""
	}
	return auth.PID, auth.Offset
}

// recall finds out whether the client of s, which is about to sit in rooms, may
// go on where it was.
func (m *Manager) recall(ctx context.Context, s *Session, h Handshake, rooms []string) (state State, pid, offset string) {
	if m.recovery == nil || s.conn.Encoding() != outq.SocketIO {
		return State{}, "", ""
	}
	s.recovery.pid = newPID()
	if pid, offset = cameFrom(h); pid == "" {
		return State{}, "", ""
	}
	state, ok, err := m.recovery.Take(ctx, pid)
	if err != nil {
		m.log.Warn("no recovery", zap.String("conn_id", s.conn.ID()), zap.Error(err))
	}
	if !ok || state.UserID != s.user.id {
		return State{}, "", ""
	}
	if len(rooms) != 1 || rooms[0] != state.Room {
		m.recovery.Drop(pid, state)
		return State{}, "", ""
	}
	return state, pid, offset
}

// restore readies what the client of a seat with a closed gate has missed, and
// tells whether that is all of it.
func (m *Manager) restore(ctx context.Context, seat *Seat, state State, pid, offset string) bool {
	envelopes, told, ok, err := m.recovery.Missed(ctx, seat.room, offset)
	if err != nil {
		m.log.Warn("no recovery", zap.String("conn_id", seat.SocketID()), zap.Error(err))
	}
	since := &point{offset: offset, seq: told}
	missed := make([]*outq.Message, 0, len(envelopes))
	for _, e := range envelopes {
		since.offset = e.Offset
		switch verdict(e, state, since) {
		case unsound:
			ok = false
		case passed:
			missed = append(missed, outq.NewEventAt(e.Event, []byte(e.Data), e.Offset))
		}
	}
	if !ok || len(missed) > maxMissed {
		m.recovery.Drop(pid, state)
		return false
	}
	seat.since = since
	s := seat.session
	s.mu.Lock()
	s.recovery.pid, s.recovery.sid, s.recovery.missed = pid, cmp.Or(state.SID, state.SocketID), missed
	s.mu.Unlock()
	return true
}

// What becomes of an envelope that a client has missed.
const (
	skipped = iota
	passed
	unsound
)

// verdict judges one envelope; since.seq counts chat.
func verdict(e wire.Envelope, state State, since *point) int {
	switch e.Event {
	case wire.EventNewMessage, wire.EventSystemMessage:
		if e.Seq <= 0 {
			break
		}
		if e.Seq <= since.seq {
			return skipped // published twice
		}
		if since.seq > 0 && e.Seq != since.seq+1 {
			return unsound
		}
		since.seq = e.Seq
	case wire.EventUserJoined, wire.EventUserOnline, wire.EventUserOffline, wire.EventMessageRead:
		if e.Origin.SocketID == state.SocketID {
			return skipped // for the others only
		}
		if e.Event != wire.EventMessageRead && about(e) == state.UserID {
			return skipped // it knows that it has gone and come
		}
	case wire.EventUserLeft:
		if e.Origin.SocketID == "" {
			return unsound // was told by the room's events, before or after
		}
	case wire.EventMemberRemoved:
		if about(e) == state.UserID {
			return unsound // and has come again: not where it was
		}
	}
	return passed
}

// about is the user that an event about one is about.
func about(e wire.Envelope) string {
	var u wire.UserRef
	_ = json.Unmarshal([]byte(e.Data), &u) // "" is nobody
	return u.UserID
}

// seated notes the room of a seat that was taken. The caller holds s.mu.
func (r *recovery) seated(room string) (second bool) {
	if r.room == "" {
		r.room = room
		return false
	}
	return true
}

// saveState makes the state known if there is one.
func (s *Session) saveState() {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.recovery
	if r.pid == "" || r.room == "" || r.lost || r.saved || s.ended {
		return
	}
	r.saved = true
	s.m.recovery.Keep(r.pid, s.state())
}

// lose ends the hope of recovery, until the client connects anew. The caller
// holds s.mu.
func (s *Session) lose() {
	r := &s.recovery
	if r.saved && !r.lost {
		s.m.recovery.Drop(r.pid, s.state())
	}
	r.lost = true
}

// state is what others would have to know. The caller holds s.mu.
func (s *Session) state() State {
	return State{UserID: s.user.id, SocketID: s.conn.ID(), SID: s.recovery.sid, Room: s.recovery.room}
}

// leaveState says how the state goes on after the session's end. The caller
// holds s.mu.
func (s *Session) leaveState(clean bool) {
	if r := &s.recovery; r.saved && !r.lost {
		if clean {
			s.m.recovery.Drop(r.pid, s.state())
		} else {
			s.m.recovery.Lapse(r.pid, s.state())
		}
		r.lost = true
	}
}

// Unrecoverable says that what the seat's client hears is out of the log's order.
func (s *Seat) Unrecoverable() {
	s.session.mu.Lock()
	defer s.session.mu.Unlock()
	s.session.lose()
}

// replier answers with a place; see socketio.AppConn.
type replier interface {
	ReplyAt(ref, event string, data []byte, place string)
}

// answer is Conn.Reply for an event that may have a place in its room's log.
func (s *Session) answer(ref, event string, data []byte, place string) {
	if c, ok := s.conn.(replier); ok {
		c.ReplyAt(ref, event, data, place)
		return
	}
	s.conn.Reply(ref, event, data)
}
