package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// Whoever is removed, or leaves, hears nothing more after a second, on any
// device and from any edge, and may say nothing, while those who stay go on.
func TestFormerMembersHearNothingMore(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2, "room": 2}})
	ana, bor, cene := e.signIn(t), e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ana)
	e.joinRoom(t, bor, room)
	e.joinRoom(t, cene, room)
	speaker := dial(t, e.URL(0), ana.token)
	speaker.join(t, room)
	devices := []*client{dial(t, e.URL(0), bor.token), dial(t, e.URL(1), bor.token), dial(t, e.URL(0), cene.token), dial(t, e.URL(1), cene.token)}
	for _, d := range devices {
		d.join(t, room)
	}
	said := 0
	say := func() {
		said++
		speaker.send(t, wire.EventSendMessage, "", wire.SendMessage{RoomID: room.ID, Content: fmt.Sprint(said)})
		speaker.send(t, wire.EventLocationUpdate, "", fix(room, 46+float64(said)*1e-5, 13))
		time.Sleep(120 * time.Millisecond) // as fast as anybody may speak
	}
	for range 10 {
		say()
	}
	if status := call(t, "DELETE", e.URL(1)+"/api/rooms/"+room.ID+"/members/"+bor.ID, ana.token, nil, nil); status != 200 {
		t.Fatalf("remove: %d", status)
	}
	if status := call(t, "POST", e.URL(1)+"/api/rooms/"+room.ID+"/leave", cene.token, nil, nil); status != 200 {
		t.Fatalf("leave: %d", status)
	}
	over := time.Now()
	for time.Since(over) < 3*time.Second {
		say()
	}
	testenv.Eventually(t, 10*time.Second, "those who stay do not go on", func() bool { return len(speaker.all(wire.EventNewMessage)) == said })
	deaf := wire.At(over.Add(time.Second))
	for i, d := range devices {
		if len(d.all(wire.EventNewMessage)) < 10 || len(d.all(wire.EventLocationUpdated)) == 0 {
			t.Errorf("device %d heard nothing before either: this proves nothing", i)
		}
		for _, f := range append(d.all(wire.EventNewMessage), d.all(wire.EventLocationUpdated)...) {
			var at struct {
				Timestamp wire.Time `json:"timestamp"`
			}
			if err := json.Unmarshal(f.Data, &at); err != nil {
				t.Fatal(err)
			}
			if at.Timestamp.After(deaf.Time) {
				t.Errorf("device %d heard %s after its member had gone for %s", i, f.Type, at.Timestamp.Sub(over))
			}
		}
		d.send(t, wire.EventSendMessage, "late", wire.SendMessage{RoomID: room.ID, Content: "?"})
		testenv.Eventually(t, 5*time.Second, "no answer", func() bool { event, _ := answer(t, d, "late"); return event != "" })
		if event, refusal := answer(t, d, "late"); event != wire.EventError || refusal.Code != wire.CodeNotMember {
			t.Errorf("device %d may still speak: %s %+v", i, event, refusal)
		}
	}
}
