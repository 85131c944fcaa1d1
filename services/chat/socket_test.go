package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

func TestMessageReachesRoomAndSenderAfterCommit(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	ears, replies := b.listen(wire.ChannelRoom(room)), b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.send(room, "ann", "r1", "  Cafe\u0301 <b>& \n", "c-1")

	e := ears.until(t, 1)[0]
	if e.Event != wire.EventNewMessage || e.Class != wire.ClassOrdered || e.Seq != 1 || e.Ack != "" || e.Origin != (wire.Origin{EdgeID: edgeID, SocketID: "socket", Ref: "r1"}) {
		t.Fatalf("broadcast %+v", e)
	}
	var m wire.Message
	if err := json.Unmarshal([]byte(e.Data), &m); err != nil {
		t.Fatal(err)
	}
	if m.Content != "Café <b>&" || m.UserID != "ann" || m.UserName != "name of ann" || m.RoomID != room || m.Seq != 1 || m.ClientID != "c-1" || m.ID == "" {
		t.Fatalf("message %+v", m)
	}
	reply := replies.until(t, 1)[0]
	if reply.Event != wire.EventNewMessage || reply.Data != e.Data || reply.Origin.Ref != "r1" {
		t.Fatalf("reply %+v", reply)
	}
	if got := b.stored(room); len(got) != 1 {
		t.Fatalf("acked, but %d rows are stored", len(got))
	}
	testenv.Eventually(t, 5*time.Second, "the handled command is trimmed away", func() bool { return b.waiting(room) == 0 })
}

func (b *bed) waiting(room string) int64 {
	n, err := b.redis.Do(context.Background(), b.redis.B().Xlen().Key(wire.StreamCommands(wire.ServiceChat, wire.Partition(room, 2))).Build()).AsInt64()
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	b.replica()
	active := b.room("ann")
	closed, expired, overdue := b.room("ann"), b.room("ann"), b.room("ann")
	b.cacheRoom(wire.RoomCache{ID: closed, Status: wire.RoomStatusClosed, ExpiresAt: wire.At(time.Now().Add(time.Hour))})
	b.cacheRoom(wire.RoomCache{ID: expired, Status: wire.RoomStatusExpired})
	b.cacheRoom(wire.RoomCache{ID: overdue, Status: wire.RoomStatusActive, ExpiresAt: wire.At(time.Now().Add(-time.Second))})
	const mayNotSend = "Not authorized to send messages in this room"
	for name, c := range map[string]struct {
		room, user, content, clientID string
		code                          wire.Code
		text                          string
	}{
		"stranger":     {active, "eve", "hi", "", wire.CodeNotMember, mayNotSend},
		"no such room": {"undefined", "ann", "hi", "", wire.CodeRoomNotFound, mayNotSend}, // inherited mistake 11
		"closed room":  {closed, "ann", "hi", "", wire.CodeRoomClosed, ""},                // inherited mistake 9
		"expired room": {expired, "ann", "hi", "", wire.CodeRoomExpired, ""},              // inherited mistake 9
		"expired a second ago, nobody noticed yet": {overdue, "ann", "hi", "", wire.CodeRoomExpired, ""}, // inherited mistake 9
		"blank":             {active, "ann", " \n\t\u00a0\u200b ", "", wire.CodeValidation, ""}, // inherited mistake 10
		"empty":             {active, "ann", "", "", wire.CodeValidation, ""},
		"too long":          {active, "ann", repeat("é", 2001), "", wire.CodeValidation, ""},
		"control character": {active, "ann", "a\x00b", "", wire.CodeValidation, ""},
		"long client id":    {active, "ann", "hi", repeat("x", 65), wire.CodeValidation, ""},
	} {
		t.Run(name, func(t *testing.T) {
			edge := "edge-" + name
			replies, ears := b.listen(wire.ChannelReplies(edge)), b.listen(wire.ChannelRoom(c.room))
			cmd := sendCommand(c.room, c.user, "ref-7", c.content, c.clientID)
			cmd.Origin.EdgeID = edge
			b.command(cmd, 2)
			se := socketError(t, replies.until(t, 1)[0])
			if se.Code != c.code || se.ID != "ref-7" || se.Event != wire.EventSendMessage || se.RoomID != c.room || c.text != "" && se.Message != c.text {
				t.Fatalf("got %+v, want %s", se, c.code)
			}
			if got := b.stored(c.room); len(got) != 0 {
				t.Fatalf("refused, but stored: %q", got)
			}
			if got := ears.heard(); len(got) != 0 {
				t.Fatalf("refused, but heard: %v", got)
			}
		})
	}
}

// inherited mistake 7, chat's part: whoever has left is not heard any more,
// although their membership was cached a moment ago.
func TestLeavingEndsWriting(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.send(room, "bob", "1", "here", "")
	if e := replies.until(t, 1)[0]; e.Event != wire.EventNewMessage {
		t.Fatalf("got %+v", e)
	}
	if err := b.redis.Do(t.Context(), b.redis.B().Srem().Key(wire.KeyRoomMembers(room)).Member("bob").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	// Redis tells caches of the change at once, but not before it answers.
	sent := 1
	testenv.Eventually(t, time.Second, "who has left still writes", func() bool {
		sent++
		b.send(room, "bob", strconv.Itoa(sent), "gone", "")
		last := replies.until(t, sent)[sent-1]
		return last.Event == wire.EventError && socketError(t, last).Code == wire.CodeNotMember
	})
}

func TestLostCachesAreNotARefusal(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	ctx := t.Context()
	if err := b.redis.Do(ctx, b.redis.B().Del().Key(wire.KeyRoomCaches, wire.KeyRoom(room)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	b.send(room, "ann", "1", "while the caches are gone", "")
	time.AfterFunc(time.Second, func() { // the room service rebuilds them
		b.cacheRoom(wire.RoomCache{ID: room, Status: wire.RoomStatusActive, ExpiresAt: wire.At(time.Now().Add(time.Hour))})
		b.set(wire.KeyRoomCaches, "1")
	})
	if e := replies.until(t, 1)[0]; e.Event != wire.EventNewMessage {
		t.Fatalf("got %s %s", e.Event, e.Data)
	}
}

func TestRepeatedClientIDIsOneMessage(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	ears, replies := b.listen(wire.ChannelRoom(room)), b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.send(room, "ann", "1", "hello", "same")
	first := replies.until(t, 1)[0]
	b.send(room, "ann", "2", "hello", "same")
	b.send(room, "bob", "3", "somebody else's id", "same")
	b.send(room, "ann", "4", "no id", "")
	b.send(room, "ann", "5", "no id", "")
	all := replies.until(t, 5)
	if all[1].Data != first.Data || all[1].Origin.Ref != "2" {
		t.Fatalf("the retry was answered %+v, want the first message", all[1])
	}
	if got := ears.messages(t); len(got) != 4 || len(ears.heard()) != 4 {
		t.Fatalf("the room heard %d messages in %d envelopes, want 4 in 4", len(got), len(ears.heard()))
	}
	if got := b.stored(room); len(got) != 4 {
		t.Fatalf("stored %q", got)
	}
}

func TestHistoryOverSocketsIsBounded(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	const n = 60
	for i := range n {
		b.send(room, "ann", fmt.Sprint(i), repeat("\U0001F600", 2000), "")
	}
	replies.until(t, n)
	ask := func(user, data string) wire.Envelope {
		before := len(replies.heard())
		b.command(wire.Command{Type: wire.CommandHistory, RoomID: room, UserID: user, Origin: wire.Origin{EdgeID: edgeID, SocketID: "s", Ref: "h"}, Data: data}, 2)
		return replies.until(t, before+1)[before]
	}
	// inherited mistake 10: a history packet of megabytes
	e := ask("ann", `{"limit":200}`)
	var h wire.ChatHistory
	if err := json.Unmarshal([]byte(e.Data), &h); err != nil || e.Event != wire.EventChatHistory {
		t.Fatalf("%s: %v", e.Event, err)
	}
	if len(e.Data) > 257<<10 || !h.HasMore || len(h.Messages) < 20 {
		t.Fatalf("%d bytes, %d messages, hasMore %v", len(e.Data), len(h.Messages), h.HasMore)
	}
	var last wire.Message
	if err := json.Unmarshal(h.Messages[len(h.Messages)-1], &last); err != nil || last.Seq != n {
		t.Fatalf("the newest of the page is %d (%v), want %d", last.Seq, err, n)
	}
	if se := socketError(t, ask("eve", `{}`)); se.Message != "Not authorized to access chat history" || se.Code != wire.CodeNotMember || se.Event != wire.EventRequestChatHistory {
		t.Fatalf("got %+v", se)
	}
	for _, bad := range []string{`{"limit":201}`, `{"limit":-1}`, `{"before":0}`, `{"after":-1}`, `{"before":"x"}`} {
		if se := socketError(t, ask("ann", bad)); se.Code != wire.CodeValidation {
			t.Fatalf("%s: got %+v", bad, se)
		}
	}
	if se := socketError(t, ask("ann", `{"`)); se.Code != wire.CodeInvalidFrame {
		t.Fatalf("got %+v", se)
	}
}

func TestPoisonGoesToTheDeadLetters(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.command(wire.Command{Type: "dance", RoomID: room, UserID: "ann"}, 2)
	b.send(room, "ann", "1", "after the poison", "")
	if e := replies.until(t, 1)[0]; e.Event != wire.EventNewMessage {
		t.Fatalf("got %+v", e)
	}
	testenv.Eventually(t, 5*time.Second, "the poison is in the dead letters", func() bool {
		dead, err := b.redis.Do(t.Context(), b.redis.B().Xrange().Key(wire.StreamDead(wire.ServiceChat)).Start("-").End("+").Build()).AsXRange()
		return err == nil && len(dead) == 1 && dead[0].FieldValues["reason"] == `unknown command "dance"`
	})
}

// What Postgres refuses must not hold up its neighbours in the batch.
func TestUnstorableMessageHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "broken\xff")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.send(room, "ann", "1", "before", "")
	b.send(room, "broken\xff", "2", "in the middle", "")
	b.send(room, "ann", "3", "after", "")
	b.replica() // finds the three in one batch
	refs := map[string]string{}
	for _, e := range replies.until(t, 3) {
		refs[e.Origin.Ref] = e.Event
	}
	if refs["1"] != wire.EventNewMessage || refs["2"] != wire.EventError || refs["3"] != wire.EventNewMessage {
		dead, err := b.redis.Do(t.Context(), b.redis.B().Xrange().Key(wire.StreamDead(wire.ServiceChat)).Start("-").End("+").Build()).AsXRange()
		t.Fatalf("got %v; dead letters %v, %v", refs, dead, err)
	}
	// A read that waits for the day's partition to be attached finds nothing.
	testenv.Eventually(t, 5*time.Second, "both neighbours are stored", func() bool {
		return slices.Equal(b.stored(room), []string{"before", "after"})
	})
}

func TestEndedRoomKeepsMessagesAndAgesItsList(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.send(room, "ann", "1", "hello", "")
	replies.until(t, 1)
	event, _ := json.Marshal(wire.RoomEvent{ID: 1, Type: wire.RoomEventClosed, RoomID: room, At: wire.At(time.Now())})
	if err := b.redis.Do(t.Context(), b.redis.B().Xadd().Key(wire.StreamRoom).Id("*").FieldValue().FieldValue(wire.StreamField, string(event)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, 5*time.Second, "the list's life is shortened", func() bool {
		ttl, err := b.redis.Do(t.Context(), b.redis.B().Ttl().Key(wire.KeyMessages(room)).Build()).AsInt64()
		return err == nil && ttl > 0 && ttl <= 600
	})
	if got := b.stored(room); len(got) != 1 {
		t.Fatalf("stored %q", got)
	}
}

// A client without ids of its own that repeats what was not answered yet.
func TestRepeatedRefIsOneMessage(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	replies := b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.send(room, "ann", "1", "hello", "")
	b.send(room, "ann", "1", " hello", "") // again
	b.send(room, "ann", "1", "a careless client", "")
	b.send(room, "ann", "2", "hello", "") // said twice
	b.send(room, "bob", "1", "hello", "")
	elsewhere := sendCommand(room, "ann", "1", "hello", "")
	elsewhere.Origin.SocketID = "another"
	b.command(elsewhere, 2)
	all := replies.until(t, 6)
	if all[0].Data != all[1].Data {
		t.Errorf("the retry was answered %+v, want the first message", all[1])
	}
	if got, want := b.stored(room), []string{"hello", "a careless client", "hello", "hello", "hello"}; !slices.Equal(got, want) {
		t.Errorf("stored %q", got)
	}
}
