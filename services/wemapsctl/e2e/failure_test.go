package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// A conversation goes on while each service in turn is killed and restarted:
// every message that was acked is there, once, in order.
func TestConversationSurvivesAKillOfEachService(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ana, bor := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	a, b := dial(t, e.URL(0), ana.token), dial(t, e.URL(0), bor.token)
	a.join(t, room)
	b.join(t, room)
	var sent []string
	say := func() {
		t.Helper()
		text := unique("message")
		sent = append(sent, text)
		a.send(t, wire.EventSendMessage, text, wire.SendMessage{RoomID: room.ID, Content: text, ClientID: strings.ReplaceAll(text, " ", "-")})
	}
	say()
	for _, service := range []string{"chat", "location", "room", "auth"} {
		p := e.Process[service][0]
		say()
		p.Kill()
		say() // commands wait in the stream while nobody reads it
		lat := 40 + float64(len(sent))
		a.send(t, wire.EventLocationUpdate, "", fix(room, lat, 13))
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		if err := p.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.Latitude == lat })
		say()
	}
	await(t, b, wire.EventNewMessage, func(m wire.Message) bool { return m.Content == sent[len(sent)-1] })
	var got []string
	seqs := map[int64]bool{}
	var newest int64
	for _, f := range append(b.all(wire.EventSystemMessage), b.all(wire.EventNewMessage)...) {
		var m wire.Message
		if err := json.Unmarshal(f.Data, &m); err != nil {
			t.Fatal(err)
		}
		if seqs[m.Seq] {
			t.Errorf("seq %d came twice", m.Seq)
		}
		if seqs[m.Seq], newest = true, max(newest, m.Seq); m.Kind == "" {
			got = append(got, m.Content)
		}
	}
	for seq := newest - int64(len(seqs)) + 1; seq <= newest; seq++ { // the first may have come before b listened
		if !seqs[seq] {
			t.Errorf("seq %d is missing", seq)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(sent) {
		t.Fatalf("heard %q, want %q", got, sent)
	}
}

// Inherited mistake 12: with two instances chat crosses, positions do not.
func TestTwoEdgesAreOneSystem(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2, "location": 2, "chat": 2, "room": 2, "auth": 2}})
	ana, bor := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	a, b := dial(t, e.URL(0), ana.token), dial(t, e.URL(1), bor.token)
	a.join(t, room)
	b.join(t, room)
	await(t, a, wire.EventUserJoined, func(u wire.UserRef) bool { return u.UserID == bor.ID })
	a.send(t, wire.EventLocationUpdate, "", fix(room, 46, 13))
	await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.Latitude == 46 })
	b.send(t, wire.EventSendMessage, "", wire.SendMessage{RoomID: room.ID, Content: "across"})
	await(t, a, wire.EventNewMessage, func(m wire.Message) bool { return m.Content == "across" })

	// An edge that is killed takes only its own sockets with it, and its members
	// go offline by themselves.
	e.Process["edge"][1].Kill()
	awaitFor(t, a, 30*time.Second, wire.EventUserOffline, func(u wire.UserRef) bool { return u.UserID == bor.ID })
	b = dial(t, e.URL(0), bor.token)
	b.join(t, room)
	a.send(t, wire.EventLocationUpdate, "", fix(room, 47, 13))
	await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.Latitude == 47 })
}

// Inherited mistake 9: expired rooms accept positions and chat.
func TestRoomsExpireOnTime(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ana := e.signIn(t)
	room := e.createRoom(t, ana)
	a := dial(t, e.URL(0), ana.token)
	a.join(t, room)
	db, err := sql.Open("postgres", e.db.AdminURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	due := time.Now().Add(time.Second)
	if _, err := db.ExecContext(t.Context(), `UPDATE room.rooms SET expires_at = $1 WHERE id = $2`, due, room.ID); err != nil {
		t.Fatal(err)
	}
	closed := await(t, a, wire.EventRoomClosed, func(c wire.RoomClosed) bool { return c.RoomID == room.ID })
	if closed.Reason != "expired" {
		t.Errorf("reason %q, want expired", closed.Reason)
	}
	t.Logf("closed %s after its end", time.Since(due))
	a.send(t, wire.EventLocationUpdate, "fix", fix(room, 1, 1))
	await(t, a, wire.EventError, func(e wire.SocketError) bool { return e.Event == wire.EventLocationUpdate })
	a.send(t, wire.EventSendMessage, "text", wire.SendMessage{RoomID: room.ID, Content: "too late"})
	await(t, a, wire.EventError, func(e wire.SocketError) bool { return e.Event == wire.EventSendMessage })
	var rooms wire.RoomsResponse
	call(t, "GET", e.URL(0)+"/api/rooms", ana.token, nil, &rooms)
	if len(rooms.Rooms) != 0 {
		t.Errorf("the expired room is still listed: %+v", rooms.Rooms)
	}
	var refusal wire.ErrorBody
	if status := call(t, "POST", e.URL(0)+"/api/rooms/join", e.signIn(t).token, map[string]string{"roomCode": room.RoomCode}, &refusal); status != 410 || refusal.Code != wire.CodeRoomExpired {
		t.Errorf("joining answers %d %s", status, refusal.Code)
	}
}

// Inherited mistake 23: with the database down, health says OK.
func TestHealthTellsOfALostDatabase(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	allow := e.gate(t)
	health := func() string {
		var h wire.Health
		call(t, "GET", e.URL(0)+"/api/health", "", nil, &h)
		return h.Status
	}
	if got := health(); got != "OK" {
		t.Fatalf("healthy system says %q", got)
	}
	allow(false)
	testenv.Eventually(t, 10*time.Second, "health never told of the lost database", func() bool { return health() != "OK" })
	allow(true)
	testenv.Eventually(t, 15*time.Second, "health never recovered", func() bool { return health() == "OK" })
	e.createRoom(t, e.signIn(t))
}

func TestNativeRefusesWhatItMust(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ana := e.signIn(t)
	room := e.createRoom(t, ana)
	for name, token := range map[string]string{"garbage": "garbage", "cut short": ana.token[:len(ana.token)-5]} {
		c, err := tryDial(e.URL(0), token)
		if err != nil {
			continue // refused at the handshake
		}
		testenv.Eventually(t, 10*time.Second, name+" token was let in", func() bool { return c.closed() != nil })
	}
	a := dial(t, e.URL(0), ana.token)
	a.join(t, room)
	for _, garbage := range []string{"", "{", `[]`, `{"v":1}`, `{"v":1,"type":7}`, `{"v":1,"type":"join-room","data":[]}`, "\x00\xff"} {
		before := len(a.all(wire.EventError))
		if err := a.conn.WriteMessage(websocket.TextMessage, []byte(garbage)); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(garbage, "\x00") { // not UTF-8: the connection may end
			testenv.Eventually(t, 5*time.Second, fmt.Sprintf("%q was not answered", garbage), func() bool { return len(a.all(wire.EventError)) > before })
		}
	}
	b := dial(t, e.URL(0), ana.token)
	b.join(t, room)
	b.send(t, wire.EventSendMessage, "r1", wire.SendMessage{RoomID: room.ID, Content: "alive"})
	testenv.Eventually(t, 5*time.Second, "the reply does not echo the id", func() bool {
		for _, f := range b.all(wire.EventNewMessage) {
			if f.ID == "r1" {
				return true
			}
		}
		return false
	})
}
