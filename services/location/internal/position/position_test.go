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

func fixAt(at int64, lat float64) *position.Fix {
	f := position.Empty()
	f.Latitude, f.Longitude, f.Accuracy, f.Device, f.RecordedAt = lat, 14, 5, position.DefaultDevice, time.UnixMilli(at)
	return &f
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const now, until = 1_000_000_000, 1_000_300_000
	type fix struct {
		device               string
		at, received, moment int64 // relative to now
		lat, speed           float64
	}
	app := func(at int64, lat float64) fix { return fix{position.DefaultDevice, at, at, at, lat, math.NaN()} }
	for _, tc := range []struct {
		name   string
		before []fix
		leftAt int64
		last   fix
		want   position.Verdict
	}{
		{"the first", nil, 0, app(0, 46), position.Accepted},
		{"newer", []fix{app(0, 46)}, 0, app(1000, 46), position.Accepted},
		{"older", []fix{app(0, 46)}, 0, fix{position.DefaultDevice, -1000, 10, 10, 46, 0}, position.Late},
		{"the same once more", []fix{app(0, 46)}, 0, fix{position.DefaultDevice, 0, 10, 10, 46, 0}, position.Duplicate},
		{"older, but the position has ended", []fix{app(0, 46)}, 0, fix{position.DefaultDevice, -1000, 10, 400_000, 46, 0}, position.Accepted},
		{"arrived before the leave", nil, 100, fix{position.DefaultDevice, 200, 99, 99, 46, 0}, position.Withdrawn},
		{"arrived with the leave", nil, 100, fix{position.DefaultDevice, 200, 100, 100, 46, 0}, position.Accepted},
		{"from a phone that catches up", []fix{app(0, 46)}, 0, fix{position.DefaultDevice, 1000, 200_000, 200_000, 46, 0}, position.Late},
		{"100 km in a second", []fix{app(0, 46)}, 0, app(1000, 47), position.Implausible},
		{"100 km in a second, by a spaceship", []fix{app(0, 46)}, 0, fix{position.DefaultDevice, 1000, 1000, 1000, 47, 40_000}, position.Accepted},
		{"the third that insists", []fix{app(0, 46), app(1000, 47), app(2000, 47)}, 0, app(3000, 47), position.Accepted},
		{"back after a jump", []fix{app(0, 46), app(1000, 47)}, 0, app(2000, 46), position.Accepted},
		{"another device elsewhere", []fix{app(0, 46)}, 0, fix{"tablet", 1000, 1000, 1000, 46.5, math.NaN()}, position.OtherDevice},
		{"another device at the same place", []fix{app(0, 46)}, 0, fix{"tablet", 1000, 1000, 1000, 46, math.NaN()}, position.Accepted},
		{"another device when the first is silent", []fix{app(0, 46)}, 0, fix{"tablet", 61_000, 61_001, 61_001, 46.5, math.NaN()}, position.Accepted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := position.Mark{LeftAt: tc.leftAt}
			if tc.leftAt != 0 {
				m.LeftAt += now
			}
			judge := func(x fix) position.Verdict {
				f := fixAt(now+x.at, x.lat)
				f.Device, f.Speed = x.device, x.speed
				v := m.Judge(f, now+x.received, now+x.moment)
				if v == position.Accepted {
					m.Until = until + x.at
				}
				return v
			}
			for _, x := range tc.before {
				judge(x)
			}
			if got := judge(tc.last); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	nowhere := fixAt(now, 0)
	nowhere.Longitude, nowhere.Accuracy = 0, 5000
	if got := new(position.Mark).Judge(nowhere, now, now); got != position.NoFix {
		t.Errorf("0, 0 by a receiver without satellites is %s", got)
	}
	nowhere.Accuracy = 5
	if got := new(position.Mark).Judge(nowhere, now, now); got != position.Accepted {
		t.Errorf("a ship that is there is %s", got)
	}
}

// Of a position that another process stored it is not known which device it is
// from: the first fix of another one, somewhere else, belongs to the track.
func TestTwoDevicesAfterATakeOver(t *testing.T) {
	t.Parallel()
	const now = int64(1_000_000_000)
	fix := func(device string, at int64, lat float64) *position.Fix {
		f := fixAt(now+at, lat)
		f.Device = device
		return f
	}
	m := position.Recalled(fix("app", 0, 46), now, now+300_000)
	for i, x := range []struct {
		device string
		at     int64
		lat    float64
		want   position.Verdict
	}{
		{"phone", 100, 47, position.OtherDevice},
		{"app", 100, 46, position.Accepted}, // of the same millisecond
		{"app", 100, 46, position.Duplicate},
		{"phone", 200, 47, position.OtherDevice},
		{"app", 300, 47, position.Implausible},
		{"app", 400, 46, position.Accepted},
	} {
		if got := m.Judge(fix(x.device, x.at, x.lat), now+x.at, now+x.at); got != x.want {
			t.Errorf("fix %d, of the %s: %s, want %s", i, x.device, got, x.want)
		}
	}

	m = position.Recalled(fix("app", 0, 46), now, now+300_000)
	for at, want := range []position.Verdict{position.OtherDevice, position.OtherDevice, position.Accepted} {
		if got := m.Judge(fix("phone", int64(at+1), 47), now+int64(at+1), now); got != want {
			t.Errorf("fix %d of a phone that insists: %s, want %s", at, got, want)
		}
	}
}

// A device whose clock is slow is as good as any: it sends at the pace of time.
func TestASlowClockIsRecognized(t *testing.T) {
	t.Parallel()
	var m position.Mark
	const now, slow = 1_000_000_000, 3_600_000
	accepted := 0
	for i := range int64(20) {
		received := now + 5000*i
		if m.Judge(fixAt(received-slow, 46+float64(i)*1e-4), received, received) == position.Accepted {
			m.Until = received + 300_000
			accepted++
		} else if accepted > 0 {
			t.Fatalf("fix %d was refused after the clock had been recognized", i)
		}
	}
	if accepted < 15 {
		t.Errorf("%d of 20 fixes accepted", accepted)
	}
}

// A clock that is slow by just about what counts as late, on a network that takes
// now a little less and now a little more: once it is known no fix is late, nor
// after another process has taken the member over.
func TestASlowClockAtTheBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var m position.Mark
		slow := position.LateAfter.Milliseconds() - rapid.Int64Range(-1000, 1000).Draw(t, "off the bound")
		received, known := int64(1_000_000_000), 0
		var last *position.Fix
		for i := range int64(30) {
			received += 1000
			delay := rapid.Int64Range(0, 400).Draw(t, "delay")
			fix := fixAt(received-slow, 46+float64(i)*1e-5)
			if v := m.Judge(fix, received+delay, received+delay); v == position.Accepted {
				m.Until, last = received+delay+300_000, fix
				known++
			} else if i > 4 {
				t.Fatalf("fix %d is %s", i, v)
			}
			if last != nil && i > 4 && rapid.IntRange(0, 4).Draw(t, "taken over") == 0 {
				m = position.Recalled(last, received+delay, m.Until)
			}
		}
		if known < 25 {
			t.Fatalf("%d of 30 fixes accepted", known)
		}
	})
}

// inherited mistake 13: positions were sometimes reordered.
func TestNewestWinsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fixes := rapid.SliceOfN(rapid.Int64Range(1, 50), 1, 40).Draw(t, "fix times by arrival")
		var m position.Mark
		var accepted []int64
		for i, at := range fixes {
			v := m.Judge(fixAt(at, 46), int64(100+i), 0)
			switch known := slices.Contains(fixes[:i], at); {
			case v == position.Accepted:
				m.Until = 1000
				accepted = append(accepted, at)
			case v == position.Duplicate && !known:
				t.Fatalf("%d is called a duplicate among %v", at, fixes[:i])
			}
		}
		if m.FixedAt != slices.Max(fixes) {
			t.Fatalf("ends at %d, newest is %d", m.FixedAt, slices.Max(fixes))
		}
		if !slices.IsSorted(accepted) || len(slices.Compact(accepted)) != len(accepted) {
			t.Fatalf("accepted out of order or twice: %v", accepted)
		}
	})
}

func TestBoardIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 100
	b := position.NewBoard[position.Key, position.Mark](limit)
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
