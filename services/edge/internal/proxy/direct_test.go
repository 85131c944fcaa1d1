package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// service is a server that says what it was asked.
func service(t testing.TB, h http.HandlerFunc) (server *httptest.Server, opened *atomic.Int32) {
	t.Helper()
	opened = &atomic.Int32{}
	server = httptest.NewUnstartedServer(h)
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server, opened
}

func answer200(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" "+string(body))
}

func ask(ctx context.Context, rt http.RoundTripper, method, url, body string) (status int, answer string, err error) {
	var rd io.Reader
	if body != "" {
		rd = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, rd)
	if err != nil {
		return 0, "", err
	}
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

func addr(s *httptest.Server) string { return s.Listener.Addr().String() }

func TestDirectKeepsItsConnection(t *testing.T) {
	t.Parallel()
	s, opened := service(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		case "/parts":
			for range 3 {
				_, _ = io.WriteString(w, strings.Repeat("x", 3000))
				w.(http.Flusher).Flush()
			}
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
			answer200(w, r)
		default:
			answer200(w, r)
		}
	})
	d := newDirect(addr(s))
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/a", "", 200, "GET /a "},
		{"POST", "/b", "body", 200, "POST /b body"},
		{"HEAD", "/c", "", 200, ""},
		{"GET", "/nothing", "", 204, ""},
		{"GET", "/parts", "", 200, strings.Repeat("x", 9000)},
		{"GET", "/early", "", 200, "GET /early "},
		{"DELETE", "/d", "", 200, "DELETE /d "},
	} {
		status, got, err := ask(t.Context(), d, c.method, s.URL+c.path, c.body)
		if err != nil || status != c.status || got != c.want {
			t.Errorf("%s %s: %d %.40q, %v", c.method, c.path, status, got, err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for requests one after the other", n)
	}
}

// A service that starts anew closes what is idle: nobody may notice, least of all
// one who sends something that must not be sent twice.
func TestDirectOutlivesARestart(t *testing.T) {
	t.Parallel()
	s, opened := service(t, answer200)
	d := newDirect(addr(s))
	for i := range 5 {
		if _, got, err := ask(t.Context(), d, "POST", s.URL+"/x", "once"); err != nil || got != "POST /x once" {
			t.Fatalf("%q, %v", got, err)
		}
		s.CloseClientConnections()
		if n := opened.Load(); n != int32(i+1) {
			t.Fatalf("%d connections after %d restarts", n, i)
		}
	}
}

func TestDirectGivesUp(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	s, _ := service(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
		}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(hang) })
	d := newDirect(addr(s))
	for _, path := range []string{"/silent", "/half"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		began := time.Now()
		_, _, err := ask(ctx, d, "GET", s.URL+path, "")
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %s", path, err, time.Since(began))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	if _, _, err := ask(ctx, d, "GET", s.URL+"/silent", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("the client has gone: %v", err)
	}
	if len(d.idle) != 0 {
		t.Errorf("%d connections are kept that are of no use", len(d.idle))
	}
	s.Close()
	if _, _, err := ask(t.Context(), d, "GET", s.URL+"/gone", ""); err == nil {
		t.Error("a service that is away has answered")
	}
}

// A body that fails on its way is its sender's fault, and that is told.
func TestDirectTellsOfTheBody(t *testing.T) {
	t.Parallel()
	s, _ := service(t, answer200)
	r := httptest.NewRequestWithContext(t.Context(), "POST", s.URL+"/x", strings.NewReader(strings.Repeat("x", 100)))
	r.ContentLength = -1
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 10)
	_, err := newDirect(addr(s)).RoundTrip(r) //nolint:bodyclose // there is none
	var tooBig *http.MaxBytesError
	if !errors.As(err, &tooBig) {
		t.Errorf("got %v", err)
	}
}

func TestDirectForgetsIdleConnections(t *testing.T) {
	t.Parallel()
	s, _ := service(t, answer200)
	d := newDirect(addr(s))
	if _, _, err := ask(t.Context(), d, "GET", s.URL, ""); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.idle[0].since = time.Now().Add(-idleLife)
	d.mu.Unlock()
	d.tidy()
	if d.mu.Lock(); len(d.idle) != 0 || d.sweep != nil {
		t.Errorf("%d stayed", len(d.idle))
	}
	d.mu.Unlock()
}

func BenchmarkRoundTrip(b *testing.B) {
	s, _ := service(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 600)) })
	for name, rt := range map[string]http.RoundTripper{"transport": newTransport(), "direct": newDirect(addr(s))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				for pb.Next() {
					if _, _, err := ask(ctx, rt, "GET", s.URL+"/x", ""); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
