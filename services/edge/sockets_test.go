package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

func ofUser(id string) func(wire.UserRef) bool {
	return func(u wire.UserRef) bool { return u.UserID == id }
}

func withCode(c wire.Code) func(wire.SocketError) bool {
	return func(e wire.SocketError) bool { return e.Code == c }
}

// both runs a test for either protocol.
func both(t *testing.T, test func(t *testing.T, w *world, e *edge, connect func(user string) *socket)) {
	t.Parallel()
	for _, protocol := range []string{"native", "socket.io"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := w.edge(nil)
			test(t, w, e, func(user string) *socket {
				if protocol == "native" {
					return e.native(t, w.token(user, time.Hour))
				}
				return e.socketIO(t, `{"token":"`+w.token(user, time.Hour)+`"}`)
			})
		})
	}
}

func TestHandshakeRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(nil)
	w.set(wire.KeyErased("gone"), "1")
	for auth, text := range map[string]string{
		"":                    "Authentication token required",
		`{"token":"garbage"}`: "Invalid authentication token",
		`{"token":"` + w.token("late", -time.Hour) + `"}`: "Invalid authentication token",
		`{"token":"` + w.token("gone", time.Hour) + `"}`:  "User not found",
	} {
		s := e.socketIO(t, auth)
		got := hear[struct{ Message string }](s, "refused", nil)
		if got.Message != text {
			t.Errorf("%q: refused with %q, want %q", auth, got.Message, text)
		}
	}
	e.native(t, "garbage").closedWith(wire.CloseAuthInvalid.Code)
	e.native(t, w.token("gone", time.Hour)).closedWith(wire.CloseAuthInvalid.Code)
}

func TestMeetAndLeave(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ *edge, connect func(string) *socket) {
		w.room("r1", "ana", "bor")
		ana, bor := connect("ana"), connect("bor")
		ana.emit(wire.EventJoinRoom, wire.RoomRef{RoomID: "r1"}, "")
		joined := hear[wire.JoinedRoom](ana, wire.EventJoinedRoom, nil)
		if joined.RoomName != "Room r1" {
			t.Errorf("room name %q", joined.RoomName)
		}
		bor.join("r1")
		met := hear(ana, wire.EventUserJoined, ofUser("bor"))
		if met.UserName != "BOR" {
			t.Errorf("name %q", met.UserName)
		}
		bor.join("r1") // again: nothing new for the others
		bor.settle()
		for _, f := range bor.all(wire.EventUserJoined) {
			if strings.Contains(string(f.Data), "bor") {
				t.Error("bor heard of its own coming")
			}
		}
		testenv.Eventually(t, 5*time.Second, "the snapshots were not asked for", func() bool {
			return len(w.commands(wire.ServiceLocation, wire.CommandSnapshot)) == 3
		})
		bor.emit(wire.EventLeaveRoom, wire.RoomRef{RoomID: "r1"}, "")
		hear(ana, wire.EventUserLeft, ofUser("bor"))
		testenv.Eventually(t, 5*time.Second, "the position was not taken away", func() bool {
			c := w.commands(wire.ServiceLocation, wire.CommandLeave)
			return len(c) == 1 && c[0].UserID == "bor" && c[0].RoomID == "r1"
		})
		w.publish(wire.ChannelRoom("r1"), wire.Envelope{Event: "probe", Class: wire.ClassOrdered, Data: "{}"})
		hear[struct{}](ana, "probe", nil)
		bor.settle()
		if n := len(bor.all("probe")); n != 0 {
			t.Error("bor hears the room that it left")
		}
		if n := len(ana.all(wire.EventUserJoined)); n != 1 {
			t.Errorf("ana heard %d times of bor's coming, want once", n)
		}
	})
}

// Inherited mistake 6: events sent right after the handshake are lost.
func TestEventsRightAfterTheHandshake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(nil)
	w.room("r1", "ana")
	s := e.socketIO(t, `{"token":"`+w.token("ana", time.Hour)+`"}`) // does not wait for the answer
	s.emit(wire.EventJoinRoom, wire.RoomRef{RoomID: "r1"}, "")
	s.emit(wire.EventSendMessage, wire.SendMessage{RoomID: "r1", Content: "early"}, "")
	hear[wire.JoinedRoom](s, wire.EventJoinedRoom, nil)
	testenv.Eventually(t, 5*time.Second, "the message was lost", func() bool { return len(w.commands(wire.ServiceChat, wire.CommandSend)) == 1 })
	if first := s.heard[0].Type; first != "connected" {
		t.Errorf("heard %q before the handshake's answer", first)
	}
}

// Inherited mistakes 8 and 11: a stranger's leave-room announces user-left; a
// payload without a room joins "room:undefined".
func TestStrangersAndNonsense(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ *edge, connect func(string) *socket) {
		w.room("r1", "ana")
		w.room("old", "eve")
		w.cacheRoom("old", wire.RoomStatusActive, time.Now().Add(-time.Second))
		ana, eve := connect("ana"), connect("eve")
		ana.join("r1")
		inRoom := func(room string) string { return `{"roomId":"` + room + `"}` }
		for _, c := range []struct {
			event, data string
			code        wire.Code
			text        string
		}{
			{wire.EventJoinRoom, inRoom("r1"), wire.CodeNotMember, "Not authorized to join this room"},
			{wire.EventLocationUpdate, inRoom("r1"), wire.CodeNotMember, "Not authorized to update location in this room"},
			{wire.EventSendMessage, inRoom("r1"), wire.CodeNotMember, "Not authorized to send messages in this room"},
			{wire.EventRequestChatHistory, inRoom("r1"), wire.CodeNotMember, "Not authorized to access chat history"},
			{wire.EventLeaveRoom, inRoom("r1"), wire.CodeNotMember, ""},
			{wire.EventJoinRoom, inRoom("nowhere"), wire.CodeRoomNotFound, "Not authorized to join this room"},
			{wire.EventLocationUpdate, inRoom("old"), wire.CodeRoomExpired, "Not authorized to update location in this room"}, // mistake 9
			{wire.EventSendMessage, inRoom("old"), wire.CodeRoomExpired, "Not authorized to send messages in this room"},
			{wire.EventJoinRoom, `{}`, wire.CodeValidation, ""},
			{wire.EventJoinRoom, `{"roomId":{"$ne":1}}`, wire.CodeValidation, ""},
			{wire.EventJoinRoom, `{"roomId":["r1"]}`, wire.CodeValidation, ""},
			{wire.EventJoinRoom, `{"roomId":7}`, wire.CodeValidation, ""},
			{wire.EventJoinRoom, `{"roomId":null}`, wire.CodeValidation, ""},
			{wire.EventJoinRoom, `{"roomId":""}`, wire.CodeValidation, ""},
			{wire.EventJoinRoom, inRoom("r1} x"), wire.CodeValidation, ""},
			{wire.EventJoinRoom, inRoom(strings.Repeat("r", 65)), wire.CodeValidation, ""},
			{wire.EventJoinRoom, `"r1"`, wire.CodeValidation, ""},
			{wire.EventJoinRoom, `{"roomId":"r1","lastSeq":"x"}`, wire.CodeValidation, ""},
			{wire.EventLeaveRoom, `{}`, wire.CodeValidation, ""},
			{wire.EventLocationUpdate, `{"latitude":1,"longitude":1}`, wire.CodeValidation, ""},
			{"no-such-event", `{}`, wire.CodeUnknownEvent, ""},
		} {
			before := len(eve.all(wire.EventError))
			eve.emit(c.event, c.data, "")
			testenv.Eventually(t, 5*time.Second, c.event+" "+c.data+" was not refused", func() bool { return len(eve.all(wire.EventError)) > before })
			var got wire.SocketError
			if err := json.Unmarshal(eve.all(wire.EventError)[before].Data, &got); err != nil {
				t.Fatal(err)
			}
			if got.Code != c.code || got.Event != c.event || c.text != "" && got.Message != c.text {
				t.Errorf("%s %s: refused with %+v, want %s %q", c.event, c.data, got, c.code, c.text)
			}
		}
		ana.settle()
		if n := len(ana.all(wire.EventUserLeft)); n != 0 {
			t.Error("a stranger's leave-room was announced")
		}
		for _, kind := range []string{wire.CommandUpdate, wire.CommandLeave} {
			if n := len(w.commands(wire.ServiceLocation, kind)); n != 0 {
				t.Errorf("%d commands %q came of nonsense", n, kind)
			}
		}
	})
}

// Inherited mistake 7: after leaving by REST the socket still hears the room.
func TestLeavingAndRemovalByREST(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ *edge, connect func(string) *socket) {
		w.room("r1", "ana", "bor", "cene")
		ana, bor, cene := connect("ana"), connect("bor"), connect("cene")
		for _, s := range []*socket{ana, bor, cene} {
			s.join("r1")
		}
		w.dismiss("r1", "bor", "cene")
		w.happened(wire.RoomEventMemberLeft, "r1", "bor")
		hear(ana, wire.EventUserLeft, ofUser("bor"))
		w.happened(wire.RoomEventMemberRemoved, "r1", "cene")
		hear(cene, wire.EventMemberRemoved, ofUser("cene"))
		w.publish(wire.ChannelRoom("r1"), wire.Envelope{Event: "probe", Class: wire.ClassOrdered, Data: "{}"})
		hear[struct{}](ana, "probe", nil)
		for _, s := range []*socket{bor, cene} {
			s.settle()
			if len(s.all("probe")) != 0 {
				t.Error("somebody who is no member any more hears the room")
			}
			s.emit(wire.EventSendMessage, wire.SendMessage{RoomID: "r1", Content: "?"}, "")
			hear(s, wire.EventError, withCode(wire.CodeNotMember))
		}
	})
}

// Inherited mistake 9: expired rooms accept positions and chat.
func TestRoomsEnd(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ *edge, connect func(string) *socket) {
		w.room("r1", "ana")
		ana := connect("ana")
		ana.join("r1")
		w.cacheRoom("r1", wire.RoomStatusExpired, time.Now())
		// Both ways in which an edge learns of it, as the relay sends them.
		w.happened(wire.RoomEventExpired, "r1", "")
		w.publish(wire.ChannelRoom("r1"), wire.Envelope{Event: wire.EventRoomClosed, Class: wire.ClassOrdered, Data: `{"roomId":"r1","reason":"expired"}`})
		if c := hear[wire.RoomClosed](ana, wire.EventRoomClosed, nil); c.Reason != "expired" {
			t.Errorf("reason %q", c.Reason)
		}
		ana.emit(wire.EventLocationUpdate, `{"roomId":"r1","latitude":1,"longitude":1}`, "")
		hear(ana, wire.EventError, withCode(wire.CodeRoomExpired))
		if n := len(ana.all(wire.EventRoomClosed)); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

// A socket is in its rooms without asking, and nobody is told.
func TestAutoJoin(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ *edge, connect func(string) *socket) {
		w.room("r1", "ana", "bor")
		w.room("r2", "ana")
		w.do(w.redis.B().Sadd().Key(wire.KeyUserRooms("bor")).Member("r2").Build()) // a hint that is wrong
		ana := connect("ana")
		ana.settle()
		bor := connect("bor")
		bor.settle()
		for _, room := range []string{"r1", "r2"} {
			w.publish(wire.ChannelRoom(room), wire.Envelope{Event: "probe", Class: wire.ClassOrdered, Data: `{"roomId":"` + room + `"}`})
		}
		for _, room := range []string{"r1", "r2"} {
			hear(ana, "probe", func(r wire.RoomRef) bool { return r.RoomID == room })
		}
		hear(bor, "probe", func(r wire.RoomRef) bool { return r.RoomID == "r1" })
		bor.settle()
		if len(bor.all("probe")) != 1 {
			t.Error("bor hears a room that it is no member of")
		}
		if len(ana.all(wire.EventUserJoined)) != 0 {
			t.Error("a silent join was announced")
		}
		hear(ana, wire.EventUserOnline, ofUser("bor"))
	})
}

func TestUpdatesAreLimitedPerMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(nil)
	w.room("r1", "ana")
	// Two devices share the member's limit.
	phone, tablet := e.native(t, w.token("ana", time.Hour)), e.native(t, w.token("ana", time.Hour))
	for i := range 25 {
		for _, s := range []*socket{phone, tablet} {
			s.emit(wire.EventLocationUpdate, fmt.Sprintf(`{"roomId":"r1","latitude":1,"longitude":%d}`, i), "")
		}
	}
	testenv.Eventually(t, 5*time.Second, "nothing was limited", func() bool {
		return len(phone.all(wire.EventError))+len(tablet.all(wire.EventError)) > 0
	})
	phone.settle()
	tablet.settle()
	refused := len(phone.all(wire.EventError)) + len(tablet.all(wire.EventError))
	taken := len(w.commands(wire.ServiceLocation, wire.CommandUpdate))
	if taken+refused != 50 || taken < wire.UpdatesBurst || taken > wire.UpdatesBurst+10 {
		t.Errorf("%d taken, %d refused", taken, refused)
	}
	for _, s := range []*socket{phone, tablet} {
		for _, f := range s.all(wire.EventError) {
			var got wire.SocketError
			if err := json.Unmarshal(f.Data, &got); err != nil || got.Code != wire.CodeRateLimited || got.RetryAfterMs < 1 || got.RetryAfterMs > 1000 {
				t.Fatalf("refused with %s", f.Data)
			}
		}
	}
}

func TestAbuseEndsTheSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.edge(nil).native(t, w.token("ana", time.Hour))
	for range 100 {
		s.emit("no-such-event", "{}", "")
	}
	s.closedWith(wire.CloseAbuse.Code)
}

func TestSocketsPerUserAreCountedOverAllEdges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge(nil), w.edge(nil)
	tok := w.token("ana", time.Hour)
	var first *socket
	for i := range wire.MaxSocketsPerUser {
		s := []*edge{a, b}[i%2].native(t, tok)
		s.settle()
		if i == 0 {
			first = s
		}
	}
	a.native(t, tok).closedWith(wire.CloseTooMany.Code)
	s := b.socketIO(t, `{"token":"`+tok+`"}`)
	got := hear[struct {
		Message string
		Data    wire.SocketError
	}](s, "refused", nil)
	if got.Data.Code != wire.CodeTooManySockets {
		t.Errorf("refused with %+v", got)
	}
	_ = first.conn.Close()
	testenv.Eventually(t, 5*time.Second, "a place that became free is not given away", func() bool {
		s := b.native(t, tok)
		s.emit(wire.EventPing, "{}", "")
		ok := false
		for end := time.Now().Add(time.Second); time.Now().Before(end) && s.closed() == nil && !ok; {
			ok = len(s.all(wire.EventPong)) > 0
		}
		return ok
	})
}

// inherited mistake 26, the edge's part: past its limit the system sheds with a
// code and says when to come back, instead of queueing without bound.
func TestCommandsAreRefusedWhenTheServiceIsBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(func(c *Config) { c.CommandBound = 3 })
	w.room("r1", "ana")
	ana := e.native(t, w.token("ana", time.Hour))
	for range 4 {
		ana.emit(wire.EventSendMessage, wire.SendMessage{RoomID: "r1", Content: "x"}, "")
	}
	testenv.Eventually(t, 10*time.Second, "commands are taken without bound", func() bool {
		ana.emit(wire.EventSendMessage, wire.SendMessage{RoomID: "r1", Content: "x"}, "")
		ana.settle()
		return len(ana.all(wire.EventError)) > 0
	})
	if got := hear(ana, wire.EventError, withCode(wire.CodeUnavailable)); got.RetryAfterMs == 0 {
		t.Errorf("refused with %+v", got)
	}
}

func TestEndedSessionsAreClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(nil)
	ana, bor, cene := e.native(t, w.token("ana", time.Hour)), e.native(t, w.token("bor", time.Hour)), e.native(t, w.token("cene", 2*time.Second))
	for _, s := range []*socket{ana, bor, cene} {
		s.settle()
	}
	raw, err := json.Marshal(wire.AuthEvent{Type: "revoked", SessionID: "sid-ana"})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	w.do(w.redis.B().Spublish().Channel(wire.ChannelAuth).Message(string(raw)).Build())
	ana.closedWith(wire.CloseRevoked.Code)
	t.Logf("closing took %s", time.Since(began))
	cene.closedWith(wire.CloseAuthExpired.Code)
	bor.settle()
}

// While the room caches are being rebuilt nobody knows where a user belongs: a
// socket is asked to come again, and not let into no room at all.
func TestNobodyIsLetInWhileTheCachesAreLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(nil)
	w.do(w.redis.B().Del().Key(wire.KeyRoomCaches).Build())
	ana := e.native(t, w.token("ana", time.Hour))
	if got := hear(ana, wire.EventError, withCode(wire.CodeUnavailable)); got.RetryAfterMs == 0 {
		t.Errorf("%+v does not say when to come again", got)
	}
	w.room("r1", "ana")
	w.set(wire.KeyRoomCaches, "1")
	ana = e.native(t, w.token("ana", time.Hour))
	testenv.Eventually(t, 5*time.Second, "a position did not arrive", func() bool {
		w.publish(wire.ChannelRoom("r1"), wire.Envelope{Event: wire.EventLocationUpdated, Class: wire.ClassPosition, UserID: "bor", Data: `{"userId":"bor"}`})
		ana.mu.Lock()
		defer ana.mu.Unlock()
		return slices.ContainsFunc(ana.heard, func(f frame) bool { return f.Type == wire.EventLocationUpdated })
	})
}
