package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

// Wishes stores what members say; see keep.Projection.
type Wishes interface {
	Change(ctx context.Context, c *wire.Command, change privacy.Change) (privacy.Sharing, error)
	ChangeZones(ctx context.Context, user, name string, change func(privacy.Zones, time.Time) (privacy.Zones, error)) (privacy.Zones, error)
	Append(ctx context.Context, commands []wire.Command) error
}

// Said reads it; see store.Sharing and store.Archive.
type Said interface {
	Of(ctx context.Context, room string, members []string) (store.Wishes, error)
}

// Zones reads a user's; see store.Archive.
type Zones interface {
	Zones(ctx context.Context, user string) (privacy.Zones, error)
}

// Shares knows what share links open; see store.Shares.
type Shares interface {
	Find(ctx context.Context, token string) (wire.ShareGrant, error)
}

// Privacy answers requests about what members show.
type Privacy struct {
	API
	Wishes  Wishes
	Said    Said
	Zones   Zones
	Shares  Shares
	Changes *redisx.Limiter // by user
}

// Register adds the routes to e.
func (p *Privacy) Register(e *echo.Echo, verifier httpx.Verifier) {
	rooms := e.Group("/api/rooms", httpx.Auth(verifier))
	rooms.GET("/:id/sharing", p.sharing)
	rooms.PUT("/:id/sharing", p.changeSharing)
	rooms.POST("/:id/locations/:userId/ask", p.ask)
	e.GET("/api/rooms/shared/:token/locations", p.shared)
	zones := e.Group("/api/privacy/zones", httpx.Auth(verifier))
	zones.GET("", p.zones)
	zones.POST("", p.createZone)
	zones.PUT("/:zoneId", p.updateZone)
	zones.DELETE("/:zoneId", p.deleteZone)
}

// limit bounds what one user changes: each change is a transaction, and news for
// a room.
func (p *Privacy) limit(c echo.Context) error { return limited(c, p.Changes) }

// limited refuses users who change too much too soon. With Redis away nothing is
// changed anyway, and nobody is refused here.
func limited(c echo.Context, changes *redisx.Limiter) error {
	wait, err := changes.Allow(c.Request().Context(), httpx.User(c).UserID)
	if err == nil && wait > 0 {
		return wire.NewError(wire.CodeRateLimited).After(wait)
	}
	return nil
}

// sharing answers what the asker shows, and how far the others are shown.
func (p *Privacy) sharing(c echo.Context) error {
	room, err := p.room(c)
	if err != nil {
		return err
	}
	wishes, err := p.Said.Of(c.Request().Context(), room.ID, room.Members)
	if err != nil {
		return err
	}
	if !wishes.Certain {
		return position.ErrUnavailable
	}
	return c.JSON(http.StatusOK, sharingResponse(room, httpx.User(c).UserID, wishes, time.Now()))
}

func sharingResponse(room *position.Room, user string, wishes store.Wishes, now time.Time) wire.SharingResponse {
	out := wire.SharingResponse{RoomID: room.ID, Sharing: shared(user, privacy.Shared()), Members: []wire.Sharing{}}
	for _, member := range room.Members {
		wish, said := wishes.Said[member]
		if !said {
			wish = privacy.Unsaid()
		}
		if member == user {
			out.Sharing = shared(user, wish.Sharing)
			continue
		}
		s := wire.Sharing{UserID: member, Precision: wish.Sharing.Level.String()}
		policy := wish.Policy()
		s.Paused = policy.Pausing(now) || policy.Ended(now)
		out.Members = append(out.Members, s)
	}
	return out
}

func shared(user string, s privacy.Sharing) wire.Sharing {
	out := wire.Sharing{UserID: user, Paused: s.Paused, Precision: s.Level.String()}
	if !s.PausedUntil.IsZero() {
		at := wire.At(s.PausedUntil)
		out.PausedUntil = &at
		out.Paused = out.Paused && time.Now().Before(s.PausedUntil)
	}
	if !s.Until.IsZero() {
		at := wire.At(s.Until)
		out.Until = &at
	}
	return out
}

// changeSharing is for the asker's own.
func (p *Privacy) changeSharing(c echo.Context) error {
	var req wire.SharingRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	room, err := p.room(c)
	if err != nil {
		return err
	}
	change, err := changeOf(&req)
	if err != nil {
		return err
	}
	if err := change.Check(time.Now()); err != nil {
		return err
	}
	if err := p.limit(c); err != nil {
		return err
	}
	ctx, user := c.Request().Context(), httpx.User(c)
	s, err := p.Wishes.Change(ctx, &wire.Command{RoomID: room.ID, UserID: user.UserID, UserName: user.Name}, change)
	if err != nil {
		return err
	}
	wishes, err := p.Said.Of(ctx, room.ID, room.Members)
	if err != nil {
		return err
	}
	out := sharingResponse(room, user.UserID, wishes, time.Now())
	out.Sharing = shared(user.UserID, s)
	return c.JSON(http.StatusOK, out)
}

func changeOf(req *wire.SharingRequest) (change privacy.Change, err error) {
	change.Paused = req.Paused
	if req.Precision != nil {
		level, err := privacy.ParseLevel(*req.Precision)
		if err != nil {
			return change, err
		}
		change.Level = &level
	}
	if change.PausedUntil, err = momentOf("pausedUntil", req.PausedUntil); err != nil {
		return change, err
	}
	if change.Until, err = momentOf("until", req.Until); err != nil {
		return change, err
	}
	if change == (privacy.Change{}) {
		return change, wire.NewError(wire.CodeNoUpdates)
	}
	return change, nil
}

func momentOf(field string, s *string) (*time.Time, error) {
	if s == nil {
		return nil, nil
	}
	if *s == "" {
		return &time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, *s)
	if err != nil {
		return nil, &privacy.InvalidError{Field: field, Rule: "must be an RFC 3339 time, or empty"}
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t, nil
}

// ask lets a member's devices be asked where they are.
func (p *Privacy) ask(c echo.Context) error {
	room, err := p.room(c)
	if err != nil {
		return err
	}
	user, asked := httpx.User(c), c.Param("userId")
	if !room.Has(asked) {
		return wire.NewError(wire.CodeMemberNotFound)
	}
	ctx, now := c.Request().Context(), time.Now()
	wishes, err := p.Said.Of(ctx, room.ID, []string{asked})
	if err != nil {
		return err
	}
	res := wire.LocationRequested{RoomID: room.ID, UserID: asked, AskedBy: user.UserID, AskedByName: user.Name, State: wire.AskAsked}
	if wishes.Policy(asked).Wherever(now) == privacy.Hidden {
		res.State = wire.AskPaused
		return c.JSON(http.StatusAccepted, res)
	}
	if err := p.limit(c); err != nil {
		return err
	}
	data, _ := json.Marshal(wire.AskLocation{RoomID: room.ID, UserID: asked}) // strings always marshal
	cmd := wire.Command{Type: wire.CommandAsk, RoomID: room.ID, UserID: user.UserID, UserName: user.Name, Received: now, Data: string(data)}
	if err := p.Wishes.Append(ctx, []wire.Command{cmd}); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, res)
}

// shared answers who is where for somebody who has a share link: what members
// see at most, under aliases.
func (p *Privacy) shared(c echo.Context) error {
	ctx, now := c.Request().Context(), time.Now()
	grant, err := p.Shares.Find(ctx, c.Param("token"))
	if err != nil {
		return err
	}
	rooms, certain, err := p.Rooms.Find(ctx, []string{grant.RoomID})
	switch {
	case err != nil:
		return err
	case rooms[0] == nil && certain:
		return position.ErrRoomNotFound
	case rooms[0] == nil:
		return position.ErrUnavailable
	}
	room := rooms[0]
	if err := room.Open(now); err != nil {
		return err
	}
	live, wishes, err := p.Positions.Seen(ctx, room.ID, room.Members)
	if err != nil {
		return err
	}
	signs, err := p.Positions.Signs(ctx, room.ID)
	if err != nil {
		return err
	}
	out := wire.SharedLocations{Locations: []wire.Location{}, Members: memberLocations(room.Members, live, wishes, signs, now)}
	for _, raw := range live {
		var l wire.Location
		if json.Unmarshal(raw, &l) == nil {
			out.Locations = append(out.Locations, wire.ViewerLocation(room.ID, l))
		}
	}
	for i := range out.Members {
		m := &out.Members[i]
		m.UserID = wire.Alias(room.ID, m.UserID)
		if m.State == wire.LocationPaused {
			m.State = wire.LocationHidden // why is for friends
		}
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store") // the address is the secret
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	return c.JSON(http.StatusOK, out)
}

func (p *Privacy) zones(c echo.Context) error {
	z, err := p.Zones.Zones(c.Request().Context(), httpx.User(c).UserID)
	if err != nil {
		return err
	}
	out := wire.PrivacyZonesResponse{Zones: []wire.PrivacyZone{}}
	for i := range z.Zones {
		out.Zones = append(out.Zones, publish.Zone(&z.Zones[i]))
	}
	return c.JSON(http.StatusOK, out)
}

func (p *Privacy) createZone(c echo.Context) error {
	return p.putZone(c, httpx.NewID(), http.StatusCreated)
}

func (p *Privacy) updateZone(c echo.Context) error {
	return p.putZone(c, c.Param("zoneId"), http.StatusOK)
}

func (p *Privacy) putZone(c echo.Context, id string, status int) error {
	var req wire.PrivacyZoneRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	zone, err := zoneOf(&req, id)
	if err != nil {
		return err
	}
	if err := p.limit(c); err != nil {
		return err
	}
	user := httpx.User(c)
	_, err = p.Wishes.ChangeZones(c.Request().Context(), user.UserID, user.Name, func(z privacy.Zones, now time.Time) (privacy.Zones, error) {
		if status == http.StatusOK && !z.Has(id) {
			return z, privacy.ErrZoneNotFound
		}
		return z.Put(zone, now)
	})
	if err != nil {
		return err
	}
	return c.JSON(status, wire.PrivacyZoneResponse{Zone: publish.Zone(&zone)})
}

func zoneOf(req *wire.PrivacyZoneRequest, id string) (privacy.Zone, error) {
	zone := privacy.Zone{ID: id, Seed: privacy.NewSeed()}
	for _, f := range []struct {
		name  string
		value *float64
		into  *float64
	}{{"latitude", req.Latitude, &zone.Latitude}, {"longitude", req.Longitude, &zone.Longitude}, {"radius", req.Radius, &zone.Radius}} {
		if f.value == nil {
			return zone, &privacy.InvalidError{Field: f.name, Rule: "is required"}
		}
		*f.into = *f.value
	}
	if req.Name == nil {
		return zone, &privacy.InvalidError{Field: "name", Rule: "is required"}
	}
	zone.Name = *req.Name
	if req.Precision != nil {
		level, err := privacy.ParseLevel(*req.Precision)
		if err != nil {
			return zone, err
		}
		zone.Level = level
	}
	return zone, zone.Check()
}

func (p *Privacy) deleteZone(c echo.Context) error {
	if err := p.limit(c); err != nil {
		return err
	}
	user, id := httpx.User(c), c.Param("zoneId")
	_, err := p.Wishes.ChangeZones(c.Request().Context(), user.UserID, user.Name, func(z privacy.Zones, now time.Time) (privacy.Zones, error) {
		return z.Remove(id, now)
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: "The privacy zone was deleted"})
}

// privacyError maps the errors of package privacy; nil = is none.
func privacyError(err error) *wire.Error {
	var invalid *privacy.InvalidError
	switch {
	case errors.As(err, &invalid):
		return wire.Invalid(invalid.Field, invalid.Rule)
	case errors.Is(err, store.ErrShareNotFound):
		return wire.NewError(wire.CodeShareNotFound)
	case errors.Is(err, privacy.ErrZoneNotFound):
		return wire.NewError(wire.CodeZoneNotFound)
	case errors.Is(err, privacy.ErrTooManyZones):
		return wire.Invalid("zones", fmt.Sprintf("must be at most %d", privacy.MaxZones))
	}
	return nil
}
