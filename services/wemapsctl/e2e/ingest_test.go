package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// phone is an app that is not ours, with a device token.
type phone struct {
	url, token, id string
}

func (e *env) phone(t testing.TB, owner user, rooms ...string) phone {
	t.Helper()
	var res wire.CreateDeviceTokenResponse
	if status := call(t, "POST", e.URL(0)+"/api/auth/device-tokens", owner.token, wire.CreateDeviceTokenRequest{Name: ptr(unique("phone")), Rooms: rooms}, &res); status != 201 {
		t.Fatalf("device token: %d", status)
	}
	p := phone{e.URL(0), res.Token, res.DeviceToken.ID}
	testenv.Eventually(t, 10*time.Second, "the device token is not known", func() bool {
		status, _ := p.send(t, "GET", "osmand?id="+p.token, "", "")
		return status == 200
	})
	return p
}

func ptr[T any](v T) *T { return &v }

// send makes one request as the apps do: the token as password of basic
// authentication as OwnTracks and GPSLogger have it, or where the app puts it.
func (p phone) send(t testing.TB, method, path, contentType, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, p.url+"/api/ingest/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	switch {
	case strings.HasPrefix(path, "overland"):
		req.Header.Set("Authorization", "Bearer "+p.token)
	case !strings.HasPrefix(path, "osmand"):
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("whoever:"+p.token)))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func feature(lat, lng float64, at time.Time) string {
	return fmt.Sprintf(`{"type":"Feature","geometry":{"type":"Point","coordinates":[%v,%v]},"properties":{"timestamp":%q,"speed":1.5,"horizontal_accuracy":5,"battery_level":0.8}}`,
		lng, lat, at.UTC().Format("2006-01-02T15:04:05-0700"))
}

// Each app, in each encoding it has, moves the dot that another member sees.
func TestPhonesOfOtherAppsMoveTheDot(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	b := dial(t, e.URL(0), bob.token)
	b.join(t, room)
	p := e.phone(t, ann)
	p.url = checkAgainstOpenAPI(t, e.URL(0))

	now := time.Now()
	for i, c := range []struct {
		method, path, contentType, body string // with %[1]v latitude, %[2]d seconds, %[3]s ISO, %[4]s token
		answer                          string
	}{
		{"POST", "owntracks", "application/json", `{"_type":"location","lat":%[1]v,"lon":14.5,"tst":%[2]d,"acc":5,"tid":"na","vel":5}`, "[]"},
		{"GET", "osmand?id=%[4]s&lat=%[1]v&lon=14.5&timestamp=%[2]d&speed=3&accuracy=5", "", "", ""},
		{"POST", "osmand", "application/x-www-form-urlencoded", "deviceid=%[4]s&location=%[1]v,14.5&timestamp=%[2]d000&accuracy=5", ""},
		{"POST", "osmand", "application/json", `{"location":{"timestamp":"%[3]s","coords":{"latitude":%[1]v,"longitude":14.5,"accuracy":5,"speed":-1,"heading":-1,"altitude":5},"battery":{"level":-1},"_":"&id=1"},"device_id":"%[4]s"}`, ""},
		{"GET", "gpslogger?lat=%[1]v&lon=14.5&timestamp=%[2]d&acc=5&spd=1.5&dir=&alt=300&batt=80&ser=", "", "", ""},
		{"POST", "gpslogger", "application/x-www-form-urlencoded", "lat=%[1]v&lon=14.5&time=%[3]s&acc=5", ""},
		{"POST", "overland", "application/json", `{"locations":[{"type":"Feature","geometry":{"type":"Point","coordinates":[14.5,%[1]v]},"properties":{"timestamp":"%[3]s","horizontal_accuracy":5}}]}`, `{"result":"ok"}`},
	} {
		lat, at := 46+float64(i)/1000, now.Add(time.Duration(i-40)*time.Second)
		r := strings.NewReplacer("%[1]v", fmt.Sprint(lat), "%[2]d", fmt.Sprint(at.Unix()), "%[3]s", at.UTC().Format(time.RFC3339), "%[4]s", p.token)
		status, answer := p.send(t, c.method, r.Replace(c.path), c.contentType, r.Replace(c.body))
		if status != 200 || answer != c.answer {
			t.Errorf("%s %.12s: %d %q", c.method, c.path, status, answer)
			continue
		}
		got := await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.Latitude == lat })
		if got.UserID != ann.ID || got.RecordedAt.Unix() != at.Unix() {
			t.Errorf("%s %.12s: came as %+v", c.method, c.path, got)
		}
	}

	// A phone that was offline sends what it has kept: the dot goes to where the phone is, and nowhere else.
	heard := len(b.all(wire.EventLocationUpdated))
	batch := []string{feature(47, 15, now.Add(-2*time.Hour)), feature(47.1, 15, now.Add(-time.Hour)), feature(47.2, 15, now.Add(-30*time.Minute))}
	current := feature(46.008, 14.5, now)
	if status, answer := p.send(t, "POST", "overland", "application/json", `{"locations":[`+strings.Join(batch, ",")+`],"current":`+current+`}`); status != 200 {
		t.Errorf("batch: %d %s", status, answer)
	}
	await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.Latitude == 46.008 })
	if got := b.all(wire.EventLocationUpdated)[heard:]; len(got) != 1 {
		t.Errorf("old fixes moved the dot: %+v", got)
	}
	// Nor does what is no position, or one from the future.
	for _, body := range []string{"", `{"_type":"lwt","tst":1}`, `{"_type":"transition","lat":50,"lon":14,"tst":1,"event":"enter"}`,
		fmt.Sprintf(`{"_type":"location","lat":50,"lon":14,"tst":%d}`, now.Add(time.Hour).Unix())} {
		if status, answer := p.send(t, "POST", "owntracks", "application/json", body); status != 200 || answer != "[]" {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	var live wire.RoomLocations
	call(t, "GET", e.URL(0)+"/api/rooms/"+room.ID+"/locations", bob.token, nil, &live)
	if len(live.Locations) != 1 || !strings.Contains(string(live.Locations[0]), `"latitude":46.008`) {
		t.Errorf("the position is %s", live.Locations)
	}
	e.wrongTokens(t, ann, p)
	e.noTokenInLogs(t, p)
}

func (e *env) wrongTokens(t *testing.T, owner user, p phone) {
	t.Helper()
	wrong := phone{url: p.url, token: "wm_dev_wrong"}
	for path, want := range map[string]int{"owntracks": 401, "overland": 401, "gpslogger": 401, "osmand?id=wm_dev_wrong": 400} {
		if status, answer := wrong.send(t, "POST", path, "application/json", `{}`); status != want || !strings.Contains(answer, "INVALID_TOKEN") {
			t.Errorf("%s with a wrong token: %d %s", path, status, answer)
		}
	}
	if status := call(t, "DELETE", e.URL(0)+"/api/auth/device-tokens/"+p.id, owner.token, nil, nil); status != 200 {
		t.Fatalf("revoke: %d", status)
	}
	testenv.Eventually(t, 10*time.Second, "a revoked token goes on working", func() bool {
		status, _ := p.send(t, "POST", "owntracks", "application/json", "")
		return status == 401
	})
}

// The token is in OsmAnd's query, and must not be in anybody's log.
func (e *env) noTokenInLogs(t *testing.T, p phone) {
	t.Helper()
	for _, replicas := range e.Process {
		for _, process := range replicas {
			raw, err := os.ReadFile(process.Log())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), p.token) {
				t.Errorf("the log of %s has a device token", process.Name)
			}
		}
	}
}

// OwnTracks shows friends, in the rooms that the phone is bound to.
func TestOwnTracksSeesFriendsAndIsSetUp(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob, eve := e.signIn(t), e.signIn(t), e.signIn(t)
	room, other := e.createRoom(t, ann), e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	e.joinRoom(t, eve, other)
	b, v := dial(t, e.URL(0), bob.token), dial(t, e.URL(0), eve.token)
	b.join(t, room)
	v.join(t, other)
	p := e.phone(t, ann, room.ID)
	p.url = checkAgainstOpenAPI(t, e.URL(0))
	b.send(t, wire.EventLocationUpdate, "", fix(room, 46.2, 14.2))
	v.send(t, wire.EventLocationUpdate, "", fix(other, 46.3, 14.3))
	await[wire.LocationConfirmed](t, b, wire.EventLocationConfirmed, nil)
	await[wire.LocationConfirmed](t, v, wire.EventLocationConfirmed, nil)

	type object struct {
		Type string  `json:"_type"`
		TID  string  `json:"tid"`
		Name string  `json:"name"`
		Lat  float64 `json:"lat"`
		Tst  int64   `json:"tst"`
	}
	post := func() (got []object) {
		status, answer := p.send(t, "POST", "owntracks", "application/json", fmt.Sprintf(`{"_type":"location","lat":46,"lon":14.5,"tst":%d}`, time.Now().Unix()))
		if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 200 {
			t.Fatalf("%d %s: %v", status, answer, err)
		}
		return got
	}
	first := post()
	if len(first) != 2 || first[0].Type != "card" || first[0].Name != bob.Name || first[1].Type != "location" || first[1].Lat != 46.2 || first[1].TID != first[0].TID || first[1].Tst == 0 {
		t.Fatalf("the phone sees %+v", first)
	}
	if second := post(); len(second) != 1 || second[0].TID != first[0].TID {
		t.Errorf("then it sees %+v", second)
	}
	await(t, b, wire.EventLocationUpdated, func(l wire.Location) bool { return l.UserID == ann.ID })
	if heard := v.all(wire.EventLocationUpdated); len(heard) != 0 {
		t.Errorf("a room that the phone is not bound to heard %+v", heard)
	}
	b.send(t, wire.EventLeaveRoom, "", wire.RoomRef{RoomID: room.ID})
	testenv.Eventually(t, 10*time.Second, "who has left is still shown", func() bool { return len(post()) == 0 })

	var setup wire.SetupResponse
	if status := call(t, "POST", p.url+"/api/devices/setup", ann.token, wire.SetupRequest{Token: &p.token}, &setup); status != 200 {
		t.Fatalf("set-up: %d", status)
	}
	if setup.Traccar.DeviceID != p.token || !strings.HasPrefix(setup.OwnTracks.SetupURL, "owntracks:///config?inline=") || !strings.HasPrefix(setup.OwnTracks.QR, "data:image/png;base64,") {
		t.Errorf("set-up %+v", setup)
	}
	if status := call(t, "POST", p.url+"/api/devices/setup", ann.token, wire.SetupRequest{}, nil); status != 400 {
		t.Errorf("set-up without a token: %d", status)
	}
	e.noTokenInLogs(t, p)
}

// Phones that come back from a day offline, all at once, beside a watching socket.
func TestPhonesCatchUpAtSpeed(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{})
	ann, bob := e.signIn(t), e.signIn(t)
	room := e.createRoom(t, ann)
	e.joinRoom(t, bob, room)
	b := dial(t, e.URL(0), bob.token)
	b.join(t, room)
	const phones, batches, size = 4, 40, 200
	begin := time.Now()
	var wg sync.WaitGroup
	var all []phone
	for range phones {
		all = append(all, e.phone(t, ann))
	}
	started := time.Now()
	for _, p := range all {
		wg.Go(func() {
			for n := range batches {
				var features []string
				for i := range size {
					features = append(features, feature(47, 15, begin.Add(time.Duration(n*size+i-100_000)*time.Second)))
				}
				if status, answer := p.send(t, "POST", "overland", "application/json", `{"locations":[`+strings.Join(features, ",")+`]}`); status != 200 {
					t.Errorf("batch %d: %d %s", n, status, answer)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(started)
	t.Logf("%d fixes in %d requests through edge and location: %.0f fixes/s, %.0f requests/s", phones*batches*size, phones*batches,
		phones*batches*size/took.Seconds(), phones*batches/took.Seconds())
	sent := time.Now()
	all[0].send(t, "POST", "overland", "application/json", `{"locations":[`+feature(46, 14.5, sent)+`]}`)
	awaitFor(t, b, 30*time.Second, wire.EventLocationUpdated, func(l wire.Location) bool { return l.Latitude == 46 })
	t.Logf("the position after them came %s later", time.Since(sent).Round(time.Millisecond))
}
