package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
)

// Services are the base URLs of the four.
type Services struct{ Auth, Room, Location, Chat string }

// ingestPrefix is where tracker apps send to. One of them throws away what is
// answered with a 4xx, and all try again after a 5xx.
const ingestPrefix = "/api/ingest/"

// uploadTime is how long a large body may take.
const uploadTime = 2 * time.Minute

// Proxy passes REST requests to the services.
type Proxy struct {
	addresses *Addresses
	limiter   *Limiter
	transport *http.Transport
	direct    map[string]*direct // by host and port
	log       *zap.Logger
	services  Services
}

// New starts nothing.
func New(s Services, a *Addresses, l *Limiter, log *zap.Logger) *Proxy {
	return &Proxy{addresses: a, limiter: l, log: log, services: s, transport: newTransport(), direct: map[string]*direct{}}
}

// newTransport keeps enough connections that a burst opens none.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		MaxIdleConns:          1024,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       60 * time.Second,
		ResponseHeaderTimeout: 15 * time.Second,
		DisableCompression:    true, // bytes pass as they are
	}
}

// Register adds the routes of all services.
func (p *Proxy) Register(e *echo.Echo) error {
	for _, route := range []struct {
		service  string
		limit    int64
		patterns []string
	}{
		{p.services.Auth, httpx.MaxBody, []string{"/api/auth/*"}},
		{p.services.Chat, httpx.MaxBody, []string{"/api/rooms/:id/messages", "/api/rooms/:id/messages/*"}},
		{p.services.Location, httpx.MaxBody, []string{"/api/rooms/:id/locations", "/api/rooms/:id/locations/*", "/api/rooms/:id/navigation", "/api/rooms/:id/sharing",
			"/api/rooms/:id/geofences", "/api/rooms/:id/geofences/*", "/api/rooms/:id/meeting-points", "/api/rooms/:id/meeting-points/*",
			"/api/rooms/:id/sos", "/api/rooms/:id/sos/*", "/api/rooms/:id/tracks", "/api/rooms/:id/tracks/*"}},
		{p.services.Location, httpx.MaxBody, []string{"/api/devices/setup", "/api/privacy/*", "/api/tracks", "/api/tracks/*"}},
		{p.services.Location, wire.MaxRouteBytes, []string{"/api/rooms/:id/route"}},
		// Files: a large one may be sent, or come, slowly.
		{p.services.Location, wire.MaxImportBytes, []string{"/api/tracks/imports", "/api/tracks/imports/:trackId/export", "/api/rooms/:id/tracks/:userId/export"}},
		{p.services.Location, wire.MaxIngestBytes, []string{ingestPrefix + "*"}},
		{p.services.Location, httpx.MaxBody, []string{"/api/rooms/shared/:token/locations"}},
		{p.services.Room, httpx.MaxBody, []string{"/api/rooms", "/api/rooms/*"}},
	} {
		h, err := p.to(route.service, route.limit)
		if err != nil {
			return err
		}
		for _, pattern := range route.patterns {
			e.Any(pattern, h)
		}
	}
	return nil
}

// failure carries what went wrong from the reverse proxy to the one place that
// answers errors.
type failure struct{ err error }

type failureKey struct{}

func (p *Proxy) to(base string, limit int64) (echo.HandlerFunc, error) {
	target, err := url.Parse(base)
	if err != nil || target.Host == "" {
		return nil, fmt.Errorf("service URL %q is not of the form http://host:port", base)
	}
	reverse := &httputil.ReverseProxy{
		Transport:  p.way(target, limit),
		BufferPool: &buffers{},
		ErrorLog:   zap.NewStdLog(p.log),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			client := p.addresses.Client(r.In)
			r.Out.Header.Set("X-Forwarded-For", client)
			r.Out.Header.Set("X-Real-Ip", client)
			r.Out.Header.Del("Forwarded")
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del(httpx.HeaderRequestID) // the edge has set it already
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) {
			if f, ok := r.Context().Value(failureKey{}).(*failure); ok {
				f.err = err
			}
		},
	}
	return func(c echo.Context) error {
		r := c.Request()
		if wait := p.limiter.Allow(p.addresses.Client(r), time.Now()); wait > 0 {
			return tooMany(r, wait)
		}
		if r.ContentLength > limit {
			return wire.NewError(wire.CodePayloadTooLarge)
		}
		f := &failure{}
		ctx := context.WithValue(r.Context(), failureKey{}, f)
		if limit > httpx.MaxBody {
			var cancel context.CancelFunc
			ctx, cancel = patient(ctx, c.Response())
			defer cancel()
		}
		out := r.WithContext(ctx)
		out.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		out.Header.Set(httpx.HeaderRequestID, httpx.RequestID(c))
		reverse.ServeHTTP(c.Response(), out)
		return answer(f.err)
	}, nil
}

// way is how requests with bodies of at most limit bytes get to a service. The answer to a large one may come before
// all of it has gone out, which takes a connection that is read meanwhile.
func (p *Proxy) way(target *url.URL, limit int64) http.RoundTripper {
	if target.Scheme != "http" || limit > httpx.MaxBody {
		return p.transport
	}
	addr := target.Host
	if target.Port() == "" {
		addr = net.JoinHostPort(target.Hostname(), "80")
	}
	if p.direct[addr] == nil {
		p.direct[addr] = newDirect(addr)
	}
	return p.direct[addr]
}

// patient lets a large body take its time: a phone on a bad network that is cut
// off starts again, with the same bytes, and never comes through.
func patient(ctx context.Context, w http.ResponseWriter) (context.Context, context.CancelFunc) {
	control, until := http.NewResponseController(w), time.Now().Add(uploadTime)
	_ = control.SetReadDeadline(until) // else the server's own deadlines hold
	_ = control.SetWriteDeadline(until.Add(uploadTime))
	return context.WithDeadline(context.WithoutCancel(ctx), until)
}

func tooMany(r *http.Request, wait time.Duration) error {
	e := wire.NewError(wire.CodeRateLimited).After(wait)
	if strings.HasPrefix(r.URL.Path, ingestPrefix) {
		e.Status = http.StatusServiceUnavailable
	}
	return e
}

// answer is what the client is told when a service could not be asked.
func answer(err error) error {
	var tooBig *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooBig):
		return wire.NewError(wire.CodePayloadTooLarge)
	case errors.Is(err, context.DeadlineExceeded):
		return wire.NewError(wire.CodeTimeout).Because(err)
	case errors.Is(err, context.Canceled): // the client has gone: for the log only
		gone := wire.NewError(wire.CodeUnavailable).Because(err)
		gone.Status = 499
		return gone
	}
	return wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
}

// buffers lends the memory that answers are copied with.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 16<<10)
}

func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
