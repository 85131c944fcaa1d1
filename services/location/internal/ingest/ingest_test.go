package ingest

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

var update = flag.Bool("update", false, "write the golden files")

// received is when all requests of the golden files arrive: after all of them.
var received = time.Date(2025, 6, 16, 0, 0, 0, 0, time.UTC)

// golden is a report as the golden files show it.
type golden struct {
	Token     string         `json:"token,omitempty"`
	Fixes     []goldenFix    `json:"fixes"`
	Heartbeat bool           `json:"heartbeat,omitempty"`
	Asks      bool           `json:"asks,omitempty"`
	TID       string         `json:"tid,omitempty"`
	SOS       string         `json:"sos,omitempty"`
	Ignored   map[string]int `json:"ignored,omitempty"`
}

type goldenFix struct {
	Latitude  float64  `json:"latitude"`
	Longitude float64  `json:"longitude"`
	Accuracy  *float64 `json:"accuracy,omitempty"`
	Speed     *float64 `json:"speed,omitempty"`
	Bearing   *float64 `json:"bearing,omitempty"`
	Altitude  *float64 `json:"altitude,omitempty"`
	Battery   *float64 `json:"batteryLevel,omitempty"`
	Recorded  string   `json:"recordedAt"`
	Untimed   bool     `json:"untimed,omitempty"`
	Device    string   `json:"device,omitempty"`
}

func show(token string, r Report) string {
	optional := func(v float64) *float64 {
		if !position.Known(v) {
			return nil
		}
		return &v
	}
	g := golden{Token: token, Heartbeat: r.Heartbeat, Asks: r.Asks, TID: r.TID, Fixes: []goldenFix{}, Ignored: map[string]int{}}
	if r.SOS {
		g.SOS = "from nowhere"
		if r.Place != nil {
			g.SOS = fmt.Sprintf("from %v, %v", r.Place.Latitude, r.Place.Longitude)
		}
	}
	for _, f := range r.Fixes {
		g.Fixes = append(g.Fixes, goldenFix{f.Latitude, f.Longitude, optional(f.Accuracy), optional(f.Speed), optional(f.Bearing),
			optional(f.Altitude), optional(f.BatteryLevel), f.RecordedAt.Format(time.RFC3339Nano), f.Untimed, f.Device})
	}
	for _, reason := range Reasons() {
		if n := r.Ignored[reason]; n > 0 {
			g.Ignored[reason.String()] = n
		}
	}
	raw, err := json.MarshalIndent(g, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(raw) + "\n"
}

func parse(app string, r *http.Request, body []byte) (string, Report) {
	switch app {
	case "owntracks":
		return "", OwnTracks(body, r.Header.Get("X-Limit-D"))
	case "osmand":
		return OsmAnd(r.URL.Query(), r.Header.Get("Content-Type"), body)
	case "gpslogger":
		return GPSLogger(r.URL.Query(), r.Header.Get("Content-Type"), body)
	}
	return "", Overland(body)
}

// Real requests of the apps, as their documentation shows them, and odd ones that
// were seen. Run with -update after a wanted change, and read the difference.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.http")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		app := filepath.Base(filepath.Dir(file))
		t.Run(app+"/"+strings.TrimSuffix(filepath.Base(file), ".http"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, body, _ := strings.Cut(string(raw), "\n\n")
			req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\n\n")))
			if err != nil {
				t.Fatal(err)
			}
			token, report := parse(app, req, []byte(body))
			report.Settle(received)
			got := show(token, report)
			want := strings.TrimSuffix(file, ".http") + ".golden"
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil { //nolint:gosec // test data
					t.Fatal(err)
				}
				return
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(expected) {
				t.Errorf("got\n%swant\n%s", got, expected)
			}
		})
	}
}
