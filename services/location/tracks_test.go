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

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// request makes one and decodes the answer into dst, if given.
func (s *service) request(method, path, user, body string, dst any) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token(user))
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	switch to := dst.(type) {
	case nil:
	case *string:
		*to = string(raw)
	default:
		if err := json.Unmarshal(raw, dst); err != nil {
			s.t.Fatalf("%s %s: %d %s: %v", method, path, resp.StatusCode, raw, err)
		}
	}
	return resp.StatusCode
}

func (s *service) want(status int, method, path, user, body string) {
	s.t.Helper()
	var answer string
	if got := s.request(method, path, user, body, &answer); got != status {
		s.t.Fatalf("%s %s as %s: %d %s, want %d", method, path, user, got, answer, status)
	}
}

// managed makes an active room of which ann is the owner.
func (s *service) managed(id string, members ...string) {
	s.t.Helper()
	s.room(id, wire.RoomStatusActive, time.Now().Add(time.Hour), members...)
	s.set(wire.KeyRoom(id), wire.RoomCache{ID: id, DestinationLat: 46, DestinationLng: 14, Status: wire.RoomStatusActive,
		ExpiresAt: wire.At(time.Now().Add(time.Hour)), Version: 1, Roles: map[string]string{"ann": wire.RoleOwner}})
}

// moves sends a fix of a device to the north by so many metres.
func (s *service) moves(room, user, device string, at time.Time, metres float64) {
	s.t.Helper()
	c := wire.Command{Type: wire.CommandUpdate, RoomID: room, UserID: user, UserName: user, Received: time.Now(),
		Data: fmt.Sprintf(`{"latitude":%v,"longitude":14,"altitude":%v,"accuracy":5,"deviceId":%q,"recordedAt":%q}`,
			45.9+metres/111_195, 300+metres/10, device, at.UTC().Format(wire.TimeLayout))}
	s.add(wire.StreamCommands(wire.ServiceLocation, wire.Partition(room, 2)), wire.CommandField, c.String())
}

func (s *service) add(stream, field, value string) {
	s.t.Helper()
	if err := s.client.Do(context.Background(), s.client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(field, value).Build()).Error(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) event(stream string, e any) {
	s.t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		s.t.Fatal(err)
	}
	s.add(stream, wire.StreamField, string(raw))
}

func startReady(t *testing.T) *service {
	t.Helper()
	s := startService(t)
	s.publishKeys()
	s.set(wire.KeyRoomCaches, 1)
	testenv.Eventually(t, 10*time.Second, "the service is not ready", func() bool {
		status, _ := s.get(s.admin+"/readyz", "")
		return status == http.StatusOK
	})
	s.waitKept() // before, nobody knows who hides what, and all is hidden
	return s
}

// points are how many a member's track has for an asker.
func (s *service) points(room, user, asker string) (n int) {
	s.t.Helper()
	var got wire.TrackResponse
	if status := s.request("GET", "/api/rooms/"+room+"/tracks/"+user, asker, "", &got); status != http.StatusOK {
		return 0
	}
	for _, d := range got.Devices {
		n += d.Statistics.Points
	}
	return n
}

func (s *service) eventuallyPoints(room, user string, want int) {
	s.t.Helper()
	testenv.Eventually(s.t, 10*time.Second, fmt.Sprintf("%s never had %d points", user, want), func() bool { return s.points(room, user, user) == want })
}

func TestRecordingNeedsBoth(t *testing.T) {
	t.Parallel()
	s := startReady(t)
	s.managed("r1", "ann", "bob")
	const path = "/api/rooms/r1/tracks/recording"
	s.want(403, "PUT", path, "bob", `{"roomAllows":true}`)
	s.want(409, "PUT", path, "bob", `{"mine":true}`)
	s.want(400, "PUT", path, "bob", `{}`)
	s.want(403, "GET", path, "eve", "")
	begin := time.Now()
	s.moves("r1", "bob", "app", begin, 0) // before anybody has agreed
	s.want(200, "PUT", path, "ann", `{"roomAllows":true}`)
	s.moves("r1", "ann", "app", begin, 0) // allowed, and not agreed to
	var r wire.Recording
	if s.request("PUT", path, "bob", `{"mine":true}`, &r); !r.RoomAllows || !r.Mine || r.Since == nil {
		t.Fatalf("got %+v", r)
	}
	for i := range 10 {
		s.moves("r1", "bob", "app", begin.Add(time.Duration(i+1)*time.Second), float64(10*i))
		s.moves("r1", "bob", "watch", begin.Add(time.Duration(i+1)*time.Second), float64(10*i)+3)
	}
	s.moves("r1", "bob", "app", begin.Add(10*time.Second), 999) // the same fix again
	s.moves("r1", "bob", "app", begin.Add(-time.Hour), 1)       // measured before bob agreed
	s.eventuallyPoints("r1", "bob", 20)
	if n := s.points("r1", "ann", "ann"); n != 0 {
		t.Errorf("ann has not agreed, and has %d points", n)
	}
	var got wire.TrackResponse
	s.request("GET", "/api/rooms/r1/tracks/me", "bob", "", &got)
	if len(got.Devices) != 2 || got.Devices[0].Device != "app" || got.Devices[1].Device != "watch" || got.UserID != "bob" {
		t.Fatalf("devices are mixed: %+v", got)
	}
	for _, d := range got.Devices {
		if len(d.Segments) != 1 || len(d.Segments[0].Points) != 10 || d.Statistics.Distance < 89 || d.Statistics.Distance > 91 {
			t.Errorf("%s: %d segments, %+v", d.Device, len(d.Segments), d.Statistics)
		}
	}
	s.want(200, "PUT", path, "ann", `{"roomAllows":false}`)
	s.moves("r1", "bob", "app", begin.Add(30*time.Second), 300)
	s.want(200, "PUT", path, "ann", `{"roomAllows":true}`)
	s.moves("r1", "bob", "app", begin.Add(31*time.Second), 310) // bob must agree again
	if s.request("GET", path, "bob", "", &r); r.Mine {
		t.Error("bob is recorded without having agreed again")
	}
	s.want(200, "PUT", path, "bob", `{"mine":true}`)
	s.moves("r1", "bob", "app", begin.Add(32*time.Second), 320)
	s.eventuallyPoints("r1", "bob", 21)
}

// Others get what was allowed when it was measured, and only from when on they are
// members.
func TestOthersSeeWhatTheyMay(t *testing.T) {
	t.Parallel()
	s := startReady(t)
	s.managed("r1", "ann", "bob")
	const path = "/api/rooms/r1/tracks/recording"
	s.want(200, "PUT", path, "ann", `{"roomAllows":true,"mine":true}`)
	begin := time.Now()
	at := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second) }
	s.moves("r1", "ann", "my secret phone", at(1), 10)
	s.eventuallyPoints("r1", "ann", 1)
	s.want(200, "PUT", "/api/rooms/r1/sharing", "ann", `{"precision":"approximate"}`)
	s.moves("r1", "ann", "my secret phone", at(2), 20)
	s.eventuallyPoints("r1", "ann", 2)
	s.want(200, "PUT", "/api/rooms/r1/sharing", "ann", `{"precision":"hidden"}`)
	s.moves("r1", "ann", "my secret phone", at(3), 30)
	s.eventuallyPoints("r1", "ann", 3)

	var got wire.TrackResponse
	s.request("GET", "/api/rooms/r1/tracks/ann", "bob", "", &got)
	if len(got.Devices) != 1 || got.Devices[0].Device == "my secret phone" || got.Devices[0].Statistics.Points != 2 {
		t.Fatalf("bob sees %+v", got)
	}
	points := got.Devices[0].Segments[0].Points
	mayBe, _ := privacy.Approximate.Show(privacy.Fix{Latitude: 45.9 + 20.0/111_195, Longitude: 14})
	if points[0].Precision != "" || points[1].Precision != wire.PrecisionApproximate || points[1].Latitude != mayBe.Latitude || points[1].Altitude != nil ||
		!got.Devices[0].Statistics.Approximate {
		t.Errorf("bob sees %+v", points)
	}
	for _, format := range []string{"gpx", "geojson", "csv"} {
		var file, own string
		s.request("GET", "/api/rooms/r1/tracks/ann/export?format="+format, "bob", "", &file)
		s.request("GET", "/api/rooms/r1/tracks/ann/export?format="+format, "ann", "", &own)
		if hidden := fmt.Sprint(45.9 + 30.0/111_195)[:8]; strings.Contains(file, hidden) || strings.Contains(file, "secret") || !strings.Contains(own, hidden) {
			t.Errorf("%s: %s", format, file)
		}
	}
	var list wire.TracksResponse
	s.request("GET", "/api/rooms/r1/tracks", "bob", "", &list)
	if len(list.Devices) != 1 || list.Devices[0].UserID != "ann" || !list.Devices[0].To.Before(at(3)) || list.Devices[0].Device != got.Devices[0].Device {
		t.Errorf("bob's list: %+v", list)
	}
	s.want(403, "GET", "/api/rooms/r1/tracks/ann", "eve", "")

	// Zoe comes later, and sees nothing of what was before.
	s.managed("r1", "ann", "bob", "zoe")
	testenv.Eventually(t, 10*time.Second, "a new member sees what was before", func() bool {
		return s.request("GET", "/api/rooms/r1/tracks/ann", "zoe", "", nil) == 404
	})
	s.event(wire.StreamRoom, wire.RoomEvent{ID: 1, Type: wire.RoomEventMemberJoined, RoomID: "r1", UserID: "zoe", At: wire.At(at(20))})
	s.want(200, "PUT", "/api/rooms/r1/sharing", "ann", `{"precision":"exact"}`)
	s.moves("r1", "ann", "my secret phone", at(25), 250)
	s.eventuallyPoints("r1", "ann", 4)
	testenv.Eventually(t, 10*time.Second, "zoe sees nothing", func() bool { return s.points("r1", "ann", "zoe") == 1 })

	// Bob leaves, and sees nothing any more; his own stays his.
	if err := s.client.Do(context.Background(), s.client.B().Srem().Key(wire.KeyRoomMembers("r1")).Member("bob").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	s.event(wire.StreamRoom, wire.RoomEvent{ID: 2, Type: wire.RoomEventMemberLeft, RoomID: "r1", UserID: "ann", At: wire.At(time.Now())})
	testenv.Eventually(t, 10*time.Second, "who is no member sees a track", func() bool {
		return s.request("GET", "/api/rooms/r1/tracks/ann", "bob", "", nil) == 403 // the service's memory of the room is invalidated
	})
	testenv.Eventually(t, 10*time.Second, "whoever leaves is recorded still", func() bool {
		var r wire.Recording
		return s.request("GET", path, "ann", "", &r) == 200 && !r.Mine
	})
	s.room("r1", wire.RoomStatusClosed, time.Now().Add(time.Hour), "ann", "zoe")
	testenv.Eventually(t, 10*time.Second, "others see a track of a closed room", func() bool {
		return s.request("GET", "/api/rooms/r1/tracks/ann", "zoe", "", nil) == 410
	})
	if n := s.points("r1", "ann", "ann"); n != 4 {
		t.Errorf("of a closed room ann has %d points", n)
	}
}

func TestErasure(t *testing.T) {
	t.Parallel()
	s := startReady(t)
	s.managed("r1", "ann", "bob")
	s.want(200, "PUT", "/api/rooms/r1/tracks/recording", "ann", `{"roomAllows":true,"mine":true}`)
	s.want(200, "PUT", "/api/rooms/r1/tracks/recording", "bob", `{"mine":true}`)
	begin := time.Now()
	for i := range 5 {
		s.moves("r1", "ann", "app", begin.Add(time.Duration(i)*time.Second), float64(10*i))
		s.moves("r1", "bob", "app", begin.Add(time.Duration(i)*time.Second), float64(10*i))
	}
	s.eventuallyPoints("r1", "ann", 5)
	s.eventuallyPoints("r1", "bob", 5)
	s.want(204, "DELETE", "/api/rooms/r1/tracks", "ann", "")
	if s.points("r1", "ann", "ann") != 0 || s.points("r1", "bob", "bob") != 5 {
		t.Fatal("ann's is there, or bob's is not")
	}
	// What waited when ann erased it does not come back.
	s.add(wire.StreamTracks(wire.Partition("r1", 2)), wire.CommandField,
		fmt.Sprintf("r1\tann\t%d\t2\t%d\t45.9\t14\t\t\t\t\tapp", begin.UnixMilli(), begin.UnixMilli()))
	s.moves("r1", "ann", "app", begin.Add(20*time.Second), 200)
	s.eventuallyPoints("r1", "ann", 1)
	s.event(wire.StreamAuth, wire.AuthEvent{ID: 1, Type: wire.AuthEventErased, UserID: "bob"})
	testenv.Eventually(t, 10*time.Second, "an erased account has a track", func() bool { return s.points("r1", "bob", "bob") == 0 })
	s.moves("r1", "bob", "app", begin.Add(20*time.Second), 200)
	s.moves("r1", "ann", "app", begin.Add(21*time.Second), 210)
	s.eventuallyPoints("r1", "ann", 2)
	if s.points("r1", "bob", "bob") != 0 {
		t.Error("an erased account is recorded")
	}
}

const walk = `<gpx><metadata><name>Home &amp; back</name></metadata><trk><trkseg>
<trkpt lat="46" lon="14"><ele>300</ele><time>2026-01-01T12:00:00Z</time></trkpt>
<trkpt lat="46.0005" lon="14"><ele>310</ele><time>2026-01-01T12:00:30Z</time></trkpt>
<trkpt lat="46.001" lon="14"><ele>320</ele><time>2026-01-01T12:01:00Z</time></trkpt></trkseg><trkseg>
<trkpt lat="46.002" lon="14"><time>2026-01-01T12:30:00Z</time></trkpt>
<trkpt lat="46.003" lon="14"><time>2026-01-01T12:31:00Z</time></trkpt></trkseg></trk></gpx>`

func TestImports(t *testing.T) {
	t.Parallel()
	s := startReady(t)
	var created wire.ImportedTrackResponse
	if status := s.request("POST", "/api/tracks/imports", "ann", walk, &created); status != 201 {
		t.Fatalf("import: %d", status)
	}
	got := created.Track
	if got.Name != "Home & back" || got.Points != 5 || got.Segments != 2 || got.Distance < 222 || got.Distance > 223 || got.From == nil {
		t.Errorf("got %+v", got)
	}
	var again wire.ImportedTrackResponse
	if status := s.request("POST", "/api/tracks/imports?name=Other", "ann", walk, &again); status != 200 || again.Track.ID != got.ID {
		t.Errorf("again: %d %+v", status, again)
	}
	path := "/api/tracks/imports/" + got.ID
	var shown wire.TrackResponse
	s.request("GET", path, "ann", "", &shown)
	if d := shown.Devices[0]; len(d.Segments) != 2 || len(d.Gaps) != 1 || *d.Segments[0].Points[1].Altitude != 310 || d.Statistics.Points != 5 {
		t.Errorf("got %+v", shown)
	}
	s.request("GET", path+"?tolerance=5", "ann", "", &shown)
	if d := shown.Devices[0]; len(d.Segments[0].Points) != 2 || d.Statistics.Points != 5 {
		t.Errorf("simplified: %+v", shown)
	}
	var file string
	s.request("GET", path+"/export?format=gpx", "ann", "", &file)
	f, err := gpx.Read(strings.NewReader(file), gpx.Limits{Bytes: 1 << 20, Points: 100})
	if err != nil || f.Name != got.Name || len(f.Tracks[0].Segments) != 2 || f.Tracks[0].Segments[1][1].Lat != 46.003 {
		t.Errorf("%v, %+v from %s", err, f, file)
	}
	s.request("GET", path+"/export?format=geojson", "ann", "", &file)
	var features struct {
		Features []struct {
			Properties struct{ CoordTimes []string }
			Geometry   struct{ Coordinates [][]float64 }
		}
	}
	if err := json.Unmarshal([]byte(file), &features); err != nil || len(features.Features) != 2 || len(features.Features[0].Geometry.Coordinates) != 3 ||
		features.Features[0].Properties.CoordTimes[2] != "2026-01-01T12:01:00.000Z" {
		t.Errorf("%v in %s", err, file)
	}
	s.request("GET", path+"/export?format=csv", "ann", "", &file)
	if lines := strings.Split(strings.TrimSpace(file), "\n"); len(lines) != 6 || lines[5] != "Home & back,2,2026-01-01T12:31:00.000Z,46.003,14,,,,,exact" {
		t.Errorf("got %s", file)
	}
	for _, tc := range []struct {
		status             int
		method, path, body string
	}{
		{404, "GET", path + "x", ""},
		{400, "GET", path + "/export?format=kml", ""},
		{400, "GET", path + "?tolerance=-1", ""},
		{400, "GET", path + "?points=some", ""},
		{400, "POST", "/api/tracks/imports", "<kml/>"},
		{400, "POST", "/api/tracks/imports", "<gpx/>"},
		{400, "POST", "/api/tracks/imports", `<!DOCTYPE x [<!ENTITY a "b">]><gpx>&a;</gpx>`},
		{400, "POST", "/api/tracks/imports?name=" + strings.Repeat("x", 101), walk},
		{413, "POST", "/api/tracks/imports", "<gpx>" + strings.Repeat(" ", wire.MaxImportBytes)},
		{415, "POST", "/api/tracks/imports", "{}"},
	} {
		s.want(tc.status, tc.method, tc.path, "ann", tc.body)
	}
	s.want(404, "GET", path, "bob", "")
	s.want(404, "DELETE", path, "bob", "")
	s.want(204, "DELETE", path, "ann", "")
	s.want(404, "DELETE", path, "ann", "")
}

// Twenty imports of one file at once are one track.
func TestImportsRace(t *testing.T) {
	t.Parallel()
	s := startReady(t)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 20 {
		wg.Go(func() {
			<-start
			var got wire.ImportedTrackResponse
			if status := s.request("POST", "/api/tracks/imports", "ann", walk, &got); status != 200 && status != 201 && status != 429 {
				t.Errorf("got %d", status)
			}
		})
	}
	close(start)
	wg.Wait()
	var own wire.OwnTracksResponse
	if s.request("GET", "/api/tracks", "ann", "", &own); len(own.Imported) != 1 {
		t.Errorf("%d tracks", len(own.Imported))
	}
}
