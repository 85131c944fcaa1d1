package session

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// request is one event of a client.
type request struct {
	name string
	data json.RawMessage
	ref  string
	at   time.Time
}

// What existing apps are told when they may not.
const (
	refuseJoin    = "Not authorized to join this room"
	refuseLeave   = "Not authorized to leave this room"
	refuseUpdate  = "Not authorized to update location in this room"
	refuseChat    = "Not authorized to send messages in this room"
	refuseHistory = "Not authorized to access chat history"
	refuseChange  = "Not authorized to change messages in this room"
	refuseSharing = "Not authorized to change sharing in this room"
	refuseAsk     = "Not authorized to ask for locations in this room"
	refuseSOS     = "Not authorized to call for help in this room"
)

// dispatch is the list of all events that a client may send.
func (s *Session) dispatch(ctx context.Context, r request) error {
	if s.viewer != nil {
		return s.look(r)
	}
	switch r.name {
	case wire.EventJoinRoom:
		return s.joinRoom(ctx, r)
	case wire.EventLeaveRoom:
		return s.leaveRoom(ctx, r)
	case wire.EventLocationUpdate:
		return s.command(ctx, r, wire.ServiceLocation, wire.CommandUpdate, refuseUpdate, s.limitUpdates)
	case wire.EventSendMessage:
		return s.command(ctx, r, wire.ServiceChat, wire.CommandSend, refuseChat, s.limitChat)
	case wire.EventRequestChatHistory:
		return s.command(ctx, r, wire.ServiceChat, wire.CommandHistory, refuseHistory, s.limitHistory)
	case wire.EventEditMessage:
		return s.command(ctx, r, wire.ServiceChat, wire.CommandEdit, refuseChange, s.limitChat)
	case wire.EventDeleteMessage:
		return s.command(ctx, r, wire.ServiceChat, wire.CommandDelete, refuseChange, s.limitChat)
	case wire.EventReactToMessage:
		return s.command(ctx, r, wire.ServiceChat, wire.CommandReact, refuseChange, s.limitChat)
	case wire.EventMarkRead:
		return s.command(ctx, r, wire.ServiceChat, wire.CommandRead, refuseHistory, s.limitChat)
	case wire.EventTyping:
		return s.typing(ctx, r)
	case wire.EventPauseSharing:
		return s.command(ctx, r, wire.ServiceLocation, wire.CommandPause, refuseSharing, s.limitChat)
	case wire.EventResumeSharing:
		return s.command(ctx, r, wire.ServiceLocation, wire.CommandResume, refuseSharing, s.limitChat)
	case wire.EventSetPrecision:
		return s.command(ctx, r, wire.ServiceLocation, wire.CommandPrecision, refuseSharing, s.limitChat)
	case wire.EventAskLocation:
		return s.command(ctx, r, wire.ServiceLocation, wire.CommandAsk, refuseAsk, s.limitChat)
	case wire.EventSOS:
		return s.command(ctx, r, wire.ServiceSOS, wire.CommandSOS, refuseSOS, s.limitSOS)
	case wire.EventCancelSOS:
		return s.command(ctx, r, wire.ServiceSOS, wire.CommandCancelSOS, refuseSOS, s.limitSOS)
	case wire.EventAnswerSOS:
		return s.command(ctx, r, wire.ServiceSOS, wire.CommandAnswerSOS, refuseSOS, s.limitSOS)
	case wire.EventPing:
		s.reply(r.ref, wire.EventPong, nil)
		return nil
	}
	return wire.Errorf(wire.CodeUnknownEvent, "There is no event of that name")
}

// command checks an event and hands it to its service, which answers.
func (s *Session) command(ctx context.Context, r request, service, kind, refusal string, limit func(room string, now time.Time) time.Duration) error {
	p, err := decodeRoom(r.data)
	if err != nil {
		return err
	}
	if _, err := s.authorize(ctx, p.RoomID, refusal); err != nil {
		return err
	}
	if wait := limit(p.RoomID, r.at); wait > 0 {
		return wire.NewError(wire.CodeRateLimited).After(wait)
	}
	return s.append(service, kind, p.RoomID, r, string(r.data))
}

// append hands a command on. data is the client's own JSON: the service checks
// its fields, and takes the room from the command, never from the data.
func (s *Session) append(service, kind, room string, r request, data string) error {
	name, ref := r.name, r.ref
	return s.m.commands.Append(service, s.newCommand(kind, room, s.conn.ID(), ref, r.at, data),
		func(err error) { s.complain(name, ref, room, err) })
}

func (s *Session) newCommand(kind, room, socketID, ref string, at time.Time, data string) wire.Command {
	return wire.Command{Type: kind, RoomID: room, UserID: s.user.id, UserName: s.name(), Received: at, Data: data,
		Origin: wire.Origin{EdgeID: s.m.cfg.EdgeID, SocketID: socketID, Ref: ref}}
}

// authorize answers the inherited sentence when the user may not, with the code
// that says why.
func (s *Session) authorize(ctx context.Context, room, refusal string) (Room, error) {
	r, err := s.m.rooms.Authorize(ctx, room, s.user.id)
	if err == nil {
		return r, nil
	}
	var we *wire.Error
	if !errors.As(err, &we) {
		return Room{}, err
	}
	switch we.Code {
	case wire.CodeNotMember, wire.CodeRoomNotFound, wire.CodeRoomClosed, wire.CodeRoomExpired:
		return Room{}, wire.Errorf(we.Code, "%s", refusal)
	}
	return Room{}, err
}

func (s *Session) limitUpdates(room string, now time.Time) time.Duration {
	s.user.mu.Lock()
	defer s.user.mu.Unlock()
	return s.user.bucketOf(room).take(updateRate, 1, now)
}

func (s *Session) limitChat(_ string, now time.Time) time.Duration {
	s.user.mu.Lock()
	defer s.user.mu.Unlock()
	return s.user.chat.take(chatRate, 1, now)
}

func (s *Session) limitHistory(_ string, now time.Time) time.Duration {
	s.user.mu.Lock()
	defer s.user.mu.Unlock()
	return s.user.history.take(historyRate, 1, now)
}

func (s *Session) limitSOS(_ string, now time.Time) time.Duration {
	s.user.mu.Lock()
	defer s.user.mu.Unlock()
	return s.user.sos.take(sosRate, 1, now)
}

func (s *Session) limitJoins(now time.Time) time.Duration {
	s.user.mu.Lock()
	defer s.user.mu.Unlock()
	return s.user.joins.take(joinRate, 1, now)
}

// joinRoom seats the socket, tells it so, then sends it what it missed, who is
// where, and what happens from now on.
func (s *Session) joinRoom(ctx context.Context, r request) error {
	p, err := decodeRoom(r.data)
	if err != nil {
		return err
	}
	if wait := s.limitJoins(r.at); wait > 0 {
		return wire.NewError(wire.CodeRateLimited).After(wait)
	}
	id := p.RoomID
	room, err := s.authorize(ctx, id, refuseJoin)
	if err != nil {
		return err
	}
	seat := s.seat(id)
	fresh := seat == nil
	if fresh {
		seat = newSeat(s, id)
		s.m.rooms.Open(id)
		if err := s.sit(ctx, seat); err != nil {
			return refusedJoin(err)
		}
		s.saveState()
	}
	s.replyJSON(r.ref, wire.EventJoinedRoom, wire.JoinedRoom{RoomID: id, RoomName: room.Name})
	if s.announce(seat) {
		s.tellJoined(id, r.ref)
	}
	// A seat that was there before may wait for what its handshake asked for: then
	// that opens its gate, and nothing else may.
	if p.LastSeq >= 0 {
		if err := s.m.resume(seat, p.LastSeq, r.name); err != nil {
			if code(err) != wire.CodeRateLimited {
				seat.openGate(0)
			}
			return err
		}
	} else if fresh {
		seat.openGate(0)
	}
	return s.append(wire.ServiceLocation, wire.CommandSnapshot, id, request{name: r.name, at: r.at}, "{}")
}

func refusedJoin(err error) error {
	switch c := code(err); c {
	case wire.CodeNotMember, wire.CodeRoomNotFound, wire.CodeRoomClosed, wire.CodeRoomExpired:
		return wire.Errorf(c, refuseJoin)
	}
	return err
}

// tellJoined announces this user to the room, but not to this socket. It goes the
// way of presence: heard before the user-left of the time before, it would leave
// the user away.
func (s *Session) tellJoined(room, ref string) {
	data, _ := json.Marshal(wire.UserRef{UserID: s.user.id, UserName: s.name(), RoomID: room}) // strings always marshal
	e := wire.Envelope{Event: wire.EventUserJoined, Class: wire.ClassOrdered, UserID: s.user.id, Data: string(data),
		Origin: wire.Origin{EdgeID: s.m.cfg.EdgeID, SocketID: s.conn.ID(), Ref: ref}}
	s.m.presence.Say(room, e, func() { s.m.rooms.Announce(room, e) })
}

// leaveWithin bounds how long a socket's next event waits for a leave-room.
const leaveWithin = 3 * time.Second

// leaveRoom ends the socket's seat. Whoever has none announces nothing. What the
// socket says next waits: a position that it reports when it is back must not be
// taken away.
func (s *Session) leaveRoom(ctx context.Context, r request) error {
	p, err := decodeRoom(r.data)
	if err != nil {
		return err
	}
	id := p.RoomID
	seat := s.seat(id)
	if seat == nil || !s.remove(seat) {
		return wire.Errorf(wire.CodeNotMember, refuseLeave)
	}
	s.m.rooms.Leave(id, seat)
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	s.m.presence.Leave(id, s.user.id, s.name(), s.conn.ID(), func(last bool, err error) {
		defer cancel()
		if err != nil {
			s.complain(r.name, r.ref, id, err)
			return
		}
		if last { // another device of this user may go on
			if err := s.append(wire.ServiceLocation, wire.CommandLeave, id, request{name: r.name, at: r.at}, "{}"); err != nil {
				s.complain(r.name, r.ref, id, err)
				return
			}
		}
		if r.ref != "" {
			s.replyJSON(r.ref, wire.EventUserLeft, wire.UserRef{UserID: s.user.id, UserName: s.name(), RoomID: id})
		}
	})
	<-ctx.Done()
	return nil
}
