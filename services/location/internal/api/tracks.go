package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/store"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// Archive keeps tracks; see store.Tracks.
type Archive interface {
	Recording(ctx context.Context, room, user string) (store.Recording, error)
	ViewerSince(ctx context.Context, room, user string) (since time.Time, ok bool, err error)
	Own(ctx context.Context, user, room string) ([]store.Device, error)
	Seen(ctx context.Context, users []string, room string, since time.Time) ([]store.Device, error)
	Each(ctx context.Context, d *store.Device, from, to time.Time, least privacy.Level, fn func(p track.Point, level privacy.Level) error) error
	Erase(ctx context.Context, user, room string, now time.Time) error
	Import(ctx context.Context, i store.Import, segments [][]track.Point, most int) (stored store.Import, fresh bool, err error)
	Imports(ctx context.Context, user string, most int) ([]store.Import, error)
	Imported(ctx context.Context, user, id string) (store.Import, error)
	EachImported(ctx context.Context, id string, fn func(segment int, p track.Point) error) error
	Discard(ctx context.Context, user, id string) error
}

// Switch turns recording on and off; see record.Switch.
type Switch interface {
	Allow(ctx context.Context, room, by string, members []string, allow bool) error
	Agree(ctx context.Context, room, user string, agree bool) error
}

// Tracks answers requests about recorded and imported tracks.
type Tracks struct {
	API
	Archive Archive
	Switch  Switch
	Changes *redisx.Limiter // by user
}

// me stands for the asker in a path.
const me = "me"

// Register adds the routes to e.
func (t *Tracks) Register(e *echo.Echo, verifier httpx.Verifier) {
	rooms := e.Group("/api/rooms/:id/tracks", httpx.Auth(verifier))
	rooms.GET("", t.list)
	rooms.DELETE("", t.erase)
	rooms.GET("/recording", t.recording)
	rooms.PUT("/recording", t.changeRecording)
	rooms.GET("/:userId", t.show)
	rooms.GET("/:userId/export", t.export)
	own := e.Group("/api/tracks", httpx.Auth(verifier))
	own.GET("", t.listOwn)
	own.DELETE("", t.eraseAll)
	own.POST("/imports", t.importGPX)
	own.GET("/imports/:trackId", t.showImported)
	own.GET("/imports/:trackId/export", t.exportImported)
	own.DELETE("/imports/:trackId", t.discard)
}

// limit bounds what one user changes.
func (t *Tracks) limit(c echo.Context) error { return limited(c, t.Changes) }

// roomID is the room in the path, for one's own tracks: they stay their owner's
// when the room is gone.
func roomID(c echo.Context) (string, error) {
	id := c.Param("id")
	if id == "" || len(id) > wire.MaxIDBytes {
		return "", position.ErrRoomNotFound
	}
	return id, nil
}

// list answers what there is in a room: all of the asker's, and of the other
// members, as long as the asker is one, what they have let others see.
func (t *Tracks) list(c echo.Context) error {
	id, err := roomID(c)
	if err != nil {
		return err
	}
	ctx, user := c.Request().Context(), httpx.User(c).UserID
	own, err := t.Archive.Own(ctx, user, id)
	if err != nil {
		return err
	}
	out := wire.TracksResponse{Devices: devicesOf(own, true)}
	room, err := t.room(c)
	switch {
	case err == nil:
	case len(own) > 0 && !errors.Is(err, position.ErrUnavailable): // not a member any more, or the room has ended
		return c.JSON(http.StatusOK, out)
	default:
		return err
	}
	since, ok, err := t.Archive.ViewerSince(ctx, id, user)
	if err != nil {
		return err
	}
	if ok {
		others, err := t.Archive.Seen(ctx, without(room.Members, user), id, since)
		if err != nil {
			return err
		}
		for i := range others {
			others[i].From = later(others[i].From, since)
		}
		out.Devices = append(out.Devices, devicesOf(others, false)...)
	}
	return c.JSON(http.StatusOK, out)
}

func without(users []string, user string) []string {
	others := make([]string, 0, len(users))
	for _, u := range users {
		if u != user {
			others = append(others, u)
		}
	}
	return others
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// alias is what others know a device by: its name may tell what nobody asked.
func alias(d *store.Device) string {
	sum := sha256.Sum256([]byte(d.Room + "\x00" + d.User + "\x00" + d.Name))
	return hex.EncodeToString(sum[:4])
}

func devicesOf(devices []store.Device, own bool) []wire.TrackDevice {
	out := make([]wire.TrackDevice, 0, len(devices))
	for i := range devices {
		d := &devices[i]
		name := d.Name
		if !own {
			name = alias(d)
		}
		out = append(out, wire.TrackDevice{UserID: d.User, RoomID: d.Room, Device: name, From: wire.At(d.From), To: wire.At(d.To)})
	}
	return out
}

// query is what is asked of a track.
type query struct {
	from, to  time.Time
	device    string // "" = all
	tolerance float64
	points    bool
}

func parseQuery(c echo.Context) (q query, err error) {
	q = query{to: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), from: time.UnixMilli(0), device: c.QueryParam("device"), points: true}
	for name, to := range map[string]*time.Time{"from": &q.from, "to": &q.to} {
		if s := c.QueryParam(name); s != "" {
			if *to, err = time.Parse(time.RFC3339Nano, s); err != nil || to.Year() < 1970 || to.Year() > 9999 {
				return q, wire.Errorf(wire.CodeValidation, "%s must be an RFC 3339 time", name)
			}
		}
	}
	if s := c.QueryParam("tolerance"); s != "" {
		q.tolerance, err = strconv.ParseFloat(s, 64)
		if err != nil || !(q.tolerance >= 0 && q.tolerance <= wire.MaxTrackTolerance) {
			return q, wire.Errorf(wire.CodeValidation, "tolerance must be a number of metres from 0 to %.0f", wire.MaxTrackTolerance)
		}
	}
	if s := c.QueryParam("points"); s != "" {
		if q.points, err = strconv.ParseBool(s); err != nil {
			return q, wire.Errorf(wire.CodeValidation, "points must be true or false")
		}
	}
	if len(q.device) > 4*position.MaxDeviceRunes {
		return q, wire.Errorf(wire.CodeValidation, "device must have at most %d characters", position.MaxDeviceRunes)
	}
	return q, nil
}

// sources are the devices of a member whose points the asker may read: one's own
// always and as they are, those of others as their owners let them be seen, from
// when on the asker is a member.
func (t *Tracks) sources(c echo.Context, q *query) (user string, sources []source, err error) {
	id, err := roomID(c)
	if err != nil {
		return "", nil, err
	}
	ctx, asker := c.Request().Context(), httpx.User(c).UserID
	user = c.Param("userId")
	own := user == me || user == asker
	var devices []store.Device
	if own {
		user = asker
		devices, err = t.Archive.Own(ctx, user, id)
	} else {
		devices, err = t.others(c, id, user, q)
	}
	if err != nil {
		return "", nil, err
	}
	for i := range devices {
		d := &devices[i]
		name := d.Name
		if !own {
			name = alias(d)
		}
		if q.device == "" || q.device == name {
			sources = append(sources, t.source(d, name, own, *q))
		}
	}
	if len(sources) == 0 {
		return "", nil, track.ErrNotFound
	}
	return user, sources, nil
}

func (t *Tracks) others(c echo.Context, id, user string, q *query) ([]store.Device, error) {
	room, err := t.room(c)
	if err != nil {
		return nil, err
	}
	if !room.Has(user) {
		return nil, track.ErrNotFound
	}
	ctx := c.Request().Context()
	since, ok, err := t.Archive.ViewerSince(ctx, id, httpx.User(c).UserID)
	if err != nil || !ok {
		return nil, err
	}
	q.from = later(q.from, since)
	return t.Archive.Seen(ctx, []string{user}, id, q.from)
}

func (t *Tracks) source(d *store.Device, name string, own bool, q query) source {
	least := privacy.Approximate
	if own {
		least = privacy.Hidden
	}
	return source{name: name, each: func(ctx context.Context, fn func(int, track.Point) error) error {
		return t.Archive.Each(ctx, d, q.from, q.to, least, func(p track.Point, level privacy.Level) error {
			if !own {
				var shown bool
				if p, shown = track.Show(p, level); !shown {
					return nil
				}
			}
			return fn(0, p)
		})
	}}
}

// show answers somebody's way.
func (t *Tracks) show(c echo.Context) error {
	q, err := parseQuery(c)
	if err != nil {
		return err
	}
	user, sources, err := t.sources(c, &q)
	if err != nil {
		return err
	}
	return t.answer(c, wire.TrackResponse{UserID: user, RoomID: c.Param("id"), Tolerance: q.tolerance}, sources, q)
}

func (t *Tracks) answer(c echo.Context, out wire.TrackResponse, sources []source, q query) error {
	b := &builder{most: wire.MaxTrackPoints, points: q.points}
	for _, s := range sources {
		b.begin()
		if err := walk(c.Request().Context(), s, q.tolerance, b, b); err != nil {
			return err
		}
		b.end()
	}
	out.Devices = b.devices
	return c.JSON(http.StatusOK, out)
}

// erase deletes what was recorded of the asker in a room.
func (t *Tracks) erase(c echo.Context) error {
	id, err := roomID(c)
	if err != nil {
		return err
	}
	if err := t.limit(c); err != nil {
		return err
	}
	if err := t.Archive.Erase(c.Request().Context(), httpx.User(c).UserID, id, time.Now().UTC()); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// number is v as JSON has it: absent if it is not known.
func number(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}
