package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

func (b *bed) note(room string, m wire.SystemMessage) {
	b.t.Helper()
	c, err := m.Command(room, time.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	b.command(c, 2)
}

func (b *bed) tell(e wire.RoomEvent) {
	b.t.Helper()
	e.At = wire.At(time.Now())
	raw, _ := json.Marshal(e)
	if err := b.redis.Do(context.Background(), b.redis.B().Xadd().Key(wire.StreamRoom).Id("*").FieldValue().FieldValue(wire.StreamField, string(raw)).Build()).Error(); err != nil {
		b.t.Fatal(err)
	}
}

// history reads a page over REST; each message as kind:content.
func (b *bed) history(url, user, query string) (h wire.ChatHistory, shown []string) {
	b.t.Helper()
	status, body := b.call("GET", url+"?"+query, b.bearer(user), "")
	if err := json.Unmarshal(body, &h); err != nil || status != 200 {
		b.t.Fatalf("%d %s", status, body)
	}
	for _, raw := range h.Messages {
		var m wire.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			b.t.Fatal(err)
		}
		shown = append(shown, m.Kind+":"+m.Content)
	}
	return h, shown
}

func TestSystemMessagesTakePartInTheOrder(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	ears, replies := b.listen(wire.ChannelRoom(room)), b.listen(wire.ChannelReplies(edgeID))
	base, _ := b.replica()
	url := base + "/api/rooms/" + room + "/messages"

	b.said(replies, room, "ann", "one")
	arrived := wire.SystemMessage{Key: "arrived:bob:1", Kind: wire.SystemArrived, Text: " Bob arrived ", UserID: "bob", UserName: "Bob", Data: json.RawMessage("{ \"distance\": 12 }")}
	b.note(room, arrived)
	b.note(room, arrived) // whoever says it twice, from whatever entry
	b.note(room, wire.SystemMessage{Key: "group", Kind: wire.SystemGroupArrived, Text: "All are there"})
	b.said(replies, room, "bob", "two")

	told := ears.until(t, 4)
	var m wire.Message
	if err := json.Unmarshal([]byte(told[1].Data), &m); err != nil || told[1].Event != wire.EventSystemMessage || told[1].Class != wire.ClassOrdered || told[1].Seq != 2 {
		t.Fatalf("%+v", told[1])
	}
	if m.Kind != wire.SystemArrived || m.Content != "Bob arrived" || m.UserID != "bob" || m.UserName != "Bob" || string(m.Data) != `{"distance":12}` || m.Seq != 2 || m.ID == "" || m.ClientID != "" {
		t.Fatalf("%+v", m)
	}
	if told[2].Event != wire.EventSystemMessage || told[3].Event != wire.EventNewMessage || told[3].Seq != 4 || len(ears.heard()) != 4 {
		t.Fatalf("%+v", told)
	}
	if got, want := b.stored(room), []string{"one", "Bob arrived", "All are there", "two"}; !slices.Equal(got, want) {
		t.Fatalf("stored %q", got)
	}
	said, all := []string{":one", ":two"}, []string{":one", "arrived:Bob arrived", "group-arrived:All are there", ":two"}
	for _, lost := range []bool{false, true} {
		for query, want := range map[string][]string{"": said, "system=false": said, "system=true": all, "after=0&system=true": all, "limit=1": said[1:],
			"limit=2": said, "limit=2&system=true": all[2:], "after=1&limit=1": said[1:], "before=4&limit=1": said[:1]} {
			h, got := b.history(url, "ann", query)
			if more := strings.HasPrefix(query, "limit=1") || query == "limit=2&system=true"; !slices.Equal(got, want) || h.HasMore != more {
				t.Errorf("%q (cache lost: %v): %q, more: %v", query, lost, got, h.HasMore)
			}
		}
		if err := b.redis.Do(t.Context(), b.redis.B().Del().Key(wire.KeyMessages(room)).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	if status, body := b.call("GET", url+"?system=perhaps", b.bearer("ann"), ""); status != 400 {
		t.Errorf("%d %s", status, body)
	}
	page := into[wire.ChatHistory](t, b.do(replies, wire.CommandHistory, room, "ann", wire.HistoryRequest{System: true}), wire.EventChatHistory)
	if len(page.Messages) != 4 {
		t.Errorf("%s", page.Messages)
	}
	for kind, change := range map[string]any{wire.CommandEdit: wire.EditMessage{MessageID: m.ID, Content: "x"}, wire.CommandDelete: wire.DeleteMessage{MessageID: m.ID},
		wire.CommandReact: wire.ReactToMessage{MessageID: m.ID, Emoji: "👍"}} {
		if se := socketError(t, b.do(replies, kind, room, "bob", change)); se.Code != wire.CodeForbidden {
			t.Errorf("%s of a system message: %+v", kind, se)
		}
	}
}

// A room event is told once, however often it comes and whoever follows.
func TestRoomEventsBecomeSystemMessages(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	ears := b.listen(wire.ChannelRoom(room))
	b.replica()
	b.replica()
	events := []wire.RoomEvent{
		{ID: 1, Type: wire.RoomEventCreated, UserID: "ann", UserName: "Ann"},
		{ID: 2, Type: wire.RoomEventMemberJoined, UserID: "bob", UserName: "Bob"},
		{ID: 3, Type: wire.RoomEventUpdated, Room: &wire.Room{DestinationName: "Lake"}},
		{ID: 4, Type: wire.RoomEventDestinationChanged, UserID: "ann", UserName: "Ann", Room: &wire.Room{DestinationName: "Lake", DestinationLat: 45.75}},
		{ID: 5, Type: wire.RoomEventMemberRemoved, UserID: "cat", UserName: "Cat"},
		{ID: 6, Type: wire.RoomEventMemberLeft, UserID: "bob", UserName: "Bob"},
	}
	for range 2 {
		for _, e := range events {
			e.RoomID = room
			b.tell(e)
		}
	}
	b.send(room, "ann", "", "end", "")
	b.tell(wire.RoomEvent{ID: 7, Type: wire.RoomEventMemberJoined, RoomID: room, UserID: "dan", UserName: "Dan"})
	want := []string{"joined:Bob joined", "destination-changed:Ann changed the destination to Lake", "removed:Cat was removed", "left:Bob left", "joined:Dan joined"}
	shown := func() (out []string) {
		for _, e := range ears.heard() {
			var m wire.Message
			if err := json.Unmarshal([]byte(e.Data), &m); err != nil {
				t.Fatal(err)
			}
			if m.Kind != "" {
				out = append(out, m.Kind+":"+m.Content)
			}
		}
		return out
	}
	testenv.Eventually(t, 10*time.Second, "the last event is told", func() bool { return len(shown()) >= len(want) })
	if got := shown(); !slices.Equal(got, want) {
		t.Errorf("told %q", got)
	}
	if got := b.stored(room); len(got) != len(want)+1 {
		t.Errorf("stored %q", got)
	}
}

func TestSystemMessagesThatAreNone(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room, closed := b.room("ann"), b.room("ann")
	b.cacheRoom(wire.RoomCache{ID: closed, Status: wire.RoomStatusClosed, ExpiresAt: wire.At(time.Now().Add(time.Hour))})
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	bad := []wire.SystemMessage{
		{Kind: "x", Text: "no key"}, {Key: "k", Text: "no kind"}, {Key: "k", Kind: "x", Text: " "}, {Key: "k", Kind: "x", Text: "a\x00b"},
		{Key: strings.Repeat("k", wire.MaxSystemKeyBytes+1), Kind: "x", Text: "long key"},
		{Key: "k", Kind: "x", Text: "no object", Data: json.RawMessage(`[1]`)},
		{Key: "k", Kind: "x", Text: "too much", Data: json.RawMessage(`{"a":"` + strings.Repeat("x", wire.MaxSystemDataBytes) + `"}`)},
	}
	for _, m := range bad {
		b.note(room, m)
	}
	b.note(closed, wire.SystemMessage{Key: "k", Kind: wire.SystemLeft, Text: "Ann left"}) // nobody is there to read it
	b.said(replies, room, "ann", "fine")
	testenv.Eventually(t, 5*time.Second, "the bad ones are dead letters", func() bool {
		n, err := b.redis.Do(t.Context(), b.redis.B().Xlen().Key(wire.StreamDead(wire.ServiceChat)).Build()).AsInt64()
		return err == nil && n == int64(len(bad))
	})
	testenv.Eventually(t, 5*time.Second, "all commands are handled", func() bool { return b.waiting(room)+b.waiting(closed) == 0 })
	if got := b.stored(room); len(got) != 1 {
		t.Errorf("stored %q", got)
	}
	if got := b.stored(closed); len(got) != 0 {
		t.Errorf("stored %q in a closed room", got)
	}
}

// With the room caches lost a system message is not lost: nobody would send it again.
func TestSystemMessagesOutlastLostCaches(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	b.replica()
	if err := b.redis.Do(t.Context(), b.redis.B().Del().Key(wire.KeyRoomCaches, wire.KeyRoom(room)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	b.note(room, wire.SystemMessage{Key: "k", Kind: wire.SystemJoined, Text: "Ann joined", UserID: "ann"})
	testenv.Eventually(t, 15*time.Second, "it is stored", func() bool { return len(b.stored(room)) == 1 })
}

func TestRepliesAndMentions(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room, elsewhere := b.room("ann", "bob", "cat"), b.room("ann")
	replies := b.listen(wire.ChannelReplies(edgeID))
	base, _ := b.replica()
	send := func(m wire.SendMessage) wire.Envelope { return b.do(replies, wire.CommandSend, room, "ann", m) }
	first, foreign := b.said(replies, room, "bob", "first"), b.said(replies, elsewhere, "ann", "foreign")
	gone := b.said(replies, room, "ann", "gone")
	into[wire.MessageDeleted](t, b.do(replies, wire.CommandDelete, room, "ann", wire.DeleteMessage{MessageID: gone.ID}), wire.EventMessageDeleted)

	reply := into[wire.Message](t, send(wire.SendMessage{Content: "yes", ReplyTo: strings.ToUpper(first.ID), ClientID: "r", Mentions: []string{"bob", "cat", "bob"}}), wire.EventNewMessage)
	if reply.ReplyTo != first.ID || !slices.Equal(reply.Mentions, []string{"bob", "cat"}) {
		t.Fatalf("%+v", reply)
	}
	many := make([]string, wire.MaxMentions+1)
	for i := range many {
		many[i] = fmt.Sprint("user", i)
	}
	for name, c := range map[string]struct {
		message wire.SendMessage
		code    wire.Code
	}{
		"reply to another room's": {wire.SendMessage{Content: "x", ReplyTo: foreign.ID}, wire.CodeMessageNotFound},
		"reply to nothing":        {wire.SendMessage{Content: "x", ReplyTo: "018f3e1c-0000-7000-8000-000000000000"}, wire.CodeMessageNotFound},
		"reply to no id":          {wire.SendMessage{Content: "x", ReplyTo: "the first"}, wire.CodeMessageNotFound},
		"reply to a deleted one":  {wire.SendMessage{Content: "x", ReplyTo: gone.ID}, wire.CodeMessageDeleted},
		"mention of a stranger":   {wire.SendMessage{Content: "x", Mentions: []string{"bob", "eve"}}, wire.CodeMemberNotFound},
		"mention of nobody":       {wire.SendMessage{Content: "x", Mentions: []string{""}}, wire.CodeValidation},
		"too many mentions":       {wire.SendMessage{Content: "x", Mentions: many}, wire.CodeValidation},
	} {
		if se := socketError(t, send(c.message)); se.Code != c.code {
			t.Errorf("%s: %+v", name, se)
		}
	}
	// A retry is the same message, also when what it replies to is there no more.
	into[wire.MessageDeleted](t, b.do(replies, wire.CommandDelete, room, "bob", wire.DeleteMessage{MessageID: first.ID}), wire.EventMessageDeleted)
	if again := into[wire.Message](t, send(wire.SendMessage{Content: "yes", ReplyTo: first.ID, ClientID: "r"}), wire.EventNewMessage); again.ID != reply.ID {
		t.Errorf("%+v", again)
	}
	if got := b.stored(room); len(got) != 3 { // refused ones leave no gap either
		t.Errorf("stored %q", got)
	}
	// Nothing of a deleted message stays, whom it called included.
	into[wire.MessageDeleted](t, b.do(replies, wire.CommandDelete, room, "ann", wire.DeleteMessage{MessageID: reply.ID}), wire.EventMessageDeleted)
	h, _ := b.history(base+"/api/rooms/"+room+"/messages", "bob", "")
	if last := string(h.Messages[len(h.Messages)-1]); strings.Contains(last, "mentions") || !strings.Contains(last, "deletedAt") {
		t.Errorf("%s", last)
	}
}
