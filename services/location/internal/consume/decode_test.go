package consume

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

func TestDecodeFix(t *testing.T) {
	t.Parallel()
	f, err := decodeFix(` { "latitude" : 46.05, "longitude":-1.45e1,"speed":0,"altitude":null,"deviceModel":"P\u00e9 \"9\"", "evil":{"latitude":[1,{"a":"}"}]},
		"recordedAt":"2026-01-02T04:04:05.6789+01:00", "heading":1,"heading":90 } `)
	if err != nil {
		t.Fatal(err)
	}
	if f.Latitude != 46.05 || f.Longitude != -14.5 || f.Speed != 0 || f.Heading != 90 || position.Known(f.Altitude) || position.Known(f.Accuracy) {
		t.Errorf("got %+v", f)
	}
	if f.DeviceModel != `Pé "9"` || !f.RecordedAt.Equal(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)) {
		t.Errorf("got %q, %v", f.DeviceModel, f.RecordedAt)
	}
}

// inherited mistake 10: latitude "abc" was confirmed and broadcast.
func TestDecodeFixRefuses(t *testing.T) {
	t.Parallel()
	for data, field := range map[string]string{
		`{"latitude":"abc","longitude":1}`:                        "latitude",
		`{"latitude":{"a":1},"longitude":1}`:                      "latitude",
		`{"latitude":1e999,"longitude":1}`:                        "latitude",
		`{"latitude":1,"longitude":true}`:                         "longitude",
		`{"latitude":1,"longitude":1,"deviceModel":7}`:            "deviceModel",
		`{"latitude":1,"longitude":1,"recordedAt":1767323045678}`: "recordedAt",
		`{"latitude":1,"longitude":1,"recordedAt":"yesterday"}`:   "recordedAt",
		``:                                      "",
		`null`:                                  "",
		`[1,2]`:                                 "",
		`{"latitude":1,"longitude":2`:           "",
		`{"latitude":1,"longitude":2}}`:         "",
		`{"latitude":01,"longitude":2}`:         "",
		`{"latitude":NaN,"longitude":2}`:        "",
		`{"latitude":1.,"longitude":2}`:         "",
		`{"latitude":1,}`:                       "",
		`{"latitude":1,"longitude":2}` + "\x00": "",
		"{\"a\":\"line\nbreak\"}":               "",
		strings.Repeat(`{"a":`, 20_000):         "",
		`{"a":` + strings.Repeat(`[`, 20_000):   "",
	} {
		_, err := decodeFix(data)
		var invalid *position.InvalidError
		switch {
		case err == nil:
			t.Errorf("accepted: %.60q", data)
		case field == "" && !errors.Is(err, errNotJSON) && !errors.As(err, &invalid):
			t.Errorf("%.60q: got %v", data, err)
		case field != "" && (!errors.As(err, &invalid) || invalid.Field != field):
			t.Errorf("%.60q: got %v, want an error about %s", data, err, field)
		}
	}
}

// FuzzDecodeFix holds the decoder against encoding/json: what it accepts must
// be JSON with the same values, and it accepts all such JSON.
func FuzzDecodeFix(f *testing.F) {
	for _, seed := range []string{benchData, `{}`, `{"latitude":-0.5e-3,"longitude":null}`, `{"latitude":1,"latitude":2,"x":[true,false,null,"\ud83d\ude00",{}]}`,
		`{"deviceModel":"é\n\\"}`, `{"latitude":"1"}`, "{\"deviceModel\":\"\xff\"}", `{"\u006catitude":5}`, `[]`, `{"a":1}{`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		got, err := decodeFix(data)
		var want map[string]json.RawMessage
		reference := json.Unmarshal([]byte(data), &want)
		isObject := reference == nil && want != nil
		if errors.Is(err, errNotJSON) == isObject {
			if isObject && strings.Count(data, "[")+strings.Count(data, "{") > maxDepth {
				return // bounded more tightly, on purpose
			}
			t.Fatalf("%q: we say %v, encoding/json %v", data, err, reference)
		}
		if err != nil {
			return
		}
		for name, v := range map[string]float64{"latitude": got.Latitude, "longitude": got.Longitude, "accuracy": got.Accuracy, "altitude": got.Altitude} {
			w := math.NaN()
			if raw, ok := want[name]; ok && string(raw) != "null" {
				if json.Unmarshal(raw, &w) != nil {
					t.Fatalf("%q: %s accepted as %v", data, name, v)
				}
			}
			if v != w && (position.Known(v) || position.Known(w)) {
				t.Fatalf("%q: %s is %v, want %v", data, name, v, w)
			}
		}
		var device string
		if raw, ok := want["deviceModel"]; ok {
			_ = json.Unmarshal(raw, &device)
		}
		if got.DeviceModel != device || !utf8.ValidString(got.DeviceModel) {
			t.Fatalf("%q: device %q, want %q", data, got.DeviceModel, device)
		}
	})
}

const benchData = `{"roomId":"0199-room","latitude":46.0512345,"longitude":14.5061234,"accuracy":4.5,"speed":1.42,"bearing":271.3,"heading":270,` +
	`"altitude":298.7,"batteryLevel":81,"deviceModel":"Pixel 9 Pro","recordedAt":"2026-01-02T03:04:05.678Z"}`

func BenchmarkDecode(b *testing.B) {
	b.SetBytes(int64(len(benchData)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeFix(benchData); err != nil {
			b.Fatal(err)
		}
	}
}
