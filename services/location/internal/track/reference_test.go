package track_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// tracks are real ones, which lie beside the project where they are at all.
var tracks = filepath.Join("..", "..", "..", "..", "..", "shared", "tracks")

// The figures of an independent tool: gpxpy 1.5.0 (Debian's python3-gpxpy), segment
// by segment, as length_2d(), get_uphill_downhill() and, without altitudes,
// get_moving_data(raw=True): with them it moves up and down as well.
// They differ from ours for reasons that the tolerances name:
//
//   - gpxpy takes the earth for a sphere of 6,378,137 m, the equator's radius, and a
//     small part of it for a plane; we take the mean radius. Our ways are shorter by
//     0.11 %, which the test takes into account.
//   - we count no way, time nor climb over a gap, which gpxpy calls stopped. The test
//     adds the gaps' ways and climbs.
//   - gpxpy's top speed is that of the fastest leg, however short, so a wild fix
//     makes 92 m/s at a lake; ours must have been held for ten seconds.
//   - gpxpy counts every rise of the smoothed altitude; ours must exceed 5 m. So we
//     have less of both, and nearly the same difference between them.
var reference = []struct {
	file                     string
	segment, points          int
	length, moving, distance float64 // of moving
	top, uphill, downhill    float64
}{
	{"korita-zbevnica.gpx", 0, 358, 8645.199, 0, 0, 0, 396.208, 407.743}, // no times
	{"korita-zbevnica.gpx", 1, 176, 2284.597, 3028, 2165.543, 1.3556, 216.632, 21.485},
	{"korita-zbevnica.gpx", 2, 337, 3983.952, 4056, 3775.866, 1.6301, 90.988, 280.849},
	{"cerknicko-jezero.gpx", 0, 173, 1914.500, 1668, 1824.239, 2.1491, 50.036, 49.075},
	{"cerknicko-jezero.gpx", 1, 52, 874.176, 155, 874.176, 8.8169, 6.729, 2.403},
	{"cerknicko-jezero.gpx", 3, 44, 1353.625, 184, 1331.924, 91.957, 12.785, 2.692},
	{"cerknicko-jezero.gpx", 6, 21, 346.999, 268, 226.215, 1.1497, 85.653, 34.223},
}

func readSegments(t *testing.T, name string) (segments [][]gpx.Point) {
	t.Helper()
	raw, err := os.Open(filepath.Join(tracks, name))
	if os.IsNotExist(err) {
		t.Skipf("the real tracks are not here (%s)", tracks)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	f, err := gpx.Read(raw, gpx.Limits{Bytes: 1 << 20, Points: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range f.Tracks {
		segments = append(segments, tr.Segments...)
	}
	return segments
}

func TestAgainstGpxpy(t *testing.T) {
	t.Parallel()
	const sphere = 6_371_008.8 / 6_378_137.0
	for _, want := range reference {
		segment := readSegments(t, want.file)[want.segment]
		if len(segment) != want.points {
			t.Fatalf("%s: %d points in segment %d", want.file, len(segment), want.segment)
		}
		var m track.Meter
		var last track.Point
		gaps, climbs := 0.0, 0.0
		for i, g := range segment {
			p := track.Unknown()
			p.Latitude, p.Longitude, p.Altitude = g.Lat, g.Lon, g.Ele
			if !g.Time.IsZero() {
				p.At = g.Time.UnixMilli()
			}
			if gap, ok := track.Between(&last, &p); ok && i > 0 {
				gaps, climbs = gaps+gap.Distance, climbs+p.Altitude-last.Altitude
			}
			m.Next(&p)
			last = p
		}
		got := m.End()
		t.Logf("%s %d: %.1f m (%.1f), moving %.0f s (%.0f) for %.1f m, top %.2f m/s (%.2f), up %.1f m (%.1f), down %.1f m (%.1f)", want.file, want.segment,
			got.Distance+gaps, want.length, got.Moving.Seconds(), want.moving, got.MovingDistance, got.MaxSpeed, want.top, got.Ascent, want.uphill, got.Descent, want.downhill)
		check := func(what string, got, want, off float64) {
			t.Helper()
			if math.Abs(got-want) > off {
				t.Errorf("  %s: %v, want %v within %v", what, got, want, off)
			}
		}
		check("length", got.Distance+gaps, want.length*sphere, 0.0005*want.length)
		check("moving time", got.Moving.Seconds(), want.moving, 0)
		check("moving distance", got.MovingDistance, want.distance*sphere, 0.0005*want.distance)
		if got.MaxSpeed > want.top || want.moving > 0 && got.MaxSpeed < got.AverageSpeed() {
			t.Errorf("  top speed %v, average %v", got.MaxSpeed, got.AverageSpeed())
		}
		if got.Ascent > want.uphill+0.001 || got.Descent > want.downhill+0.001 {
			t.Errorf("  up %v, down %v", got.Ascent, got.Descent)
		}
		check("difference of altitude", got.Ascent-got.Descent+climbs, want.uphill-want.downhill, 2*track.ClimbBand)
	}
}
