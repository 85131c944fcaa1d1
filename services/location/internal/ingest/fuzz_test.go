package ingest

import (
	"bufio"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

// seed adds the golden requests of an app: add gets query, content type and body.
func seed(f *testing.F, app string, add func(query, contentType, body string)) {
	f.Helper()
	files, err := filepath.Glob("testdata/" + app + "/*.http")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		head, body, _ := strings.Cut(string(raw), "\n\n")
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\n\n")))
		if err != nil {
			f.Fatal(err)
		}
		add(req.URL.RawQuery, req.Header.Get("Content-Type"), body)
	}
}

// holds checks what is true of every report that was settled.
func holds(t *testing.T, r Report) {
	t.Helper()
	r.Settle(received)
	for i, f := range r.Fixes {
		if again := f; again.Check(received) != nil {
			t.Fatalf("fix %+v is not valid", f)
		}
		if !(f.Accuracy > 0) && position.Known(f.Accuracy) || math.IsInf(f.Altitude, 0) || f.Speed < 0 || f.Bearing < 0 || f.BatteryLevel < 0 {
			t.Fatalf("fix %+v knows what cannot be", f)
		}
		if f.RecordedAt.IsZero() || f.RecordedAt.Sub(received) > position.MaxAhead {
			t.Fatalf("fix time %v", f.RecordedAt)
		}
		if !utf8.ValidString(f.Device) || utf8.RuneCountInString(f.Device) > maxName || strings.ContainsAny(f.Device, "\t\n\x00") {
			t.Fatalf("device %q", f.Device)
		}
		if i > 0 && f.RecordedAt.Before(r.Fixes[i-1].RecordedAt) {
			t.Fatal("not in order")
		}
	}
	if len(r.Fixes) > MaxFixes {
		t.Fatalf("%d fixes", len(r.Fixes))
	}
}

func FuzzOwnTracks(f *testing.F) {
	seed(f, "owntracks", func(_, _, body string) { f.Add([]byte(body), "phone") })
	f.Fuzz(func(t *testing.T, body []byte, device string) { holds(t, OwnTracks(body, device)) })
}

func FuzzOsmAnd(f *testing.F) {
	seed(f, "osmand", func(query, contentType, body string) { f.Add(query, contentType, []byte(body)) })
	f.Fuzz(func(t *testing.T, query, contentType string, body []byte) {
		v, _ := url.ParseQuery(query)
		_, r := OsmAnd(v, contentType, body)
		holds(t, r)
	})
}

func FuzzGPSLogger(f *testing.F) {
	seed(f, "gpslogger", func(query, contentType, body string) { f.Add(query, contentType, []byte(body)) })
	f.Fuzz(func(t *testing.T, query, contentType string, body []byte) {
		v, _ := url.ParseQuery(query)
		_, r := GPSLogger(v, contentType, body)
		holds(t, r)
	})
}

func FuzzOverland(f *testing.F) {
	seed(f, "overland", func(_, _, body string) { f.Add([]byte(body)) })
	f.Fuzz(func(t *testing.T, body []byte) { holds(t, Overland(body)) })
}
