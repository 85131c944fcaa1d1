package gpx

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

const head = `<?xml version="1.0" encoding="UTF-8"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">`

func read(t *testing.T, content string) ([]Point, error) {
	t.Helper()
	f, err := Read(strings.NewReader(content), Limits{Bytes: 1 << 20, Points: 10_000})
	if err != nil {
		return nil, err
	}
	return f.Way(), nil
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
		"latitude 91":      {"<gpx>\n<wpt lat=\"91\" lon=\"0\"/></gpx>", "lat must be a number from -90 to 90", 2},
		"longitude NaN":    {`<gpx><wpt lat="1" lon="NaN"/></gpx>`, "lon must be", 1},
		"no longitude":     {`<gpx><wpt lat="1"/></gpx>`, "has no lat or no lon", 1},
		"point in a point": {`<gpx><wpt lat="1" lon="1"><wpt lat="1" lon="1"/></wpt></gpx>`, "inside of a point", 1},
		"unknown encoding": {`<?xml version="1.0" encoding="EBCDIC"?><gpx/>`, "encoding", 1},
		"billion laughs":   {"<!DOCTYPE x [<!ENTITY a \"b\">]><gpx>&a;</gpx>", "broken XML", 1},
		"too deep":         {"<gpx>" + strings.Repeat("<a>", 200), "nested", 1},
	} {
		_, err := read(t, tc.content)
		var fe *Error
		if !errors.As(err, &fe) || !strings.Contains(fe.Reason, tc.reason) || fe.Line != tc.line || fe.Column < 1 {
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
	const point = `<wpt lat="1" lon="1"/>`
	for name, tc := range map[string]struct {
		source io.Reader
		reason string
	}{
		"bytes":    {endless{}, "larger than 100000 bytes"},
		"points":   {strings.NewReader("<gpx>" + strings.Repeat(point, 11) + "</gpx>"), "more than 10 points"},
		"segments": {strings.NewReader("<gpx><trk>" + strings.Repeat("<trkseg/>", maxSegments) + "</trk></gpx>"), "tracks and segments"},
	} {
		var fe *Error
		if _, err := Read(tc.source, Limits{Bytes: 100_000, Points: 10}); !errors.As(err, &fe) || !strings.Contains(fe.Reason, tc.reason) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the line is dead") }

// Whoever cannot be read is not a bad file.
func TestSourceFails(t *testing.T) {
	t.Parallel()
	var fe *Error
	if _, err := Read(failing{}, Limits{Bytes: 100, Points: 10}); err == nil || errors.As(err, &fe) {
		t.Errorf("got %v", err)
	}
}

func TestNamesAndSegments(t *testing.T) {
	t.Parallel()
	const p = `<trkpt lat="1" lon="1"><name>not me</name></trkpt>`
	_, err := Read(strings.NewReader("<gpx><metadata><name> To\n the <b>x</b> top\u0000 </name></metadata><trk><name>A</name><trkseg>"+p+p+"</trkseg><trkseg></trkseg><trkseg>"+p+
		"</trkseg></trk><trk><name>B</name>"+p+"</trk><rte><rtept lat='1' lon='1'/></rte><rte><rtept lat='2' lon='2'/></rte></gpx>"), Limits{Bytes: 10_000, Points: 100})
	if err == nil {
		t.Fatal("a NUL is accepted")
	}
	f, err := Read(strings.NewReader("<gpx><metadata><name> To\n the top </name></metadata><trk><name>A</name><trkseg>"+p+p+"</trkseg><trkseg></trkseg><trkseg>"+p+
		"</trkseg></trk><trk><name>B</name>"+p+"</trk><rte><rtept lat='1' lon='1'/></rte><rte><rtept lat='2' lon='2'/></rte></gpx>"), Limits{Bytes: 10_000, Points: 100})
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "To the top" || len(f.Tracks) != 2 || f.Tracks[0].Name != "A" || len(f.Tracks[0].Segments) != 2 || len(f.Tracks[0].Segments[0]) != 2 ||
		f.Tracks[1].Name != "B" || len(f.Tracks[1].Segments) != 1 || len(f.Routes) != 2 {
		t.Errorf("got %+v", f)
	}
	if f, err = Read(strings.NewReader("<gpx><trk><name>"+strings.Repeat("ž", 300)+"</name></trk></gpx>"), Limits{Bytes: 10_000, Points: 100}); err != nil || f.Name != strings.Repeat("ž", MaxNameRunes) {
		t.Errorf("got %+v, %v", f, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(head + `<trk><trkseg><trkpt lat="46.1" lon="14.2"><time>2020-01-02T03:04:05Z</time></trkpt><trkpt lat="1" lon="2"/></trkseg></trk></gpx>`)
	f.Add(`<gpx><wpt lat="1" lon="1"/><wpt lat="1e400" lon="1"/></gpx>`)
	f.Add(`<gpx><trk><name>&lt;x&gt;</name><trkpt lat="1" lon="1"><ele>3</ele></trkpt></trk><rte><rtept lat="1" lon="1"/></rte></gpx>`)
	limits := Limits{Bytes: 64 << 10, Points: 1000}
	f.Fuzz(func(t *testing.T, content string) {
		file, err := Read(strings.NewReader(content), limits)
		if err != nil {
			return
		}
		for _, p := range file.Way() {
			if !(p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180) || math.IsInf(p.Ele, 0) {
				t.Fatalf("%+v", p)
			}
		}
		// What is written is read as the same.
		var b strings.Builder
		write(NewWriter(&b, "WeMaps", file.Name), file.Tracks)
		again, err := Read(strings.NewReader(b.String()), Limits{Bytes: 1 << 20, Points: 1000})
		if err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
		if again.Name != file.Name || !same(again.Tracks, file.Tracks) {
			t.Fatalf("%+v became %+v", file, again)
		}
	})
}

func write(w *Writer, tracks []Track) {
	for _, t := range tracks {
		w.Track(t.Name)
		for _, s := range t.Segments {
			w.Segment()
			for _, p := range s {
				w.Point(p)
			}
		}
	}
	_ = w.Close()
}

func same(a, b []Track) bool {
	return slices.EqualFunc(a, b, func(a, b Track) bool {
		return a.Name == b.Name && slices.EqualFunc(a.Segments, b.Segments, func(a, b []Point) bool {
			return slices.EqualFunc(a, b, func(a, b Point) bool {
				return a.Lat == b.Lat && a.Lon == b.Lon && (a.Ele == b.Ele || math.IsNaN(a.Ele) && math.IsNaN(b.Ele)) && a.Time.Equal(b.Time)
			})
		})
	})
}

func TestWriterTellsOfFailure(t *testing.T) {
	t.Parallel()
	w := NewWriter(broken{}, "WeMaps", "x")
	write(w, []Track{{Segments: [][]Point{make([]Point, 2000)}}})
	if err := w.Close(); err == nil {
		t.Error("nothing was said")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the line is dead") }
