package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// mark is a fix as a track and every kind of file must give it back.
type mark struct {
	at            string // wire.TimeLayout
	lat, lng, alt float64
}

func markOf(at time.Time, lat, lng, alt float64) mark {
	return mark{at.UTC().Format(wire.TimeLayout), lat, lng, alt}
}

// walker is a member who goes north, with an app and with a phone of another app.
// Every fix has a time and a place of its own, so that none can stand for another.
type walker struct {
	socket *client
	phone  phone
	room   wire.Room

	mu    sync.Mutex
	steps int
	last  time.Time

	app   []mark // by socket
	other []mark // by phone
}

func (w *walker) step() (at time.Time, lat float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	at = time.Now().Truncate(time.Millisecond)
	if !at.After(w.last) {
		at = w.last.Add(time.Millisecond)
	}
	w.last = at
	return at, latOf(w.steps)
}

// latOf a step has as many digits as a file has.
func latOf(steps int) float64 { return float64(4_640_000+steps) / 1e5 }

// at is where the walker is.
func (w *walker) at() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return latOf(w.steps)
}

// walks goes on until stop is called, with both devices at once.
func (w *walker) walks(t testing.TB) (stop func()) {
	var wg sync.WaitGroup
	end := make(chan struct{})
	for every, send := range map[time.Duration]func(testing.TB){120 * time.Millisecond: w.moves, 330 * time.Millisecond: w.reports} {
		wg.Go(func() {
			for {
				select {
				case <-end:
					return
				case <-time.After(every):
					send(t)
				}
			}
		})
	}
	return sync.OnceFunc(func() { close(end); wg.Wait() })
}

func ref(i int) string { return fmt.Sprint("fix-", i) }

// moves sends a fix by socket.
func (w *walker) moves(t testing.TB) {
	t.Helper()
	at, lat := w.step()
	u, alt, stamp := fix(w.room, lat, 13.7), 300.5, wire.At(at)
	u.Altitude, u.RecordedAt = &alt, &stamp
	w.socket.send(t, wire.EventLocationUpdate, ref(len(w.app)), u)
	w.app = append(w.app, markOf(at, lat, 13.7, alt))
}

// reports sends a fix as OsmAnd does, and the same one again until it is taken:
// what the phone was not told about may have been taken as well.
func (w *walker) reports(t testing.TB) {
	t.Helper()
	at, lat := w.step()
	path := fmt.Sprintf("osmand?id=%s&lat=%v&lon=13.8&timestamp=%d&altitude=310.25", w.phone.token, lat, at.UnixMilli())
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		status, answer := w.phone.send(t, "GET", path, "", "")
		if status == 200 {
			break
		}
		if status < 500 || time.Since(begin) > 30*time.Second {
			t.Errorf("the phone's fix is not taken: %d %s", status, answer)
			return
		}
	}
	w.other = append(w.other, markOf(at, lat, 13.8, 310.25))
}

// confirmed waits until all that was sent by socket is.
func (w *walker) confirmed(t testing.TB) {
	t.Helper()
	for i := range w.app {
		testenv.Eventually(t, 20*time.Second, ref(i)+" was not answered", func() bool { event, _ := answer(t, w.socket, ref(i)); return event != "" })
		if event, refusal := answer(t, w.socket, ref(i)); event != wire.EventLocationConfirmed {
			t.Errorf("%s: %s %+v", ref(i), event, refusal)
		}
	}
}

// exchange makes one request whose body or answer is a file.
func exchange(t testing.TB, method, url, token, contentType, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// track is what a path answers, by device.
func track(t testing.TB, url, token string) map[string][]mark {
	t.Helper()
	status, raw := exchange(t, "GET", url, token, "", "")
	if status != 200 {
		t.Fatalf("GET %s: %d %s", url, status, raw)
	}
	var got wire.TrackResponse
	mustJSON(t, json.RawMessage(raw), &got)
	marks := map[string][]mark{}
	for _, d := range got.Devices {
		for _, s := range d.Segments {
			for _, p := range s.Points {
				if p.RecordedAt == nil || p.Altitude == nil {
					t.Fatalf("a point lacks its time or height: %+v", p)
				}
				marks[d.Device] = append(marks[d.Device], markOf(p.RecordedAt.Time, p.Latitude, p.Longitude, *p.Altitude))
			}
		}
		if d.Statistics.Points != len(marks[d.Device]) {
			t.Errorf("%s: %d points, and the figures tell of %d", d.Device, len(marks[d.Device]), d.Statistics.Points)
		}
	}
	return marks
}

// same fails the test when got is not all of want in its order.
func same(t testing.TB, what string, got, want []mark) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	times := map[mark]int{}
	for _, m := range got {
		times[m]++
	}
	var wrong []string
	for _, m := range want {
		if times[m] != 1 {
			wrong = append(wrong, fmt.Sprintf("%+v is there %d times", m, times[m]))
		}
		delete(times, m)
	}
	for m := range times {
		wrong = append(wrong, fmt.Sprintf("nobody sent %+v", m))
	}
	t.Errorf("%s: %d fixes, want %d; %d are wrong, such as %q", what, len(got), len(want), len(wrong), wrong[:min(3, len(wrong))])
}

// all is what both devices have sent, in the order of time.
func (w *walker) all() []mark {
	return sorted(slices.Concat(w.app, w.other))
}

func sorted(marks []mark) []mark {
	slices.SortFunc(marks, func(a, b mark) int { return strings.Compare(a.at, b.at) })
	return marks
}

func marksOfGPX(t testing.TB, text string) (marks []mark) {
	t.Helper()
	f, err := gpx.Read(strings.NewReader(text), gpx.Limits{Bytes: 1 << 20, Points: 10_000})
	if err != nil {
		t.Fatalf("GPX: %v in %.300s", err, text)
	}
	for _, tr := range f.Tracks {
		for _, s := range tr.Segments {
			for _, p := range s {
				marks = append(marks, markOf(p.Time, p.Lat, p.Lon, p.Ele))
			}
		}
	}
	return sorted(marks)
}

func marksOfGeoJSON(t testing.TB, text string) (marks []mark) {
	t.Helper()
	var all struct {
		Type     string
		Features []struct {
			Properties struct{ CoordTimes []time.Time }
			Geometry   struct {
				Type        string
				Coordinates [][]float64
			}
		}
	}
	mustJSON(t, json.RawMessage(text), &all)
	if all.Type != "FeatureCollection" {
		t.Errorf("GeoJSON is a %s", all.Type)
	}
	for _, f := range all.Features {
		if f.Geometry.Type != "LineString" || len(f.Geometry.Coordinates) != len(f.Properties.CoordTimes) {
			t.Fatalf("GeoJSON: %.300s", text)
		}
		for i, c := range f.Geometry.Coordinates {
			marks = append(marks, markOf(f.Properties.CoordTimes[i], c[1], c[0], c[2]))
		}
	}
	return sorted(marks)
}

func marksOfCSV(t testing.TB, text string) (marks []mark) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("CSV: %v in %.300s", err, text)
	}
	number := func(row []string, name string) float64 {
		v, err := strconv.ParseFloat(row[slices.Index(rows[0], name)], 64)
		if err != nil {
			return math.NaN()
		}
		return v
	}
	for _, row := range rows[1:] {
		marks = append(marks, mark{row[slices.Index(rows[0], "time")], number(row, "latitude"), number(row, "longitude"), number(row, "altitude")})
	}
	return sorted(marks)
}
