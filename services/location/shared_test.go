package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// readyRoom starts a service with a room of owner ann, admin bob and member cleo.
func readyRoom(t *testing.T, options ...func(*Config)) (s *service, room string) {
	t.Helper()
	s = startService(t, options...)
	s.publishKeys()
	s.set(wire.KeyRoomCaches, 1)
	room = httpx.NewID()
	s.openRoom(room)
	testenv.Eventually(t, 10*time.Second, "the service is ready", func() bool {
		status, _ := s.get(s.admin+"/readyz", "")
		return status == http.StatusOK
	})
	s.waitKept()
	return s, room
}

func (s *service) openRoom(id string) {
	s.t.Helper()
	s.set(wire.KeyRoom(id), wire.RoomCache{ID: id, DestinationLat: 46, DestinationLng: 14, Status: wire.RoomStatusActive, ExpiresAt: wire.At(time.Now().Add(time.Hour)),
		Roles: map[string]string{"ann": wire.RoleOwner, "bob": wire.RoleAdmin}})
	s.do("SADD", wire.KeyRoomMembers(id), "ann", "bob", "cleo")
}

func (s *service) do(args ...string) {
	s.t.Helper()
	if err := s.client.Do(context.Background(), s.client.B().Arbitrary(args...).Build()).Error(); err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
}

func (s *service) value(key string) string {
	s.t.Helper()
	v, _ := s.client.Do(context.Background(), s.client.B().Get().Key(key).Build()).ToString()
	return v
}

// ask makes a request with a JSON body, or with any if it is a string, and
// decodes the answer into dst unless that is nil.
func (s *service) ask(method, path, user string, body, dst any) (status int, code string) {
	s.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, s.base+path, r)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.token(user))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode == http.StatusNoContent && len(raw) == 0 {
		return resp.StatusCode, ""
	}
	var e wire.ErrorBody
	if err := json.Unmarshal(raw, &e); err != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	if dst != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(raw, dst); err != nil {
			s.t.Fatalf("%s %s: %s: %v", method, path, raw, err)
		}
	}
	return resp.StatusCode, string(e.Code)
}

// hearing collects what a channel says.
type hearing struct {
	t     *testing.T
	mu    sync.Mutex
	heard []wire.Envelope
}

func (s *service) listen(t *testing.T, channel string) *hearing {
	t.Helper()
	h := &hearing{t: t}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}, 8), make(chan struct{})
	go func() {
		defer close(done)
		redisx.Subscribe(ctx, s.client, channel, func() { ready <- struct{}{} }, func(m string) {
			h.mu.Lock()
			defer h.mu.Unlock()
			wire.EachEnvelope(m, func(e wire.Envelope, err error) {
				if err != nil {
					t.Errorf("published something that is no envelope: %v", err)
				}
				h.heard = append(h.heard, e)
			})
		}, func(error) {})
	}()
	t.Cleanup(func() { cancel(); <-done })
	<-ready
	return h
}

func (h *hearing) all(event string) (found []wire.Envelope) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.heard {
		if e.Event == event {
			found = append(found, e)
		}
	}
	return found
}

// await waits for the n-th event of a name.
func await[T any](h *hearing, event string, n int) (last T) {
	h.t.Helper()
	testenv.Eventually(h.t, 15*time.Second, fmt.Sprintf("%s is heard %d times", event, n), func() bool { return len(h.all(event)) >= n })
	if err := json.Unmarshal([]byte(h.all(event)[n-1].Data), &last); err != nil {
		h.t.Fatal(err)
	}
	return last
}

const toDestination = `{"type":"Feature","properties":{"name":"Over the pass"},"geometry":{"type":"LineString",
	"coordinates":[[14,45.9,300],[14,45.95],[14.0000001,45.96],[14,46]]}}`

func TestARouteIsShared(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	path, h := "/api/rooms/"+room+"/route", s.listen(t, wire.ChannelRoom(room))
	if status, _ := s.ask("GET", path+"?optional=true", "cleo", nil, nil); status != 204 {
		t.Errorf("no route, and none needed: %d", status)
	}
	for _, tc := range []struct {
		method, user string
		body         any
		status       int
		code         string
	}{
		{"GET", "cleo", nil, 404, "ROUTE_NOT_SET"},
		{"GET", "eve", nil, 403, "ACCESS_DENIED"},
		{"DELETE", "ann", nil, 404, "ROUTE_NOT_SET"},
		{"PUT", "cleo", toDestination, 403, "FORBIDDEN"},
		{"PUT", "ann", `{"type":"Point","coordinates":[14,46]}`, 400, "INVALID_ROUTE"},
		{"PUT", "ann", `{"type":"LineString","coordinates":[[14,46]]}`, 400, "INVALID_ROUTE"},
		{"PUT", "ann", `{"type":"LineString","coordinates":[[14,46],[14,91]]}`, 400, "INVALID_ROUTE"},
		{"PUT", "ann", "[" + strings.Repeat(" ", wire.MaxRouteBytes), 413, "PAYLOAD_TOO_LARGE"},
	} {
		if status, code := s.ask(tc.method, path, tc.user, tc.body, nil); status != tc.status || code != tc.code {
			t.Errorf("%s by %s of %.60v: %d %s, want %d %s", tc.method, tc.user, tc.body, status, code, tc.status, tc.code)
		}
	}
	var put, got wire.RouteResponse
	if status, code := s.ask("PUT", path, "bob", toDestination, &put); status != 200 {
		t.Fatalf("put: %d %s", status, code)
	}
	r := put.Route
	if r.Name != "Over the pass" || r.PointCount != 4 || r.SimplifiedCount != 2 || len(r.Geometry.Coordinates) != 2 || !r.FollowsRoom || r.Tolerance != 10 ||
		r.Length < 11_100 || r.Length > 11_140 || r.CreatedBy != "bob" {
		t.Errorf("put answers %+v", r)
	}
	if told := await[wire.RouteUpdated](h, wire.EventRouteUpdated, 1); told.ID != r.ID || told.Removed || told.Route == nil || told.Route.Length != r.Length {
		t.Errorf("the room hears %+v", told)
	}
	if status, _ := s.ask("GET", path+"?full=true", "cleo", nil, &got); status != 200 || got.Route.Simplified || len(got.Route.Geometry.Coordinates) != 4 {
		t.Errorf("in full: %d %+v", status, got.Route)
	}
	// Who follows it is told progress, from the next fix on.
	s.command(wire.CommandUpdate, room, "cleo", `{"latitude":45.95,"longitude":14,"accuracy":5}`)
	l := await[wire.Location](h, wire.EventLocationUpdated, 1)
	if l.Progress == nil || *l.Progress < 0.49 || *l.Progress > 0.51 {
		t.Errorf("half way, the progress is %+v", l)
	}
	if status, _ := s.ask("DELETE", path, "ann", nil, nil); status != 200 {
		t.Errorf("delete: %d", status)
	}
	if told := await[wire.RouteUpdated](h, wire.EventRouteUpdated, 2); told.ID != r.ID || !told.Removed || told.Route != nil {
		t.Errorf("the room hears %+v", told)
	}
	if s.value(wire.KeyRoute(room)) != "" {
		t.Error("Redis has the route still")
	}
}

// command comes from a socket of edge e1.
func (s *service) command(kind, room, user, data string) {
	s.t.Helper()
	stream := wire.StreamCommands(wire.ServiceLocation, wire.Partition(room, 2))
	if kind == wire.CommandSOS || kind == wire.CommandCancelSOS || kind == wire.CommandAnswerSOS {
		stream = wire.StreamCommands(wire.ServiceSOS, 0)
	}
	c := wire.Command{Type: kind, RoomID: room, UserID: user, UserName: strings.ToUpper(user), Received: time.Now(),
		Origin: wire.Origin{EdgeID: "e1", SocketID: "s-" + user, Ref: "7"}, Data: data}
	s.do("XADD", stream, "*", wire.CommandField, c.String())
}

func TestGeofences(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	path, h := "/api/rooms/"+room+"/geofences", s.listen(t, wire.ChannelRoom(room))
	circle := `{"name":" Camp ","kind":"circle","center":[14,45.9],"radius":200,"dwellSeconds":60}`
	for body, status := range map[string]int{
		`{"name":"x","kind":"circle","radius":200}`:                                                              400,
		`{"name":"x","kind":"circle","center":[14,45.9],"radius":5}`:                                             400,
		`{"name":"","kind":"circle","center":[14,45.9],"radius":50}`:                                             400,
		`{"name":"x","kind":"square"}`:                                                                           400,
		`{"name":"x","kind":"polygon","vertices":[[14,45],[14.01,45]]}`:                                          400,
		`{"name":"x","kind":"polygon","vertices":[[14,45],[14.01,45.01],[14.01,45],[14,45.01]]}`:                 400, // a bow tie
		`{"name":"x","kind":"circle","center":[14,45.9],"radius":50,"dwellSeconds":-1}`:                          400,
		`{"name":"x","kind":"circle","center":[14,45.9],"radius":50,"dwellSeconds":9223372036854775807}`:         400,
		`{"name":"Date line","kind":"polygon","vertices":[[179.99,0],[-179.99,0],[-179.99,0.01],[179.99,0.01]]}`: 201,
	} {
		if got, code := s.ask("POST", path, "ann", body, nil); got != status {
			t.Errorf("%s: %d %s, want %d", body, got, code, status)
		}
	}
	if status, code := s.ask("POST", path, "cleo", circle, nil); status != 403 || code != "FORBIDDEN" {
		t.Errorf("by a member: %d %s", status, code)
	}
	var made wire.GeofenceResponse
	if status, code := s.ask("POST", path, "bob", circle, &made); status != 201 || made.Geofence.Name != "Camp" {
		t.Fatalf("%d %s %+v", status, code, made)
	}
	if told := await[wire.GeofencesUpdated](h, wire.EventGeofencesUpdated, 2); told.GeofenceID != made.Geofence.ID || told.Change != wire.PlaceAdded || told.Count != 2 {
		t.Errorf("the room hears %+v", told)
	}
	s.command(wire.CommandUpdate, room, "cleo", `{"latitude":45.9,"longitude":14,"accuracy":5}`)
	if e := await[wire.GeofenceEvent](h, wire.EventGeofenceEntered, 1); e.GeofenceID != made.Geofence.ID || e.UserID != "cleo" {
		t.Errorf("entered %+v", e)
	}
	// Moved away, it is left by the next fix of whoever was in.
	moved := strings.Replace(circle, "45.9", "45.5", 1)
	if status, _ := s.ask("PUT", path+"/"+made.Geofence.ID, "ann", moved, &made); status != 200 || made.Geofence.CreatedBy != "bob" || made.Geofence.Center[1] != 45.5 {
		t.Errorf("changed: %d %+v", status, made)
	}
	await[wire.GeofencesUpdated](h, wire.EventGeofencesUpdated, 3)
	s.command(wire.CommandUpdate, room, "cleo", `{"latitude":45.90001,"longitude":14,"accuracy":5}`)
	await[wire.GeofenceEvent](h, wire.EventGeofenceExited, 1)
	if status, code := s.ask("PUT", path+"/"+httpx.NewID(), "ann", circle, nil); status != 404 || code != "GEOFENCE_NOT_FOUND" {
		t.Errorf("an unknown one: %d %s", status, code)
	}
	if status, _ := s.ask("DELETE", path+"/"+made.Geofence.ID, "ann", nil, nil); status != 200 {
		t.Errorf("delete: %d", status)
	}
	// Twenty-five want to be the last nineteen.
	statuses := make(chan int, 25)
	var wg sync.WaitGroup
	for range cap(statuses) {
		wg.Go(func() {
			status, _ := s.ask("POST", path, "ann", circle, nil)
			statuses <- status
		})
	}
	wg.Wait()
	close(statuses)
	counts := map[int]int{}
	for status := range statuses {
		counts[status]++
	}
	var all wire.GeofencesResponse
	s.ask("GET", path, "cleo", nil, &all)
	if counts[201] != 19 || counts[409] != 6 || len(all.Geofences) != wire.MaxGeofences {
		t.Errorf("%v, %d geofences", counts, len(all.Geofences))
	}
}

func TestMeetingPoints(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	path, h := "/api/rooms/"+room+"/meeting-points", s.listen(t, wire.ChannelRoom(room))
	for _, body := range []string{`{}`, `{"name":"x","latitude":91,"longitude":0}`, `{"name":"  ","latitude":1,"longitude":0}`, `{"name":"x","latitude":1}`} {
		if status, code := s.ask("POST", path, "cleo", body, nil); status != 400 || code != "VALIDATION_ERROR" {
			t.Errorf("%s: %d %s", body, status, code)
		}
	}
	var made wire.MeetingPointResponse
	if status, _ := s.ask("POST", path, "cleo", `{"name":"The old oak","latitude":45.9,"longitude":14}`, &made); status != 201 || made.MeetingPoint.CreatedByName != "cleo" {
		t.Fatalf("%d %+v", status, made)
	}
	if told := await[wire.MeetingPointsUpdated](h, wire.EventMeetingPointsUpdated, 1); len(told.MeetingPoints) != 1 || told.MeetingPoints[0] != made.MeetingPoint {
		t.Errorf("the room hears %+v", told)
	}
	var second wire.MeetingPointResponse
	s.ask("POST", path, "ann", `{"name":"The hut","latitude":45.9,"longitude":14}`, &second)
	if status, code := s.ask("DELETE", path+"/"+second.MeetingPoint.ID, "cleo", nil, nil); status != 403 || code != "FORBIDDEN" {
		t.Errorf("somebody else's: %d %s", status, code)
	}
	if status, _ := s.ask("DELETE", path+"/"+made.MeetingPoint.ID, "cleo", nil, nil); status != 200 {
		t.Errorf("one's own: %d", status)
	}
	if status, code := s.ask("DELETE", path+"/"+made.MeetingPoint.ID, "ann", nil, nil); status != 404 || code != "MEETING_POINT_NOT_FOUND" {
		t.Errorf("again: %d %s", status, code)
	}
	for range wire.MaxMeetingPoints - 1 {
		s.ask("POST", path, "cleo", `{"name":"x","latitude":1,"longitude":0}`, nil)
	}
	if status, code := s.ask("POST", path, "ann", `{"name":"x","latitude":1,"longitude":0}`, nil); status != 409 || code != "LIMIT_REACHED" {
		t.Errorf("one too many: %d %s", status, code)
	}
}

// Everything is told once, in order, and is there again when Redis has lost it
// all or a part; when the room ends it is gone.
func TestPlacesSurviveRedisAndNotTheRoom(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	base := "/api/rooms/" + room
	s.ask("PUT", base+"/route", "ann", toDestination, nil)
	s.ask("POST", base+"/geofences", "ann", `{"name":"Camp","kind":"circle","center":[14,45.9],"radius":200}`, nil)
	s.ask("POST", base+"/sos", "cleo", `{"message":"Fell","latitude":45.9,"longitude":14}`, nil)
	keys := []string{wire.KeyRoute(room), wire.KeyGeofences(room), wire.KeySOS(room)}
	complete := func() bool {
		return !slices.ContainsFunc(keys, func(k string) bool { return s.value(k) == "" })
	}
	if !complete() {
		t.Fatal("an answered request is not in Redis")
	}
	before := s.value(keys[2])
	s.do("FLUSHALL")
	s.publishKeysAgain()
	s.set(wire.KeyRoomCaches, 1)
	s.openRoom(room)
	testenv.Eventually(t, 15*time.Second, "Redis is filled again", complete)
	if after := s.value(keys[2]); after != before {
		t.Errorf("the call was %s and is %s", before, after)
	}
	raw, err := json.Marshal(wire.RoomEvent{ID: 1, Type: wire.RoomEventClosed, RoomID: room, At: wire.At(time.Now())})
	if err != nil {
		t.Fatal(err)
	}
	s.do("XADD", wire.StreamRoom, "*", wire.StreamField, string(raw))
	testenv.Eventually(t, 15*time.Second, "nothing is left", func() bool {
		var all wire.GeofencesResponse
		var calls wire.SOSListResponse
		s.ask("GET", base+"/geofences", "ann", nil, &all)
		s.ask("GET", base+"/sos", "ann", nil, &calls)
		status, _ := s.ask("GET", base+"/route", "ann", nil, nil)
		return !slices.ContainsFunc(keys, func(k string) bool { return s.value(k) != "" }) && len(all.Geofences)+len(calls.SOS) == 0 && status == 404
	})
}

// Of an erased account nothing is left in what rooms share: no call, no name.
func TestErasedAccountsLeaveNothing(t *testing.T) {
	t.Parallel()
	s, room := readyRoom(t)
	base := "/api/rooms/" + room
	s.ask("POST", base+"/meeting-points", "cleo", `{"name":"Oak","latitude":1,"longitude":2}`, nil)
	s.ask("POST", base+"/sos", "cleo", `{"message":"Help"}`, nil)
	raw, err := json.Marshal(wire.AuthEvent{ID: 1, Type: wire.AuthEventErased, UserID: "cleo"})
	if err != nil {
		t.Fatal(err)
	}
	s.do("XADD", wire.StreamAuth, "*", wire.StreamField, string(raw))
	testenv.Eventually(t, 10*time.Second, "nothing tells of her", func() bool {
		var calls wire.SOSListResponse
		var points wire.MeetingPointsResponse
		s.ask("GET", base+"/sos", "ann", nil, &calls)
		s.ask("GET", base+"/meeting-points", "ann", nil, &points)
		return len(calls.SOS) == 0 && len(points.MeetingPoints) == 1 && points.MeetingPoints[0].CreatedByName == "" && s.value(wire.KeySOS(room)) == ""
	})
}
