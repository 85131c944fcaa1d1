package api

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/labstack/echo/v4"
)

// finished is written when a build of the page has come to its end.
const finished = ".fingerprint"

const waitingHTML = `<h1>WeMaps</h1>
<p role="status">The page is being built, which takes a minute the first time. This tab shows it as soon as it is there.</p>
<p>If it does not come, the terminal says why. The system itself is up: <a href="/api/docs">what can be asked, and what is told</a>.</p>
`

// late is a page that is still being built when the edge starts, which is how a
// fresh machine has the system before it has the page. Until then all addresses
// of the page show one that says so, and asks again by itself.
type late struct {
	files   fs.FS
	config  AppConfig
	waiting page
	mu      sync.Mutex // of who looks whether it is there
	app     atomic.Pointer[app]
}

func newLate(files fs.FS, config AppConfig) *late {
	return &late{files: files, config: config, waiting: newPageWith("<meta http-equiv=\"refresh\" content=\"1\">\n", "WeMaps", waitingHTML)}
}

// register adds all routes that files of the page may have: which ones there
// will be is not known yet, and routes cannot be added later.
func (l *late) register(e *echo.Echo) {
	for _, route := range appRoutes {
		get(e, route, func(c echo.Context) error { return l.serve(c, appIndex) })
	}
	for _, route := range []string{"/assets/:name", "/icons/:name", "/sw.js", "/manifest.webmanifest", "/" + appIndex} {
		get(e, route, func(c echo.Context) error { return l.serve(c, strings.TrimPrefix(c.Request().URL.Path, "/")) })
	}
}

func (l *late) serve(c echo.Context, name string) error {
	a, err := l.look()
	if err != nil {
		return err
	}
	if a == nil {
		if name != appIndex {
			return echo.ErrNotFound
		}
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		return l.waiting.serve(c)
	}
	for i := range a.assets {
		if a.assets[i].name == name {
			return a.serve(c, &a.assets[i])
		}
	}
	return echo.ErrNotFound
}

// look returns the page, or nil if it is not there yet.
func (l *late) look() (*app, error) {
	if a := l.app.Load(); a != nil {
		return a, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.app.Load(); a != nil {
		return a, nil
	}
	if _, err := fs.Stat(l.files, finished); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	a, err := newApp(l.files, l.config)
	if err == nil && a != nil {
		l.app.Store(a)
	}
	return a, err
}
