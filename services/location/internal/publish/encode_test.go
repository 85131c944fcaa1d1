package publish

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

var received = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

func fullFix() position.Fix {
	return position.Fix{Latitude: 46.0512345, Longitude: -14.5061234, Accuracy: 4.5, Speed: 0, Bearing: 271.3, Heading: 270, Altitude: -2.25,
		BatteryLevel: 81, DeviceModel: "Pixel 9 Pro", RecordedAt: received.Add(-time.Second)}
}

func TestLocationGolden(t *testing.T) {
	t.Parallel()
	f := fullFix()
	c := wire.Command{RoomID: "r1", UserID: "u1", UserName: `Žiga "Z" <b>`, Received: received}
	p := Position{Answer: Answer{Fix: &f}, Shown: &f, Level: privacy.Exact, Direct: 1234.56, Remaining: 1234.56, Progress: -1, Speed: -1}
	got := string(appendLocation(nil, &c, &p))
	want := `{"roomId":"r1","userId":"u1","userName":"Žiga \"Z\" \u003cb\u003e","latitude":46.0512345,"longitude":-14.5061234,"accuracy":4.5,` +
		`"speed":0,"bearing":271.3,"heading":270,"altitude":-2.25,"batteryLevel":81,"deviceModel":"Pixel 9 Pro",` +
		`"timestamp":"2026-01-02T03:04:05.678Z","recordedAt":"2026-01-02T03:04:04.678Z","isLive":true,"distanceToDestination":1234.6}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.Remaining, p.Progress, p.Speed, p.ETA, p.Basis, p.Arrived = 2000, 0.25, 1.5, received.UnixMilli(), navigation.BasisRoute, true
	got = string(appendLocation(nil, &c, &p))
	want = strings.TrimSuffix(want, "}") + `,"remainingDistance":2000.0,"progress":0.2500,"speedSmoothed":1.50,"eta":"2026-01-02T03:04:05.678Z","etaBasis":"route","arrived":true}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	a := Answer{Fix: &f, Verdict: position.Late}
	got, want = string(appendConfirmed(nil, &a, received)), `{"timestamp":"2026-01-02T03:04:05.678Z","latitude":46.0512345,"longitude":-14.5061234,"verdict":"late"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	a.Advice = navigation.Driving
	if got = string(appendConfirmed(nil, &a, received)); !strings.HasSuffix(got, `,"nextIntervalMs":5000,"intervalReason":"driving"}`) {
		t.Errorf("got %s", got)
	}
}

// Whatever the fix, its JSON reads back as the contract's type and holds the
// same values.
func TestLocationReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := position.Empty()
		f.Latitude = rapid.Float64Range(-90, 90).Draw(t, "latitude")
		f.Longitude = rapid.Float64Range(-180, 180).Draw(t, "longitude")
		if rapid.Bool().Draw(t, "with accuracy") {
			f.Accuracy = rapid.Float64Range(0, 1e7).Draw(t, "accuracy")
		}
		f.DeviceModel = rapid.String().Draw(t, "device")
		f.RecordedAt = time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "recordedAt")).UTC()
		name := rapid.String().Draw(t, "name")
		raw := appendLocation(nil, &wire.Command{RoomID: "r", UserID: "u", UserName: name, Received: received}, &Position{Answer: Answer{Fix: &f}, Shown: &f, Level: privacy.Exact, Direct: 0.04, Remaining: 0.04, Progress: -1, Speed: -1})
		var got wire.Location
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if got.Latitude != f.Latitude || got.Longitude != f.Longitude || !got.RecordedAt.Equal(f.RecordedAt) || !got.IsLive {
			t.Fatalf("%+v became %s", f, raw)
		}
		if (got.Accuracy != nil) != position.Known(f.Accuracy) || got.Accuracy != nil && *got.Accuracy != f.Accuracy || got.Speed != nil {
			t.Fatalf("accuracy %v, speed %v became %s", f.Accuracy, f.Speed, raw)
		}
		if got.UserName != name || (got.DeviceModel == nil) != (f.DeviceModel == "") || got.DeviceModel != nil && *got.DeviceModel != f.DeviceModel {
			t.Fatalf("texts %q, %q became %s", name, f.DeviceModel, raw)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	f := fullFix()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	c := wire.Command{RoomID: "01990000-0000-7000-8000-000000000001", UserID: "01990000-0000-7000-8000-000000000002", UserName: "Walker", Received: received}
	p := Position{Answer: Answer{Fix: &f}, Shown: &f, Level: privacy.Exact, Direct: 1234.56, Remaining: 1234.56, Progress: -1, Speed: 1.4, ETA: received.UnixMilli(), Basis: navigation.BasisSpeed}
	for b.Loop() {
		buf = appendLocation(buf[:0], &c, &p)
		buf = appendConfirmed(buf, &p.Answer, received)
	}
	b.SetBytes(int64(len(buf)))
}

// Times and rounded numbers are written by hand; what the standard library writes is what they must be.
func TestNumbersByHand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(-1e17, 1e18).Draw(t, "time"))
		want := `"` + at.UTC().Format(wire.TimeLayout) + `"`
		if got := string(appendTime(nil, at)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		v, decimals := rapid.Float64().Draw(t, "number"), rapid.IntRange(0, 4).Draw(t, "decimals")
		if rapid.Bool().Draw(t, "usual") {
			v = rapid.Float64Range(-1e7, 1e7).Draw(t, "usual number")
		}
		got, err := strconv.ParseFloat(string(appendRounded(nil, v, decimals)), 64)
		if bound := 0.5001 * math.Pow10(-decimals) * (1 + math.Abs(v)*1e-9); err != nil || math.Abs(got-v) > bound {
			t.Fatalf("%v with %d decimals became %v: %v", v, decimals, got, err)
		}
	})
}
