package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// dialViewer connects by a share link: with the token in the offered protocols,
// as browsers must, or in the first frame.
func dialViewer(t testing.TB, url, token string, inFrame bool) *client {
	t.Helper()
	dialer := *websocket.DefaultDialer
	if !inFrame {
		dialer.Subprotocols = []string{"wemaps.v1", wire.ShareProtocol + token}
	}
	conn, _, err := dialer.Dial("ws"+strings.TrimPrefix(url, "http")+"/ws", nil)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{conn: conn}
	go c.read()
	if inFrame {
		c.send(t, "auth", "", map[string]string{"shareToken": token})
	}
	return c
}

func (e *env) share(t testing.TB, owner user, room wire.Room) wire.Share {
	t.Helper()
	var res wire.ShareResponse
	if status := call(t, "POST", e.URL(0)+"/api/rooms/"+room.ID+"/shares", owner.token, map[string]any{"expiresIn": 1}, &res); status != 201 {
		t.Fatalf("share: %d", status)
	}
	return res.Share
}

func of(user string) func(wire.Location) bool {
	return func(l wire.Location) bool { return l.UserID == user }
}

func mustJSON(t testing.TB, raw json.RawMessage, dst any) {
	t.Helper()
	if err := json.Unmarshal(raw, dst); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
}

// A pause hides at every viewer at once, and no late packet brings the dot back,
// with two replicas of everything and phones that send all the while.
func TestPauseHidesAtEveryViewer(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2, "location": 2}})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	a, b := dial(t, e.URL(0), ann.token), dial(t, e.URL(1), bob.token)
	a.join(t, room)
	b.join(t, room)
	v := dialViewer(t, e.URL(1), e.share(t, ann, room).Token, false)
	alias := wire.Alias(room.ID, ann.ID)

	// Ann's phone sends ten times a second, and does not care.
	stop, done := make(chan struct{}), make(chan struct{})
	var once sync.Once
	end := func() { once.Do(func() { close(stop); <-done }) }
	defer end()
	go func() {
		defer close(done)
		lat := 46.4
		for {
			select {
			case <-stop:
				return
			case <-time.After(150 * time.Millisecond):
				lat += 1e-5
				at := wire.At(time.Now())
				u := fix(room, lat, 13.7)
				u.RecordedAt = &at
				a.send(t, wire.EventLocationUpdate, "", u)
			}
		}
	}()
	await(t, b, wire.EventLocationUpdated, of(ann.ID))
	await(t, v, wire.EventLocationUpdated, of(alias))
	for round := range 3 {
		a.send(t, wire.EventPauseSharing, "p", wire.RoomRef{RoomID: room.ID})
		testenv.Eventually(t, 10*time.Second, "the pause is answered", func() bool { return len(a.all(wire.EventSharingChanged)) == 2*round+1 })
		for name, c := range map[string]*client{"bob": b, "the viewer": v} {
			testenv.Eventually(t, 10*time.Second, name+" is told", func() bool { return count(c, wire.EventLocationRemoved) >= round+1 })
			c.mu.Lock()
			from := lastIndex(c.heard, wire.EventLocationRemoved)
			c.mu.Unlock()
			time.Sleep(400 * time.Millisecond) // for what should not come
			c.mu.Lock()
			for _, f := range c.heard[from:] {
				if f.Type == wire.EventLocationUpdated {
					t.Errorf("round %d: %s sees %s after the pause", round, name, f.Data)
				}
			}
			c.mu.Unlock()
		}
		var all wire.RoomLocations
		if call(t, "GET", e.URL(1)+"/api/rooms/"+room.ID+"/locations", bob.token, nil, &all); len(all.Locations) != 0 {
			t.Errorf("over REST: %s", all.Locations)
		}
		seen := len(b.all(wire.EventLocationUpdated))
		a.send(t, wire.EventResumeSharing, "r", wire.RoomRef{RoomID: room.ID})
		testenv.Eventually(t, 10*time.Second, "ann is shown again", func() bool { return len(b.all(wire.EventLocationUpdated)) > seen })
	}
	end()
	// Who is removed from the room is gone as well, at every viewer.
	removed := count(v, wire.EventLocationRemoved)
	if status := call(t, "POST", e.URL(0)+"/api/rooms/"+room.ID+"/leave", ann.token, map[string]any{}, nil); status != 200 {
		t.Fatalf("leave: %d", status)
	}
	testenv.Eventually(t, 10*time.Second, "viewers are told", func() bool { return count(v, wire.EventLocationRemoved) > removed })
	for _, f := range v.all(wire.EventLocationUpdated) {
		if strings.Contains(string(f.Data), ann.ID) {
			t.Fatalf("the viewer learns an id: %s", f.Data)
		}
	}
}

func count(c *client, event string) int { return len(c.all(event)) }

func lastIndex(heard []frame, event string) int {
	for i := len(heard) - 1; i >= 0; i-- {
		if heard[i].Type == event {
			return i
		}
	}
	return 0
}

// A viewer sees dots and no chat, can say nothing, and is cut off within a second.
func TestShareLinkViewer(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2}})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	a := dial(t, e.URL(0), ann.token)
	a.join(t, room)
	u := fix(room, 46.4, 13.7)
	battery := 50.0
	u.BatteryLevel = &battery
	a.send(t, wire.EventLocationUpdate, "1", u)
	await[wire.LocationConfirmed](t, a, wire.EventLocationConfirmed, nil)

	share := e.share(t, ann, room)
	v := dialViewer(t, e.URL(1), share.Token, true)
	if j := await[wire.JoinedRoom](t, v, wire.EventJoinedRoom, nil); j.RoomName != room.Name {
		t.Errorf("joined %+v", j)
	}
	snapshot := await(t, v, wire.EventRoomLocations, func(r wire.RoomLocations) bool { return len(r.Locations) == 1 })
	var l wire.Location
	mustJSON(t, snapshot.Locations[0], &l)
	alias := wire.Alias(room.ID, ann.ID)
	if l.UserID != alias || l.UserName != ann.Name || l.BatteryLevel != nil || l.Latitude != 46.4 {
		t.Errorf("snapshot %s", snapshot.Locations[0])
	}
	await(t, a, wire.EventRoomViewers, func(r wire.RoomViewers) bool { return r.Viewers == 1 })
	a.send(t, wire.EventSendMessage, "2", wire.SendMessage{RoomID: room.ID, Content: "not for strangers"})
	await[wire.Message](t, a, wire.EventNewMessage, nil)
	a.send(t, wire.EventTyping, "", wire.Typing{RoomID: room.ID, IsTyping: true})
	if status := call(t, "PATCH", e.URL(0)+"/api/rooms/"+room.ID, ann.token, map[string]any{"name": "Another name"}, nil); status != 200 {
		t.Fatalf("rename: %d", status)
	}
	updated := await[map[string]any](t, v, wire.EventRoomUpdated, nil)
	if raw, _ := json.Marshal(updated); !strings.Contains(string(raw), "Another name") || strings.Contains(string(raw), room.RoomCode) {
		t.Errorf("room-updated %s", raw)
	}
	lat := 46.41
	a.send(t, wire.EventLocationUpdate, "3", fix(room, lat, 13.7))
	await(t, v, wire.EventLocationUpdated, func(l wire.Location) bool { return l.UserID == alias && l.Latitude == lat })
	for _, event := range []string{wire.EventSendMessage, wire.EventLocationUpdate, wire.EventRequestChatHistory, wire.EventTyping, wire.EventPauseSharing, wire.EventLeaveRoom} {
		v.send(t, event, event, map[string]any{"roomId": room.ID, "content": "x", "latitude": 1, "longitude": 1})
		await(t, v, wire.EventError, func(s wire.SocketError) bool { return s.ID == event && s.Code == wire.CodeForbidden })
	}
	var shown wire.SharedLocations
	if status := call(t, "GET", e.URL(0)+"/api/rooms/shared/"+share.Token+"/locations", "", nil, &shown); status != 200 || len(shown.Locations) != 1 ||
		shown.Locations[0].UserID != alias || len(shown.Members) != 2 {
		t.Errorf("over REST: %d %+v", status, shown)
	}
	allowed := map[string]bool{wire.EventJoinedRoom: true, wire.EventRoomLocations: true, wire.EventLocationUpdated: true, wire.EventUserOnline: true,
		wire.EventRoomUpdated: true, wire.EventError: true, wire.EventETAChanged: true}
	v.mu.Lock()
	for _, f := range v.heard {
		if !allowed[f.Type] {
			t.Errorf("the viewer hears %s %s", f.Type, f.Data)
		}
		for _, secret := range []string{ann.ID, bob.ID, room.RoomCode, "not for strangers"} {
			if strings.Contains(string(f.Data), secret) {
				t.Errorf("the viewer learns %q from %s", secret, f.Data)
			}
		}
	}
	v.mu.Unlock()

	revoked := time.Now()
	if status := call(t, "DELETE", e.URL(0)+"/api/rooms/"+room.ID+"/shares/"+share.ID, ann.token, nil, nil); status != 200 {
		t.Fatalf("revoke: %d", status)
	}
	testenv.Eventually(t, 5*time.Second, "the socket is closed", func() bool { return v.closed() != nil })
	t.Logf("cut off after %s", time.Since(revoked))
	var closed *websocket.CloseError
	if !errors.As(v.closed(), &closed) || closed.Code != wire.CloseShareEnded.Code {
		t.Errorf("closed with %v", v.closed())
	}
	await(t, v, wire.EventError, func(s wire.SocketError) bool { return s.Code == wire.CodeShareNotFound })
	await(t, a, wire.EventRoomViewers, func(r wire.RoomViewers) bool { return r.Viewers == 0 })
	late := dialViewer(t, e.URL(1), share.Token, false)
	testenv.Eventually(t, 10*time.Second, "the link opens nothing any more", func() bool { return late.closed() != nil })
	if n := count(late, wire.EventJoinedRoom); n != 0 {
		t.Error("a viewer came in by a revoked link")
	}
	var refused wire.ErrorBody
	if status := call(t, "GET", e.URL(0)+"/api/rooms/shared/"+share.Token+"/locations", "", nil, &refused); status != http.StatusNotFound || refused.Code != wire.CodeShareNotFound {
		t.Errorf("over REST: %d %+v", status, refused)
	}
}

// Precision and zones count for members, viewers and REST alike, in all rooms.
func TestPrecisionAndZones(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	a, b := dial(t, e.URL(0), ann.token), dial(t, e.URL(0), bob.token)
	a.join(t, room)
	b.join(t, room)
	a.send(t, wire.EventSetPrecision, "1", wire.SetPrecision{RoomID: room.ID, Precision: wire.PrecisionApproximate})
	await(t, b, wire.EventSharingChanged, func(s wire.SharingChanged) bool {
		return s.UserID == ann.ID && s.Precision == wire.PrecisionApproximate
	})
	a.send(t, wire.EventLocationUpdate, "2", fix(room, 46.40123, 13.70123))
	l := await(t, b, wire.EventLocationUpdated, of(ann.ID))
	if l.Latitude == 46.40123 || l.Precision != wire.PrecisionApproximate || *l.Accuracy != 1000 {
		t.Errorf("bob sees %+v", l)
	}
	a.send(t, wire.EventSetPrecision, "3", wire.SetPrecision{RoomID: room.ID, Precision: wire.PrecisionExact})
	await(t, b, wire.EventSharingChanged, func(s wire.SharingChanged) bool { return s.Precision == wire.PrecisionExact })
	a.send(t, wire.EventLocationUpdate, "4", fix(room, 46.41, 13.71))
	await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.Latitude == 46.41 })

	if status := call(t, "POST", e.URL(0)+"/api/privacy/zones", ann.token, map[string]any{"name": "Home", "latitude": 46.41, "longitude": 13.71, "radius": 100}, nil); status != 201 {
		t.Fatalf("zone: %d", status)
	}
	await(t, b, wire.EventLocationRemoved, func(r wire.LocationRemoved) bool { return r.Reason == wire.RemovedHidden })
	a.send(t, wire.EventLocationUpdate, "5", fix(room, 46.4101, 13.71))
	await(t, a, wire.EventLocationConfirmed, func(c wire.LocationConfirmed) bool { return c.Verdict == wire.VerdictHidden })
	for _, l := range b.all(wire.EventLocationUpdated) {
		if strings.Contains(string(l.Data), "46.4101") {
			t.Errorf("bob sees ann at home: %s", l.Data)
		}
	}
	// Where are you?
	b.send(t, wire.EventAskLocation, "6", wire.AskLocation{RoomID: room.ID, UserID: ann.ID})
	asked := await[wire.LocationRequested](t, a, wire.EventLocationRequested, nil)
	if asked.AskedBy != bob.ID || asked.AskedByName != bob.Name {
		t.Errorf("asked %+v", asked)
	}
	if got := await[wire.LocationRequested](t, b, wire.EventLocationRequested, nil); got.State != wire.AskAsked {
		t.Errorf("answered %+v", got)
	}
}
