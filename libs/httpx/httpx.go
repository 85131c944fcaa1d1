// Package httpx sets echo up the way every service of this project wants it:
// request ids, one access log line, panics caught, bodies bounded, and errors
// turned into the contract's JSON in exactly one place.
package httpx

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/wire"
)

// HeaderRequestID carries a request's id through edge and services.
const HeaderRequestID = "X-Request-Id"

// MaxBody is the most bytes a JSON body may have.
const MaxBody = 64 << 10

// Options of New.
type Options struct {
	Service  string // the metric's <service>
	Log      *zap.Logger
	Registry prometheus.Registerer
	// MapError turns a domain error into a wire error; nil result means "not
	// mine". It is the service's only error mapper.
	MapError func(error) *wire.Error
	// Timeout bounds one request; 0 = 10 s.
	Timeout time.Duration
}

// New returns an echo without routes.
func New(o Options) *echo.Echo {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = errorHandler(o)
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "wemaps", Subsystem: o.Service, Name: "http_request_duration_seconds",
		Help:    "Duration of REST requests by route and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"method", "route", "status"})
	o.Registry.MustRegister(duration)
	e.Use(observe(o, duration), deadline(o.Timeout))
	return e
}

// observe gives each request an id, catches panics, and writes the one log
// line and the one metric of the request, after its error was answered.
func observe(o Options, duration *prometheus.HistogramVec) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			start := time.Now()
			id := c.Request().Header.Get(HeaderRequestID)
			if !validID(id) {
				id = NewID()
			}
			c.Response().Header().Set(HeaderRequestID, id)
			c.Set(requestIDKey, id)
			defer func() {
				if r := recover(); r != nil {
					if r == http.ErrAbortHandler { //nolint:errorlint // the value that net/http compares, too
						panic(r)
					}
					err = fmt.Errorf("panic: %v", r)
					o.Log.Error("panic in handler", zap.Any("panic", r), zap.Stack("stack"), zap.String("request_id", id))
				}
				if err != nil {
					c.Error(err)
				}
				route := c.Path()
				if route == "" {
					route = "unmatched"
				}
				status := c.Response().Status
				took := time.Since(start)
				duration.WithLabelValues(c.Request().Method, route, strconv.Itoa(status)).Observe(took.Seconds())
				o.Log.Info("request", zap.String("method", c.Request().Method), zap.String("route", route), zap.Int("status", status),
					zap.Duration("duration", took), zap.String("request_id", id), zap.String("user_id", userID(c)))
				err = nil
			}()
			return next(c)
		}
	}
}

func deadline(d time.Duration) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ctx, cancel := context.WithTimeout(c.Request().Context(), d)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
			return next(c)
		}
	}
}

const requestIDKey = "wemaps.request_id"

// RequestID is the id of the request that c answers.
func RequestID(c echo.Context) string {
	id, _ := c.Get(requestIDKey).(string)
	return id
}

// NewID is a new UUIDv7: unique, and sorted by time.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

func validID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for _, r := range id {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// errorHandler is the one place where an error becomes an answer.
func errorHandler(o Options) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		we := toWire(o, err)
		body := wire.ErrorBody{Error: we.Message, Code: we.Code, RequestID: RequestID(c), Details: we.Details}
		if we.Code == wire.CodeRouteNotFound {
			body.Path = c.Request().URL.Path
			body.Timestamp = time.Now().UTC().Format(wire.TimeLayout)
		}
		status := we.HTTPStatus()
		if status >= http.StatusInternalServerError {
			level := zap.WarnLevel // a dependency is away, or load was shed on purpose
			if we.Code == wire.CodeInternal {
				level = zap.ErrorLevel
			}
			o.Log.Log(level, "request failed", zap.Error(err), zap.String("code", string(we.Code)), zap.String("request_id", RequestID(c)))
		}
		if we.RetryAfter > 0 {
			c.Response().Header().Set("Retry-After", strconv.Itoa(int((we.RetryAfter+time.Second-1)/time.Second)))
		}
		if c.Request().Method == http.MethodHead {
			_ = c.NoContent(status)
			return
		}
		_ = c.JSON(status, body) // fails only when the client has gone
	}
}

func toWire(o Options, err error) *wire.Error {
	var we *wire.Error
	if errors.As(err, &we) {
		return we
	}
	if o.MapError != nil {
		if we := o.MapError(err); we != nil {
			return we
		}
	}
	var he *echo.HTTPError
	if errors.As(err, &he) {
		switch he.Code {
		case http.StatusNotFound:
			return wire.NewError(wire.CodeRouteNotFound)
		case http.StatusMethodNotAllowed:
			return wire.NewError(wire.CodeMethodNotAllowed)
		case http.StatusRequestEntityTooLarge:
			return wire.NewError(wire.CodePayloadTooLarge)
		case http.StatusUnsupportedMediaType:
			return wire.NewError(wire.CodeUnsupportedMedia)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return wire.NewError(wire.CodeTimeout).Because(err)
	}
	if away(err) {
		return wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	}
	return wire.NewError(wire.CodeInternal).Because(err)
}

// away tells whether err comes from a server that cannot be reached, has just
// ended, starts, stops, or is out of resources: the request is in order, and the
// same one can succeed in a moment.
func away(err error) bool {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return true
	}
	var postgres interface{ SQLState() string }
	if !errors.As(err, &postgres) || len(postgres.SQLState()) < 2 {
		return false
	}
	switch postgres.SQLState()[:2] {
	case "08", "53", "57": // connection exception, insufficient resources, operator intervention
		return true
	}
	return false
}
