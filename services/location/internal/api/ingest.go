package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/ingest"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// What one phone may send; see ingest.Limiter. A phone that catches up after a
// day offline sends 10,000 fixes, one by one or in batches.
const (
	IngestRate  = 50     // points per second
	IngestBurst = 10_000 // points at once

	uploadTime = 2 * time.Minute  // for a body
	workTime   = 10 * time.Second // for all after it
)

// Devices knows the phones; see inlet.Devices.
type Devices interface {
	Grant(ctx context.Context, token string) (wire.DeviceGrant, error)
	Rooms(ctx context.Context, g wire.DeviceGrant) ([]string, error)
	Asked(ctx context.Context, user string, rooms []string) bool
	Shown(ctx context.Context, device string) (map[string]ingest.Shown, error)
	Remember(ctx context.Context, device string, changed map[string]ingest.Shown) error
}

// Commands is the way into the streams; see inlet.Commands.
type Commands interface {
	Append(ctx context.Context, commands []wire.Command) error
}

// Phones answers tracker apps that are not ours. Their queues decide what it
// says: a request that they would repeat in vain is answered 2xx, whatever is in
// it; 401 (OsmAnd: 400) means the token, and 503 that the same request will do
// in a moment. There is no 429: OwnTracks for iOS throws away what gets a 4xx.
type Phones struct {
	Devices   Devices
	Rooms     Rooms
	Positions Positions
	Commands  Commands
	Limiter   *ingest.Limiter
	Metrics   *PhoneMetrics
	Shared    *Shared
	// PublicURL is where phones find this deployment; empty = where the request for
	// a set-up went.
	PublicURL string
}

// Register adds the routes to e. A slash at the end is what people type.
func (p *Phones) Register(e *echo.Echo, verifier httpx.Verifier) {
	for _, slash := range []string{"", "/"} {
		e.POST(ingest.PathOwnTracks+slash, p.ownTracks)
		e.Any(ingest.PathOsmAnd+slash, p.osmAnd)
		e.Match([]string{http.MethodGet, http.MethodPost, http.MethodPut}, ingest.PathGPSLogger+slash, p.gpsLogger)
		e.POST(ingest.PathOverland+slash, p.overland)
	}
	e.POST("/api/devices/setup", p.setUp, httpx.Auth(verifier))
}

// PhoneMetrics counts what phones send.
type PhoneMetrics struct{ reports *prometheus.CounterVec }

// NewPhoneMetrics registers them.
func NewPhoneMetrics(r prometheus.Registerer) *PhoneMetrics {
	m := &PhoneMetrics{prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "location", Name: "ingest_total",
		Help: "What phones of other apps sent, by app and by what became of it: fix, heartbeat, or why it was ignored (no-room: its user is in none)."},
		[]string{"app", "outcome"})}
	r.MustRegister(m.reports)
	return m
}

func (m *PhoneMetrics) count(app string, r *ingest.Report, rooms int) {
	add := func(outcome string, n int) {
		if n > 0 {
			m.reports.WithLabelValues(app, outcome).Add(float64(n))
		}
	}
	outcome := "fix"
	if rooms == 0 {
		outcome = "no-room"
	}
	add(outcome, len(r.Fixes))
	if r.Heartbeat {
		add("heartbeat", 1)
	}
	for _, reason := range ingest.Reasons() {
		add(reason.String(), r.Ignored[reason])
	}
}

// credential is the token of a request's header: a bearer token, or the password
// of basic authentication, whoever the user is said to be.
func credential(r *http.Request) string {
	if token := httpx.Bearer(r.Header.Get(echo.HeaderAuthorization)); token != "" {
		return token
	}
	user, password, _ := r.BasicAuth()
	if password == "" {
		return user
	}
	return password
}

// body reads a whole body, with the patience that a phone on a bad network needs.
// The context is for the work after that: it does not end when the phone is gone,
// since what has come in counts. cancel is never nil.
func body(c echo.Context) (ctx context.Context, cancel context.CancelFunc, raw []byte, err error) {
	control, until := http.NewResponseController(c.Response()), time.Now().Add(uploadTime)
	_ = control.SetReadDeadline(until) // else the server's own deadlines hold
	_ = control.SetWriteDeadline(until.Add(uploadTime))
	raw, err = io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, wire.MaxIngestBytes))
	ctx, cancel = context.WithTimeout(context.WithoutCancel(c.Request().Context()), workTime)
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		err = wire.NewError(wire.CodePayloadTooLarge)
	case err != nil:
		err = wire.Errorf(wire.CodeInvalidJSON, "The request body could not be read").Because(err)
	}
	return ctx, cancel, raw, err
}

// take hands a report on to the rooms, which it returns. Its errors are those
// that make a phone try again.
func (p *Phones) take(ctx context.Context, app string, g wire.DeviceGrant, r *ingest.Report) ([]*position.Room, error) {
	received := time.Now()
	r.Settle(received)
	if wait := p.Limiter.Take(g.DeviceID, 1+len(r.Fixes), received); wait > 0 {
		e := wire.NewError(wire.CodeRateLimited).After(wait)
		e.Status = http.StatusServiceUnavailable
		return nil, e
	}
	rooms, err := p.rooms(ctx, g, received)
	if err != nil {
		return nil, err
	}
	if err := p.Commands.Append(ctx, commands(g, rooms, r, received)); err != nil {
		return nil, err
	}
	if r.Heartbeat && len(rooms) > 0 {
		ids := make([]string, 0, len(rooms))
		for _, room := range rooms {
			ids = append(ids, room.ID)
		}
		if err := p.Positions.Heard(ctx, ids, g.UserID, received); err != nil {
			return nil, err
		}
	}
	p.Metrics.count(app, r, len(rooms))
	return rooms, p.help(ctx, g, rooms, r)
}

// help calls for help in all rooms, if the phone does. It is the same call when
// the phone sends it again; one that cannot be stored makes it do so.
func (p *Phones) help(ctx context.Context, g wire.DeviceGrant, rooms []*position.Room, r *ingest.Report) error {
	if !r.SOS {
		return nil
	}
	request := sos.Request{}
	if f := r.Place; f != nil && f.Latitude >= -90 && f.Latitude <= 90 && f.Longitude >= -180 && f.Longitude <= 180 { // else from nowhere
		request.ID = g.DeviceID + " " + f.RecordedAt.UTC().Format(time.RFC3339Nano)
		request.Place = &sos.Place{Latitude: f.Latitude, Longitude: f.Longitude, Accuracy: -1, At: f.RecordedAt}
		if f.Accuracy > 0 {
			request.Place.Accuracy = f.Accuracy
		}
	}
	for _, room := range rooms {
		again := request // the service fills it in
		_, _, err := p.Shared.Calls.Raise(ctx, room.ID, sos.Who{ID: g.UserID, Name: g.UserName}, again)
		var invalid *sos.InvalidError
		var limited *sos.LimitedError
		switch {
		case errors.As(err, &limited), errors.As(err, &invalid):
			continue // the phone would only repeat it
		case err != nil:
			return fmt.Errorf("call for help: %w", err)
		}
		if err := p.Shared.Deliver(ctx, room.ID); err != nil {
			p.Shared.OnError(err)
		}
	}
	return nil
}

// rooms are those that a phone reports to: what it is bound to or where its user
// is, as far as the user is a member and the room is open.
func (p *Phones) rooms(ctx context.Context, g wire.DeviceGrant, now time.Time) ([]*position.Room, error) {
	ids, err := p.Devices.Rooms(ctx, g)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	found, certain, err := p.Rooms.Find(ctx, ids)
	if err != nil {
		return nil, err
	}
	open := found[:0]
	for _, room := range found {
		if room == nil && !certain {
			return nil, position.ErrUnavailable // it may be there in a moment
		}
		if room != nil && room.Admit(g.UserID, now) == nil {
			open = append(open, room)
		}
	}
	return open, nil
}

// commands are the fixes of a report for each room, the oldest first.
func commands(g wire.DeviceGrant, rooms []*position.Room, r *ingest.Report, received time.Time) []wire.Command {
	if len(rooms) == 0 {
		return nil
	}
	out := make([]wire.Command, 0, len(rooms)*len(r.Fixes))
	for i := range r.Fixes {
		data := string(appendUpdate(nil, &r.Fixes[i], deviceOf(g, r.Fixes[i].Device)))
		for _, room := range rooms {
			out = append(out, wire.Command{Type: wire.CommandUpdate, RoomID: room.ID, UserID: g.UserID, UserName: g.UserName, Received: received, Data: data})
		}
	}
	return out
}

// deviceOf tells phones apart: by the token, and by what the phone calls itself
// when one token is in two of them.
func deviceOf(g wire.DeviceGrant, name string) string {
	if name == "" {
		return g.DeviceID
	}
	return g.DeviceID + "/" + name
}

// appendUpdate appends wire.LocationUpdate as JSON, without the room, which the
// command has.
func appendUpdate(b []byte, f *position.Fix, device string) []byte {
	b = strconv.AppendFloat(append(b, `{"latitude":`...), f.Latitude, 'f', -1, 64)
	b = strconv.AppendFloat(append(b, `,"longitude":`...), f.Longitude, 'f', -1, 64)
	for _, o := range [...]struct {
		name  string
		value float64
	}{{"accuracy", f.Accuracy}, {"speed", f.Speed}, {"bearing", f.Bearing}, {"altitude", f.Altitude}, {"batteryLevel", f.BatteryLevel}} {
		if position.Known(o.value) {
			b = append(append(append(b, `,"`...), o.name...), `":`...)
			b = strconv.AppendFloat(b, o.value, 'f', -1, 64)
		}
	}
	if !f.Untimed {
		b = f.RecordedAt.UTC().AppendFormat(append(b, `,"recordedAt":"`...), wire.TimeLayout)
		b = append(b, '"')
	}
	return fmt.Appendf(b, `,"deviceId":%s}`, quoted(device))
}
