// Package consume takes commands from the chat streams: it decodes and checks
// them, has them stored, and has the outcome published.
package consume

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// request is one decoded command. Exactly one of send, change, read,
// history and refused says what becomes of it.
type request struct {
	entry   redisx.Entry
	cmd     wire.Command
	send    *message.Draft
	change  *message.Change
	read    *message.Read
	history *message.Query
	refused error
}

// event is the client's event that the command came from, and denied the
// sentence for those who may not.
func (r *request) event() (event, denied string) {
	switch r.cmd.Type {
	case wire.CommandHistory:
		return wire.EventRequestChatHistory, publish.TextMayNotRead
	case wire.CommandEdit:
		return wire.EventEditMessage, publish.TextMayNotChange
	case wire.CommandDelete:
		return wire.EventDeleteMessage, publish.TextMayNotChange
	case wire.CommandReact:
		return wire.EventReactToMessage, publish.TextMayNotChange
	case wire.CommandRead:
		return wire.EventMarkRead, publish.TextMayNotRead
	}
	return wire.EventSendMessage, publish.TextMayNotSend
}

// decode decodes an entry. An error means that not even its sender can be told.
func decode(entry redisx.Entry) (request, error) {
	cmd, err := wire.ParseCommand(entry.Value)
	if err != nil {
		return request{}, err
	}
	if cmd.RoomID == "" || cmd.UserID == "" && cmd.Type != wire.CommandSystem {
		return request{}, errors.New("command without room or user")
	}
	r := request{entry: entry, cmd: cmd}
	switch cmd.Type {
	case wire.CommandSend:
		var d message.Draft
		if d, r.refused = decodeSend(entry, cmd); r.refused == nil {
			r.send = &d
		}
	case wire.CommandSystem:
		d, err := decodeSystem(entry, cmd)
		if err != nil {
			return request{}, err
		}
		r.send = &d
	case wire.CommandHistory:
		var q message.Query
		if q, r.refused = decodeHistory(cmd); r.refused == nil {
			r.history = &q
		}
	case wire.CommandEdit, wire.CommandDelete, wire.CommandReact:
		var c message.Change
		if c, r.refused = decodeChange(entry, cmd); r.refused == nil {
			r.change = &c
		}
	case wire.CommandRead:
		var m wire.MarkRead
		if err := json.Unmarshal([]byte(cmd.Data), &m); err != nil {
			r.refused = badPayload(err)
		} else if m.Seq < 1 {
			r.refused = wire.Errorf(wire.CodeValidation, "seq must be 1 or more")
		} else {
			r.read = &message.Read{RoomID: cmd.RoomID, UserID: cmd.UserID, Seq: m.Seq, Entry: entry.ID}
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
	d := message.Draft{RoomID: cmd.RoomID, UserID: cmd.UserID, UserName: cleanName(cmd.UserName),
		Key: message.ClientKey(m.ClientID, entry.ID), Entry: entry.ID, Content: content}
	if o := cmd.Origin; m.ClientID == "" && o.SocketID != "" && o.Ref != "" {
		d.Key = message.RefKey(o.EdgeID, o.SocketID, o.Ref, content)
	}
	if m.ReplyTo != "" {
		id, err := uuid.Parse(m.ReplyTo)
		if err != nil {
			return message.Draft{}, message.ErrReplyNotFound
		}
		d.ReplyTo = id.String()
	}
	d.Mentions, err = mentions(m.Mentions)
	return d, err
}

// mentions are the ids without repeats; whether they are members is for judge.
func mentions(ids []string) ([]string, error) {
	if len(ids) > wire.MaxMentions {
		return nil, wire.Invalid("mentions", fmt.Sprintf("must have at most %d user ids", wire.MaxMentions))
	}
	var out []string
	for _, id := range ids {
		if id == "" || len(id) > wire.MaxIDBytes || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }) {
			return nil, wire.Invalid("mentions", "must be user ids")
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// decodeSystem checks what a service has to say. Nobody waits for an answer, so
// what is wrong goes to the dead letters.
func decodeSystem(entry redisx.Entry, cmd wire.Command) (message.Draft, error) {
	var m wire.SystemMessage
	if err := json.Unmarshal([]byte(cmd.Data), &m); err != nil {
		return message.Draft{}, fmt.Errorf("system message: %w", err)
	}
	content, err := cleanText(m.Text)
	if err != nil {
		return message.Draft{}, fmt.Errorf("system message: text: %w", err)
	}
	if err := errors.Join(checkID("key", m.Key, wire.MaxSystemKeyBytes), checkID("kind", m.Kind, wire.MaxSystemKindBytes),
		checkID("userId", m.UserID, wire.MaxIDBytes)); err != nil {
		return message.Draft{}, fmt.Errorf("system message: %w", err)
	}
	var data bytes.Buffer
	switch {
	case m.Key == "" || m.Kind == "":
		return message.Draft{}, errors.New("system message: no key or no kind")
	case len(m.Data) > wire.MaxSystemDataBytes:
		return message.Draft{}, errors.New("system message: too much data")
	case len(m.Data) > 0 && string(m.Data) != "null":
		if m.Data[0] != '{' {
			return message.Draft{}, errors.New("system message: data is no object")
		}
		if err := json.Compact(&data, m.Data); err != nil {
			return message.Draft{}, fmt.Errorf("system message: %w", err)
		}
	}
	return message.Draft{RoomID: cmd.RoomID, UserID: m.UserID, UserName: cleanName(m.UserName), Key: message.SystemKey(m.Key), Entry: entry.ID,
		Content: content, Kind: m.Kind, Data: data.String()}, nil
}

func decodeChange(entry redisx.Entry, cmd wire.Command) (message.Change, error) {
	var body struct {
		MessageID string     `json:"messageId"`
		Content   string     `json:"content"`
		BasedOn   *wire.Time `json:"basedOn"`
		Emoji     string     `json:"emoji"`
		Remove    bool       `json:"remove"`
	}
	if err := json.Unmarshal([]byte(cmd.Data), &body); err != nil {
		return message.Change{}, badPayload(err)
	}
	c := message.Change{RoomID: cmd.RoomID, UserID: cmd.UserID, UserName: cleanName(cmd.UserName), Entry: entry.ID}
	if body.MessageID == "" {
		return c, wire.Invalid("messageId", "is required")
	}
	id, err := uuid.Parse(body.MessageID)
	if err != nil {
		return c, message.ErrMessageNotFound
	}
	c.MessageID = id.String()
	switch cmd.Type {
	case wire.CommandEdit:
		c.Kind = message.Edit
		if body.BasedOn != nil {
			c.BasedOn = body.BasedOn.Time
		}
		c.Content, err = cleanText(body.Content)
	case wire.CommandDelete:
		c.Kind = message.Delete
	default:
		c.Kind, c.Emoji = message.React, body.Emoji
		if body.Remove {
			c.Kind = message.Unreact
		}
		if !slices.Contains(wire.Reactions(), c.Emoji) {
			err = wire.Invalid("emoji", "must be one of "+strings.Join(wire.Reactions(), " "))
		}
	}
	return c, err
}

func decodeHistory(cmd wire.Command) (message.Query, error) {
	var h wire.HistoryRequest
	if err := json.Unmarshal([]byte(cmd.Data), &h); err != nil {
		return message.Query{}, badPayload(err)
	}
	h.RoomID = cmd.RoomID
	return Query(h)
}

// Query checks the bounds of a history request; limit 0 means the default.
func Query(h wire.HistoryRequest) (message.Query, error) {
	before, after, afterRev := h.Before, h.After, h.AfterRev
	q := message.Query{RoomID: h.RoomID, After: -1, AfterRev: -1, Limit: h.Limit, System: h.System}
	if h.Limit == 0 {
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
	if afterRev != nil {
		if q.AfterRev = *afterRev; q.AfterRev < 0 {
			return q, wire.Errorf(wire.CodeValidation, "afterRev must be a rev of 0 or more")
		}
	}
	return q, nil
}

func badPayload(err error) error {
	var typeErr *json.UnmarshalTypeError
	if errors.As(err, &typeErr) && typeErr.Field != "" {
		return wire.Invalid(typeErr.Field, "has the wrong type")
	}
	return wire.Errorf(wire.CodeInvalidFrame, "The frame cannot be understood").Because(err)
}
