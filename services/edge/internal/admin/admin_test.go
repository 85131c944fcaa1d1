package admin

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/obs"
)

// service is a real admin port with a counter, a histogram and a check.
func service(t *testing.T, check obs.Check) (url string, r *prometheus.Registry) {
	t.Helper()
	r = obs.Registry()
	a := obs.NewAdmin("", zap.NewNop(), r)
	a.AddCheck("postgres", check)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	return server.URL, r
}

func fine(context.Context) error { return nil }

func look(t *testing.T, h http.Handler) Snapshot {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/snapshot.json", nil))
	var s Snapshot
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	return s
}

func TestASnapshotIsWhatTheProcessesCount(t *testing.T) {
	t.Parallel()
	chat, r := service(t, fine)
	entries := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "wemaps_chat_stream_entries"}, []string{"stream"})
	commits := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "wemaps_chat_commit_duration_seconds", Buckets: []float64{.1, 1}}, []string{"kind"})
	r.MustRegister(entries, commits)
	entries.WithLabelValues("cmd:chat:{0}").Set(7)
	commits.WithLabelValues("a").Observe(.05)
	commits.WithLabelValues("b").Observe(.5)
	commits.WithLabelValues("b").Observe(5)
	room, _ := service(t, func(context.Context) error { return errors.New("connection refused") })
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()

	own := obs.Registry()
	sockets := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "wemaps_edge_sockets"}, []string{"protocol"})
	odd := prometheus.NewGauge(prometheus.GaugeOpts{Name: "wemaps_edge_odd"})
	own.MustRegister(sockets, odd)
	sockets.WithLabelValues("socketio").Set(3)
	sockets.WithLabelValues("native").Set(2)
	odd.Set(math.NaN()) // which JSON cannot say
	edge := obs.NewAdmin("", zap.NewNop(), own)
	New("edge-1", own, edge.Failing, map[string]string{"chat": chat, "room": room, "auth": gone.URL}).Register(edge)

	s := look(t, edge.Handler())
	if s.Edge != "edge-1" || s.At == 0 || len(s.Processes) != 4 {
		t.Errorf("%+v", s)
	}
	e := s.Processes["edge"]
	if e.State != "OK" || e.Series["wemaps_edge_sockets"]["socketio"] != 3 || e.Series["wemaps_edge_sockets"]["native"] != 2 {
		t.Errorf("edge: %+v", e)
	}
	c := s.Processes["chat"]
	h := c.Histograms["wemaps_chat_commit_duration_seconds"]
	if c.State != "OK" || c.Series["wemaps_chat_stream_entries"]["cmd:chat:{0}"] != 7 || h.Count != 3 || len(h.Counts) != 2 || h.Counts[0] != 1 || h.Counts[1] != 2 {
		t.Errorf("chat: %+v", c)
	}
	if c.Series["go_goroutines"][""] < 1 || c.Series["go_gc_duration_seconds"] != nil {
		t.Errorf("chat shows what it should not, or not what it should: %v", c.Series)
	}
	if p := s.Processes["room"]; p.State != "NOT_READY" || p.Failing["postgres"] != "connection refused" || p.Series["go_goroutines"] == nil {
		t.Errorf("room: %+v", p)
	}
	if p := s.Processes["auth"]; p.State != "UNREACHABLE" {
		t.Errorf("auth: %+v", p)
	}
}

func TestThePageRunsUnderItsPolicy(t *testing.T) {
	t.Parallel()
	r := obs.Registry()
	edge := obs.NewAdmin("", zap.NewNop(), r)
	New("edge-1", r, edge.Failing, nil).Register(edge)
	h := edge.Handler()
	for path, mime := range map[string]string{"/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript", "/snapshot.json": "application/json"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), mime) || w.Header().Get("Cache-Control") != "no-store" ||
			!strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if inline := regexp.MustCompile(`<script(?: [^>]*)?>[^<]|<style|\son\w+=|\sstyle=|javascript:`).FindString(string(pageHTML)); inline != "" {
		t.Errorf("the page has %q, which its policy refuses", inline)
	}
	for path, want := range map[string]int{"/nothing": http.StatusNotFound, "/livez": http.StatusOK, "/metrics": http.StatusOK} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/snapshot.json", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
