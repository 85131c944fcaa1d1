package replay

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const head = `<?xml version="1.0" encoding="UTF-8"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">`

func read(t *testing.T, content string) ([]Point, error) {
	t.Helper()
	return ReadGPX("x.gpx", strings.NewReader(content))
}

func TestReadGPX(t *testing.T) {
	t.Parallel()
	track := `<trk><name>n</name><trkseg><trkpt lat="46.1" lon="14.2"><ele> 301.5 </ele><time>2020-01-02T03:04:05.5Z</time>
		<extensions><time>1999-01-01T00:00:00Z</time><x><ele>7</ele></x></extensions></trkpt><trkpt lon="-14.3" lat="-46.2"/></trkseg></trk>`
	route := `<rte><rtept lat="1" lon="1"/><rtept lat="2" lon="2"/><rtept lat="3" lon="3"/></rte>`
	waypoints := `<wpt lat="5" lon="5"/><wpt lat="6" lon="6"/>`
	for name, tc := range map[string]struct {
		content string
		points  int
		first   float64
	}{
		"a track wins":                {head + waypoints + route + track + "</gpx>", 2, 46.1},
		"a route without a track":     {head + waypoints + route + "</gpx>", 3, 1},
		"too short a track":           {head + route + `<trk><trkseg><trkpt lat="9" lon="9"/></trkseg></trk></gpx>`, 3, 1},
		"waypoints only":              {head + waypoints + "</gpx>", 2, 5},
		"no namespace":                {`<gpx>` + route + `</gpx>`, 3, 1},
		"an old device's encoding":    {`<?xml version="1.0" encoding="ISO-8859-1"?><gpx><name>` + "\xe8\xe9" + `</name>` + route + `</gpx>`, 3, 1},
		"byte order mark and comment": {"\ufeff" + `<!-- hello --><gpx>` + route + `</gpx>`, 3, 1},
	} {
		points, err := read(t, tc.content)
		if err != nil || len(points) != tc.points || points[0].Lat != tc.first {
			t.Errorf("%s: %v, %v", name, points, err)
		}
	}
	points, err := read(t, head+track+"</gpx>")
	if err != nil {
		t.Fatal(err)
	}
	if points[0].Ele != 301.5 || !points[0].Time.Equal(time.Date(2020, 1, 2, 3, 4, 5, 5e8, time.UTC)) || !math.IsNaN(points[1].Ele) || !points[1].Time.IsZero() {
		t.Errorf("got %+v", points)
	}
}

// A device that saved its log twice: once with times, in two parts, and once
// without.
func TestPrefersTracksWithTimes(t *testing.T) {
	t.Parallel()
	trk := func(points ...string) string { return "<trk><trkseg>" + strings.Join(points, "") + "</trkseg></trk>" }
	p := func(lat, clock string) string {
		if clock != "" {
			clock = "<time>2020-01-02T" + clock + "Z</time>"
		}
		return `<trkpt lat="` + lat + `" lon="1">` + clock + `</trkpt>`
	}
	points, err := read(t, head+trk()+trk(p("1", ""), p("2", ""), p("3", ""))+trk(p("12", "12:00:00"), p("13", "13:00:00"))+
		trk(p("10", "10:00:00"), p("11", "11:00:00"))+trk(p("80", "10:30:00"), p("81", "10:40:00"))+"</gpx>")
	if err != nil {
		t.Fatal(err)
	}
	var lats []float64
	for _, q := range points {
		lats = append(lats, q.Lat)
	}
	if want := []float64{10, 11, 12, 13}; !slices.Equal(lats, want) {
		t.Errorf("got %v, want %v", lats, want)
	}
}

func TestRefusesWhatIsNoGPX(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content, reason string
		line            int
	}{
		"empty":            {"", "no XML element", 1},
		"text":             {"hello\nworld", "not a GPX file", 2},
		"JSON":             {`{"type":"FeatureCollection"}`, "not a GPX file", 1},
		"binary":           {"PK\x03\x04\x00\x00", "not a GPX file", 1},
		"HTML":             {"<!doctype html>\n<html></html>", "root element is <html>", 2},
		"KML":              {"<?xml version=\"1.0\"?>\n\n<kml></kml>", "root element is <kml>", 3},
		"cut off":          {head + "\n<trk><trkseg>\n<trkpt lat=\"1\" lon=\"2\">", "unexpected EOF", 3},
		"mismatched":       {"<gpx>\n<trk></gpx>", "broken XML", 2},
		"no points":        {head + "</gpx>", "fewer than two points", 1},
		"one point":        {head + `<wpt lat="1" lon="1"/></gpx>`, "fewer than two points", 1},
		"latitude 91":      {"<gpx>\n<wpt lat=\"91\" lon=\"0\"/></gpx>", "lat must be a number from -90 to 90", 2},
		"longitude NaN":    {`<gpx><wpt lat="1" lon="NaN"/></gpx>`, "lon must be", 1},
		"no longitude":     {`<gpx><wpt lat="1"/></gpx>`, "has no lat or no lon", 1},
		"point in a point": {`<gpx><wpt lat="1" lon="1"><wpt lat="1" lon="1"/></wpt></gpx>`, "inside of a point", 1},
		"unknown encoding": {`<?xml version="1.0" encoding="EBCDIC"?><gpx/>`, "encoding", 1},
		"billion laughs":   {"<!DOCTYPE x [<!ENTITY a \"b\">]><gpx>&a;</gpx>", "broken XML", 1},
		"too deep":         {"<gpx>" + strings.Repeat("<a>", 200), "nested", 1},
	} {
		_, err := read(t, tc.content)
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(fe.Reason, tc.reason) || fe.Line != tc.line || fe.Column < 1 || fe.File != "x.gpx" {
			t.Errorf("%s: got %v, want line %d and %q", name, err, tc.line, tc.reason)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	var fe *FileError
	if _, err := readGPX("x.gpx", endless{}, 100_000); !errors.As(err, &fe) || !strings.Contains(fe.Reason, "larger than") {
		t.Errorf("got %v", err)
	}
}

func at(minute int, lat float64) Point {
	return Point{Lat: lat, Lon: 14, Ele: math.NaN(), Time: time.Date(2020, 1, 2, 3, minute, 0, 0, time.UTC)}
}

func TestTrackTimes(t *testing.T) {
	t.Parallel()
	old := at(0, 1)
	old.Time = time.Date(1901, 12, 13, 20, 45, 52, 0, time.UTC)
	for name, tc := range map[string]struct {
		points []Point
		reason string
	}{
		"good":      {[]Point{at(0, 1), at(1, 1.001), at(1, 1.001), at(2, 1.002)}, ""},
		"missing":   {[]Point{at(0, 1), {Lat: 1, Lon: 14}}, "point 2 has no time"},
		"1901":      {[]Point{old, at(1, 1)}, "1901"},
		"constant":  {[]Point{at(0, 1), at(0, 1.001)}, "the same time"},
		"backwards": {[]Point{at(5, 1), at(4, 1.001), at(9, 1.002)}, "backwards at point 2"},
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
	track := NewTrack([]Point{at(0, 1), at(1, 1.001), at(2, 1.002)}, 5)
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
	across := NewTrack([]Point{{Lat: 0, Lon: 179.9, Time: at(0, 0).Time}, {Lat: 0, Lon: -179.9, Time: at(1, 0).Time}}, 5)
	if w := across.Where(45 * time.Second); math.Abs(w.Lon+179.95) > 1e-9 || math.Abs(w.Bearing-90) > 1e-9 {
		t.Errorf("across the date line: %+v", w)
	}
	if still := NewTrack([]Point{{Lat: 1, Lon: 1}, {Lat: 1, Lon: 1}}, 5); !still.Where(0).Done {
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
		points, err := ReadGPX(name, f)
		_ = f.Close()
		if err != nil {
			t.Error(err)
			continue
		}
		track := NewTrack(points, 5)
		t.Logf("%s: %d points, %.0f m, %v %s", filepath.Base(name), track.Len(), track.Length(), track.Duration().Round(time.Second), track.Synthetic)
	}
}

func FuzzReadGPX(f *testing.F) {
	f.Add(head + `<trk><trkseg><trkpt lat="46.1" lon="14.2"><time>2020-01-02T03:04:05Z</time></trkpt><trkpt lat="1" lon="2"/></trkseg></trk></gpx>`)
	f.Add(`<gpx><wpt lat="1" lon="1"/><wpt lat="1e400" lon="1"/></gpx>`)
	f.Fuzz(func(t *testing.T, content string) {
		points, err := ReadGPX("x.gpx", strings.NewReader(content))
		if err != nil {
			return
		}
		track := NewTrack(points, 5)
		for _, p := range []time.Duration{0, track.Duration() / 2, track.Duration()} {
			if w := track.Where(p); !(w.Lat >= -90 && w.Lat <= 90 && w.Lon >= -180 && w.Lon <= 180) {
				t.Fatalf("at %v: %+v", p, w)
			}
		}
	})
}
