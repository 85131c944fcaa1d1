package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// tell says what auth says of accounts.
func (w *world) tell(e wire.AuthEvent) {
	w.t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.redis.Do(w.t.Context(), w.redis.B().Xadd().Key(wire.StreamAuth).Id("*").FieldValue().FieldValue(wire.StreamField, string(raw)).Build()).Error(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) names(roomID string) map[string]string {
	w.t.Helper()
	var rows []struct {
		UserID   string `db:"user_id"`
		UserName string `db:"user_name"`
		Nickname string
	}
	if err := w.db.Select(&rows, `SELECT user_id, user_name, nickname FROM members WHERE room_id = $1`, roomID); err != nil {
		w.t.Fatal(err)
	}
	names := map[string]string{}
	for _, r := range rows {
		names[r.UserID] = r.UserName + "/" + r.Nickname
	}
	return names
}

func TestANewNameIsEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("Ann"), w.person("Bob")
	open, ended := ann.create(draft("Trip")), ann.create(draft("Old trip"))
	bob.do("POST", "/api/rooms/join", map[string]any{"roomCode": open.RoomCode, "nickname": "The Bob"}).into(http.StatusOK, &struct{}{})
	bob.join(ended.RoomCode)
	ann.do("POST", "/api/rooms/"+ended.ID+"/close", nil).into(http.StatusOK, &struct{}{})
	for _, p := range []*person{ann, bob} {
		w.tell(wire.AuthEvent{Type: wire.AuthEventRenamed, UserID: p.id, UserName: "New " + p.name})
		w.tell(wire.AuthEvent{Type: wire.AuthEventRenamed, UserID: p.id, UserName: "New " + p.name}) // at least once
	}
	testenv.Eventually(t, 10*time.Second, "the names never arrived", func() bool {
		o, e := w.names(open.ID), w.names(ended.ID)
		return o[ann.id] == "New Ann/New Ann" && o[bob.id] == "New Bob/The Bob" && e[ann.id] == "New Ann/New Ann" && e[bob.id] == "New Bob/New Bob"
	})
	got := ann.room(open.ID)
	if *got.Room.CreatedBy != "New Ann" || got.Members[0].UserName != "New Ann" {
		t.Errorf("%+v", got)
	}
	renamed := 0
	testenv.Eventually(t, 10*time.Second, "the others were not told", func() bool {
		renamed = 0
		for _, e := range w.streamed(open.ID) {
			if e.Type == wire.RoomEventMemberRenamed {
				renamed++
			}
		}
		return renamed >= 2
	})
	if renamed != 2 {
		t.Errorf("%d events of two new names", renamed)
	}
}

func TestAnErasedAccountLeavesAllRooms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("Ann"), w.person("Bob")
	shared, alone, left := ann.create(draft("Trip")), ann.create(draft("Alone")), bob.create(draft("Bob's"))
	bob.join(shared.RoomCode)
	ann.join(left.RoomCode)
	ann.leave(left.ID)
	w.tell(wire.AuthEvent{Type: wire.AuthEventErased, UserID: ann.id})
	testenv.Eventually(t, 10*time.Second, "the account is still there", func() bool {
		return w.names(shared.ID)[ann.id] == "Deleted user/Deleted user" && w.names(alone.ID)[ann.id] == "Deleted user/Deleted user" &&
			w.names(left.ID)[ann.id] == "Deleted user/Deleted user" && !w.members(shared.ID)[ann.id] &&
			*bob.room(shared.ID).Room.CreatedBy == "Deleted user" // the last thing that is done
	})
	got := bob.room(shared.ID)
	if got.MemberCount != 1 || *got.Room.UserRole != "owner" {
		t.Errorf("the heir sees %+v", got)
	}
	bob.tryJoin(alone.RoomCode).fails(http.StatusGone, wire.CodeRoomClosed)
}

func TestLongEndedRoomsArePurged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.person("Ann")
	old, recent, open := ann.create(draft("Old")), ann.create(draft("Recent")), ann.create(draft("Open"))
	for _, r := range []wire.Room{old, recent} {
		ann.do("POST", "/api/rooms/"+r.ID+"/close", nil).into(http.StatusOK, &struct{}{})
	}
	w.exec(`UPDATE rooms SET updated_at = now() - interval '2 hours' WHERE id IN ($1, $2)`, old.ID, open.ID)
	w.start() // a replica looks at once
	testenv.Eventually(t, 10*time.Second, "the old room is still there", func() bool {
		return ann.do("GET", "/api/rooms/"+old.ID, nil).status == http.StatusNotFound
	})
	for _, r := range []wire.Room{recent, open} {
		if got := ann.do("GET", "/api/rooms/"+r.ID, nil); got.status != http.StatusOK {
			t.Errorf("%s is gone: %d", r.Name, got.status)
		}
	}
	if n := len(w.names(old.ID)); n != 0 {
		t.Errorf("%d members of a room that is gone", n)
	}
}
