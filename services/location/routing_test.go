package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// With a routing engine positions tell its ETA, from one look at the group after
// the first position on; without an answer the built-in one.
func TestETAOfAnEngine(t *testing.T) {
	t.Parallel()
	osrm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "Ok", "durations": [][]float64{{1234}}})
	}))
	t.Cleanup(osrm.Close)
	s, room := readyRoom(t, func(cfg *Config) {
		cfg.RoutingURL, cfg.RoutingProfile, cfg.RoutingTimeout = osrm.URL, "driving", time.Second
	})
	h := s.listen(t, wire.ChannelRoom(room))
	testenv.Eventually(t, 15*time.Second, "the engine's ETA is told", func() bool {
		s.command(wire.CommandUpdate, room, "cleo", `{"latitude":45.9,"longitude":14,"accuracy":5}`)
		time.Sleep(50 * time.Millisecond)
		for _, e := range h.all(wire.EventLocationUpdated) {
			var l wire.Location
			if err := json.Unmarshal([]byte(e.Data), &l); err != nil {
				t.Fatal(err)
			}
			if l.ETABasis != wire.ETABasisEngine {
				continue
			}
			if left := l.ETA.Sub(l.RecordedAt.Time); left > 1234*time.Second || left < 1200*time.Second {
				t.Errorf("an ETA in %s", left)
			}
			return true
		}
		return false
	})
}
