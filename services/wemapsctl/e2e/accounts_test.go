package e2e

import (
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// A new name is everybody's at once: on sockets that are open, with tokens that are older, in the list of members.
func TestANewNameReachesTheRoom(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	a, b := dial(t, e.URL(0), ann.token), dial(t, e.URL(0), bob.token)
	a.join(t, room)
	b.join(t, room)
	name := unique("renamed")
	if status := call(t, "PUT", e.URL(0)+"/api/auth/me", ann.token, map[string]string{"name": name}, nil); status != 200 {
		t.Fatalf("rename: %d", status)
	}
	testenv.Eventually(t, 10*time.Second, "the open socket never spoke under the new name", func() bool {
		id := unique("say")
		a.send(t, wire.EventSendMessage, "", map[string]any{"roomId": room.ID, "content": "hello", "clientId": id})
		said := await(t, b, wire.EventNewMessage, func(m wire.Message) bool { return m.ClientID == id })
		return said.UserName == name
	})
	var said struct{ Message wire.Message }
	if status := call(t, "POST", e.URL(0)+"/api/rooms/"+room.ID+"/messages", ann.token, map[string]any{"content": "hi"}, &said); status != 201 || said.Message.UserName != name {
		t.Errorf("by REST with the old token: %d, %q", status, said.Message.UserName)
	}
	testenv.Eventually(t, 10*time.Second, "the list of members has the old name", func() bool {
		var res wire.RoomDetailResponse
		call(t, "GET", e.URL(0)+"/api/rooms/"+room.ID, bob.token, nil, &res)
		return len(res.Members) == 2 && res.Members[0].UserName == name && res.Room.CreatedBy != nil && *res.Room.CreatedBy == name
	})
	await(t, b, wire.EventRoomUpdated, func(u wire.RoomUpdated) bool { return len(u.Room.Members) == 2 && u.Room.Members[0].UserName == name })
}

// Who erases their account is out of every room within moments, and hears nothing more.
func TestAnErasedAccountIsGone(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	a, b := dial(t, e.URL(0), ann.token), dial(t, e.URL(0), bob.token)
	a.join(t, room)
	b.join(t, room)
	moves(t, a, b, room, 47)
	if status := call(t, "DELETE", e.URL(0)+"/api/auth/me", ann.token, nil, nil); status != 200 {
		t.Fatalf("erase: %d", status)
	}
	testenv.Eventually(t, 10*time.Second, "the socket is still open", func() bool { return a.closed() != nil })
	await(t, b, wire.EventUserLeft, func(u wire.UserRef) bool { return u.UserID == ann.ID })
	testenv.Eventually(t, 10*time.Second, "the room still has them", func() bool {
		var res wire.RoomDetailResponse
		call(t, "GET", e.URL(0)+"/api/rooms/"+room.ID, bob.token, nil, &res)
		return len(res.Members) == 1 && res.Members[0].Role == "owner" && *res.Room.CreatedBy == "Deleted user"
	})
	var live wire.RoomLocations
	if status := call(t, "GET", e.URL(0)+"/api/rooms/"+room.ID+"/locations", bob.token, nil, &live); status != 200 || len(live.Locations) != 0 {
		t.Errorf("%d, and their position is still shown: %+v", status, live.Locations)
	}
}
