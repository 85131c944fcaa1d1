package engineio

import (
	"net/http"
	"strings"
	"testing"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	const (
		transport = `{"code":0,"message":"Transport unknown"}`
		sid       = `{"code":1,"message":"Session ID unknown"}`
		method    = `{"code":2,"message":"Bad handshake method"}`
		bad       = `{"code":3,"message":"Bad request"}`
		version   = `{"code":5,"message":"Unsupported protocol version"}`
	)
	for _, tc := range []struct{ method, query, want string }{
		{"GET", "EIO=4", transport},
		{"GET", "EIO=4&transport=abc", transport},
		{"GET", "EIO=4&transport=webtransport", transport},
		{"GET", "EIO=4&transport=polling&j=0", transport}, // JSONP
		{"GET", "EIO=4&transport=polling&sid=nobody", sid},
		{"GET", "EIO=4&transport=polling&sid=other.AAAAAAAAAAAAAAAAAAAAAA", sid},
		{"POST", "EIO=4&transport=polling", method},
		{"PUT", "EIO=4&transport=polling", method},
		{"GET", "EIO=4&transport=websocket", bad}, // without an upgrade
		{"GET", "EIO=3&transport=polling", version},
		{"GET", "transport=polling", version},
		{"PUT", f.poll(), method},
	} {
		status, body := f.do(tc.method, tc.query, "")
		f.expect(tc.method+" "+tc.query, status, body, 400, tc.want)
	}
}

func TestOriginsAndPreflight(t *testing.T) {
	t.Parallel()
	f := start(t, Config{CORS: func(h http.Header, r *http.Request) bool {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		return r.Header.Get("Origin") != "https://evil.example"
	}}, &app{})
	ask := func(method, origin string) *http.Response {
		r, err := http.NewRequest(method, f.url+"/?"+pollingQuery, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Headers", "x-token")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	if res := ask("GET", "https://evil.example"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a refused origin gets %d", res.StatusCode)
	}
	res := ask("OPTIONS", "https://app.example")
	if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != "https://app.example" ||
		!strings.Contains(res.Header.Get("Access-Control-Allow-Methods"), "POST") ||
		res.Header.Get("Access-Control-Allow-Headers") != "x-token" {
		t.Errorf("preflight: %d %v", res.StatusCode, res.Header)
	}
	if res := ask("GET", "https://app.example"); res.Header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("GET: %v", res.Header)
	}
}

func TestForeignSessionIsForwarded(t *testing.T) {
	t.Parallel()
	f := start(t, Config{EdgeID: "a", Forward: func(owner string, w http.ResponseWriter, r *http.Request) bool {
		if owner != "b" {
			return false
		}
		_, _ = w.Write([]byte("from b"))
		return true
	}}, &app{})
	sid := newSID("b")
	status, body := f.do("GET", pollingQuery+"&sid="+sid, "")
	f.expect("b's session", status, body, 200, "from b")
	status, _ = f.do("GET", pollingQuery+"&sid="+newSID("c"), "")
	if status != 400 {
		t.Errorf("c's session: %d", status)
	}
	if query := f.poll(); !strings.Contains(query, "sid=a.") {
		t.Errorf("own session: %s", query)
	}
}

func TestSessionIDs(t *testing.T) {
	t.Parallel()
	a, b := newSID("edge-1"), newSID("edge-1")
	if a == b || len(a) != len("edge-1.")+22 {
		t.Errorf("%q, %q", a, b)
	}
	for sid, want := range map[string]string{
		a: "edge-1", "edge-1": "", "": "", ".AAAAAAAAAAAAAAAAAAAAAA": "", "a/b.AAAAAAAAAAAAAAAAAAAAAA": "",
		"a.AAAA": "", "a.AAAAAAAAAAAAAAAAAAAAA!": "", strings.Repeat("a", 65) + ".AAAAAAAAAAAAAAAAAAAAAA": "",
	} {
		if owner, ok := Owner(sid); ok != (want != "") || ok && owner != want {
			t.Errorf("Owner(%q) = %q, %v", sid, owner, ok)
		}
	}
}

func TestAdmitShedsOnlyNewSessions(t *testing.T) {
	t.Parallel()
	full := false
	f := start(t, Config{Admit: func(w http.ResponseWriter, _ *http.Request) bool {
		if full {
			unavailable(w)
		}
		return !full
	}}, &app{})
	query := f.poll()
	full = true
	if status, _ := f.do("GET", pollingQuery, ""); status != 503 {
		t.Errorf("new: %d", status)
	}
	status, body := f.do("POST", query, "4x")
	f.expect("existing", status, body, 200, "ok")
}
