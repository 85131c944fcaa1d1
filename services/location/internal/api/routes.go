// Package api is the REST surface of the location service.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/inlet"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/store"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// Rooms finds rooms; see store.Rooms.
type Rooms interface {
	Find(ctx context.Context, ids []string) (rooms []*position.Room, certain bool, err error)
}

// Positions reads live positions; see store.Positions.
type Positions interface {
	Live(ctx context.Context, room string, users []string) ([]json.RawMessage, error)
	Seen(ctx context.Context, room string, users []string) ([]json.RawMessage, store.Wishes, error)
	Signs(ctx context.Context, room string) (store.Signs, error)
	Heard(ctx context.Context, rooms []string, user string, at time.Time) error
}

// API answers requests.
type API struct {
	Rooms     Rooms
	Positions Positions
	Journeys  Journeys
}

// Register adds all routes to e.
func (a *API) Register(e *echo.Echo, verifier httpx.Verifier) {
	rooms := e.Group("/api/rooms", httpx.Auth(verifier))
	rooms.GET("/:id/locations", a.locations)
	rooms.GET("/:id/navigation", a.navigation)
}

// locations answers who is where, for members: all live positions, the asker's
// own among them, and how things are with those who have none.
func (a *API) locations(c echo.Context) error {
	room, err := a.room(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	live, wishes, err := a.Positions.Seen(ctx, room.ID, room.Members)
	if err != nil {
		return err
	}
	signs, err := a.Positions.Signs(ctx, room.ID)
	if err != nil {
		return err
	}
	if live == nil {
		live = []json.RawMessage{}
	}
	return c.JSON(http.StatusOK, wire.RoomLocations{RoomID: room.ID, Locations: live, Members: memberLocations(room.Members, live, wishes, signs, time.Now())})
}

// MapError is the service's only mapping of domain errors to REST.
func MapError(err error) *wire.Error {
	if e := privacyError(err); e != nil {
		return e
	}
	switch {
	case errors.Is(err, position.ErrRoomNotFound):
		return wire.NewError(wire.CodeRoomNotFound)
	case errors.Is(err, position.ErrRoomClosed):
		return wire.NewError(wire.CodeRoomClosed)
	case errors.Is(err, position.ErrRoomExpired):
		return wire.NewError(wire.CodeRoomExpired)
	case errors.Is(err, position.ErrNotMember):
		return wire.NewError(wire.CodeAccessDenied)
	case errors.Is(err, track.ErrNotFound):
		return wire.NewError(wire.CodeTrackNotFound)
	case errors.Is(err, track.ErrTooLong):
		return wire.NewError(wire.CodeTrackTooLong)
	case errors.Is(err, track.ErrTooMany):
		return wire.NewError(wire.CodeTooManyTracks)
	case errors.Is(err, track.ErrNotAllowed):
		return wire.NewError(wire.CodeRecordingForbidden)
	case errors.Is(err, track.ErrNotManager):
		return wire.NewError(wire.CodeForbidden)
	case errors.Is(err, inlet.ErrUnknownDevice):
		return wire.NewError(wire.CodeInvalidToken)
	case errors.Is(err, position.ErrUnavailable), errors.Is(err, inlet.ErrNotReady), errors.Is(err, inlet.ErrBehind):
		return wire.NewError(wire.CodeUnavailable).After(2 * time.Second)
	}
	return mapShared(err)
}
