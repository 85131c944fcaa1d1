package session

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Share is a link by which somebody without an account watches a room.
type Share struct {
	ID        string
	Hash      string // of its token
	Room      Room
	ExpiresAt time.Time
}

// Viewer is the seat of a session that watches a room. It hears what package bus
// lets pass, and nothing that it says reaches the room.
type Viewer struct {
	session *Session
	share   Share
}

// Send hands m to the socket.
func (v *Viewer) Send(m *outq.Message) error { return v.session.conn.Send(m) }

// Share is what the viewer came by, and SocketID the viewer.
func (v *Viewer) Share() Share     { return v.share }
func (v *Viewer) SocketID() string { return v.session.conn.ID() }

// End closes the socket and tells why.
func (v *Viewer) End(err *wire.Error) {
	v.session.complain("", "", v.share.Room.ID, err)
	v.session.conn.Close(wire.CloseShareEnded)
}

// shareToken is what somebody without an account has in the handshake.
func shareToken(h Handshake) string {
	var auth struct {
		ShareToken string `json:"shareToken"`
	}
	if h.Token != "" || len(h.Auth) == 0 || json.Unmarshal(h.Auth, &auth) != nil {
		return ""
	}
	return auth.ShareToken
}

// openViewer lets a viewer in, who is in the room at once: it hears joined-room,
// who is where, and what happens from now on.
func (m *Manager) openViewer(ctx context.Context, c Conn, token string) (*Session, error) {
	if m.viewers == nil {
		return nil, wire.NewError(wire.CodeShareNotFound)
	}
	share, err := m.viewers.Share(ctx, token)
	if err != nil {
		return nil, err
	}
	nobody := ""
	s := &Session{m: m, conn: c, user: &user{}, expires: share.ExpiresAt.Unix(), opened: time.Now()}
	s.user.name.Store(&nobody)
	s.viewer = &Viewer{session: s, share: share}
	m.reg.add(s)
	m.count.Add(1)
	m.rooms.Open(share.Room.ID)
	s.replyJSON("", wire.EventJoinedRoom, wire.JoinedRoom{RoomID: share.Room.ID, RoomName: share.Room.Name})
	if err := m.viewers.EnterViewer(ctx, s.viewer); err != nil {
		s.leave()
		return nil, err
	}
	s.watch(request{name: wire.EventJoinRoom, at: time.Now()})
	return s, nil
}

// leave ends a viewer's session.
func (s *Session) leave() {
	s.mu.Lock()
	ended := s.ended
	s.ended = true
	s.mu.Unlock()
	if ended {
		return
	}
	s.m.viewers.LeaveViewer(s.viewer)
	s.m.rooms.Close(s.viewer.share.Room.ID)
	s.m.reg.remove(s)
	s.m.count.Add(-1)
}

// watch asks who is where.
func (s *Session) watch(r request) {
	room, name := s.viewer.share.Room.ID, r.name
	cmd := wire.Command{Type: wire.CommandWatch, RoomID: room, UserID: "share:" + s.viewer.share.ID, Received: r.at, Data: "{}",
		Origin: wire.Origin{EdgeID: s.m.cfg.EdgeID, SocketID: s.conn.ID()}}
	if err := s.m.commands.Append(wire.ServiceLocation, cmd, func(err error) { s.complain(name, "", room, err) }); err != nil {
		s.complain(name, "", room, err)
	}
}

// look is the list of all events that a viewer may send.
func (s *Session) look(r request) error {
	share := &s.viewer.share
	switch r.name {
	case wire.EventPing:
		s.reply(r.ref, wire.EventPong, nil)
		return nil
	case wire.EventJoinRoom:
		if p, err := decodeRoom(r.data); err != nil || p.RoomID != share.Room.ID {
			return errors.Join(err, wire.Errorf(wire.CodeNotMember, refuseJoin))
		}
		if wait := s.limitJoins(r.at); wait > 0 {
			return wire.NewError(wire.CodeRateLimited).After(wait)
		}
		s.replyJSON(r.ref, wire.EventJoinedRoom, wire.JoinedRoom{RoomID: share.Room.ID, RoomName: share.Room.Name})
		s.watch(r)
		return nil
	}
	return wire.Errorf(wire.CodeForbidden, "Who watches by a link can only look")
}
