package publish

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// watched remembers which rooms were read.
type watched struct {
	committed
	asked []string
}

func (w *watched) Rooms(ctx context.Context, ids []string) (map[string]*room.Room, error) {
	w.asked = append(w.asked, ids...)
	return w.committed.Rooms(ctx, ids)
}

// Of a join whose request has written the caches nothing is read again; of one that could not, everything.
func TestRelayOfJoins(t *testing.T) {
	t.Parallel()
	cache := newCache(t, prometheus.NewRegistry())
	db := &watched{committed: committed{
		"written": someRoom("written", "AAAAAA", 3, room.Active, "ann", "bob"),
		"behind":  someRoom("behind", "BBBBBB", 3, room.Active, "ann", "bob"),
		"never":   someRoom("never", "CCCCCC", 2, room.Active, "ann", "bob"),
		"other":   someRoom("other", "DDDDDD", 3, room.Active, "ann", "bob"),
	}}
	cache.Committed(t.Context(), room.Change{Room: db.committed["written"]}, room.Change{Room: db.committed["other"]},
		room.Change{Room: someRoom("behind", "BBBBBB", 2, room.Active, "ann")})
	r := NewRelay(Relay{Rooms: db, Cache: cache, Client: cache.Client, Metrics: cache.Metrics, OnError: func(err error) { t.Error(err) }})
	event := func(id int64, what room.EventType, roomID string, version int64) room.Event {
		return room.Event{ID: id, Type: what, RoomID: roomID, Version: version, UserID: "bob", UserName: "Bob", At: time.Now()}
	}
	if err := r.tell(t.Context(), []room.Event{
		event(1, room.EventMemberJoined, "written", 2), event(2, room.EventMemberJoined, "behind", 3), event(3, room.EventMemberJoined, "never", 2),
		event(4, room.EventMemberJoined, "other", 2), event(5, room.EventMemberRole, "other", 3), event(6, room.EventMemberJoined, "written", 3),
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(db.asked)
	if !slices.Equal(db.asked, []string{"behind", "never", "other"}) {
		t.Errorf("rooms that were read: %v", db.asked)
	}
	cache.has(t, "written", "3", 2)
	cache.has(t, "behind", "3", 2)
	cache.has(t, "never", "2", 2)
	b := cache.Client.B
	rooms, err := cache.Client.Do(t.Context(), b().Smembers().Key(wire.KeyUserRooms("bob")).Build()).AsStrSlice()
	slices.Sort(rooms)
	if err != nil || !slices.Equal(rooms, []string{"behind", "never", "other", "written"}) {
		t.Errorf("Bob's rooms: %v (%v)", rooms, err)
	}
	if n, err := cache.Client.Do(t.Context(), b().Xlen().Key(wire.StreamRoom).Build()).AsInt64(); err != nil || n != 6 {
		t.Errorf("%d events were told (%v)", n, err)
	}
}
