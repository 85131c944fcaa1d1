package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// pids of all processes: an outage must not end any of them.
func (e *env) pids() string {
	var all []string
	for _, service := range stack.Services {
		for _, p := range e.Process[service] {
			ended, err := p.Ended()
			all = append(all, fmt.Sprint(p.Name, p.PID(), ended, err))
		}
	}
	return strings.Join(all, " ")
}

// answer is what came back for a ref: an event's name, and the error if it is one.
func answer(t testing.TB, c *client, ref string) (event string, refusal wire.SocketError) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.heard {
		if f.ID == ref {
			if f.Type == wire.EventError {
				if err := json.Unmarshal(f.Data, &refusal); err != nil {
					t.Fatal(err)
				}
			}
			event = f.Type
		}
	}
	return event, refusal
}

// insist sends a message with the same clientId, as an app does, until it is
// acked.
func (c *client) insist(t testing.TB, room wire.Room, clientID string) {
	t.Helper()
	tries, next := 0, time.Time{}
	testenv.Eventually(t, 30*time.Second, "chat did not come back", func() bool {
		if time.Now().After(next) {
			tries++
			next = time.Now().Add(time.Second)
			c.send(t, wire.EventSendMessage, fmt.Sprint(clientID, tries), wire.SendMessage{RoomID: room.ID, Content: clientID, ClientID: clientID})
		}
		for i := range tries {
			if event, _ := answer(t, c, fmt.Sprint(clientID, i+1)); event == wire.EventNewMessage {
				return true
			}
		}
		return false
	})
}

// moves sends fixes until the other client hears one of them.
func moves(t testing.TB, from, to *client, room wire.Room, lat float64) {
	t.Helper()
	next := time.Time{}
	testenv.Eventually(t, 20*time.Second, "positions do not arrive", func() bool {
		if time.Now().After(next) {
			next = time.Now().Add(500 * time.Millisecond)
			from.send(t, wire.EventLocationUpdate, "", fix(room, lat, 13))
		}
		for _, f := range to.all(wire.EventLocationUpdated) {
			var l wire.Location
			if json.Unmarshal(f.Data, &l) == nil && l.Latitude == lat {
				return true
			}
		}
		return false
	})
}

// With Redis away REST goes on where Postgres is enough, sockets stay open, what
// needs Redis is refused with a time to try again, and all comes back by itself,
// although this Redis comes back empty.
func TestRedisGone(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ana, bor := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	a, b := dial(t, e.URL(0), ana.token), dial(t, e.URL(0), bor.token)
	a.join(t, room)
	b.join(t, room)
	a.insist(t, room, "before")
	before := e.pids()

	if err := e.redis.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/auth/me", "/api/rooms", "/api/rooms/" + room.ID} {
		if status := call(t, "GET", e.URL(0)+path, ana.token, nil, nil); status != 200 {
			t.Errorf("GET %s without Redis: %d", path, status)
		}
	}
	var created wire.RoomResponse
	if status := call(t, "POST", e.URL(0)+"/api/rooms", ana.token, map[string]any{
		"name": "Meanwhile", "destinationName": "Top", "destinationLat": 46.43, "destinationLng": 13.74}, &created); status != 201 {
		t.Errorf("POST /api/rooms without Redis: %d", status)
	}
	for ref, send := range map[string]func(ref string){
		"text": func(ref string) {
			a.send(t, wire.EventSendMessage, ref, wire.SendMessage{RoomID: room.ID, Content: "during", ClientID: "during"})
		},
		"fix": func(ref string) { a.send(t, wire.EventLocationUpdate, ref, fix(room, 1, 1)) },
	} {
		send(ref)
		testenv.Eventually(t, 10*time.Second, ref+" was not answered", func() bool { event, _ := answer(t, a, ref); return event != "" })
		if event, refusal := answer(t, a, ref); event != wire.EventError || refusal.Code != wire.CodeUnavailable || refusal.RetryAfterMs <= 0 {
			t.Errorf("%s without Redis: %s %+v", ref, event, refusal)
		}
	}
	if err := a.closed(); err != nil {
		t.Errorf("the socket was closed: %v", err)
	}

	testenv.RedisServerAt(t, e.redis.Port)
	a.insist(t, room, "during")
	b.insist(t, room, "after")
	moves(t, a, b, room, 47)
	await(t, b, wire.EventNewMessage, func(m wire.Message) bool { return m.Content == "during" })
	if a.closed() != nil || b.closed() != nil {
		t.Errorf("a socket was closed: %v, %v", a.closed(), b.closed())
	}
	// The room that was created meanwhile can be used.
	c := dial(t, e.URL(0), ana.token)
	testenv.Eventually(t, 10*time.Second, "the room of the outage cannot be joined", func() bool {
		c.send(t, wire.EventJoinRoom, "", wire.RoomRef{RoomID: created.Room.ID})
		for _, f := range c.all(wire.EventJoinedRoom) {
			if strings.Contains(string(f.Data), created.Room.ID) {
				return true
			}
		}
		return false
	})
	if now := e.pids(); now != before {
		t.Errorf("processes ended: %s, before %s", now, before)
	}
}

// With Postgres away live positions go on, chat is not acked and soon refused with
// a time to try again, and what was sent is there once, and acked, when it is back.
func TestPostgresGone(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ana, bor := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	a, b := dial(t, e.URL(0), ana.token), dial(t, e.URL(0), bor.token)
	a.join(t, room)
	b.join(t, room)
	a.insist(t, room, "before")
	before := e.pids()
	allow := e.gate(t)

	allow(false)
	moves(t, a, b, room, 46)
	a.send(t, wire.EventSendMessage, "during", wire.SendMessage{RoomID: room.ID, Content: "during", ClientID: "during"})
	moves(t, a, b, room, 47)
	if event, refusal := answer(t, a, "during"); event != "" && refusal.Code != wire.CodeUnavailable {
		t.Errorf("chat without Postgres: %s %+v", event, refusal)
	}
	var refusal wire.ErrorBody
	if status := call(t, "GET", e.URL(0)+"/api/rooms", ana.token, nil, &refusal); status != 503 || refusal.Code != wire.CodeUnavailable {
		t.Errorf("REST without Postgres: %d %s", status, refusal.Code)
	}
	late := dial(t, e.URL(0), bor.token) // a socket needs no Postgres
	late.join(t, room)
	tries := 0
	testenv.Eventually(t, 15*time.Second, "chat without Postgres is not refused", func() bool {
		event, refusal := answer(t, late, fmt.Sprint("refused", tries))
		tries++
		late.send(t, wire.EventSendMessage, fmt.Sprint("refused", tries), wire.SendMessage{RoomID: room.ID, Content: "during", ClientID: "late"})
		time.Sleep(500 * time.Millisecond)
		return event == wire.EventError && refusal.Code == wire.CodeUnavailable && refusal.RetryAfterMs > 0
	})
	var notSent wire.ErrorBody
	if status := call(t, "POST", e.URL(0)+"/api/rooms/"+room.ID+"/messages", ana.token, map[string]any{"content": "never"}, &notSent); status != 503 || notSent.Code != wire.CodeUnavailable {
		t.Errorf("chat over REST without Postgres: %d %s", status, notSent.Code)
	}

	allow(true)
	a.insist(t, room, "during")
	b.insist(t, room, "after")
	for _, c := range []*client{a, b, late} {
		await(t, c, wire.EventNewMessage, func(m wire.Message) bool { return m.Content == "after" })
		if err := c.closed(); err != nil {
			t.Errorf("the socket was closed: %v", err)
		}
	}
	var history wire.ChatHistory
	if call(t, "GET", e.URL(0)+"/api/rooms/"+room.ID+"/messages", ana.token, nil, &history); len(history.Messages) != 4 {
		t.Errorf("%d messages are stored, want 4: %s", len(history.Messages), history.Messages)
	}
	if now := e.pids(); now != before {
		t.Errorf("processes ended: %s, before %s", now, before)
	}
}

// gate lets connections to the database through, or ends them all.
func (e *env) gate(t testing.TB) func(open bool) {
	t.Helper()
	u, err := url.Parse(e.db.AdminURL())
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return func(open bool) {
		t.Helper()
		limit := 0 // the services' roles get "too many connections", as from a server that has none left
		if open {
			limit = -1
		}
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf(`ALTER DATABASE %s CONNECTION LIMIT %d`, name, limit)); err != nil {
			t.Fatal(err)
		}
		if open {
			return
		}
		if _, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name); err != nil {
			t.Fatal(err)
		}
	}
}
