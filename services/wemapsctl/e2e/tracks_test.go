package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// agree lets the room record and the walker be recorded.
func agree(t testing.TB, base string, owner, member user, room wire.Room) {
	t.Helper()
	url := base + "/api/rooms/" + room.ID + "/tracks/recording"
	var refusal wire.ErrorBody
	if status := call(t, "PUT", url, member.token, wire.RecordingRequest{Mine: ptr(true)}, &refusal); status != 409 || refusal.Code != wire.CodeRecordingForbidden {
		t.Errorf("agreeing before the room allows: %d %s", status, refusal.Code)
	}
	if status := call(t, "PUT", url, member.token, wire.RecordingRequest{RoomAllows: ptr(true)}, &refusal); status != 403 || refusal.Code != wire.CodeForbidden {
		t.Errorf("a member allows: %d %s", status, refusal.Code)
	}
	if status := call(t, "PUT", url, owner.token, wire.RecordingRequest{RoomAllows: ptr(true)}, nil); status != 200 {
		t.Fatalf("the owner allows: %d", status)
	}
	var r wire.Recording
	if status := call(t, "PUT", url, member.token, wire.RecordingRequest{Mine: ptr(true)}, &r); status != 200 || !r.RoomAllows || !r.Mine || r.Since == nil {
		t.Fatalf("the member agrees: %d %+v", status, r)
	}
}

// A track from the agreement to be recorded until its erasure.
func TestATrackFromAgreementToErasure(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	base := checkAgainstOpenAPI(t, e.URL(0))
	ann, bob, eve := e.signIn(t), e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	w := &walker{socket: dial(t, e.URL(0), bob.token), phone: e.phone(t, bob), room: room}
	w.socket.join(t, room)
	w.moves(t) // nobody has agreed to this one
	w.confirmed(t)
	unseen := w.app[0]
	agree(t, base, ann, bob, room)
	for range 20 {
		w.moves(t)
		w.reports(t)
		time.Sleep(50 * time.Millisecond)
	}
	w.confirmed(t)
	w.app = w.app[1:]
	tracks := base + "/api/rooms/" + room.ID + "/tracks"
	seen(t, tracks, bob, ann, w)
	for _, m := range track(t, tracks+"/me", bob.token)["app"] {
		if m == unseen {
			t.Error("what came before the agreement is recorded")
		}
	}
	for format, parse := range map[string]func(testing.TB, string) []mark{"gpx": marksOfGPX, "geojson": marksOfGeoJSON, "csv": marksOfCSV} {
		status, text := exchange(t, "GET", tracks+"/me/export?format="+format, bob.token, "", "")
		if status != 200 {
			t.Fatalf("%s: %d %s", format, status, text)
		}
		same(t, format, parse(t, text), w.all())
	}
	for _, c := range []struct{ method, path, body string }{
		{"GET", "", ""}, {"GET", "/recording", ""}, {"PUT", "/recording", `{"mine":true}`}, {"GET", "/" + bob.ID, ""}, {"GET", "/" + bob.ID + "/export", ""},
	} {
		if status, text := exchange(t, c.method, tracks+c.path, eve.token, "application/json", c.body); status != 403 || !strings.Contains(text, string(wire.CodeAccessDenied)) {
			t.Errorf("who is no member: %s %s: %d %s", c.method, c.path, status, text)
		}
	}
	importsAndErases(t, base, room, bob, eve, w)
}

// seen waits for the walker's whole track, and looks at it as its owner and as
// another member.
func seen(t testing.TB, tracks string, owner, other user, w *walker) {
	t.Helper()
	testenv.Eventually(t, 20*time.Second, "the track never had all its fixes", func() bool {
		status, raw := exchange(t, "GET", tracks+"/me", owner.token, "", "")
		var got wire.TrackResponse
		if status != 200 || json.Unmarshal([]byte(raw), &got) != nil {
			return false
		}
		n := 0
		for _, d := range got.Devices {
			n += d.Statistics.Points
		}
		return n >= len(w.app)+len(w.other)
	})
	own := track(t, tracks+"/me", owner.token)
	if len(own) != 2 {
		t.Errorf("devices: %d, want 2", len(own))
	}
	same(t, "by socket", own["app"], w.app)
	same(t, "by phone", own[w.phone.id], w.other)
	var theirs []mark
	for device, marks := range track(t, tracks+"/"+owner.ID, other.token) {
		if _, known := own[device]; known {
			t.Errorf("others know the device as %s", device)
		}
		theirs = append(theirs, marks...)
	}
	same(t, "as another member sees it", sorted(theirs), w.all())
}

func importsAndErases(t testing.TB, base string, room wire.Room, bob, eve user, w *walker) {
	t.Helper()
	tracks, imports := base+"/api/rooms/"+room.ID+"/tracks", base+"/api/tracks/imports"
	_, exported := exchange(t, "GET", tracks+"/me/export?format=gpx", bob.token, "", "")
	var imported [2]wire.ImportedTrackResponse
	for i, want := range []int{201, 200} { // the same file again is the same track
		status, text := exchange(t, "POST", imports+"?name=Home", bob.token, "application/gpx+xml", exported)
		if status != want {
			t.Fatalf("import: %d %s", status, text)
		}
		mustJSON(t, json.RawMessage(text), &imported[i])
	}
	got := imported[0].Track
	if imported[1].Track.ID != got.ID || got.Name != "Home" || got.Points != len(w.all()) || got.From == nil || got.From.UTC().Format(wire.TimeLayout) != w.all()[0].at {
		t.Errorf("imported %+v and %+v", got, imported[1].Track)
	}
	one := imports + "/" + got.ID
	same(t, "imported", sorted(track(t, one, bob.token)["Home"]), w.all())
	_, again := exchange(t, "GET", one+"/export?format=gpx", bob.token, "", "")
	same(t, "exported once more", marksOfGPX(t, again), w.all())
	want := func(status int, method, url string, u user) {
		t.Helper()
		if got, text := exchange(t, method, url, u.token, "", ""); got != status {
			t.Errorf("%s %s: %d %s, want %d", method, url, got, text, status)
		}
	}
	want(404, "GET", one, eve)
	want(404, "DELETE", one, eve)

	want(204, "DELETE", tracks, bob)
	want(404, "GET", tracks+"/me", bob)
	want(200, "GET", one, bob) // it is no track of the room
	w.app, w.other = nil, nil
	w.moves(t) // to be recorded was not taken back
	testenv.Eventually(t, 10*time.Second, "nothing is recorded after an erasure", func() bool {
		status, _ := exchange(t, "GET", tracks+"/me", bob.token, "", "")
		return status == 200
	})
	same(t, "after the erasure", track(t, tracks+"/me", bob.token)["app"], w.app)
	want(204, "DELETE", base+"/api/tracks", bob)
	var own wire.OwnTracksResponse
	if status := call(t, "GET", base+"/api/tracks", bob.token, nil, &own); status != 200 || len(own.Recorded)+len(own.Imported) != 0 {
		t.Errorf("after all was erased: %d %+v", status, own)
	}
	want(404, "GET", one, bob)
}

// With Postgres away recorded fixes wait: others go on seeing the member, and when
// it is back the track has each fix once, although location was killed meanwhile.
func TestATrackIsCompleteAfterPostgresWasAway(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	base := checkAgainstOpenAPI(t, e.URL(0))
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	w := &walker{socket: dial(t, e.URL(0), bob.token), phone: e.phone(t, bob), room: room}
	a := dial(t, e.URL(0), ann.token)
	w.socket.join(t, room)
	a.join(t, room)
	agree(t, base, ann, bob, room)
	allow := e.gate(t)
	tracks := base + "/api/rooms/" + room.ID + "/tracks"

	stop := w.walks(t)
	defer stop()
	live := func(when string) {
		t.Helper()
		from := w.at()
		awaitFor(t, a, 20*time.Second, wire.EventLocationUpdated, func(l wire.Location) bool { return l.UserID == bob.ID && l.Latitude > from })
		t.Logf("%s: ann sees bob", when)
	}
	live("before")
	allow(false)
	live("Postgres is away")
	var refusal wire.ErrorBody
	testenv.Eventually(t, 10*time.Second, "a track is answered without Postgres", func() bool {
		return call(t, "GET", tracks+"/me", bob.token, nil, &refusal) == 503 && refusal.Code == wire.CodeUnavailable
	})
	location := e.Process["location"][0]
	location.Kill()
	time.Sleep(time.Second) // fixes wait in the stream of commands, and in the phone
	if err := location.Start(); err != nil {
		t.Fatal(err)
	}
	if err := location.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	live("location is back, Postgres is not")
	time.Sleep(2 * time.Second)
	live("a little later")
	if status := call(t, "GET", tracks+"/me", bob.token, nil, nil); status != 503 {
		t.Errorf("Postgres is not away: %d", status)
	}
	allow(true)
	live("Postgres is back")
	stop()
	w.confirmed(t)
	seen(t, tracks, bob, ann, w)
	t.Logf("%d fixes by socket and %d by phone, each once", len(w.app), len(w.other))
}
