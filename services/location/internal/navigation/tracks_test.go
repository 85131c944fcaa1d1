package navigation_test

import (
	"encoding/xml"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

// tracks are real ones, which lie beside the project where they are at all.
var tracks = filepath.Join("..", "..", "..", "..", "..", "shared", "tracks")

type trackPoint struct {
	Lat  float64   `xml:"lat,attr"`
	Lng  float64   `xml:"lon,attr"`
	Time time.Time `xml:"time"`
}

func readTrack(t *testing.T, name string) (points []trackPoint) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(tracks, name)) //nolint:gosec // a fixed folder
	if os.IsNotExist(err) {
		t.Skipf("the real tracks are not here (%s)", tracks)
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Segments []struct {
			Points []trackPoint `xml:"trkpt"`
		} `xml:"trk>trkseg"`
	}
	if err := xml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, s := range file.Segments {
		points = append(points, s.Points...)
	}
	points = slices.DeleteFunc(points, func(p trackPoint) bool { return p.Time.IsZero() })
	slices.SortStableFunc(points, func(a, b trackPoint) int { return a.Time.Compare(b.Time) })
	return slices.CompactFunc(points, func(a, b trackPoint) bool { return a.Time.Equal(b.Time) })
}

// errorsOf are an estimator's relative errors, sorted: |estimated − real time
// left| ÷ real time left.
type errorsOf []float64

func (e errorsOf) at(part float64) float64 { return e[int(part*float64(len(e)-1))] }

// The error of the ETA on real tracks, each quarter of which is a journey of its
// own, against the naive estimate: the straight line at the average speed so far (0.5 m/s at least).
// Run with -v to see the table.
func TestETAOnRealTracks(t *testing.T) {
	t.Parallel()
	var ours, naive errorsOf
	for _, name := range []string{"korita-zbevnica.gpx", "cerknicko-jezero.gpx"} {
		points := readTrack(t, name)
		var a, b errorsOf
		const parts = 4
		for part := range parts {
			x, y := etaErrors(points[part*len(points)/parts : (part+1)*len(points)/parts])
			a, b = append(a, x...), append(b, y...)
		}
		report(t, name, a, b)
		ours, naive = append(ours, a...), append(naive, b...)
	}
	report(t, "all", ours, naive)
	if ours.at(.5) > naive.at(.5) || ours.at(.9) > naive.at(.9) {
		t.Error("the estimate is worse than the naive one")
	}
}

func report(t *testing.T, name string, ours, naive errorsOf) {
	t.Helper()
	slices.Sort(ours)
	slices.Sort(naive)
	t.Logf("%-20s %4d estimates: error median %3.0f %%, p90 %3.0f %%; naive median %3.0f %%, p90 %3.0f %%",
		name, len(ours), 100*ours.at(.5), 100*ours.at(.9), 100*naive.at(.5), 100*naive.at(.9))
}

// etaErrors lets somebody go along points to the last one and compares every
// estimate, from two minutes after the start to two minutes before the arrival.
func etaErrors(points []trackPoint) (ours, naive errorsOf) {
	end := points[len(points)-1]
	goal := navigation.Point{Lat: end.Lat, Lng: end.Lng}
	there := slices.IndexFunc(points, func(p trackPoint) bool {
		return navigation.Distance(navigation.Point{Lat: p.Lat, Lng: p.Lng}, goal) <= navigation.ArriveWithin
	})
	w := walker{plan: navigation.NewPlan(goal, nil, nil)}
	travelled, last := 0.0, navigation.Point{Lat: points[0].Lat, Lng: points[0].Lng}
	for _, p := range points[:there] {
		here := navigation.Point{Lat: p.Lat, Lng: p.Lng}
		travelled += navigation.Distance(here, last)
		last = here
		at := p.Time.UnixMilli()
		w.member.Step(w.plan, navigation.Sample{Point: here, At: at, Received: at, Accuracy: 10, Speed: nan})
		gone, left := p.Time.Sub(points[0].Time).Seconds(), points[there].Time.Sub(p.Time).Seconds()
		if gone < 120 || left < 120 || w.member.ETA == 0 {
			continue
		}
		off := func(estimate float64) float64 { return math.Abs(estimate-left) / left }
		ours = append(ours, off(float64(w.member.ETA-at)/1000))
		naive = append(naive, off(navigation.Distance(here, goal)/max(travelled/gone, 0.5)))
	}
	return ours, naive
}
