package native

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/wire"
)

func TestWaysToAuthenticate(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	t.Run("header", func(t *testing.T) {
		conn, _ := f.dial(t, http.Header{"Authorization": {"bearer  good.token"}}, "")
		expect(t, conn, `{"v":1,"type":"hello"}`)
	})
	t.Run("subprotocol", func(t *testing.T) {
		conn, resp := f.dial(t, nil, "", Subprotocol, "bearer.good.token")
		expect(t, conn, `{"v":1,"type":"hello"}`)
		if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != Subprotocol {
			t.Errorf("selected %q", got)
		}
	})
	t.Run("frame", func(t *testing.T) {
		conn, _ := f.dial(t, nil, "?batch=1&token=secret", Subprotocol)
		send(t, conn, `{"v":1,"type":"auth","data":{"token":"good.token","lastSeq":7}}`)
		expect(t, conn, `{"v":1,"type":"hello"}`)
		f.mu.Lock()
		defer f.mu.Unlock()
		h := f.opened[len(f.opened)-1]
		if h.Query.Has("token") || h.Query.Get("batch") != "1" {
			t.Errorf("query %v", h.Query)
		}
		if string(h.Auth) != `{"token":"good.token","lastSeq":7}` || h.RemoteIP != "127.0.0.1" || h.UserAgent == "" {
			t.Errorf("handshake %+v", h)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *Config) { c.AuthTimeout = 300 * time.Millisecond })
	tests := map[string]struct {
		token, frame string
		code         wire.Code
		close        int
	}{
		"invalid token":        {"bad", "", wire.CodeInvalidToken, 4002},
		"unknown user":         {"nobody", "", wire.CodeUserNotFound, 4002},
		"our fault":            {"broken", "", wire.CodeInternal, 1011},
		"silence":              {"", "", wire.CodeTokenRequired, 4001},
		"event before auth":    {"", `{"v":1,"type":"join-room","data":{}}`, wire.CodeTokenRequired, 4001},
		"auth without token":   {"", `{"v":1,"type":"auth"}`, wire.CodeTokenRequired, 4001},
		"auth with a number":   {"", `{"v":1,"type":"auth","data":{"token":1}}`, wire.CodeTokenRequired, 4001},
		"garbage":              {"", `hello?`, wire.CodeInvalidJSON, 4001},
		"auth with bad token":  {"", `{"type":"auth","data":{"token":"x"}}`, wire.CodeInvalidToken, 4002},
		"token in the address": {"", `{"type":"ping"}`, wire.CodeTokenRequired, 4001},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if tc.token != "" {
				header.Set("Authorization", "Bearer "+tc.token)
			}
			conn, _ := f.dial(t, header, "?token=good.token")
			if tc.frame != "" {
				send(t, conn, tc.frame)
			}
			expectError(t, conn, tc.code, "")
			expectClose(t, conn, tc.close)
		})
	}
}

func TestRefusalsOverHTTP(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *Config) {
		c.CheckOrigin = func(r *http.Request) bool { return r.Header.Get("Origin") != "https://evil.example" }
		c.Admit = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Has("full") {
				w.WriteHeader(http.StatusServiceUnavailable)
				return false
			}
			return true
		}
	})
	tests := map[string]struct {
		header http.Header
		query  string
		status int
	}{
		"origin":      {http.Header{"Origin": {"https://evil.example"}}, "", http.StatusForbidden},
		"admission":   {nil, "?full", http.StatusServiceUnavailable},
		"old version": {http.Header{"Sec-Websocket-Version": {"8"}}, "", http.StatusBadRequest},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http"+f.url[len("ws"):]+tc.query, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
			for k, v := range tc.header {
				req.Header[k] = v
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
			var body wire.ErrorBody
			if name != "admission" && (json.NewDecoder(resp.Body).Decode(&body) != nil || body.Code == "") {
				t.Errorf("body %+v", body)
			}
		})
	}
	if _, _, err := websocket.DefaultDialer.Dial(f.url, bearer); err != nil {
		t.Errorf("others: %v", err)
	}
}
