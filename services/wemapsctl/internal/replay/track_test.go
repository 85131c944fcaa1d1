package replay

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/gpx"
)

func at(minute int, lat float64) gpx.Point {
	return gpx.Point{Lat: lat, Lon: 14, Ele: math.NaN(), Time: time.Date(2020, 1, 2, 3, minute, 0, 0, time.UTC)}
}

func TestTrackTimes(t *testing.T) {
	t.Parallel()
	old := at(0, 1)
	old.Time = time.Date(1901, 12, 13, 20, 45, 52, 0, time.UTC)
	for name, tc := range map[string]struct {
		points []gpx.Point
		reason string
	}{
		"good":      {[]gpx.Point{at(0, 1), at(1, 1.001), at(1, 1.001), at(2, 1.002)}, ""},
		"missing":   {[]gpx.Point{at(0, 1), {Lat: 1, Lon: 14}}, "point 2 has no time"},
		"1901":      {[]gpx.Point{old, at(1, 1)}, "1901"},
		"constant":  {[]gpx.Point{at(0, 1), at(0, 1.001)}, "the same time"},
		"backwards": {[]gpx.Point{at(5, 1), at(4, 1.001), at(9, 1.002)}, "backwards at point 2"},
	} {
		track := NewTrack(tc.points, 36)
		if (tc.reason == "") != (track.Synthetic == "") || !strings.Contains(track.Synthetic, tc.reason) {
			t.Errorf("%s: %q", name, track.Synthetic)
		}
		want := tc.points[len(tc.points)-1].Time.Sub(tc.points[0].Time)
		if tc.reason != "" {
			want = time.Duration(track.Length() / 10 * float64(time.Second)) // 36 km/h
		}
		if d := track.Duration() - want; d < -time.Millisecond || d > time.Millisecond {
			t.Errorf("%s: takes %v, want %v", name, track.Duration(), want)
		}
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	track := NewTrack([]gpx.Point{at(0, 1), at(1, 1.001), at(2, 1.002)}, 5)
	for _, tc := range []struct {
		at   time.Duration
		lat  float64
		done bool
	}{{-time.Second, 1, false}, {0, 1, false}, {30 * time.Second, 1.0005, false}, {90 * time.Second, 1.0015, false}, {2 * time.Minute, 1.002, true}, {time.Hour, 1.002, true}} {
		w := track.Where(tc.at)
		if math.Abs(w.Lat-tc.lat) > 1e-9 || w.Done != tc.done || w.Bearing != 0 {
			t.Errorf("at %v: %+v", tc.at, w)
		}
		if !w.Done && math.Abs(w.Speed-111.195/60) > 0.01 {
			t.Errorf("at %v: %v m/s", tc.at, w.Speed)
		}
	}
	across := NewTrack([]gpx.Point{{Lat: 0, Lon: 179.9, Time: at(0, 0).Time}, {Lat: 0, Lon: -179.9, Time: at(1, 0).Time}}, 5)
	if w := across.Where(45 * time.Second); math.Abs(w.Lon+179.95) > 1e-9 || math.Abs(w.Bearing-90) > 1e-9 {
		t.Errorf("across the date line: %+v", w)
	}
	if still := NewTrack([]gpx.Point{{Lat: 1, Lon: 1}, {Lat: 1, Lon: 1}}, 5); !still.Where(0).Done {
		t.Error("a track without length is over at once")
	}
}

// The project's own tracks are read where they are present.
func TestRealTracks(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("WEMAPS_TRACKS")
	if dir == "" {
		t.Skip("WEMAPS_TRACKS names no folder of GPX files")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.gpx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tracks in %s: %v", dir, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		points, err := readGPX(name, f)
		_ = f.Close()
		if err != nil {
			t.Error(err)
			continue
		}
		track := NewTrack(points, 5)
		t.Logf("%s: %d points, %.0f m, %v %s", filepath.Base(name), track.Len(), track.Length(), track.Duration().Round(time.Second), track.Synthetic)
	}
}

// Whoever replays several files must know which one is bad, and where.
func TestRefusesAFile(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"<gpx>\n<wpt/></gpx>":               "x.gpx:2:",
		"<gpx><wpt lat='1' lon='1'/></gpx>": "x.gpx: fewer than two points",
	} {
		if _, err := readGPX("x.gpx", strings.NewReader(content)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", content, err)
		}
	}
	if _, err := readGPX("x.gpx", failing{}); err == nil {
		t.Error("a file that cannot be read is read")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("gone") }
