package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/api"
	"github.com/wemaps/wemaps/services/location/internal/ingest"
	"github.com/wemaps/wemaps/services/location/internal/inlet"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

const (
	partitions  = 2
	deviceToken = "wm_dev_0123456789abcdef0123456789abcdef"
)

// phones is the surface for phones on a Redis of its own.
type phones struct {
	t      testing.TB
	client rueidis.Client
	url    string
	*api.Phones
}

// anyone lets everybody in, under the name in the header.
type anyone struct{}

func (anyone) Verify(_ context.Context, bearer string) (token.Claims, error) {
	if bearer == "" {
		return token.Claims{}, wire.NewError(wire.CodeTokenRequired)
	}
	return token.Claims{UserID: bearer, Name: bearer}, nil
}

func newPhones(t testing.TB, bound int64) *phones {
	t.Helper()
	client, err := redisx.Open(context.Background(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	commands := inlet.NewCommands(client, partitions, bound)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = commands.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	registry := prometheus.NewRegistry()
	p := &phones{t: t, client: client, Phones: &api.Phones{Devices: inlet.NewDevices(client), Rooms: store.NewRooms(client),
		Positions: store.NewPositions(client, time.Minute), Commands: commands,
		Limiter: ingest.NewLimiter(api.IngestRate, api.IngestBurst), Metrics: api.NewPhoneMetrics(registry)}}
	e := httpx.New(httpx.Options{Service: "location", Log: zap.NewNop(), Registry: registry, MapError: api.MapError})
	p.Register(e, anyone{})
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	p.url = srv.URL
	return p
}

// world makes rooms r1 and r2, of which ann is in both and bob in the first, and
// a device token of ann's.
func (p *phones) world(bound ...string) {
	p.t.Helper()
	p.set(wire.KeyJWKS, "{}")
	p.set(wire.KeyRoomCaches, "1")
	p.set(wire.KeySharingCaches, "1")
	p.room("r1", "ann", "bob")
	p.room("r2", "ann")
	p.grant(deviceToken, "ann", "Ann", "d1", bound...)
}

func (p *phones) do(cmd rueidis.Completed) {
	p.t.Helper()
	if err := p.client.Do(context.Background(), cmd).Error(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *phones) set(key string, value any) {
	p.t.Helper()
	s, ok := value.(string)
	if !ok {
		raw, err := json.Marshal(value)
		if err != nil {
			p.t.Fatal(err)
		}
		s = string(raw)
	}
	p.do(p.client.B().Set().Key(key).Value(s).Build())
}

func (p *phones) room(id string, members ...string) {
	p.t.Helper()
	p.set(wire.KeyRoom(id), wire.RoomCache{ID: id, Status: wire.RoomStatusActive, ExpiresAt: wire.At(time.Now().Add(time.Hour))})
	p.do(p.client.B().Sadd().Key(wire.KeyRoomMembers(id)).Member(members...).Build())
	for _, m := range members {
		p.do(p.client.B().Sadd().Key(wire.KeyUserRooms(m)).Member(id).Build())
	}
}

func hash(tok string) string {
	sum := sha256.Sum256([]byte(tok))
	return hex.EncodeToString(sum[:])
}

func (p *phones) grant(tok, user, name, device string, rooms ...string) {
	p.t.Helper()
	if rooms == nil {
		rooms = []string{}
	}
	p.set(wire.KeyDevice(hash(tok)), wire.DeviceGrant{UserID: user, UserName: name, DeviceID: device, Rooms: rooms})
}

type reply struct {
	status int
	body   string
	header http.Header
}

func (p *phones) send(method, path, body string, headers ...string) reply {
	p.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{res.StatusCode, string(raw), res.Header}
}

func basic(tok string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("anything:"+tok))
}

func (p *phones) ownTracks(body string) reply {
	p.t.Helper()
	return p.send("POST", "/api/ingest/owntracks", body, "Authorization", basic(deviceToken), "X-Limit-D", "pixel")
}

// queued returns the commands that came into the streams since the last call.
func (p *phones) queued() []wire.Command {
	p.t.Helper()
	var out []wire.Command
	for n := range partitions {
		key := wire.StreamCommands(wire.ServiceLocation, n)
		entries, err := p.client.Do(context.Background(), p.client.B().Xrange().Key(key).Start("-").End("+").Build()).AsXRange()
		if err != nil {
			p.t.Fatal(err)
		}
		for _, e := range entries {
			c, err := wire.ParseCommand(e.FieldValues[wire.CommandField])
			if err != nil {
				p.t.Fatal(err)
			}
			out = append(out, c)
		}
		p.do(p.client.B().Del().Key(key).Build())
	}
	return out
}

func epoch() int64 { return time.Now().Unix() }

// Each app, in each of its encodings, by the commands that come out.
func TestAFixOfEachAppGoesToTheRooms(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 1000)
	p.world()
	now := epoch()
	iso := time.Unix(now, 0).UTC().Format("2006-01-02T15:04:05-0700")
	for name, send := range map[string]func() reply{
		"owntracks": func() reply {
			return p.ownTracks(fmt.Sprintf(`{"_type":"location","lat":46.5,"lon":14.5,"tst":%d,"vel":36,"tid":"na"}`, now))
		},
		"osmand query": func() reply {
			return p.send("GET", fmt.Sprintf("/api/ingest/osmand?id=%s&lat=46.5&lon=14.5&timestamp=%d&speed=19.438444924406", deviceToken, now), "")
		},
		"osmand query, other method": func() reply {
			return p.send("PUT", fmt.Sprintf("/api/ingest/osmand/?deviceid=%s&location=46.5,14.5&timestamp=%d000&speed=19.438444924406", deviceToken, now), "")
		},
		"osmand form": func() reply {
			return p.send("POST", "/api/ingest/osmand", fmt.Sprintf("id=%s&lat=46.5&lon=14.5&timestamp=%d&speed=19.438444924406", deviceToken, now), "Content-Type", "application/x-www-form-urlencoded")
		},
		"osmand json": func() reply {
			return p.send("POST", "/api/ingest/osmand", fmt.Sprintf(`{"location":{"timestamp":%q,"coords":{"latitude":46.5,"longitude":14.5,"speed":10}},"device_id":%q}`, iso, deviceToken), "Content-Type", "application/json")
		},
		"gpslogger": func() reply {
			return p.send("GET", fmt.Sprintf("/api/ingest/gpslogger?lat=46.5&lon=14.5&timestamp=%d&spd=10", now), "", "Authorization", basic(deviceToken))
		},
		"gpslogger with a token in the template": func() reply {
			return p.send("POST", "/api/ingest/gpslogger", fmt.Sprintf("lat=46.5&lon=14.5&timestamp=%d&spd=10&token=%s", now, deviceToken))
		},
		"overland": func() reply {
			return p.send("POST", "/api/ingest/overland", fmt.Sprintf(`{"locations":[{"type":"Feature","geometry":{"type":"Point","coordinates":[14.5,46.5]},"properties":{"timestamp":%q,"speed":10}}]}`, iso), "Authorization", "Bearer "+deviceToken)
		},
	} {
		res := send()
		want := map[bool]string{true: "[]", false: ""}[name == "owntracks"]
		if name == "overland" {
			want = `{"result":"ok"}`
		}
		if res.status != 200 || res.body != want {
			t.Errorf("%s: %d %q", name, res.status, res.body)
		}
		rooms := map[string]bool{}
		for _, c := range p.queued() {
			rooms[c.RoomID] = true
			var u wire.LocationUpdate
			if err := json.Unmarshal([]byte(c.Data), &u); err != nil {
				t.Fatalf("%s: %v", c.Data, err)
			}
			if c.Type != wire.CommandUpdate || c.UserID != "ann" || c.UserName != "Ann" || c.Origin != (wire.Origin{}) || time.Since(c.Received) > time.Minute {
				t.Errorf("%s: command %+v", name, c)
			}
			if *u.Latitude != 46.5 || *u.Longitude != 14.5 || *u.Speed < 9.999 || *u.Speed > 10.001 || u.RecordedAt.Unix() != now || !strings.HasPrefix(*u.DeviceID, "d1") {
				t.Errorf("%s: data %s", name, c.Data)
			}
		}
		if len(rooms) != 2 {
			t.Errorf("%s: went to %v", name, rooms)
		}
	}
}

// What phones would repeat for ever is taken, whatever it is.
func TestAQueueIsNeverWedged(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 1000)
	p.world()
	for _, body := range []string{"", "[]", "nonsense", `{"_type":"location"}`, `{"_type":"lwt","tst":1}`, `{"_type":"encrypted","data":"x"}`,
		`{"_type":"transition","lat":46,"lon":14,"tst":1,"event":"enter"}`, `{"_type":"location","lat":99,"lon":0,"tst":1}`,
		fmt.Sprintf(`{"_type":"location","lat":46,"lon":14,"tst":%d}`, epoch()+300), `{"_type":"location","lat":46,"lon":14,"tst":99999999999999999999}`} {
		if res := p.ownTracks(body); res.status != 200 || res.body != "[]" {
			t.Errorf("owntracks %s: %d %s", body, res.status, res.body)
		}
	}
	for _, query := range []string{"", "&timestamp=1&cell=1,2,3,4", "&lat=x&lon=y", "&lat=46&lon=14&timestamp=tomorrow", "&lat=46&lon=14&valid=0"} {
		if res := p.send("GET", "/api/ingest/osmand?id="+deviceToken+query, ""); res.status != 200 || res.body != "" {
			t.Errorf("osmand %s: %d %s", query, res.status, res.body)
		}
	}
	if res := p.send("POST", "/api/ingest/osmand?id="+deviceToken, "{", "Content-Type", "application/json"); res.status != 200 {
		t.Errorf("osmand, half JSON: %d %s", res.status, res.body)
	}
	for _, body := range []string{"", "nonsense", `{"locations":[]}`, `{"locations":[{"properties":{"action":"visit"}}]}`} {
		if res := p.send("POST", "/api/ingest/overland", body, "Authorization", "Bearer "+deviceToken); res.status != 200 || res.body != `{"result":"ok"}` {
			t.Errorf("overland %s: %d %s", body, res.status, res.body)
		}
	}
	if res := p.send("GET", "/api/ingest/gpslogger", ""); res.status != 200 {
		t.Errorf("gpslogger's test: %d %s", res.status, res.body)
	}
	if res := p.send("GET", "/api/ingest/gpslogger?lat=%LAT&lon=%LON", "", "Authorization", basic(deviceToken)); res.status != 200 {
		t.Errorf("gpslogger's template: %d %s", res.status, res.body)
	}
	if got := p.queued(); len(got) != 0 {
		t.Errorf("and became fixes: %+v", got)
	}
	p.do(p.client.B().Del().Key(wire.KeyUserRooms("ann")).Build())
	testenv.Eventually(t, 5*time.Second, "a user in no room sends in vain", func() bool {
		res := p.ownTracks(fmt.Sprintf(`{"_type":"location","lat":46,"lon":14,"tst":%d}`, epoch()))
		return res.status == 200 && len(p.queued()) == 0
	})
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 1000)
	p.world()
	p.grant("erased", "eve", "Eve", "d9")
	p.set(wire.KeyErased("eve"), "1")
	for _, tok := range []string{"wm_dev_wrong", "", "erased", strings.Repeat("x", 5000)} {
		for path, want := range map[string]int{"owntracks": 401, "overland": 401, "gpslogger?lat=1&lon=1": 401, "osmand?lat=1&lon=1&id=" + tok: 400} {
			res := p.send("POST", "/api/ingest/"+path, `{"_type":"location"}`, "Authorization", basic(tok))
			if res.status != want || !strings.Contains(res.body, `"INVALID_TOKEN"`) {
				t.Errorf("%.20s %.20s: %d %s", path, tok, res.status, res.body)
			}
		}
	}
	// A token that is revoked ends at once.
	if res := p.ownTracks("[]"); res.status != 200 {
		t.Fatalf("before: %d", res.status)
	}
	p.do(p.client.B().Del().Key(wire.KeyDevice(hash(deviceToken))).Build())
	testenv.Eventually(t, 5*time.Second, "a revoked token still works", func() bool { return p.ownTracks("[]").status == 401 })
	// Redis has lost all: nobody must hear that a good token is wrong, since
	// OwnTracks for iOS throws away what it sends then.
	p.do(p.client.B().Flushall().Build())
	testenv.Eventually(t, 5*time.Second, "a token is called wrong that is only not known yet", func() bool {
		res := p.ownTracks("[]")
		return res.status == 503 && res.header.Get("Retry-After") != "" && strings.Contains(res.body, "UNAVAILABLE")
	})
}

func TestBoundRooms(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 1000)
	p.room("r3", "bob") // ann is not in it
	p.world("r2", "r3", "gone")
	fix := fmt.Sprintf(`{"_type":"location","lat":46,"lon":14,"tst":%d}`, epoch())
	if res := p.ownTracks(fix); res.status != 200 {
		t.Fatalf("%d %s", res.status, res.body)
	}
	if got := p.queued(); len(got) != 1 || got[0].RoomID != "r2" {
		t.Errorf("went to %+v", got)
	}
	// While rooms are rebuilt a missing one may exist.
	p.do(p.client.B().Del().Key(wire.KeyRoomCaches).Build())
	testenv.Eventually(t, 5*time.Second, "fixes of a room that may exist are dropped", func() bool { return p.ownTracks(fix).status == 503 })
}

func TestABatchIsOrderedAndWithoutRepeats(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 1000)
	p.world("r1")
	now := epoch()
	var features []string
	for _, ago := range []int64{1, 3600, 2, 2, 7200} {
		features = append(features, fmt.Sprintf(`{"geometry":{"coordinates":[14.5,46.5]},"properties":{"device_id":"ana","timestamp":%q}}`, time.Unix(now-ago, 0).UTC().Format(time.RFC3339)))
	}
	body := fmt.Sprintf(`{"locations":[%s],"current":{"geometry":{"coordinates":[14.5,46.6]},"properties":{"device_id":"ana","timestamp":%q}}}`,
		strings.Join(features, ","), time.Unix(now, 0).UTC().Format(time.RFC3339))
	if res := p.send("POST", "/api/ingest/overland", body, "Authorization", "Bearer "+deviceToken); res.status != 200 {
		t.Fatalf("%d %s", res.status, res.body)
	}
	var agos []int64
	for _, c := range p.queued() {
		var u wire.LocationUpdate
		if err := json.Unmarshal([]byte(c.Data), &u); err != nil {
			t.Fatal(err)
		}
		if *u.DeviceID != "d1/ana" {
			t.Errorf("device %s", *u.DeviceID)
		}
		agos = append(agos, now-u.RecordedAt.Unix())
	}
	if fmt.Sprint(agos) != "[7200 3600 2 1 0]" {
		t.Errorf("the streams have %v", agos)
	}
}

func TestFullStreamsAndFloodsAreTransient(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 3)
	p.world("r1")
	p.Limiter = ingest.NewLimiter(10, 20)
	fix := func() reply {
		return p.ownTracks(fmt.Sprintf(`{"_type":"location","lat":46,"lon":14,"tst":%d}`, epoch()))
	}
	testenv.Eventually(t, 10*time.Second, "a full stream takes more", func() bool {
		res := fix()
		return res.status == 503 && strings.Contains(res.body, "UNAVAILABLE") && res.header.Get("Retry-After") != ""
	})
	p.queued()
	testenv.Eventually(t, 10*time.Second, "an empty stream takes nothing", func() bool { return fix().status == 200 })
	testenv.Eventually(t, 10*time.Second, "a flood is not held", func() bool {
		res := fix()
		return res.status == 503 && strings.Contains(res.body, "RATE_LIMITED") && res.header.Get("Retry-After") != ""
	})
}

func TestOwnTracksSeesFriends(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 1000)
	p.world()
	at := time.Now().Add(-10 * time.Second)
	accuracy := 5.2
	p.set(wire.KeyLocation("r1", "bob"), wire.Location{RoomID: "r1", UserID: "bob", UserName: "Bob Novak", Latitude: 46.1, Longitude: 14.1, Accuracy: &accuracy,
		Timestamp: wire.At(at), RecordedAt: wire.At(at), IsLive: true})
	p.set(wire.KeyLocation("r1", "ann"), wire.Location{RoomID: "r1", UserID: "ann", UserName: "Ann", RecordedAt: wire.At(at)}) // never told oneself
	p.set(wire.KeyLocation("r1", "eve"), wire.Location{RoomID: "r1", UserID: "eve", UserName: "Eve", RecordedAt: wire.At(at)}) // has left
	p.set(wire.KeyAsked("r2", "ann"), "1")
	fix := fmt.Sprintf(`{"_type":"location","lat":46,"lon":14,"tst":%d,"tid":"bn"}`, epoch())
	first := p.ownTracks(fix)
	want := fmt.Sprintf(`[{"_type":"card","tid":"BO","name":"Bob Novak","tst":%d},{"_type":"location","tid":"BO","lat":46.1,"lon":14.1,"tst":%d,"acc":5},{"_type":"cmd","action":"reportLocation"}]`, at.Unix(), at.Unix())
	if first.body != want {
		t.Errorf("got  %s\nwant %s", first.body, want)
	}
	if again := p.ownTracks(fix); strings.Contains(again.body, "card") || strings.Contains(again.body, "cmd") || !strings.Contains(again.body, `"tid":"BO"`) {
		t.Errorf("the second time: %s", again.body)
	}
	if other := p.ownTracks(`{"_type":"status"}`); other.body != "[]" {
		t.Errorf("a status is answered %s", other.body)
	}
	// Somebody asks, with nobody to be shown: it is told, once.
	p.do(p.client.B().Del().Key(wire.KeyLocation("r1", "bob")).Build())
	p.set(wire.KeyAsked("r1", "ann"), "1")
	p.set(wire.KeyAsked("r1", "bob"), "1")
	if ask := p.ownTracks(fix); ask.body != `[{"_type":"cmd","action":"reportLocation"}]` {
		t.Errorf("asked: %s", ask.body)
	}
	// Who hides is not there.
	p.do(p.client.B().Del().Key(wire.KeyLocation("r1", "bob")).Build())
	if gone := p.ownTracks(fix); gone.body != "[]" {
		t.Errorf("somebody hidden: %s", gone.body)
	}
}

func TestSetUpLinks(t *testing.T) {
	t.Parallel()
	p := newPhones(t, 1000)
	body := fmt.Sprintf(`{"token":%q,"name":"Ann's phone"}`, deviceToken)
	if res := p.send("POST", "/api/devices/setup", body); res.status != 401 {
		t.Errorf("without a sign-in: %d", res.status)
	}
	for _, bad := range []string{`{}`, `{"token":"x"}`, `{"token":"wm_dev_` + strings.Repeat("<", 40) + `"}`, fmt.Sprintf(`{"token":%q,"name":" "}`, deviceToken), fmt.Sprintf(`{"token":%q,"name":%q}`, deviceToken, strings.Repeat("x", 51))} {
		if res := p.send("POST", "/api/devices/setup", bad, "Authorization", "Bearer ann"); res.status != 400 || !strings.Contains(res.body, "VALIDATION_ERROR") {
			t.Errorf("%.60s: %d %s", bad, res.status, res.body)
		}
	}
	// The longest names that there are still fit into a code.
	long := strings.Repeat("\U0001F600", 50)
	p.PublicURL = "https://" + strings.Repeat("a.", 100) + "org"
	if res := p.send("POST", "/api/devices/setup", fmt.Sprintf(`{"token":"wm_dev_%s","name":%q}`, strings.Repeat("x", 100), long), "Authorization", "Bearer "+strings.Repeat("\u00e9", 50)); res.status != 200 {
		t.Errorf("long names: %d %s", res.status, res.body)
	}
	for public, base := range map[string]string{"": p.url, "https://maps.example.org": "https://maps.example.org"} {
		p.PublicURL = public
		res := p.send("POST", "/api/devices/setup", body, "Authorization", "Bearer ann", "Content-Type", "application/json")
		var got wire.SetupResponse
		if err := json.Unmarshal([]byte(res.body), &got); err != nil || res.status != 200 || res.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s %v", res.status, res.body, err)
		}
		if got.Traccar.SetupURL != base+"/api/ingest/osmand?id="+deviceToken || got.Traccar.DeviceID != deviceToken || got.OwnTracks.URL != base+"/api/ingest/owntracks" ||
			!strings.HasPrefix(got.Overland.SetupURL, "overland://setup?url="+url.QueryEscape(base)) || got.GPSLogger.Password != deviceToken || !strings.HasPrefix(got.OsmAnd.URL, base) {
			t.Errorf("%+v", got)
		}
		for _, code := range []string{got.OwnTracks.QR, got.Overland.QR, got.Traccar.QR} {
			raw, ok := strings.CutPrefix(code, "data:image/png;base64,")
			img, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(raw)))
			if !ok || err != nil || img.Bounds().Dx() < 100 {
				t.Errorf("QR code %.40s: %v", code, err)
			}
		}
	}
}

func BenchmarkIngest(b *testing.B) {
	p := newPhones(b, 1<<40)
	p.world("r1")
	p.Limiter = ingest.NewLimiter(1e12, 1e12)
	now := epoch()
	var batch []string
	for i := range 200 {
		batch = append(batch, fmt.Sprintf(`{"geometry":{"coordinates":[14.5,46.5]},"properties":{"speed":10,"horizontal_accuracy":5,"battery_level":0.5,"device_id":"ana","timestamp":%q}}`, time.Unix(now-int64(i), 0).UTC().Format(time.RFC3339)))
	}
	one := fmt.Sprintf(`{"_type":"location","lat":46.5,"lon":14.5,"tst":%d,"acc":5,"vel":36,"batt":50}`, now)
	for name, c := range map[string]struct {
		path, body string
		fixes      int
	}{"owntracks": {"owntracks", one, 1}, "overland_200": {"overland", `{"locations":[` + strings.Join(batch, ",") + `]}`, 200}} {
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(16)
			http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if res := p.send("POST", "/api/ingest/"+c.path, c.body, "Authorization", basic(deviceToken)); res.status != 200 {
						b.Fatalf("%d %s", res.status, res.body)
					}
				}
			})
			b.ReportMetric(float64(b.N*c.fixes)/b.Elapsed().Seconds(), "fixes/s")
			p.queued()
		})
	}
}
