package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/ingest"
	"github.com/wemaps/wemaps/services/location/internal/inlet"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// ownTracks answers with friends when the phone told where it is.
func (p *Phones) ownTracks(c echo.Context) error {
	grant, err := p.Devices.Grant(c.Request().Context(), credential(c.Request()))
	if err != nil {
		return err
	}
	ctx, cancel, raw, err := body(c)
	defer cancel()
	if err != nil {
		return err
	}
	report := ingest.OwnTracks(raw, c.Request().Header.Get("X-Limit-D"))
	rooms, err := p.take(ctx, "owntracks", grant, &report)
	if err != nil {
		return err
	}
	answer := []byte("[]") // never nothing: some versions of the app stop at it
	if report.Asks {
		answer = p.friends(ctx, grant, rooms, report.TID)
	}
	return c.JSONBlob(http.StatusOK, answer)
}

// friends is what OwnTracks shows. The fixes are safe by now: if something goes
// wrong here, the phone gets its friends the next time.
func (p *Phones) friends(ctx context.Context, g wire.DeviceGrant, rooms []*position.Room, own string) []byte {
	none := []byte("[]")
	newest := map[string]ingest.Friend{}
	ids := make([]string, 0, len(rooms))
	for _, room := range rooms {
		ids = append(ids, room.ID)
		others := slices.DeleteFunc(slices.Clone(room.Members), func(user string) bool { return user == g.UserID })
		live, err := p.Positions.Live(ctx, room.ID, others)
		if err != nil {
			return none
		}
		for _, raw := range live {
			var l wire.Location
			if json.Unmarshal(raw, &l) != nil {
				continue
			}
			if f, ok := newest[l.UserID]; !ok || l.RecordedAt.After(f.RecordedAt) {
				newest[l.UserID] = friendOf(&l)
			}
		}
	}
	ask := len(ids) > 0 && p.Devices.Asked(ctx, g.UserID, ids)
	if len(newest) == 0 && !ask {
		return none
	}
	shown, err := p.Devices.Shown(ctx, g.DeviceID)
	if err != nil {
		return none
	}
	friends := make([]ingest.Friend, 0, len(newest))
	for _, f := range newest {
		friends = append(friends, f)
	}
	answer, changed := ingest.Answer(friends, shown, own, ask, time.Now())
	if len(changed) > 0 && p.Devices.Remember(ctx, g.DeviceID, changed) != nil {
		return none // else a short name could be given to another one
	}
	return answer
}

func friendOf(l *wire.Location) ingest.Friend {
	optional := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return *v
	}
	return ingest.Friend{UserID: l.UserID, Name: l.UserName, Latitude: l.Latitude, Longitude: l.Longitude, Accuracy: optional(l.Accuracy),
		Speed: optional(l.Speed), Bearing: optional(l.Bearing), BatteryLevel: optional(l.BatteryLevel), RecordedAt: l.RecordedAt.Time}
}

// osmAnd takes any method. The token is in the request; who has none, or a wrong
// one, hears 400, as these clients know it.
func (p *Phones) osmAnd(c echo.Context) error {
	r := c.Request()
	ctx, cancel, raw, err := body(c)
	defer cancel()
	if err != nil {
		return err
	}
	token, report := ingest.OsmAnd(r.URL.Query(), r.Header.Get(echo.HeaderContentType), raw)
	if token == "" {
		token = credential(r)
	}
	grant, err := p.Devices.Grant(ctx, token)
	if errors.Is(err, inlet.ErrUnknownDevice) {
		e := wire.Errorf(wire.CodeInvalidToken, "Unknown device")
		e.Status = http.StatusBadRequest
		return e
	}
	if err != nil {
		return err
	}
	if _, err := p.take(ctx, "osmand", grant, &report); err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

// gpsLogger takes what a template sends, and the app's test, which sends nothing
// at all.
func (p *Phones) gpsLogger(c echo.Context) error {
	r := c.Request()
	ctx, cancel, raw, err := body(c)
	defer cancel()
	if err != nil {
		return err
	}
	token, report := ingest.GPSLogger(r.URL.Query(), r.Header.Get(echo.HeaderContentType), raw)
	if header := credential(r); header != "" {
		token = header
	}
	if token == "" && r.URL.RawQuery == "" && len(raw) == 0 {
		return c.NoContent(http.StatusOK)
	}
	grant, err := p.Devices.Grant(ctx, token)
	if err != nil {
		return err
	}
	if _, err := p.take(ctx, "gpslogger", grant, &report); err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

// overland takes a batch, which the app forgets when it reads "ok".
func (p *Phones) overland(c echo.Context) error {
	grant, err := p.Devices.Grant(c.Request().Context(), credential(c.Request()))
	if err != nil {
		return err
	}
	ctx, cancel, raw, err := body(c)
	defer cancel()
	if err != nil {
		return err
	}
	report := ingest.Overland(raw)
	if _, err := p.take(ctx, "overland", grant, &report); err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, []byte(`{"result":"ok"}`))
}
