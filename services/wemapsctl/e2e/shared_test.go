package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// upload sends a body that is no JSON.
func upload(t *testing.T, url, token, contentType, body string) (status int, answer wire.RouteResponse) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPut, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return res.StatusCode, answer
}

const gpxRoute = `<?xml version="1.0"?><gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><rte><name>Ridge</name>
	<rtept lat="46.42" lon="13.74"/><rtept lat="46.425" lon="13.74"/><rtept lat="46.43" lon="13.74"/></rte></gpx>`

// A room shares a route from a GPX file, a geofence and a meeting point, and its
// members follow them; a stranger and a plain member may not change them.
func TestARoomSharesPlaces(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	base := checkAgainstOpenAPI(t, e.URL(0)) + "/api/rooms/" + room.ID
	b := dial(t, e.URL(0), bob.token)
	b.join(t, room)
	if status, _ := upload(t, base+"/route", bob.token, "application/gpx+xml", gpxRoute); status != 403 {
		t.Errorf("a member's route: %d", status)
	}
	if status, _ := upload(t, base+"/route", ann.token, "application/gpx+xml", `<!DOCTYPE x [<!ENTITY a "&a;&a;">]><gpx>&a;</gpx>`); status != 400 {
		t.Errorf("a hostile file: %d", status)
	}
	status, route := upload(t, base+"/route", ann.token, "application/gpx+xml", gpxRoute)
	if status != 200 || route.Route.Name != "Ridge" || route.Route.PointCount != 3 || !route.Route.FollowsRoom {
		t.Fatalf("a route: %d %+v", status, route)
	}
	await(t, b, wire.EventRouteUpdated, func(r wire.RouteUpdated) bool { return r.ID == route.Route.ID && r.Route != nil })
	b.send(t, wire.EventLocationUpdate, "", fix(room, 46.4275, 13.74))
	testenv.Eventually(t, 10*time.Second, "REST knows how far along the route bob is", func() bool {
		var n wire.NavigationResponse
		call(t, "GET", base+"/navigation", ann.token, nil, &n)
		return len(n.Members) == 1 && n.Members[0].Progress != nil && *n.Members[0].Progress > 0.7 && *n.Members[0].Progress < 0.8
	})
	for _, tc := range []struct {
		method, path, token string
		body                any
		status              int
	}{
		{"GET", "/route?full=true", bob.token, nil, 200},
		{"GET", "/geofences", bob.token, nil, 200},
		{"POST", "/geofences", bob.token, map[string]any{"name": "x", "kind": "circle", "center": []float64{13.74, 46.42}, "radius": 100}, 403},
		{"POST", "/geofences", ann.token, map[string]any{"name": "x", "kind": "circle", "center": []float64{13.74, 46.42}, "radius": 1}, 400},
		{"POST", "/geofences", ann.token, map[string]any{"name": "Top", "kind": "circle", "center": []float64{13.74, 46.43}, "radius": 1000}, 201},
		{"PUT", "/geofences/nope", ann.token, map[string]any{"name": "Top", "kind": "circle", "center": []float64{13.74, 46.43}, "radius": 1000}, 404},
		{"DELETE", "/geofences/nope", ann.token, nil, 404},
		{"GET", "/meeting-points", bob.token, nil, 200},
		{"POST", "/meeting-points", bob.token, map[string]any{"name": "Oak"}, 400},
		{"DELETE", "/meeting-points/nope", bob.token, nil, 404},
		{"DELETE", "/route", bob.token, nil, 403},
	} {
		if status := call(t, tc.method, base+tc.path, tc.token, tc.body, nil); status != tc.status {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.path, status, tc.status)
		}
	}
	await(t, b, wire.EventGeofencesUpdated, func(g wire.GeofencesUpdated) bool { return g.Name == "Top" && g.Change == wire.PlaceAdded })
	b.send(t, wire.EventLocationUpdate, "", fix(room, 46.428, 13.74))
	await(t, b, wire.EventGeofenceEntered, func(g wire.GeofenceEvent) bool { return g.UserID == bob.ID && g.GeofenceName == "Top" })

	// Somebody proposes where to meet, and the owner makes it the destination.
	var point wire.MeetingPointResponse
	if status := call(t, "POST", base+"/meeting-points", bob.token, map[string]any{"name": "The hut", "latitude": 46.4, "longitude": 13.7}, &point); status != 201 {
		t.Fatalf("a meeting point: %d", status)
	}
	await(t, b, wire.EventMeetingPointsUpdated, func(m wire.MeetingPointsUpdated) bool {
		return len(m.MeetingPoints) == 1 && m.MeetingPoints[0].ID == point.MeetingPoint.ID
	})
	p := point.MeetingPoint
	if status := call(t, "PATCH", base, ann.token, map[string]any{"destinationName": p.Name, "destinationLat": p.Latitude, "destinationLng": p.Longitude}, nil); status != 200 {
		t.Errorf("the destination: %d", status)
	}
	await(t, b, wire.EventRoomUpdated, func(u wire.RoomUpdated) bool { return u.Room.DestinationName == "The hut" })
	if status := call(t, "DELETE", base+"/meeting-points/"+p.ID, bob.token, nil, nil); status != 200 {
		t.Errorf("taking it back: %d", status)
	}
	if status := call(t, "DELETE", base+"/route", ann.token, nil, nil); status != 200 {
		t.Errorf("removing the route: %d", status)
	}
	await(t, b, wire.EventRouteUpdated, func(r wire.RouteUpdated) bool { return r.Removed })
}

// A call for help reaches everybody and is told to who comes later, until it is
// answered; chat has it, too.
func TestACallForHelp(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob, cleo := e.signIn(t), e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	e.joinRoom(t, cleo, room)
	base := checkAgainstOpenAPI(t, e.URL(0)) + "/api/rooms/" + room.ID + "/sos"
	a, b := dial(t, e.URL(0), ann.token), dial(t, e.URL(0), bob.token)
	a.join(t, room)
	b.join(t, room)
	lat, lng, message := 46.41, 13.72, "Fell into a hole"
	a.send(t, wire.EventSOS, "help", wire.SOSRequest{RoomID: room.ID, Message: &message, Latitude: &lat, Longitude: &lng})
	raised := await(t, b, wire.EventSOSRaised, func(s wire.SOS) bool { return s.UserID == ann.ID && s.Message == message })
	if raised.Position == nil || raised.Position.Latitude != lat || raised.State != wire.SOSOpen {
		t.Errorf("raised: %+v", raised)
	}
	testenv.Eventually(t, 10*time.Second, "the sender has the call as the answer", func() bool {
		for _, f := range a.all(wire.EventSOSRaised) {
			if f.ID == "help" {
				return true
			}
		}
		return false
	})
	c := dial(t, e.URL(0), cleo.token)
	c.join(t, room)
	await(t, c, wire.EventSOSRaised, func(s wire.SOS) bool { return s.ID == raised.ID })
	await(t, b, wire.EventSystemMessage, func(m wire.Message) bool { return m.Kind == wire.SystemSOS && m.UserID == ann.ID })
	b.send(t, wire.EventCancelSOS, "no", wire.SOSAnswer{RoomID: room.ID, SOSID: raised.ID})
	await(t, b, wire.EventError, func(e wire.SocketError) bool { return e.ID == "no" && e.Code == wire.CodeForbidden })
	var open wire.SOSListResponse
	if status := call(t, "GET", base, cleo.token, nil, &open); status != 200 || len(open.SOS) != 1 {
		t.Errorf("open: %d %+v", status, open)
	}
	if status := call(t, "POST", base+"/"+raised.ID+"/answer", ann.token, nil, nil); status != 403 {
		t.Errorf("one's own: %d", status)
	}
	if status := call(t, "POST", base+"/"+raised.ID+"/answer", cleo.token, map[string]string{"message": "Coming"}, nil); status != 200 {
		t.Errorf("answer: %d", status)
	}
	for _, who := range []*client{a, b, c} {
		await(t, who, wire.EventSOSAnswered, func(s wire.SOS) bool { return s.ID == raised.ID && s.EndedBy == cleo.ID && s.Answer == "Coming" })
	}
	var again wire.SOSResponse
	if status := call(t, "POST", base, ann.token, nil, &again); status != 201 || again.SOS.ID == raised.ID {
		t.Errorf("another call: %d %+v", status, again)
	}
	a.send(t, wire.EventCancelSOS, "", wire.RoomRef{RoomID: room.ID})
	await(t, b, wire.EventSOSCancelled, func(s wire.SOS) bool { return s.ID == again.SOS.ID && s.EndedBy == ann.ID })
	if status := call(t, "DELETE", base+"/nope", ann.token, nil, nil); status != 404 {
		t.Errorf("an unknown call: %d", status)
	}
}

// The destination changes under way: who had arrived has not, and arrives again.
func TestTheDestinationChanges(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	a, b := dial(t, e.URL(0), ann.token), dial(t, e.URL(0), bob.token)
	a.join(t, room)
	b.join(t, room)
	lat, lng := room.DestinationLat, room.DestinationLng
	a.send(t, wire.EventLocationUpdate, "", fix(room, lat, lng))
	await(t, b, wire.EventMemberArrived, func(m wire.MemberArrived) bool { return m.UserID == ann.ID })
	url := e.URL(0) + "/api/rooms/" + room.ID
	if status := call(t, "PATCH", url, bob.token, map[string]any{"destinationLat": 1, "destinationLng": 1}, nil); status != 403 {
		t.Errorf("a member: %d", status)
	}
	if status := call(t, "PATCH", url, ann.token, map[string]any{"destinationName": "Hut", "destinationLat": lat + 0.01, "destinationLng": lng,
		"waypoints": []wire.Waypoint{{Name: "Spring", Lat: lat + 0.005, Lng: lng}}}, nil); status != 200 {
		t.Fatalf("the owner: %d", status)
	}
	updated := await(t, b, wire.EventRoomUpdated, func(u wire.RoomUpdated) bool { return u.Room.DestinationName == "Hut" })
	if len(updated.Room.Waypoints) != 1 {
		t.Errorf("the room hears %+v", updated.Room)
	}
	await(t, b, wire.EventSystemMessage, func(m wire.Message) bool { return m.Kind == wire.SystemDestinationChanged })
	var n wire.NavigationResponse
	testenv.Eventually(t, 10*time.Second, "ann is on the way again", func() bool {
		a.send(t, wire.EventLocationUpdate, "", fix(room, lat+0.0001, lng))
		call(t, "GET", url+"/navigation", bob.token, nil, &n)
		return len(n.Members) == 1 && !n.Members[0].Arrived && n.Members[0].RemainingDistance != nil && *n.Members[0].RemainingDistance > 1000
	})
	a.send(t, wire.EventLocationUpdate, "", fix(room, lat+0.005, lng))
	a.send(t, wire.EventLocationUpdate, "", fix(room, lat+0.01, lng))
	testenv.Eventually(t, 10*time.Second, "and arrives there", func() bool { return len(b.all(wire.EventMemberArrived)) == 2 })
}
