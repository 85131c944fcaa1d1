package e2e

import (
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// Two friends reach the destination: the room is told of each, and of both; chat
// notes it, and REST knows it.
func TestAGroupArrives(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	a, b := dial(t, e.URL(0), ann.token), dial(t, e.URL(0), bob.token)
	a.join(t, room)
	b.join(t, room)
	lat, lng := room.DestinationLat, room.DestinationLng
	a.send(t, wire.EventLocationUpdate, "", fix(room, lat+0.003, lng))
	b.send(t, wire.EventLocationUpdate, "", fix(room, lat+0.004, lng))
	await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool {
		return l.UserID == ann.ID && !l.Arrived && l.DistanceToDestination != nil && *l.DistanceToDestination > 300
	})
	a.send(t, wire.EventLocationUpdate, "", fix(room, lat, lng))
	first := await(t, b, wire.EventMemberArrived, func(m wire.MemberArrived) bool { return m.UserID == ann.ID })
	if first.Rank != 1 || first.RoomID != room.ID || first.UserName == "" {
		t.Errorf("the first arrival: %+v", first)
	}
	await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.UserID == ann.ID && l.Arrived })
	b.send(t, wire.EventLocationUpdate, "", fix(room, lat+0.0001, lng))
	for _, c := range []*client{a, b} {
		await(t, c, wire.EventGroupArrived, func(g wire.GroupArrived) bool { return len(g.UserIDs) == 2 && g.UserIDs[0] == ann.ID })
		await(t, c, wire.EventSystemMessage, func(m wire.Message) bool { return m.Kind == wire.SystemArrived && m.UserID == bob.ID })
		await(t, c, wire.EventSystemMessage, func(m wire.Message) bool { return m.Kind == wire.SystemGroupArrived })
	}
	testenv.Eventually(t, 10*time.Second, "REST never knew that all have arrived", func() bool {
		var n wire.NavigationResponse
		if status := call(t, "GET", e.URL(0)+"/api/rooms/"+room.ID+"/navigation", bob.token, nil, &n); status != 200 {
			t.Fatalf("navigation: %d", status)
		}
		return n.GroupArrived && n.LeaderID == ann.ID && len(n.Members) == 2 && n.Members[0].ArrivedAt != nil && n.Members[1].Arrived
	})
	stranger := e.signIn(t)
	if status := call(t, "GET", e.URL(0)+"/api/rooms/"+room.ID+"/navigation", stranger.token, nil, nil); status != 403 {
		t.Errorf("a stranger got %d", status)
	}
}
