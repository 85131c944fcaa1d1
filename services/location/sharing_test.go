package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

func (s *service) call(method, path, user, body string) (status int, answer string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token(user))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// must is call, for what must succeed.
func must[T any](s *service, method, path, user, body string) (v T) {
	s.t.Helper()
	status, answer := s.call(method, path, user, body)
	if status >= 300 || json.Unmarshal([]byte(answer), &v) != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return v
}

func (s *service) send(kind, room, user, data string) {
	s.t.Helper()
	c := wire.Command{Type: kind, RoomID: room, UserID: user, UserName: user, Received: time.Now(), Data: data, Origin: wire.Origin{EdgeID: "e", SocketID: "s", Ref: "1"}}
	if err := s.client.Do(context.Background(), s.client.B().Xadd().Key(wire.StreamCommands(wire.ServiceLocation, wire.Partition(room, 2))).Id("*").
		FieldValue().FieldValue(wire.CommandField, c.String()).Build()).Error(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) fix(room, user string) {
	s.send(wire.CommandUpdate, room, user, fmt.Sprintf(`{"latitude":45.9,"longitude":14,"recordedAt":%q}`, time.Now().UTC().Format(wire.TimeLayout)))
}

// located is the state of a member as another one sees it.
func (s *service) located(room, user, by string) wire.MemberLocation {
	s.t.Helper()
	all := must[wire.RoomLocations](s, http.MethodGet, "/api/rooms/"+room+"/locations", by, "")
	for _, m := range all.Members {
		if m.UserID == user {
			if m.State != wire.LocationLive && m.State != wire.LocationStale && m.Age != nil {
				s.t.Errorf("%s is %s, and has a position", user, m.State)
			}
			return m
		}
	}
	s.t.Fatalf("%s is not in %+v", user, all)
	return wire.MemberLocation{}
}

func ready(t *testing.T) *service {
	t.Helper()
	s := startService(t)
	s.fill()
	testenv.Eventually(t, 10*time.Second, "it is ready", func() bool {
		status, _ := s.get(s.admin+"/readyz", "")
		return status == http.StatusOK
	})
	s.waitKept()
	return s
}

func (s *service) fill() {
	s.publishKeys()
	s.set(wire.KeyRoomCaches, 1)
	s.room("r1", wire.RoomStatusActive, time.Now().Add(time.Hour), "ann", "bob")
}

func (s *service) waitKept() {
	s.t.Helper()
	testenv.Eventually(s.t, 10*time.Second, "the projection is there", func() bool {
		n, err := s.client.Do(context.Background(), s.client.B().Exists().Key(wire.KeySharingCaches).Build()).AsInt64()
		return err == nil && n == 1
	})
}

// events collects what the room is told.
func (s *service) events(room string) (heard func(event string) []wire.Envelope) {
	var mu sync.Mutex
	var all []wire.Envelope
	ctx, cancel := context.WithCancel(context.Background())
	on, done := make(chan struct{}, 8), make(chan struct{})
	go func() {
		defer close(done)
		redisx.Subscribe(ctx, s.client, wire.ChannelRoom(room), func() { on <- struct{}{} }, func(m string) {
			mu.Lock()
			defer mu.Unlock()
			wire.EachEnvelope(m, func(e wire.Envelope, _ error) { all = append(all, e) })
		}, func(error) {})
	}()
	s.t.Cleanup(func() { cancel(); <-done })
	<-on
	return func(event string) (some []wire.Envelope) {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range all {
			if e.Event == event {
				some = append(some, e)
			}
		}
		return some
	}
}

func TestSharingByREST(t *testing.T) {
	t.Parallel()
	s := ready(t)
	heard := s.events("r1")
	s.fix("r1", "ann")
	testenv.Eventually(t, 10*time.Second, "ann is shown", func() bool { return s.located("r1", "ann", "bob").State == wire.LocationLive })
	if m := s.located("r1", "bob", "ann"); m.State != wire.LocationOff || m.IsLive || m.LastSeen != nil {
		t.Errorf("bob, of whom nothing is known: %+v", m)
	}
	for field, want := range map[string]bool{"s bob e-1+ socket-1": true, "g bob": true, "s bobby e-1+ socket-2": false} {
		if err := s.client.DoMulti(t.Context(), s.client.B().Del().Key(wire.KeyPresence("r1")).Build(),
			s.client.B().Hset().Key(wire.KeyPresence("r1")).FieldValue().FieldValue(field, "{}").Build())[1].Error(); err != nil {
			t.Fatal(err)
		}
		if m := s.located("r1", "bob", "ann"); m.Online != want {
			t.Errorf("bob with the entry %q: %+v", field, m)
		}
	}
	until := time.Now().Add(time.Hour).UTC().Format(wire.TimeLayout)
	got := must[wire.SharingResponse](s, http.MethodPut, "/api/rooms/r1/sharing", "ann", fmt.Sprintf(`{"paused":true,"pausedUntil":%q}`, until))
	if !got.Sharing.Paused || got.Sharing.PausedUntil == nil || len(got.Members) != 1 || got.Members[0].Paused {
		t.Errorf("got %+v", got)
	}
	// From the answer on, whoever asks gets nothing.
	if m := s.located("r1", "ann", "bob"); m.State != wire.LocationPaused || m.LastSeen != nil {
		t.Errorf("ann pauses: %+v", m)
	}
	testenv.Eventually(t, 10*time.Second, "the room is told", func() bool {
		return len(heard(wire.EventLocationRemoved)) == 1 && len(heard(wire.EventSharingChanged)) == 1
	})
	others := must[wire.SharingResponse](s, http.MethodGet, "/api/rooms/r1/sharing", "bob", "")
	if m := others.Members[0]; !m.Paused || m.PausedUntil != nil || m.UserID != "ann" {
		t.Errorf("bob sees %+v", m)
	}
	if res := must[wire.LocationRequested](s, http.MethodPost, "/api/rooms/r1/locations/ann/ask", "bob", ""); res.State != wire.AskPaused {
		t.Errorf("got %+v", res)
	}
	if res := must[wire.LocationRequested](s, http.MethodPost, "/api/rooms/r1/locations/bob/ask", "ann", ""); res.State != wire.AskAsked {
		t.Errorf("got %+v", res)
	}
	testenv.Eventually(t, 10*time.Second, "bob's devices are asked", func() bool { return len(heard(wire.EventLocationRequested)) == 1 })
	s.fix("r1", "ann")
	must[wire.SharingResponse](s, http.MethodPut, "/api/rooms/r1/sharing", "ann", `{"paused":false,"precision":"approximate"}`)
	testenv.Eventually(t, 10*time.Second, "ann is shown again", func() bool {
		s.fix("r1", "ann")
		return s.located("r1", "ann", "bob").State == wire.LocationLive
	})
	all := must[wire.RoomLocations](s, http.MethodGet, "/api/rooms/r1/locations", "bob", "")
	if len(all.Locations) != 1 || !strings.Contains(string(all.Locations[0]), `"precision":"approximate"`) || strings.Contains(string(all.Locations[0]), "45.9,") {
		t.Errorf("shown: %s", all.Locations)
	}
	for _, tc := range []struct {
		method, path, user, body string
		status                   int
		code                     string
	}{
		{http.MethodPut, "/api/rooms/r1/sharing", "ann", `{}`, 400, "NO_UPDATES"},
		{http.MethodPut, "/api/rooms/r1/sharing", "ann", `{"precision":"city"}`, 400, "VALIDATION_ERROR"},
		{http.MethodPut, "/api/rooms/r1/sharing", "ann", `{"until":"2001-01-01T00:00:00Z"}`, 400, "VALIDATION_ERROR"},
		{http.MethodPut, "/api/rooms/r1/sharing", "ann", `{"until":"tomorrow"}`, 400, "VALIDATION_ERROR"},
		{http.MethodPut, "/api/rooms/r1/sharing", "eve", `{"paused":true}`, 403, "ACCESS_DENIED"},
		{http.MethodGet, "/api/rooms/r1/sharing", "eve", "", 403, "ACCESS_DENIED"},
		{http.MethodPost, "/api/rooms/r1/locations/eve/ask", "bob", "", 404, "MEMBER_NOT_FOUND"},
		{http.MethodPost, "/api/rooms/r1/locations/ann/ask", "eve", "", 403, "ACCESS_DENIED"},
	} {
		if status, answer := s.call(tc.method, tc.path, tc.user, tc.body); status != tc.status || !strings.Contains(answer, tc.code) {
			t.Errorf("%s %s %s: %d %s, want %d %s", tc.method, tc.path, tc.body, status, answer, tc.status, tc.code)
		}
	}
}

func TestZonesByREST(t *testing.T) {
	t.Parallel()
	s := ready(t)
	if err := s.client.Do(context.Background(), s.client.B().Sadd().Key(wire.KeyUserRooms("ann")).Member("r1").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	heard := s.events("r1")
	s.fix("r1", "ann")
	testenv.Eventually(t, 10*time.Second, "ann is shown", func() bool { return s.located("r1", "ann", "bob").IsLive })
	zone := must[wire.PrivacyZoneResponse](s, http.MethodPost, "/api/privacy/zones", "ann", `{"name":" Home ","latitude":45.9,"longitude":14,"radius":150}`).Zone
	if zone.Name != "Home" || zone.Precision != wire.PrecisionHidden || zone.ID == "" {
		t.Errorf("got %+v", zone)
	}
	testenv.Eventually(t, 10*time.Second, "ann disappears", func() bool { return len(heard(wire.EventLocationRemoved)) == 1 })
	s.fix("r1", "ann")
	if m := s.located("r1", "ann", "bob"); m.IsLive {
		t.Errorf("at home: %+v", m)
	}
	changed := must[wire.PrivacyZoneResponse](s, http.MethodPut, "/api/privacy/zones/"+zone.ID, "ann", `{"name":"Flat","latitude":45.9,"longitude":14,"radius":150,"precision":"approximate"}`).Zone
	if changed.ID != zone.ID || changed.Name != "Flat" {
		t.Errorf("got %+v", changed)
	}
	testenv.Eventually(t, 10*time.Second, "ann is about there", func() bool { s.fix("r1", "ann"); return s.located("r1", "ann", "bob").IsLive })
	if all := must[wire.PrivacyZonesResponse](s, http.MethodGet, "/api/privacy/zones", "ann", ""); len(all.Zones) != 1 {
		t.Errorf("got %+v", all)
	}
	if all := must[wire.PrivacyZonesResponse](s, http.MethodGet, "/api/privacy/zones", "bob", ""); len(all.Zones) != 0 {
		t.Errorf("bob has %+v", all)
	}
	for _, tc := range []struct {
		method, path, user, body string
		status                   int
		code                     string
	}{
		{http.MethodPost, "/api/privacy/zones", "ann", `{"name":"x","latitude":91,"longitude":14,"radius":150}`, 400, "VALIDATION_ERROR"},
		{http.MethodPost, "/api/privacy/zones", "ann", `{"name":"x","longitude":14,"radius":150}`, 400, "VALIDATION_ERROR"},
		{http.MethodPost, "/api/privacy/zones", "ann", `{"name":"x","latitude":1,"longitude":14,"radius":150,"precision":"exact"}`, 400, "VALIDATION_ERROR"},
		{http.MethodPut, "/api/privacy/zones/" + zone.ID, "bob", `{"name":"x","latitude":1,"longitude":14,"radius":150}`, 404, "ZONE_NOT_FOUND"},
		{http.MethodDelete, "/api/privacy/zones/" + zone.ID, "bob", "", 404, "ZONE_NOT_FOUND"},
		{http.MethodDelete, "/api/privacy/zones/" + zone.ID, "ann", "", 200, ""},
		{http.MethodDelete, "/api/privacy/zones/" + zone.ID, "ann", "", 404, "ZONE_NOT_FOUND"},
	} {
		if status, answer := s.call(tc.method, tc.path, tc.user, tc.body); status != tc.status || !strings.Contains(answer, tc.code) || (tc.status == 400) != strings.Contains(answer, `"details":{"field":"`) {
			t.Errorf("%s %s %s: %d %s, want %d %s", tc.method, tc.path, tc.body, status, answer, tc.status, tc.code)
		}
	}
}

// A pause by a socket survives the loss of Redis, and until it is known again
// nobody is shown.
func TestPauseSurvivesTheLossOfRedis(t *testing.T) {
	t.Parallel()
	s := ready(t)
	heard := s.events("r1")
	s.fix("r1", "ann")
	testenv.Eventually(t, 10*time.Second, "ann is shown", func() bool { return s.located("r1", "ann", "bob").IsLive })
	s.send(wire.CommandPause, "r1", "ann", `{"roomId":"r1"}`)
	testenv.Eventually(t, 10*time.Second, "the pause is stored", func() bool { return len(heard(wire.EventSharingChanged)) == 1 })
	if e := heard(wire.EventSharingChanged)[0]; e.Origin.SocketID != "s" || e.Origin.Ref != "1" {
		t.Errorf("nobody is answered: %+v", e)
	}
	before := len(heard(wire.EventLocationUpdated))
	if err := s.client.Do(context.Background(), s.client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	s.fill()
	for range 20 {
		s.fix("r1", "ann")
		time.Sleep(20 * time.Millisecond)
	}
	s.waitKept()
	testenv.Eventually(t, 10*time.Second, "others are shown", func() bool { s.fix("r1", "bob"); return s.located("r1", "bob", "ann").IsLive })
	s.fix("r1", "ann")
	if m := s.located("r1", "ann", "bob"); m.State != wire.LocationPaused {
		t.Errorf("ann is %+v", m)
	}
	for _, e := range heard(wire.EventLocationUpdated)[before:] {
		if e.UserID == "ann" {
			t.Errorf("shown: %s", e.Data)
		}
	}
}

// An end time is kept by itself, with nothing happening in the room.
func TestSharingEnds(t *testing.T) {
	t.Parallel()
	s := ready(t)
	heard := s.events("r1")
	s.fix("r1", "ann")
	testenv.Eventually(t, 10*time.Second, "ann is shown", func() bool { return s.located("r1", "ann", "bob").IsLive })
	end := time.Now().Add(1500 * time.Millisecond)
	must[wire.SharingResponse](s, http.MethodPut, "/api/rooms/r1/sharing", "ann", fmt.Sprintf(`{"until":%q}`, end.UTC().Format(wire.TimeLayout)))
	if !s.located("r1", "ann", "bob").IsLive {
		t.Error("gone before the end")
	}
	testenv.Eventually(t, 10*time.Second, "the dot goes", func() bool { return len(heard(wire.EventLocationRemoved)) == 1 })
	if late := time.Since(end); late < 0 {
		t.Errorf("removed %s before the end", -late)
	} else {
		t.Logf("removed %s after the end", late)
	}
	var r wire.LocationRemoved
	if err := json.Unmarshal([]byte(heard(wire.EventLocationRemoved)[0].Data), &r); err != nil || r.Reason != wire.RemovedEnded {
		t.Errorf("got %+v", r)
	}
	s.fix("r1", "ann")
	if m := s.located("r1", "ann", "bob"); m.State != wire.LocationPaused {
		t.Errorf("ann is %+v", m)
	}
}
