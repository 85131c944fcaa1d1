// Package consume takes commands from the chat streams: it decodes and checks
// them, has them stored, and has the outcome published.
package consume

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// request is one decoded command. Exactly one of send, history and refused
// says what becomes of it.
type request struct {
	entry   redisx.Entry
	cmd     wire.Command
	send    *message.Draft
	history *message.Query
	refused error
}

func (r *request) ask() message.Ask {
	return message.Ask{RoomID: r.cmd.RoomID, UserID: r.cmd.UserID}
}

// event is the client's event that the command came from, and denied the
// sentence for those who may not.
func (r *request) event() (event, denied string) {
	if r.cmd.Type == wire.CommandHistory {
		return wire.EventRequestChatHistory, publish.TextMayNotRead
	}
	return wire.EventSendMessage, publish.TextMayNotSend
}

// decode decodes an entry. An error means that not even its sender can be told.
func decode(entry redisx.Entry) (request, error) {
	cmd, err := wire.ParseCommand(entry.Value)
	if err != nil {
		return request{}, err
	}
	if cmd.RoomID == "" || cmd.UserID == "" {
		return request{}, errors.New("command without room or user")
	}
	r := request{entry: entry, cmd: cmd}
	switch cmd.Type {
	case wire.CommandSend:
		var d message.Draft
		if d, r.refused = decodeSend(entry, cmd); r.refused == nil {
			r.send = &d
		}
	case wire.CommandHistory:
		var q message.Query
		if q, r.refused = decodeHistory(cmd); r.refused == nil {
			r.history = &q
		}
	default:
		return request{}, fmt.Errorf("unknown command %q", cmd.Type)
	}
	return r, nil
}

func decodeSend(entry redisx.Entry, cmd wire.Command) (message.Draft, error) {
	var m wire.SendMessage
	if err := json.Unmarshal([]byte(cmd.Data), &m); err != nil {
		return message.Draft{}, badPayload(err)
	}
	content, err := cleanText(m.Content)
	if err != nil {
		return message.Draft{}, err
	}
	if err := errors.Join(checkID("clientId", m.ClientID, wire.MaxClientIDBytes), checkID("replyTo", m.ReplyTo, wire.MaxIDBytes)); err != nil {
		return message.Draft{}, err
	}
	return message.Draft{RoomID: cmd.RoomID, UserID: cmd.UserID, UserName: cleanName(cmd.UserName),
		Key: message.ClientKey(m.ClientID, entry.ID), Entry: entry.ID, Content: content, ReplyTo: m.ReplyTo}, nil
}

func decodeHistory(cmd wire.Command) (message.Query, error) {
	var h wire.HistoryRequest
	if err := json.Unmarshal([]byte(cmd.Data), &h); err != nil {
		return message.Query{}, badPayload(err)
	}
	return Query(cmd.RoomID, h.Before, h.After, h.Limit)
}

// Query checks the bounds of a history request; limit 0 means the default.
func Query(roomID string, before, after *int64, limit int) (message.Query, error) {
	q := message.Query{RoomID: roomID, After: -1, Limit: limit}
	if limit == 0 {
		q.Limit = wire.DefaultHistoryLimit
	}
	if q.Limit < 1 || q.Limit > wire.MaxHistoryLimit {
		return q, wire.Errorf(wire.CodeValidation, "limit must be 1 to %d", wire.MaxHistoryLimit)
	}
	if before != nil {
		if q.Before = *before; q.Before < 1 {
			return q, wire.Errorf(wire.CodeValidation, "before must be a seq of 1 or more")
		}
	}
	if after != nil {
		if q.After = *after; q.After < 0 {
			return q, wire.Errorf(wire.CodeValidation, "after must be a seq of 0 or more")
		}
	}
	return q, nil
}

func badPayload(err error) error {
	var typeErr *json.UnmarshalTypeError
	if errors.As(err, &typeErr) && typeErr.Field != "" {
		return wire.Errorf(wire.CodeValidation, "%s has the wrong type", typeErr.Field)
	}
	return wire.Errorf(wire.CodeInvalidFrame, "The frame cannot be understood").Because(err)
}
