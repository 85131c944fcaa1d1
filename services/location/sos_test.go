package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/sos"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

// notes are what chat was given to say in a room, by kind.
func (s *service) notes(room string) map[string][]wire.SystemMessage {
	s.t.Helper()
	stream := wire.StreamCommands(wire.ServiceChat, wire.Partition(room, 2))
	entries, err := s.client.Do(context.Background(), s.client.B().Xrange().Key(stream).Start("-").End("+").Build()).AsXRange()
	if err != nil {
		s.t.Fatal(err)
	}
	notes := map[string][]wire.SystemMessage{}
	for _, entry := range entries {
		c, err := wire.ParseCommand(entry.FieldValues[wire.CommandField])
		if err != nil || c.Type != wire.CommandSystem {
			s.t.Fatalf("%+v, %v", c, err)
		}
		var m wire.SystemMessage
		if err := json.Unmarshal([]byte(c.Data), &m); err != nil {
			s.t.Fatal(err)
		}
		if c.RoomID == room {
			notes[m.Kind] = append(notes[m.Kind], m)
		}
	}
	return notes
}

// A call over a socket goes to everybody, is answered to its sender, is told to
// whoever joins, and is over when somebody answers.
func TestACallForHelp(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	h, replies := s.listen(t, wire.ChannelRoom(room)), s.listen(t, wire.ChannelReplies("e1"))
	s.command(wire.CommandUpdate, room, "cleo", `{"latitude":45.9,"longitude":14,"accuracy":7}`)
	await[wire.Location](h, wire.EventLocationUpdated, 1)
	s.command(wire.CommandSOS, room, "cleo", `{"roomId":"x","message":" Broke a leg "}`)
	raised := await[wire.SOS](h, wire.EventSOSRaised, 1)
	if raised.UserID != "cleo" || raised.Message != "Broke a leg" || raised.State != wire.SOSOpen || raised.Position == nil || raised.Position.Latitude != 45.9 || *raised.Position.Accuracy != 7 {
		t.Errorf("the room hears %+v", raised)
	}
	if o := h.all(wire.EventSOSRaised)[0].Origin; o != (wire.Origin{EdgeID: "e1", SocketID: "s-cleo", Ref: "7"}) {
		t.Errorf("the sender would not get it as the answer: %+v", o)
	}
	// Again is the same call, from the place that the caller names.
	s.command(wire.CommandSOS, room, "cleo", `{"latitude":45.8,"longitude":14.1}`)
	again := await[wire.SOS](h, wire.EventSOSRaised, 2)
	if again.ID != raised.ID || again.Message != raised.Message || again.Position.Latitude != 45.8 || again.Position.Accuracy != nil || !again.UpdatedAt.After(raised.UpdatedAt.Time) {
		t.Errorf("again: %+v", again)
	}
	s.command(wire.CommandSnapshot, room, "bob", `{}`)
	if told := await[wire.SOS](replies, wire.EventSOSRaised, 1); told.ID != raised.ID || told.Position.Latitude != 45.8 {
		t.Errorf("who joins hears %+v", told)
	}
	for _, tc := range []struct{ kind, user, data, event, code string }{
		{wire.CommandAnswerSOS, "cleo", `{"sosId":"` + raised.ID + `"}`, wire.EventAnswerSOS, "FORBIDDEN"},
		{wire.CommandAnswerSOS, "bob", `{}`, wire.EventAnswerSOS, "VALIDATION_ERROR"},
		{wire.CommandAnswerSOS, "bob", `{"sosId":"` + httpx.NewID() + `"}`, wire.EventAnswerSOS, "SOS_NOT_FOUND"},
		{wire.CommandCancelSOS, "ann", `{}`, wire.EventCancelSOS, "SOS_NOT_FOUND"},
		{wire.CommandSOS, "ann", `{"latitude":91,"longitude":0}`, wire.EventSOS, "VALIDATION_ERROR"},
		{wire.CommandSOS, "ann", `{"latitude":"1","longitude":0}`, wire.EventSOS, "VALIDATION_ERROR"},
		{wire.CommandSOS, "ann", `{"message":"` + strings.Repeat("x", wire.MaxSOSRunes+1) + `"}`, wire.EventSOS, "VALIDATION_ERROR"},
		{wire.CommandSOS, "eve", `{}`, wire.EventSOS, "NOT_MEMBER"},
	} {
		before := len(replies.all(wire.EventError))
		s.command(tc.kind, room, tc.user, tc.data)
		if e := await[wire.SocketError](replies, wire.EventError, before+1); string(e.Code) != tc.code || e.Event != tc.event || e.ID != "7" || (e.Code == wire.CodeValidation) != (e.Field != "") {
			t.Errorf("%s %s by %s: %+v, want %s", tc.kind, tc.data, tc.user, e, tc.code)
		}
	}
	s.command(wire.CommandAnswerSOS, room, "bob", `{"sosId":"`+raised.ID+`","message":"On my way"}`)
	answered := await[wire.SOS](h, wire.EventSOSAnswered, 1)
	if answered.ID != raised.ID || answered.State != wire.SOSAnswered || answered.EndedBy != "bob" || answered.Answer != "On my way" || answered.EndedAt == nil {
		t.Errorf("answered: %+v", answered)
	}
	if s.value(wire.KeySOS(room)) != "" {
		t.Error("who joins now would hear of it")
	}
	if status, code := s.ask("POST", "/api/rooms/"+room+"/sos/"+raised.ID+"/answer", "ann", `{}`, nil); status != 409 || code != "SOS_ENDED" {
		t.Errorf("a second answer: %d %s", status, code)
	}
	notes := s.notes(room)
	if n := notes[wire.SystemSOS]; len(n) != 2 || n[0].Key != n[1].Key || n[0].Text != "CLEO calls for help: Broke a leg" || n[0].UserID != "cleo" {
		t.Errorf("in chat %+v", n)
	}
	if n := notes[wire.SystemSOSAnswered]; len(n) != 1 || n[0].Text != "BOB answers the call for help of CLEO: On my way" {
		t.Errorf("in chat %+v", n)
	}
}

func TestCallsByREST(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	path, h := "/api/rooms/"+room+"/sos", s.listen(t, wire.ChannelRoom(room))
	var first, second wire.SOSResponse
	if status, _ := s.ask("POST", path, "cleo", nil, &first); status != 201 || first.SOS.Position != nil {
		t.Errorf("a call from nowhere: %d %+v", status, first)
	}
	if status, _ := s.ask("POST", path, "cleo", `{"message":"Here","latitude":1,"longitude":2,"recordedAt":"2999-01-01T00:00:00.000Z"}`, &second); status != 200 ||
		second.SOS.ID != first.SOS.ID || second.SOS.Position == nil || second.SOS.Position.RecordedAt.After(time.Now().Add(time.Minute)) {
		t.Errorf("again: %d %+v", status, second)
	}
	if status, code := s.ask("DELETE", path+"/"+first.SOS.ID, "dora", nil, nil); status != 403 || code != "ACCESS_DENIED" {
		t.Errorf("a stranger: %d %s", status, code)
	}
	s.do("SADD", wire.KeyRoomMembers(room), "dora")
	testenv.Eventually(t, 5*time.Second, "a member hears that it is not theirs", func() bool {
		status, code := s.ask("DELETE", path+"/"+first.SOS.ID, "dora", nil, nil)
		return status == 403 && code == "FORBIDDEN"
	})
	for range 2 { // the second time nothing more happens
		if status, _ := s.ask("DELETE", path+"/"+first.SOS.ID, "bob", nil, &second); status != 200 || second.SOS.State != wire.SOSCancelled || second.SOS.EndedBy != "bob" {
			t.Errorf("cancelled by an admin: %d %+v", status, second)
		}
	}
	await[wire.SOS](h, wire.EventSOSCancelled, 1)
	var open wire.SOSListResponse
	if status, _ := s.ask("GET", path, "ann", nil, &open); status != 200 || len(open.SOS) != 0 {
		t.Errorf("open: %+v", open)
	}
	limited := 0
	for range 6 {
		if status, code := s.ask("POST", path, "cleo", nil, nil); status == 429 && code == "RATE_LIMITED" {
			limited++
		}
	}
	if limited != 3 { // five at once, two were spent
		t.Errorf("%d of 6 were limited", limited)
	}
}

// What was stored is told although the process ended in between, and a call that
// cannot be stored now is told now, and stored later.
func TestNoCallIsLost(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	h := s.listen(t, wire.ChannelRoom(room))
	db, err := sqlx.Open("postgres", s.database.AdminURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	err = store.NewCalls(db).Update(context.Background(), room, "", func([]sos.Call) (sos.Change, error) {
		now := time.Now()
		return sos.Change{Kind: sos.Raised, Call: sos.Call{ID: httpx.NewID(), Room: room, UserID: "ann", UserName: "Ann", State: sos.Open, RaisedAt: now, UpdatedAt: now}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if told := await[wire.SOS](h, wire.EventSOSRaised, 1); told.UserID != "ann" {
		t.Errorf("the room hears %+v", told)
	}
	rename := func(from, to string) {
		t.Helper()
		if _, err := db.ExecContext(context.Background(), `ALTER TABLE location.`+from+` RENAME TO `+to); err != nil {
			t.Fatal(err)
		}
	}
	rename("places", "elsewhere")
	s.command(wire.CommandSOS, room, "cleo", `{"message":"Now","latitude":1,"longitude":2}`)
	early := await[wire.SOS](h, wire.EventSOSRaised, 2)
	if early.UserID != "cleo" || early.Message != "Now" || !strings.Contains(early.ID, "-") || early.Position == nil {
		t.Errorf("without Postgres the room hears %+v", early)
	}
	rename("elsewhere", "places")
	stored := await[wire.SOS](h, wire.EventSOSRaised, 3)
	if stored.UserID != "cleo" || stored.Message != "Now" || stored.ID == early.ID {
		t.Errorf("with Postgres again the room hears %+v", stored)
	}
	if n := len(h.all(wire.EventSOSRaised)); n != 3 {
		t.Errorf("it hears %d calls", n)
	}
	if !strings.Contains(s.value(wire.KeySOS(room)), stored.ID) {
		t.Error("who joins would not hear of it")
	}
}

// Traccar Client's shortcut calls for help in its user's rooms; the app sends it
// again when it did not hear the answer.
func TestAPhoneCallsForHelp(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	h := s.listen(t, wire.ChannelRoom(room))
	s.do("SADD", wire.KeyUserRooms("cleo"), room)
	token := "wmd_" + strings.Repeat("a", 43)
	s.set(wire.KeyDevice(wire.HashOfToken(token)), wire.DeviceGrant{UserID: "cleo", UserName: "Cleo", DeviceID: "d1"})
	for _, query := range []string{"&lat=45.9&lon=14&accuracy=8&timestamp=%d&alarm=sos", "&lat=45.9&lon=14&accuracy=8&timestamp=%d&alarm=sos", "&lat=45.8&lon=14&timestamp=%d&alarm=lowBattery"} {
		if status, body := s.get(s.base+"/api/ingest/osmand?id="+token+fmt.Sprintf(query, time.Now().Truncate(time.Hour).Unix()), ""); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	raised := await[wire.SOS](h, wire.EventSOSRaised, 2)
	if raised.UserID != "cleo" || raised.UserName != "Cleo" || raised.Position == nil || raised.Position.Latitude != 45.9 || *raised.Position.Accuracy != 8 {
		t.Errorf("the room hears %+v", raised)
	}
	var open wire.SOSListResponse
	if s.ask("GET", "/api/rooms/"+room+"/sos", "ann", nil, &open); len(open.SOS) != 1 || !open.SOS[0].UpdatedAt.Equal(open.SOS[0].RaisedAt.Time) {
		t.Errorf("open: %+v", open)
	}
}
