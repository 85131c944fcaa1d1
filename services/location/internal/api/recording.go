package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// recording answers whether a room allows recording, and whether the asker is.
func (t *Tracks) recording(c echo.Context) error {
	room, err := t.room(c)
	if err != nil {
		return err
	}
	return t.recordingOf(c, room.ID)
}

func (t *Tracks) recordingOf(c echo.Context, room string) error {
	r, err := t.Archive.Recording(c.Request().Context(), room, httpx.User(c).UserID)
	if err != nil {
		return err
	}
	out := wire.Recording{RoomID: room, RoomAllows: r.Allows, Mine: !r.Since.IsZero()}
	if out.Mine {
		since := wire.At(r.Since)
		out.Since = &since
	}
	return c.JSON(http.StatusOK, out)
}

// changeRecording lets the room record, which is for those who manage it, and the
// asker be recorded. When a room allows no more everybody's recording ends.
func (t *Tracks) changeRecording(c echo.Context) error {
	var body wire.RecordingRequest
	if err := httpx.Bind(c, &body); err != nil {
		return err
	}
	if body.RoomAllows == nil && body.Mine == nil {
		return wire.NewError(wire.CodeNoUpdates)
	}
	room, err := t.room(c)
	if err != nil {
		return err
	}
	ctx, user := c.Request().Context(), httpx.User(c).UserID
	if body.RoomAllows != nil && !room.Manages(user) {
		return track.ErrNotManager
	}
	if err := t.limit(c); err != nil {
		return err
	}
	if body.RoomAllows != nil {
		if err := t.Switch.Allow(ctx, room.ID, user, room.Members, *body.RoomAllows); err != nil {
			return err
		}
	}
	if body.Mine != nil {
		if err := t.Switch.Agree(ctx, room.ID, user, *body.Mine); err != nil {
			return err
		}
	}
	return t.recordingOf(c, room.ID)
}
