package position_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                   string
		lat1, lng1, lat2, lng2 float64
		want, tolerance        float64
	}{
		{"none", 46, 14, 46, 14, 0, 0},
		{"one degree of latitude", 0, 0, 1, 0, 111_195.08, 0.1},
		{"Ljubljana to Zagreb", 46.0569, 14.5058, 45.8150, 15.9819, 117_270, 200},
		{"across the date line", 0, 179.5, 0, -179.5, 111_195.08, 0.1},
		{"antipodes", 0, 0, 0, 180, math.Pi * position.EarthRadius, 0.1},
		{"poles", 90, 0, -90, 77, math.Pi * position.EarthRadius, 0.1},
		{"a metre", 46, 14, 46.000009, 14, 1.0008, 0.001},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := position.Distance(tc.lat1, tc.lng1, tc.lat2, tc.lng2); math.Abs(got-tc.want) > tc.tolerance {
				t.Errorf("got %v m, want %v", got, tc.want)
			}
		})
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lng := rapid.Float64Range(-90, 90), rapid.Float64Range(-180, 180)
		a1, a2, b1, b2 := lat.Draw(t, "a"), lng.Draw(t, "a'"), lat.Draw(t, "b"), lng.Draw(t, "b'")
		d := position.Distance(a1, a2, b1, b2)
		if !(d >= 0 && d <= math.Pi*position.EarthRadius+1) {
			t.Fatalf("%v is no distance on earth", d)
		}
		if back := position.Distance(b1, b2, a1, a2); math.Abs(d-back) > 1e-6*math.Max(d, 1) {
			t.Fatalf("%v there, %v back", d, back)
		}
	})
}

// inherited mistake 10: nonsense coordinates were confirmed and broadcast.
func TestCheck(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		name  string
		set   func(f *position.Fix)
		field string // of the error; "" = valid
	}{
		{"valid", func(*position.Fix) {}, ""},
		{"no latitude", func(f *position.Fix) { f.Latitude = math.NaN() }, "latitude"},
		{"latitude past the pole", func(f *position.Fix) { f.Latitude = 90.0001 }, "latitude"},
		{"infinite latitude", func(f *position.Fix) { f.Latitude = math.Inf(-1) }, "latitude"},
		{"the pole", func(f *position.Fix) { f.Latitude = -90 }, ""},
		{"longitude 99999", func(f *position.Fix) { f.Longitude = 99999 }, "longitude"},
		{"the date line", func(f *position.Fix) { f.Longitude = -180 }, ""},
		{"infinite accuracy", func(f *position.Fix) { f.Accuracy = math.Inf(1) }, "accuracy"},
		{"bearing past a turn", func(f *position.Fix) { f.Bearing = 360.5 }, "bearing"},
		{"speed of light", func(f *position.Fix) { f.Speed = 3e8 }, "speed"},
		{"battery over full", func(f *position.Fix) { f.BatteryLevel = 101 }, "batteryLevel"},
		{"below everything", func(f *position.Fix) { f.Altitude = -1e7 }, "altitude"},
		{"long device", func(f *position.Fix) { f.DeviceModel = strings.Repeat("é", 101) }, "deviceModel"},
		{"device at the bound", func(f *position.Fix) { f.DeviceModel = strings.Repeat("é", 100) }, ""},
		{"a minute ahead", func(f *position.Fix) { f.RecordedAt = received.Add(time.Minute) }, ""},
		{"more than a minute ahead", func(f *position.Fix) { f.RecordedAt = received.Add(time.Minute + time.Millisecond) }, "recordedAt"},
		{"before computers", func(f *position.Fix) { f.RecordedAt = time.Date(1901, 12, 13, 20, 45, 52, 0, time.UTC) }, "recordedAt"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := position.Empty()
			f.Latitude, f.Longitude = 46, 14
			tc.set(&f)
			err := f.Check(received)
			var invalid *position.InvalidError
			switch {
			case tc.field == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.field != "" && (!errors.As(err, &invalid) || invalid.Field != tc.field):
				t.Errorf("got %v, want an error about %s", err, tc.field)
			}
		})
	}
}

func TestCheckFillsIn(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := position.Empty()
	f.Latitude, f.Longitude, f.Speed, f.Bearing, f.Accuracy = 46, 14, -1, -1, 5
	if err := f.Check(received); err != nil {
		t.Fatal(err)
	}
	if position.Known(f.Speed) || position.Known(f.Bearing) || !position.Known(f.Accuracy) {
		t.Errorf("negative is how phones say unknown: %+v", f)
	}
	if !f.RecordedAt.Equal(received) {
		t.Errorf("without a fix time the arrival counts, got %v", f.RecordedAt)
	}
}

func TestRoomAdmits(t *testing.T) {
	t.Parallel()
	now := time.Now()
	room := position.Room{Active: true, ExpiresAt: now.Add(time.Minute), Members: []string{"ann"}}
	expired, swept, closed := room, room, room
	expired.ExpiresAt = now // inherited mistake 9: expired rooms accepted positions
	swept.Active, swept.Expired = false, true
	closed.Active = false
	for _, tc := range []struct {
		name string
		room position.Room
		user string
		want error
	}{
		{"a member", room, "ann", nil},
		{"a stranger", room, "bob", position.ErrNotMember},
		{"expired, not swept yet", expired, "ann", position.ErrRoomExpired},
		{"expired and swept", swept, "ann", position.ErrRoomExpired},
		{"closed", closed, "ann", position.ErrRoomClosed},
	} {
		if got := tc.room.Admit(tc.user, now); !errors.Is(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	m := position.Mark{FixedAt: 100, Until: 1000, LeftAt: 50}
	for _, tc := range []struct {
		name                 string
		fixed, received, now int64
		want                 bool
	}{
		{"newer", 101, 200, 200, true},
		{"older", 99, 200, 200, false},
		{"same time, arrived later", 100, 200, 200, true},
		{"older, but the position has ended", 99, 1200, 1000, true},
		{"arrived before the leave", 300, 49, 200, false},
		{"arrived with the leave", 300, 50, 200, true},
	} {
		if got := m.Takes(tc.fixed, tc.received, tc.now); got != tc.want {
			t.Errorf("%s: got %v", tc.name, got)
		}
	}
}

// inherited mistake 13: positions were sometimes reordered.
func TestNewestWinsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fixes := rapid.SliceOfN(rapid.Int64Range(1, 50), 1, 40).Draw(t, "fix times by arrival")
		var m position.Mark
		var broadcast []int64
		for i, at := range fixes {
			if m.Takes(at, int64(i), 0) {
				m.FixedAt, m.Until = at, 1
				broadcast = append(broadcast, at)
			}
		}
		if m.FixedAt != slices.Max(fixes) {
			t.Fatalf("ends at %d, newest is %d", m.FixedAt, slices.Max(fixes))
		}
		if !slices.IsSorted(broadcast) {
			t.Fatalf("broadcast out of order: %v", broadcast)
		}
	})
}

func TestBoardIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 100
	b := position.NewBoard(limit)
	hot := position.Key{Room: "r", User: "hot"}
	b.Put(hot, position.Mark{FixedAt: 1})
	for i := range 10 * limit {
		b.Put(position.Key{Room: "r", User: fmt.Sprint(i)}, position.Mark{FixedAt: int64(i)})
		if _, ok := b.Get(hot); !ok {
			t.Fatalf("a member in use was forgotten after %d others", i)
		}
		if b.Len() > 2*limit {
			t.Fatalf("%d marks remembered, the bound is %d", b.Len(), 2*limit)
		}
	}
	if m, ok := b.Get(position.Key{Room: "r", User: fmt.Sprint(10*limit - 1)}); !ok || m.FixedAt != 10*limit-1 {
		t.Errorf("the last one put is not there: %+v %v", m, ok)
	}
}
