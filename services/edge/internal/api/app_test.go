package api

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func serveApp(t *testing.T, files fstest.MapFS, config AppConfig) http.Handler {
	t.Helper()
	e := httpx.New(httpx.Options{Service: "edge", Log: zap.NewNop(), Registry: prometheus.NewRegistry()})
	if err := Register(e, Deps{Health: NewHealth(nil), Sockets: func() int { return 0 }, OpenAPI: []byte("{}"), AsyncAPI: []byte("{}"), App: files, Page: config}); err != nil {
		t.Fatal(err)
	}
	return e
}

func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestThePageIsServed(t *testing.T) {
	t.Parallel()
	h := serveApp(t, fstest.MapFS{
		"index.html": file("<page>"), "index.html.br": file("br"), "index.html.gz": file("gz"),
		"assets/a-1.js": file("js"), "sw.js": file("worker"), "app.webmanifest": file("{}"), ".fingerprint": file("x"),
	}, AppConfig{StyleURL: "https://maps.example.org/style.json", Attribution: "Maps", Origins: []string{"https://maps.example.org"}})
	for _, tc := range []struct {
		path, accept           string
		status                 int
		body, mime, cache, enc string
	}{
		{"/", "", 200, "<page>", "text/html; charset=utf-8", "no-cache", ""},
		{"/r/ABC123", "gzip, br", 200, "br", "text/html; charset=utf-8", "no-cache", "br"},
		{"/rooms/x", "gzip;q=1, br;q=0", 200, "gz", "text/html; charset=utf-8", "no-cache", "gzip"},
		{"/view", "br; q=nonsense", 200, "<page>", "text/html; charset=utf-8", "no-cache", ""},
		{"/assets/a-1.js", "br", 200, "js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ""},
		{"/sw.js", "", 200, "worker", "text/javascript; charset=utf-8", "no-cache", ""},
		{"/app.webmanifest", "", 200, "{}", "application/manifest+json", "no-cache", ""},
		{"/config.json", "", 200, `{"styleUrl":"https://maps.example.org/style.json","attribution":"Maps"}`, "application/json", "no-cache", ""},
		{"/.fingerprint", "", 404, "", "", "", ""},
		{"/index.html.br", "", 404, "", "", "", ""},
		{"/assets/", "", 404, "", "", "", ""},
		{"/nowhere", "", 404, "", "", "", ""},
	} {
		w := ask(h, http.MethodGet, tc.path, "Accept-Encoding", tc.accept)
		if w.Code != tc.status {
			t.Errorf("%s: %d", tc.path, w.Code)
			continue
		}
		if tc.status != 200 {
			if !strings.Contains(w.Body.String(), "ROUTE_NOT_FOUND") {
				t.Errorf("%s: %s", tc.path, w.Body)
			}
			continue
		}
		got := w.Header()
		if strings.TrimSpace(w.Body.String()) != tc.body || got.Get("Content-Type") != tc.mime || got.Get("Cache-Control") != tc.cache || got.Get("Content-Encoding") != tc.enc {
			t.Errorf("%s: %q %v", tc.path, w.Body, got)
		}
	}
	page := ask(h, http.MethodGet, "/")
	policy := page.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "connect-src 'self' https://maps.example.org;") {
		t.Error(policy)
	}
	if again := ask(h, http.MethodGet, "/", "If-None-Match", page.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("asked again: %d %q", again.Code, again.Body)
	}
	if other := ask(h, http.MethodGet, "/", "Accept-Encoding", "br"); other.Header().Get("ETag") == page.Header().Get("ETag") || other.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("two encodings, one tag: %v", other.Header())
	}
	if head := ask(h, http.MethodHead, "/"); head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("Content-Length") != "6" {
		t.Errorf("HEAD: %d %q %v", head.Code, head.Body, head.Header())
	}
}

// Without a built page people are told how to build it, and no page's file is there.
func TestThePageIsNotBuilt(t *testing.T) {
	t.Parallel()
	h := serveApp(t, fstest.MapFS{}, AppConfig{})
	for _, path := range []string{"/", "/r/ABC123"} {
		if w := ask(h, http.MethodGet, path); w.Code != 200 || !strings.Contains(w.Body.String(), "go tool task web") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := ask(h, http.MethodGet, "/config.json"); strings.TrimSpace(w.Body.String()) != "{}" { // for the page of a development server
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The edge of a fresh machine is up before its page is: whoever asks waits, and has the page as soon as all of it is there.
func TestThePageMayComeLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := httpx.New(httpx.Options{Service: "edge", Log: zap.NewNop(), Registry: prometheus.NewRegistry()})
	deps := Deps{Health: NewHealth(nil), Sockets: func() int { return 0 }, OpenAPI: []byte("{}"), AsyncAPI: []byte("{}"), App: fstest.MapFS{"index.html": file("old")}, Late: os.DirFS(dir)}
	if err := Register(e, deps); err != nil {
		t.Fatal(err)
	}
	is := func(path string, status int, body string) {
		t.Helper()
		if w := ask(e, http.MethodGet, path); w.Code != status || !strings.Contains(w.Body.String(), body) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	is("/", 200, `http-equiv="refresh"`)
	is("/r/ABC123", 200, "is being built")
	is("/assets/a-1.js", 404, "ROUTE_NOT_FOUND")
	write("index.html", "<page>")
	write("assets/a-1.js", "js")
	is("/rooms/x", 200, "is being built") // half of it is not the page
	write(".fingerprint", "x")
	is("/rooms/x", 200, "<page>")
	is("/assets/a-1.js", 200, "js")
	is("/assets/b.js", 404, "ROUTE_NOT_FOUND")
	is("/assets/..%2f.fingerprint", 404, "ROUTE_NOT_FOUND")
}
