package session

import (
	"context"
	"encoding/json"

	"github.com/wemaps/wemaps/libs/wire"
)

// typing tells the others in a room. Nobody stores it, and what comes too often
// is dropped in silence: clients forget who types after a few seconds.
func (s *Session) typing(ctx context.Context, r request) error {
	p, err := decodeRoom(r.data)
	if err != nil {
		return err
	}
	var body wire.Typing
	if err := json.Unmarshal(r.data, &body); err != nil {
		return wire.Errorf(wire.CodeValidation, "isTyping must be true or false")
	}
	if _, err := s.authorize(ctx, p.RoomID, refuseChat); err != nil {
		return err
	}
	data, _ := json.Marshal(wire.UserTyping{RoomID: p.RoomID, UserID: s.user.id, UserName: s.name(), IsTyping: body.IsTyping}) // always marshals
	s.user.mu.Lock()
	wait := s.user.typing.take(typingRate, 1, r.at)
	s.user.mu.Unlock()
	if wait == 0 {
		s.m.rooms.Announce(p.RoomID, wire.Envelope{Event: wire.EventUserTyping, Class: wire.ClassTransient, UserID: s.user.id,
			Data: string(data), Origin: wire.Origin{EdgeID: s.m.cfg.EdgeID, SocketID: s.conn.ID(), Ref: r.ref}})
	}
	if r.ref != "" {
		s.reply(r.ref, wire.EventUserTyping, data)
	}
	return nil
}
