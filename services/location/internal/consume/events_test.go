package consume_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/inlet"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

func TestRoomEventsDeletePositions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = consume.RoomEvents(w.client, "a", store.NewPositions(w.client, ttl), inlet.NewCommands(w.client, 1, 100), func(err error) { t.Log(err) }).Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	h := w.commands(w.client)
	for _, room := range []string{"r1", "r2", "r3"} {
		w.room(room, "ann", "bob")
		handle(t, h, update(room, "ann", 1, time.Now()), update(room, "bob", 1, time.Now()))
	}
	emit := func(kind, room, user string) {
		raw, err := json.Marshal(wire.RoomEvent{ID: 1, Type: kind, RoomID: room, UserID: user, At: wire.At(time.Now())})
		if err != nil {
			t.Fatal(err)
		}
		w.do("XADD", wire.StreamRoom, "*", wire.StreamField, string(raw))
	}
	w.do("XADD", wire.StreamRoom, "*", wire.StreamField, "rubbish")
	emit(wire.RoomEventUpdated, "r1", "")
	emit(wire.RoomEventMemberLeft, "r1", "ann")
	emit(wire.RoomEventMemberRemoved, "r1", "bob")
	// The room service may have deleted its caches before: the members must be known without them.
	w.do("DEL", wire.KeyRoom("r2"), wire.KeyRoomMembers("r2"))
	emit(wire.RoomEventExpired, "r2", "")
	emit(wire.RoomEventMemberLeft, "r3", "ann")

	w.eventually("positions of those who are gone are deleted", func() bool { return !w.exists(wire.KeyLocation("r3", "ann")) })
	for _, key := range []string{wire.KeyLocation("r1", "ann"), wire.KeyLocation("r1", "bob"), wire.KeyLocation("r2", "ann"),
		wire.KeyLocation("r2", "bob"), wire.KeyLocated("r2")} {
		if w.exists(key) {
			t.Errorf("%s is still there", key)
		}
	}
	if !w.exists(wire.KeyLocation("r3", "bob")) {
		t.Error("the position of somebody else was deleted")
	}
	if n, _ := w.do("XLEN", wire.StreamDead(wire.ServiceLocation)).AsInt64(); n != 1 {
		t.Errorf("%d dead letters, want the one that is no event", n)
	}
}
