package bus

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// mentionsField cannot be in a message by chance: quotes are escaped in texts.
const mentionsField = `"mentions":[`

// mention tells those here whom a new message calls, and nobody else. It is made
// from the message, where that is told, so that it comes as often as that: once.
// The caller holds r.mu.
func (b *Bus) mention(r *room, e wire.Envelope) {
	if e.Event != wire.EventNewMessage || !strings.Contains(e.Data, mentionsField) {
		return
	}
	var m wire.Message
	if err := json.Unmarshal([]byte(e.Data), &m); err != nil || len(m.Mentions) == 0 {
		return
	}
	data, _ := json.Marshal(wire.Mentioned{RoomID: r.id, MessageID: m.ID, Seq: m.Seq, UserID: m.UserID, UserName: m.UserName, UserIDs: m.Mentions}) // always marshals
	msg := outq.NewEvent(outq.Ordered, "", wire.EventMentioned, data)
	for _, member := range b.hub.Members(r.id) {
		if s, ok := member.(Seat); ok && s.UserID() != m.UserID && slices.Contains(m.Mentions, s.UserID()) {
			_ = s.Send(msg) // it sees to its own end
		}
	}
}
