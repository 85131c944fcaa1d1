package ingest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"
)

func friend(id, name string, at time.Time) Friend {
	return Friend{UserID: id, Name: name, Latitude: 46.05, Longitude: 14.5, Accuracy: 4.6, Speed: 25, Bearing: math.NaN(), BatteryLevel: 81, RecordedAt: at}
}

func answer(t *testing.T, friends []Friend, shown map[string]Shown, own string, ask bool, now time.Time) ([]map[string]any, map[string]Shown) {
	t.Helper()
	body, changed := Answer(friends, shown, own, ask, now)
	var objects []map[string]any
	if err := json.Unmarshal(body, &objects); err != nil || objects == nil {
		t.Fatalf("%s: %v", body, err)
	}
	return objects, changed
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	now := received
	if body, _ := Answer(nil, nil, "", false, now); string(body) != "[]" {
		t.Errorf("nobody: %s", body)
	}
	body, shown := Answer([]Friend{friend("u1", "John Doe", now)}, nil, "AN", true, now)
	want := `[{"_type":"card","tid":"JD","name":"John Doe","tst":1750032000},` +
		`{"_type":"location","tid":"JD","lat":46.05,"lon":14.5,"tst":1750032000,"acc":5,"vel":90,"batt":81},` +
		`{"_type":"cmd","action":"reportLocation"}]`
	if string(body) != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}

	// The card comes once, and again when the name changes or after a while.
	later := now.Add(time.Minute)
	if objects, changed := answer(t, []Friend{friend("u1", "John Doe", later)}, shown, "AN", false, later); len(objects) != 1 || len(changed) != 0 {
		t.Errorf("the same name: %v, %v", objects, changed)
	}
	if objects, changed := answer(t, []Friend{friend("u1", "John Roe", later)}, shown, "AN", false, later); len(objects) != 2 || objects[0]["tid"] != "JD" || len(changed) != 1 {
		t.Errorf("a new name: %v, %v", objects, changed)
	}
	if objects, _ := answer(t, []Friend{friend("u1", "John Doe", later)}, shown, "AN", false, now.Add(7*time.Hour)); len(objects) != 2 {
		t.Errorf("after hours: %v", objects)
	}
	// The phone has taken the short name for itself meanwhile.
	if objects, _ := answer(t, []Friend{friend("u1", "John Doe", later)}, shown, "jd", false, later); len(objects) != 2 || objects[0]["tid"] == "JD" {
		t.Errorf("own name: %v", objects)
	}
}

func TestShortNamesAreUniqueAndStay(t *testing.T) {
	t.Parallel()
	shown := map[string]Shown{}
	var friends []Friend
	for i := range 300 {
		friends = append(friends, friend(fmt.Sprintf("u%03d", i), []string{"Ana", "ana k", "Žiga", "李雷", "!", ""}[i%6], received.Add(time.Duration(i)*time.Second)))
	}
	first := map[string]string{}
	for n := range 4 {
		objects, changed := answer(t, friends[:75*(n+1)], shown, "an", false, received)
		for id, s := range changed {
			shown[id] = s
		}
		if len(objects) > 2*MaxFriends {
			t.Fatalf("%d objects", len(objects))
		}
		for id, s := range shown {
			if old, ok := first[id]; ok && old != s.TID {
				t.Errorf("%s was %s and is %s", id, old, s.TID)
			}
			first[id] = s.TID
		}
	}
	seen := map[string]string{"AN": "the phone itself", "NA": "nobody"}
	for id, s := range shown {
		if n := len([]rune(s.TID)); n != 2 {
			t.Errorf("%q has %d characters", s.TID, n)
		}
		if other, ok := seen[s.TID]; ok {
			t.Errorf("%s is %s and %s", s.TID, id, other)
		}
		seen[s.TID] = id
	}
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	for _, device := range []string{"Ana's phone", "žž??>>~~\u007f😀", "", "a", "ab", "abc"} {
		p := Phone{Base: "https://maps.example.org", Token: "wm_dev_AB-_x", User: "Ana Kovač", Device: device}
		inline, ok := strings.CutPrefix(p.OwnTracksURL(), "owntracks:///config?inline=")
		if !ok || strings.ContainsAny(inline, "+/=% ") {
			t.Errorf("inline %q would be read in two ways", inline)
		}
		raw, err := base64.StdEncoding.DecodeString(inline)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Type     string `json:"_type"`
			Mode     int    `json:"mode"`
			URL      string `json:"url"`
			Auth     bool   `json:"auth"`
			Username string `json:"username"`
			Password string `json:"password"`
			DeviceID string `json:"deviceId"`
			TID      string `json:"tid"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if got.Type != "configuration" || got.Mode != 3 || got.URL != "https://maps.example.org/api/ingest/owntracks" || !got.Auth ||
			got.Username != p.User || got.Password != p.Token || got.DeviceID != device || got.TID != "AK" {
			t.Errorf("configuration %+v", got)
		}
		u, err := url.Parse(p.OverlandURL())
		if err != nil || u.Scheme != "overland" || u.Host != "setup" || u.Query().Get("url") != p.Base+PathOverland || u.Query().Get("token") != p.Token || u.Query().Get("device_id") != device {
			t.Errorf("overland %v %v", u, err)
		}
	}
	p := Phone{Base: "https://maps.example.org", Token: "wm_dev_AB-_x"}
	if got := p.TraccarURL(); got != "https://maps.example.org/api/ingest/osmand?id=wm_dev_AB-_x" {
		t.Errorf("traccar %s", got)
	}
	if !strings.Contains(p.GPSLoggerProfile(), `log_customurl_url=https\://maps.example.org/api/ingest/gpslogger?lat\=%LAT&`) || strings.Contains(p.GPSLoggerURL(), p.Token) {
		t.Errorf("gpslogger %s", p.GPSLoggerProfile())
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"maps.example.org": "https://maps.example.org", "maps.example.org:8443": "https://maps.example.org:8443", "8.8.8.8": "https://8.8.8.8",
		"localhost:8080": "http://localhost:8080", "127.0.0.1:8080": "http://127.0.0.1:8080", "192.168.1.5:8080": "http://192.168.1.5:8080",
		"[::1]:8080": "http://[::1]:8080", "edge": "http://edge", "nas.local": "http://nas.local",
		"": "", "a b": "", "evil.org/x": "", "user@evil.org": "", "evil.org?x": "", "evil.org#": "", "[::1": "", "a.b:99x": "", strings.Repeat("a", 300): "",
	} {
		if got := Base(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	l, now := NewLimiter(10, 100), received
	for i := range 10 {
		if wait := l.Take("a", 10, now); wait != 0 {
			t.Fatalf("request %d waits %v", i, wait)
		}
	}
	wait := l.Take("a", 1, now)
	if wait <= 0 || wait > time.Second {
		t.Errorf("the eleventh waits %v", wait)
	}
	if l.Take("b", 1, now) != 0 {
		t.Error("another device pays for it")
	}
	if l.Take("a", 5000, now.Add(wait)) != 0 {
		t.Error("a batch larger than the burst never passes")
	}
	if wait := l.Take("a", 1, now.Add(time.Minute)); wait < 5*time.Minute {
		t.Errorf("and it is not counted: %v", wait)
	}
	for i := range 3 * maxDevices {
		l.Take(fmt.Sprint(i), 1, now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(l.devices) > maxDevices {
		t.Errorf("%d devices are remembered", len(l.devices))
	}
}
