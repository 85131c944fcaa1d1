package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

func request(remote string, header map[string]string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://edge.test/", nil)
	r.RemoteAddr = remote
	for k, v := range header {
		r.Header.Set(k, v)
	}
	return r
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	a, err := NewAddresses([]string{"10.0.0.0/8", "192.0.2.1", " "})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.5:1", "", "203.0.113.5"},
		{"203.0.113.5:1", "6.6.6.6", "203.0.113.5"}, // nobody's word is believed
		{"10.1.2.3:1", "203.0.113.5", "203.0.113.5"},
		{"10.1.2.3:1", "6.6.6.6, 203.0.113.5", "203.0.113.5"},
		{"10.1.2.3:1", "203.0.113.5, 192.0.2.1", "203.0.113.5"},
		{"10.1.2.3:1", "203.0.113.5, nonsense", "10.1.2.3"},
		{"10.1.2.3:1", "", "10.1.2.3"},
		{"[2001:db8::1]:1", "", "2001:db8::1"},
	} {
		h := map[string]string{}
		if c.forwarded != "" {
			h["X-Forwarded-For"] = c.forwarded
		}
		if got := a.Client(request(c.remote, h)); got != c.want {
			t.Errorf("%s forwarded for %q is %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
	if _, err := NewAddresses([]string{"example.com"}); err == nil {
		t.Error("a name was taken for an address")
	}
}

// Inherited mistake 21: any origin is let in with credentials.
func TestOrigins(t *testing.T) {
	t.Parallel()
	listed, err := NewCORS([]string{"https://app.test", "http://localhost:*", ""})
	if err != nil {
		t.Fatal(err)
	}
	anyone, err := NewCORS([]string{"*"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		cors         *CORS
		origin, want string
		credentials  bool
		in           bool
	}{
		{listed, "", "", false, true},
		{listed, "https://app.test", "https://app.test", true, true},
		{listed, "https://APP.test", "https://APP.test", true, true},
		{listed, "http://localhost:5173", "http://localhost:5173", true, true},
		{listed, "http://localhost", "http://localhost", true, true},
		{listed, "http://localhost.evil.test", "", false, false},
		{listed, "http://localhost:80.evil.test", "", false, false},
		{listed, "http://app.test", "", false, false},
		{listed, "null", "", false, false},
		{listed, "http://edge.test", "", false, true}, // our own page
		{anyone, "https://evil.test", "*", false, true},
	} {
		h := http.Header{}
		r := request("203.0.113.5:1", nil)
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		in := c.cors.Apply(h, r)
		if in != c.in || h.Get("Access-Control-Allow-Origin") != c.want || (h.Get("Access-Control-Allow-Credentials") == "true") != c.credentials {
			t.Errorf("%q: in %v, %v", c.origin, in, h)
		}
	}
	for _, bad := range []string{"app.test", "https://app.test/path", "https://*.test"} {
		if _, err := NewCORS([]string{bad}); err == nil {
			t.Errorf("%q was taken for an origin", bad)
		}
	}
}

// A tracker app that hears 429 throws its fixes away; 503 makes it wait.
func TestFloodsOfPhonesAreTransient(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{"/api/rooms": http.StatusTooManyRequests, "/api/ingest/owntracks": http.StatusServiceUnavailable} {
		var e *wire.Error
		if err := tooMany(httptest.NewRequest(http.MethodPost, path, nil), time.Second); !errors.As(err, &e) || e.HTTPStatus() != want || e.RetryAfter != time.Second {
			t.Errorf("%s: %v", path, e)
		}
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	l := NewLimiter(10, 20)
	now := time.Unix(1_700_000_000, 0)
	allowed := func(client string, n int) (ok int) {
		for range n {
			if l.Allow(client, now) == 0 {
				ok++
			}
		}
		return ok
	}
	if n := allowed("203.0.113.5", 50); n != 20 {
		t.Errorf("%d at once, want 20", n)
	}
	if n := allowed("::ffff:203.0.113.5", 1); n != 0 {
		t.Error("the same address in another form counts anew")
	}
	now = now.Add(time.Second)
	if n := allowed("203.0.113.5", 50); n != 10 {
		t.Errorf("%d after a second, want 10", n)
	}
	if n := allowed("2001:db8::1", 15) + allowed("2001:db8::2", 15); n != 20 {
		t.Errorf("%d of one IPv6 network, want 20", n)
	}
	if n := allowed("127.0.0.1", 500); n != 500 {
		t.Errorf("this machine is limited after %d", n)
	}
	for i := range 2 * maxBuckets {
		now = now.Add(time.Millisecond)
		l.Allow(fmt.Sprintf("198.18.%d.%d", i>>8&255, i&255), now)
		l.Allow(fmt.Sprintf("2001:db8:%x::1", i), now)
	}
	if n := len(l.buckets); n > maxBuckets+1 {
		t.Errorf("%d addresses are remembered", n)
	}
}
