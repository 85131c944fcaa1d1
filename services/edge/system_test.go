package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// serveLocation confirms and broadcasts every fix, as the location service does.
func (w *world) serveLocation() {
	w.serve(wire.ServiceLocation, func(c wire.Command) {
		if c.Type == wire.CommandUpdate {
			w.publish(wire.ChannelRoom(c.RoomID), wire.Envelope{Event: wire.EventLocationUpdated, Class: wire.ClassPosition, UserID: c.UserID,
				Origin: c.Origin, Ack: `{"latitude":1}`, Data: c.Data})
		}
	})
}

// Inherited mistake 12: with two instances chat crosses, positions do not.
func TestTwoEdgesAreOneSystem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serveLocation()
	w.serveChat()
	w.room("r1", "ana", "bor")
	a, b := w.edge(nil), w.edge(nil)
	ana, bor := a.native(t, w.token("ana", time.Hour)), b.socketIO(t, `{"token":"`+w.token("bor", time.Hour)+`"}`)
	ana.join("r1")
	bor.join("r1")
	hear(ana, wire.EventUserJoined, ofUser("bor"))
	ana.emit(wire.EventLocationUpdate, `{"roomId":"r1","latitude":1,"longitude":2}`, "fix")
	hear[wire.Location](bor, wire.EventLocationUpdated, nil)
	testenv.Eventually(t, 5*time.Second, "no confirmation with the client's id", func() bool {
		c := ana.all(wire.EventLocationConfirmed)
		return len(c) == 1 && c[0].ID == "fix"
	})
	bor.say("r1", "")
	ana.say("r1", "m2")
	ana.hasExactly(1, 2)
	bor.hasExactly(1, 2)
	if n := len(ana.all(wire.EventLocationUpdated)); n != 0 {
		t.Error("ana heard its own fix as somebody's")
	}
}

// Inherited mistake 5: one of two devices going away announces user-offline and
// deletes the position.
func TestTwoDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ana", "bor")
	a, b := w.edge(nil), w.edge(nil)
	ana := a.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	phone, tablet := a.native(t, w.token("bor", time.Hour)), b.native(t, w.token("bor", time.Hour))
	phone.join("r1")
	tablet.join("r1")
	hear(ana, wire.EventUserOnline, ofUser("bor"))
	_ = phone.conn.Close()
	// Longer than the grace: a third member goes, whose end is heard of after it.
	tablet.emit(wire.EventLocationUpdate, `{"roomId":"r1","latitude":1,"longitude":1}`, "")
	testenv.Eventually(t, 5*time.Second, "the other device was refused", func() bool { return len(w.commands(wire.ServiceLocation, wire.CommandUpdate)) == 1 })
	w.room("r1", "cene")
	cene := b.native(t, w.token("cene", time.Hour))
	cene.join("r1")
	_ = cene.conn.Close()
	hear(ana, wire.EventUserOffline, ofUser("cene"))
	if n := len(ana.all(wire.EventUserOffline)); n != 1 {
		t.Errorf("%d went offline, want only cene", n)
	}
	_ = tablet.conn.Close()
	hear(ana, wire.EventUserOffline, ofUser("bor"))
	if n := len(ana.all(wire.EventUserOnline)); n != 2 {
		t.Errorf("%d came online, want bor and cene", n)
	}
	if n := len(w.commands(wire.ServiceLocation, wire.CommandLeave)); n != 0 {
		t.Error("a position was deleted because of a drop")
	}
}

// A drop that is shorter than the grace period is nobody's business.
func TestReconnectIsNotAnnounced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ana", "bor", "cene")
	a, b := w.edge(nil), w.edge(nil)
	ana := a.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	bor := a.native(t, w.token("bor", time.Hour))
	hear(ana, wire.EventUserOnline, ofUser("bor"))
	_ = bor.conn.Close()
	b.native(t, w.token("bor", time.Hour)).settle()
	cene := b.native(t, w.token("cene", time.Hour))
	hear(ana, wire.EventUserOnline, ofUser("cene"))
	_ = cene.conn.Close()
	hear(ana, wire.EventUserOffline, ofUser("cene"))
	for _, event := range []string{wire.EventUserOnline, wire.EventUserOffline} {
		n := 0
		for _, f := range ana.all(event) {
			var u wire.UserRef
			if json.Unmarshal(f.Data, &u) == nil && u.UserID == "bor" {
				n++
			}
		}
		if want := map[string]int{wire.EventUserOnline: 1}[event]; n != want {
			t.Errorf("%s of bor was heard %d times, want %d", event, n, want)
		}
	}
}

// Inherited mistake 22: SIGTERM with an open socket takes 30 s and exits 1.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serveChat()
	w.room("r1", "ana", "bor")
	patient := func(c *Config) { c.PresenceGrace = 10 * time.Second }
	a, b := w.edge(patient), w.edge(patient)
	ana, bor := a.native(t, w.token("ana", time.Hour)), a.socketIO(t, `{"token":"`+w.token("bor", time.Hour)+`"}`)
	ana.join("r1")
	bor.join("r1")
	stays := b.native(t, w.token("ana", time.Hour))
	stays.join("r1")
	began := time.Now()
	a.stop()
	for _, s := range []*socket{ana, bor} {
		hear(s, wire.EventServerDraining, func(d wire.Draining) bool { return d.ReconnectInMs > 0 && d.ReconnectInMs <= 200 })
	}
	ana.closedWith(websocket.CloseGoingAway)
	bor.closedWith(websocket.CloseGoingAway)
	err := <-a.ended
	a.ended <- nil
	t.Logf("stopping took %s", time.Since(began))
	if err != nil {
		t.Errorf("stopping returned %v", err)
	}
	// On the other edge nobody has noticed anything.
	again := b.native(t, w.token("bor", time.Hour))
	again.join("r1")
	again.say("r1", "")
	hear[wire.Message](stays, wire.EventNewMessage, nil)
	if n := len(stays.all(wire.EventUserOffline)); n != 0 {
		t.Error("a hand-over was announced")
	}
}

// Long-polling needs no sticky sessions: any edge passes a foreign session on.
func TestPollingThroughAnotherEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge(nil), w.edge(nil)
	const path = "/socket.io/?EIO=4&transport=polling"
	_, raw := get(t, "GET", a.url+path, nil, "")
	var open struct{ SID string }
	if err := json.Unmarshal(raw[1:], &open); err != nil || open.SID == "" {
		t.Fatalf("opened with %q: %v", raw, err)
	}
	resp, raw := get(t, "POST", b.url+path+"&sid="+open.SID, nil, `40{"token":"`+w.token("ana", time.Hour)+`"}`)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the packet was answered %d %s", resp.StatusCode, raw)
	}
	if _, raw = get(t, "GET", b.url+path+"&sid="+open.SID, nil, ""); !strings.HasPrefix(string(raw), `40{"sid":`) {
		t.Errorf("polled %q", raw)
	}
	resp, _ = get(t, "GET", b.url+path+"&sid="+strings.Repeat("x", 20)+".nowhere", nil, "")
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("an unknown session was answered %d", resp.StatusCode)
	}
}

// With Redis away nothing is accepted in silence, and nobody is thrown out.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room("r1", "ana")
	e := w.edge(nil)
	ana := e.native(t, w.token("ana", time.Hour))
	ana.join("r1")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.server.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	ana.say("r1", "m1")
	got := hear(ana, wire.EventError, func(e wire.SocketError) bool { return e.ID == "m1" })
	if got.Code != wire.CodeUnavailable || got.RetryAfterMs == 0 || got.Event != wire.EventSendMessage {
		t.Errorf("refused with %+v", got)
	}
	ana.settle()
	testenv.Eventually(t, 10*time.Second, "the edge says it is ready", func() bool {
		resp, _ := get(t, "GET", e.admin+"/readyz", nil, "")
		return resp.StatusCode == http.StatusServiceUnavailable
	})
}

// What a client can hear and say is in the document.
func TestEveryEventIsDocumented(t *testing.T) {
	t.Parallel()
	doc := string(wire.AsyncAPI())
	for _, event := range []string{wire.EventJoinRoom, wire.EventLeaveRoom, wire.EventLocationUpdate, wire.EventSendMessage, wire.EventRequestChatHistory,
		wire.EventPing, wire.EventJoinedRoom, wire.EventRoomLocations, wire.EventUserJoined, wire.EventUserLeft, wire.EventUserOnline, wire.EventUserOffline,
		wire.EventLocationConfirmed, wire.EventLocationUpdated, wire.EventLocationsUpdated, wire.EventNewMessage, wire.EventChatHistory, wire.EventRoomUpdated,
		wire.EventRoomClosed, wire.EventMemberRemoved, wire.EventServerDraining, wire.EventPong, wire.EventError} {
		if !strings.Contains(doc, `"`+event+`"`) {
			t.Errorf("%s is not documented", event)
		}
	}
}
