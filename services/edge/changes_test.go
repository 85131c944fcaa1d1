package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// Whoever changes a message is answered once, at the change's place among the others', whichever of the change and the
// answer comes first, and if one of them does not come at all: a reaction says nothing of the text that it is to, so
// that one which came before an edit would leave its author with the old text.
func TestChangesAreAnsweredAtTheirPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.serveChat()
	w.room("r1", "ana", "bor")
	e := w.edge(nil)
	ana, bor := e.native(t, w.token("ana", time.Hour)), e.native(t, w.token("bor", time.Hour))
	ana.join("r1")
	bor.join("r1")
	ana.say("r1", "")
	bor.hasExactly(1, 1)
	// Whatever chat has answered the edge so far has come when this has.
	settled := func() {
		t.Helper()
		before := len(ana.all(wire.EventChatHistory))
		ana.emit(wire.EventRequestChatHistory, wire.HistoryRequest{RoomID: "r1", Limit: 1}, "")
		testenv.Eventually(t, 5*time.Second, "no history", func() bool { return len(ana.all(wire.EventChatHistory)) > before })
	}
	settled() // the edge has asked how far changes are
	c.setMute(true)

	// The edit of ana's, which nobody was told of yet, and the reaction of bor's to it.
	change := func(ref string) (edit, reaction wire.Envelope) {
		t.Helper()
		ana.emit(wire.EventEditMessage, wire.EditMessage{RoomID: "r1", MessageID: "1", Content: "by " + ref}, ref)
		testenv.Eventually(t, 5*time.Second, "the edit did not arrive", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			edit = c.edits[ref]
			return edit.Event != ""
		})
		c.mu.Lock()
		defer c.mu.Unlock()
		var m wire.Message
		_ = json.Unmarshal([]byte(edit.Data), &m)
		m.Rev++
		raw, _ := json.Marshal(m)
		c.changed["r1"] = append(c.changed["r1"], raw)
		data, _ := json.Marshal(wire.MessageReaction{RoomID: "r1", ID: "1", Seq: 1, Rev: m.Rev, UserID: "bor", UserName: "bor", Emoji: "👍"})
		return edit, wire.Envelope{Event: wire.EventMessageReaction, Class: wire.ClassOrdered, UserID: "bor", Data: string(data)}
	}
	hears := func(s *socket, want ...string) {
		t.Helper()
		told := func() []string {
			var events []string
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, f := range s.heard {
				if f.Type == wire.EventMessageEdited || f.Type == wire.EventMessageReaction {
					events = append(events, f.Type+" "+f.ID)
				}
			}
			return events
		}
		testenv.Eventually(t, 5*time.Second, "changes are missing", func() bool { return len(told()) >= len(want) })
		s.settle()
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("was told %q, not %q", got, want)
		}
	}
	answer := func(e wire.Envelope) { w.publish(wire.ChannelReplies(e.Origin.EdgeID), e) }

	edit, reaction := change("first")
	w.log("r1", edit, reaction)
	answer(edit)
	anas, bors := []string{"message-edited first", "message-reaction "}, []string{"message-edited ", "message-reaction "}
	hears(ana, anas...)
	hears(bor, bors...)

	edit, reaction = change("second")
	answer(edit)
	hears(ana, anas...) // not yet: the others have not been told
	w.log("r1", edit, reaction)
	anas, bors = append(anas, "message-edited second", "message-reaction "), append(bors, "message-edited ", "message-reaction ")
	hears(ana, anas...)
	hears(bor, bors...)

	// The same request once more, which changes nothing.
	answer(edit)
	anas = append(anas, "message-edited second")
	hears(ana, anas...)

	// The room is not told of the edit: the reaction shows that, and the edit comes as the message is by then.
	edit, reaction = change("third")
	answer(edit)
	settled()
	w.log("r1", reaction)
	hears(bor, append(bors, "message-reaction ", "message-edited ", "message-edited ")...)
	hears(ana, append(anas, "message-reaction ", "message-edited ", "message-edited ", "message-edited third")...)
}
