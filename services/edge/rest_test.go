package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

func get(t *testing.T, method, url string, header map[string]string, body string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, raw
}

func errorBody(t *testing.T, raw []byte) wire.ErrorBody {
	t.Helper()
	var e wire.ErrorBody
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatalf("%q is no error body: %v", raw, err)
	}
	return e
}

// named answers with its name and what it was asked.
func named(t *testing.T, name string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "not-this-one")
		_ = json.NewEncoder(w).Encode(map[string]string{"service": name, "path": r.URL.RequestURI(), "for": r.Header.Get("X-Forwarded-For"),
			"id": r.Header.Get("X-Request-Id"), "auth": r.Header.Get("Authorization")})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(func(c *Config) {
		c.AuthURL, c.RoomURL, c.LocationURL = named(t, "auth"), named(t, "room"), named(t, "location")
		c.ChatURL = "http://" + testenv.Address(t) // nobody is there
		c.ChatAdminURL = c.ChatURL
	})
	for path, service := range map[string]string{
		"/api/auth/signin": "auth", "/api/rooms": "room", "/api/rooms/join": "room", "/api/rooms/1": "room", "/api/rooms/1/leave?x=%2F": "room",
		"/api/rooms/1/locations": "location", "/api/rooms/1/tracks/2": "location", "/api/ingest/owntracks": "location",
		"/api/devices/setup": "location",
	} {
		resp, raw := get(t, "POST", e.url+path, map[string]string{"X-Forwarded-For": "6.6.6.6", "Authorization": "Bearer x"}, "{}")
		var got map[string]string
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%s: %v in %q", path, err, raw)
		}
		if got["service"] != service || got["path"] != path || got["for"] != "127.0.0.1" || got["auth"] != "Bearer x" {
			t.Errorf("%s came as %v", path, got)
		}
		if ids := resp.Header.Values("X-Request-Id"); len(ids) != 1 || ids[0] != got["id"] {
			t.Errorf("%s: request ids %v and %s", path, ids, got["id"])
		}
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no security headers", path)
		}
	}
	resp, raw := get(t, "GET", e.url+"/api/rooms/1/messages", nil, "")
	if got := errorBody(t, raw); resp.StatusCode != http.StatusServiceUnavailable || got.Code != wire.CodeUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a service that is down: %d %s", resp.StatusCode, raw)
	}
	resp, raw = get(t, "GET", e.url+"/api/nowhere", nil, "")
	if got := errorBody(t, raw); resp.StatusCode != http.StatusNotFound || got.Code != wire.CodeRouteNotFound || got.Path != "/api/nowhere" || got.Timestamp == "" {
		t.Errorf("an unknown path: %d %s", resp.StatusCode, raw)
	}
	resp, raw = get(t, "POST", e.url+"/api/auth/signin", nil, strings.Repeat("x", 65<<10))
	if resp.StatusCode != http.StatusRequestEntityTooLarge || errorBody(t, raw).Code != wire.CodePayloadTooLarge {
		t.Errorf("a big body: %d %s", resp.StatusCode, raw)
	}
	for _, path := range []string{"/metrics", "/readyz", "/debug/pprof/"} {
		if resp, _ := get(t, "GET", e.url+path, nil, ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s is open to clients", path)
		}
	}
	for _, path := range []string{"/", "/api/docs"} {
		resp, raw := get(t, "GET", e.url+path, nil, "")
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(raw), "WeMaps") || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	for _, path := range []string{"/api/openapi.json", "/api/asyncapi.json"} {
		if resp, raw := get(t, "GET", e.url+path, nil, ""); resp.StatusCode != http.StatusOK || !json.Valid(raw) {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

// Inherited mistake 21: any origin is let in with credentials.
func TestCORS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(nil)
	for _, path := range []string{"/api/health", "/api/rooms", "/socket.io/?EIO=4&transport=polling"} {
		for origin, allowed := range map[string]bool{"https://app.test": true, "https://evil.test": false, "https://app.test.evil.test": false, "null": false} {
			resp, _ := get(t, "GET", e.url+path, map[string]string{"Origin": origin}, "")
			got, want := resp.Header.Get("Access-Control-Allow-Origin"), map[bool]string{true: origin}[allowed]
			if got != want || (resp.Header.Get("Access-Control-Allow-Credentials") == "true") != allowed {
				t.Errorf("%s from %s: allowed %q", path, origin, got)
			}
			resp, _ = get(t, "OPTIONS", e.url+path, map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"}, "")
			if resp.StatusCode != http.StatusNoContent || resp.Header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("preflight of %s from %s: %d, allowed %q", path, origin, resp.StatusCode, resp.Header.Get("Access-Control-Allow-Origin"))
			}
		}
	}
	resp, raw := get(t, "GET", e.url+"/ws", map[string]string{"Origin": "https://evil.test", "Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}, "")
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a WebSocket from another page: %d %s", resp.StatusCode, raw)
	}
}

// Inherited mistake 23: with the database down, health says OK.
func TestHealth(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	room := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer room.Close()
	w := newWorld(t)
	e := w.edge(func(c *Config) {
		c.RoomAdminURL, c.AuthAdminURL, c.ChatAdminURL, c.LocationAdminURL = room.URL, room.URL, room.URL, room.URL
	})
	health := func(path string) (int, wire.Health) {
		resp, raw := get(t, "GET", e.url+path, nil, "")
		var h wire.Health
		if err := json.Unmarshal(raw, &h); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, h
	}
	for _, path := range []string{"/health", "/api/health"} {
		if status, h := health(path); status != 200 || h.Status != "OK" || h.Services["room"] != "OK" || h.Timestamp.IsZero() {
			t.Errorf("%s: %d %+v", path, status, h)
		}
	}
	down.Store(true)
	testenv.Eventually(t, 5*time.Second, "health does not tell that a service is not ready", func() bool {
		status, h := health("/api/health")
		return status == 503 && h.Status == "DEGRADED" && h.Services["room"] == "NOT_READY"
	})
	ana := e.native(t, w.token("ana", time.Hour))
	ana.settle()
	resp, raw := get(t, "GET", e.url+"/socket/health", nil, "")
	var s wire.SocketHealth
	if err := json.Unmarshal(raw, &s); err != nil || resp.StatusCode != http.StatusOK || s.ConnectedClients != 1 || s.Status != "OK" {
		t.Errorf("socket health: %d %s", resp.StatusCode, raw)
	}
}

// Inherited mistake 14: eight people joining at once are refused for speed.
func TestManyAtOnceAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(func(c *Config) { c.TrustedProxies = []string{"127.0.0.0/8"} })
	var wg sync.WaitGroup
	var refused atomic.Int64
	for range 64 {
		wg.Go(func() {
			resp, _ := get(t, "POST", e.url+"/api/rooms/join", map[string]string{"X-Forwarded-For": "203.0.113.9"}, "{}")
			if resp.StatusCode != http.StatusNoContent {
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	if n := refused.Load(); n > 0 {
		t.Errorf("%d of 64 were refused", n)
	}
}

// New sockets are turned away before they harm those who are there.
func TestShedding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.edge(func(c *Config) { c.MaxSockets = 1 })
	ana := e.native(t, w.token("ana", time.Hour))
	ana.settle()
	for path, header := range map[string]map[string]string{
		"/socket.io/?EIO=4&transport=polling": nil,
		"/ws":                                 {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
	} {
		resp, raw := get(t, "GET", e.url+path, header, "")
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || errorBody(t, raw).Code != wire.CodeOverloaded {
			t.Errorf("%s: %d %s", path, resp.StatusCode, raw)
		}
	}
	ana.settle()
}
