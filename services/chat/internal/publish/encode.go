// Package publish turns what the domain decided into what clients hear.
package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Encode is the JSON of a message, the same bytes wherever it is shown.
func Encode(m message.Message) []byte {
	return marshal(wire.Message{ID: m.ID, RoomID: m.RoomID, UserID: m.UserID, UserName: m.UserName, Content: m.Content,
		Timestamp: wire.At(m.At), Seq: m.Seq, ClientID: m.ClientID(), ReplyTo: m.ReplyTo, Mentions: m.Mentions,
		Kind: m.Kind, Data: json.RawMessage(m.Data), Rev: m.Rev,
		EditedAt: when(m.EditedAt), DeletedAt: when(m.DeletedAt), DeletedBy: m.DeletedBy, Reactions: reactions(m)})
}

func when(t time.Time) *wire.Time {
	if t.IsZero() {
		return nil
	}
	at := wire.At(t)
	return &at
}

func reactions(m message.Message) []wire.Reaction {
	out := make([]wire.Reaction, len(m.Reactions))
	for i, r := range m.Reactions {
		out[i] = wire.Reaction{Emoji: r.Emoji, UserIDs: r.UserIDs}
	}
	return out
}

// EncodePage is the JSON of a page as wire.ChatHistory.
func EncodePage(roomID string, page message.Page) []byte {
	return marshal(History(roomID, page))
}

// History is the wire form of a page.
func History(roomID string, page message.Page) wire.ChatHistory {
	h := wire.ChatHistory{RoomID: roomID, Messages: make([]json.RawMessage, len(page.Items)), HasMore: page.HasMore,
		Rev: page.Rev, HasMoreChanged: page.HasMoreChanged}
	for _, item := range page.Changed {
		h.Changed = append(h.Changed, item.JSON)
	}
	for i, item := range page.Items {
		h.Messages[i] = item.JSON
	}
	return h
}

// marshal leaves <, > and & as they are: chat is text, the browser's escaping
// is the browser's job, and six bytes for one would swell pages.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings, numbers and JSON that was encoded here: cannot fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// The sentences of the inherited backend.
const (
	TextMayNotSend = "Not authorized to send messages in this room"
	TextMayNotRead = "Not authorized to access chat history"
)

// TextMayNotChange is for those who have no business in the room.
const TextMayNotChange = "Not authorized to change messages in this room"

// Error is the one mapper from the domain's errors to what clients see; denied
// is the sentence for those who have no business in the room. nil means that
// the error is not the domain's.
func Error(err error, denied string) *wire.Error {
	var we *wire.Error
	switch {
	case errors.As(err, &we):
		return we
	case errors.Is(err, message.ErrNotMember):
		return wire.Errorf(wire.CodeNotMember, "%s", denied)
	case errors.Is(err, message.ErrRoomNotFound):
		return wire.Errorf(wire.CodeRoomNotFound, "%s", denied)
	case errors.Is(err, message.ErrRoomExpired):
		return wire.NewError(wire.CodeRoomExpired)
	case errors.Is(err, message.ErrRoomClosed):
		return wire.NewError(wire.CodeRoomClosed)
	case errors.Is(err, message.ErrMessageNotFound):
		return wire.NewError(wire.CodeMessageNotFound)
	case errors.Is(err, message.ErrMessageDeleted):
		return wire.NewError(wire.CodeMessageDeleted)
	case errors.Is(err, message.ErrMessageChanged):
		return wire.NewError(wire.CodeMessageChanged)
	case errors.Is(err, message.ErrReplyNotFound):
		return wire.Errorf(wire.CodeMessageNotFound, "There is no message with the id of replyTo in this room")
	case errors.Is(err, message.ErrNotMentionable):
		return wire.Errorf(wire.CodeMemberNotFound, "Somebody in mentions is not in this room")
	case errors.Is(err, message.ErrSystemMessage):
		return wire.Errorf(wire.CodeForbidden, "Nobody can change a system message")
	case errors.Is(err, message.ErrNotAuthor):
		return wire.Errorf(wire.CodeForbidden, "This is somebody else's message")
	case errors.Is(err, message.ErrUnknown), errors.Is(err, message.ErrUnavailable):
		return wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	case errors.Is(err, message.ErrUnstorable):
		return wire.Errorf(wire.CodeValidation, "The message holds something that cannot be stored").Because(err)
	}
	return nil
}
