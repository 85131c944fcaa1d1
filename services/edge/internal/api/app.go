package api

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/wire"
)

// appRoutes are the addresses within the page: each of them is answered with
// the page itself, which finds out what to show.
var appRoutes = []string{"/", "/r/:code", "/rooms/:id", "/view"}

const appIndex = "index.html"

// AppConfig is what a deployment may decide about the page.
type AppConfig struct {
	StyleURL    string   // of the map, in the style specification of MapLibre; empty = the outline that the page brings
	Attribution string   // shown on the map, besides what the style says of itself
	Origins     []string // further origins that the style loads from, such as https://tiles.example.org
}

// policy lets the page load what comes with it, talk to this server, and load
// the map from where it was told to.
func (c AppConfig) policy() string {
	from := ""
	for _, o := range c.Origins {
		from += " " + o
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; " +
		"img-src 'self' data: blob:" + from + "; connect-src 'self'" + from + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// serve answers GET /config.json, which the page reads when it starts.
func (c AppConfig) serve(to echo.Context) error {
	to.Response().Header().Set(echo.HeaderCacheControl, "no-cache")
	return to.JSON(http.StatusOK, struct {
		StyleURL    string `json:"styleUrl,omitempty"`
		Attribution string `json:"attribution,omitempty"`
	}{c.StyleURL, c.Attribution})
}

// app is the page for people: finished files, and what they may do.
type app struct {
	files  fs.FS
	policy string
	assets []asset
}

// asset is one file of the page.
type asset struct {
	name, mime, cache, tag string
	encodings              []string // that it is there in, the best first
}

// newApp looks through the files of the built page. Without any it is nil.
func newApp(files fs.FS, config AppConfig) (*app, error) {
	if _, err := fs.Stat(files, appIndex); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	a := &app{files: files, policy: config.policy()}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		one, err := newAsset(files, name)
		a.assets = append(a.assets, one)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("files of the page: %w", err)
	}
	return a, nil
}

func newAsset(files fs.FS, name string) (asset, error) {
	f, err := files.Open(name)
	if err != nil {
		return asset{}, fmt.Errorf("open: %w", err)
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return asset{}, fmt.Errorf("read %s: %w", name, err)
	}
	a := asset{name: name, mime: mimeOf(name), cache: "no-cache", tag: base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12])}
	if strings.HasPrefix(name, "assets/") { // its name changes with it
		a.cache = "public, max-age=31536000, immutable"
	}
	for _, e := range []string{"br", "gzip"} {
		if _, err := fs.Stat(files, name+suffixes[e]); err == nil {
			a.encodings = append(a.encodings, e)
		}
	}
	return a, nil
}

var suffixes = map[string]string{"br": ".br", "gzip": ".gz"}

// mimeOf does not ask the machine, which would know other types everywhere.
func mimeOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".json", ".geojson":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".ico":
		return "image/x-icon"
	default:
		if t := mime.TypeByExtension(ext); t != "" { // the few that Go knows itself: html, css, svg, png, …
			return t
		}
		return echo.MIMEOctetStream
	}
}

// register adds the page's addresses and one route for each of its files, so
// that whatever else is asked for stays unknown.
func (a *app) register(e *echo.Echo) {
	for i := range a.assets {
		f := &a.assets[i]
		h := func(c echo.Context) error { return a.serve(c, f) }
		get(e, "/"+f.name, h)
		if f.name == appIndex {
			for _, route := range appRoutes {
				get(e, route, h)
			}
		}
	}
}

func get(e *echo.Echo, route string, h echo.HandlerFunc) {
	e.Match([]string{http.MethodGet, http.MethodHead}, route, h)
}

func (a *app) serve(c echo.Context, f *asset) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, f.mime)
	h.Set(echo.HeaderCacheControl, f.cache)
	h.Set("Content-Security-Policy", a.policy)
	h.Set("Permissions-Policy", "geolocation=(self), screen-wake-lock=(self), camera=(), microphone=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	name, tag := f.name, f.tag
	if len(f.encodings) > 0 {
		h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	}
	if e := accepted(c.Request().Header.Get(echo.HeaderAcceptEncoding), f.encodings); e != "" {
		name, tag = name+suffixes[e], tag+"-"+e
		h.Set(echo.HeaderContentEncoding, e)
	}
	h.Set("ETag", `"`+tag+`"`)
	file, err := a.files.Open(name)
	if err != nil {
		return wire.NewError(wire.CodeInternal).Because(err)
	}
	defer func() { _ = file.Close() }()
	content, ok := file.(io.ReadSeeker)
	if !ok {
		return wire.NewError(wire.CodeInternal).Because(fmt.Errorf("%s cannot be read from anywhere", name))
	}
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, content)
	return nil
}

// accepted is the first of encodings that a client takes, by its
// Accept-Encoding (RFC 9110, 12.5.3).
func accepted(header string, encodings []string) string {
	for _, e := range encodings {
		for part := range strings.SplitSeq(header, ",") {
			name, parameters, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(name), e) {
				continue
			}
			if q, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q="); !ok || quality(q) > 0 {
				return e
			}
		}
	}
	return ""
}

func quality(q string) float64 {
	v, _ := strconv.ParseFloat(q, 64) // nonsense is a refusal
	return v
}
