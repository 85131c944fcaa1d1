package consume

import (
	"context"

	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// judge refuses those who may not. It fails while membership cannot be told.
func (h *handler) judge(ctx context.Context, requests []request) error {
	index := map[message.Ask]int{}
	var asks []message.Ask
	ask := func(a message.Ask) {
		if _, ok := index[a]; !ok {
			index[a] = len(asks)
			asks = append(asks, a)
		}
	}
	for i := range requests {
		if requests[i].refused == nil {
			requests[i].asks(ask)
		}
	}
	if len(asks) == 0 {
		return nil
	}
	standings, err := h.members.Standings(ctx, asks)
	if err != nil {
		return err
	}
	standing := func(a message.Ask) message.Standing { return standings[index[a]] }
	for i := range requests {
		if r := &requests[i]; r.refused == nil {
			r.judge(standing)
		}
	}
	return h.wait(standings)
}

// asks calls fn for everybody whose standing matters.
func (r *request) asks(fn func(message.Ask)) {
	fn(r.own())
	if r.send != nil {
		for _, id := range r.send.Mentions {
			fn(message.Ask{RoomID: r.cmd.RoomID, UserID: id})
		}
	}
}

// own asks about the sender. What a room is told depends on the room alone.
func (r *request) own() message.Ask {
	if r.send != nil && r.send.Kind != "" {
		return message.Ask{RoomID: r.cmd.RoomID}
	}
	return message.Ask{RoomID: r.cmd.RoomID, UserID: r.cmd.UserID}
}

// judge decides whether the request may be done.
func (r *request) judge(standing func(message.Ask) message.Standing) {
	own := standing(r.own())
	switch {
	case r.history != nil, r.read != nil:
		r.refused = own.MayRead()
	case r.send != nil && r.send.Kind != "":
		r.refused = own.MayNote()
	default:
		r.refused = own.MayWrite()
	}
	if r.change != nil {
		r.change.Moderator = own.Moderator
	}
	if r.send == nil || r.refused != nil {
		return
	}
	for _, id := range r.send.Mentions {
		if !standing(message.Ask{RoomID: r.cmd.RoomID, UserID: id}).Member {
			r.refused = message.ErrNotMentionable
		}
	}
}
