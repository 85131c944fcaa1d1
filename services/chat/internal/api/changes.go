package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
)

// edit answers PATCH /api/rooms/:id/messages/:messageId.
func (h *handlers) edit(c echo.Context) error {
	var body wire.EditMessage
	roomID, err := bindChange(c, &body)
	if err != nil {
		return err
	}
	body.RoomID, body.MessageID = roomID, c.Param("messageId")
	reply, err := h.command(c, wire.CommandEdit, roomID, body)
	if err != nil {
		return err
	}
	if reply.Event != wire.EventMessageEdited { // it was deleted meanwhile
		return wire.NewError(wire.CodeMessageDeleted)
	}
	return c.JSONBlob(http.StatusOK, []byte(`{"message":`+reply.Data+`}`))
}

// remove answers DELETE /api/rooms/:id/messages/:messageId. Twice is fine.
func (h *handlers) remove(c echo.Context) error {
	roomID, err := roomParam(c)
	if err != nil {
		return err
	}
	reply, err := h.command(c, wire.CommandDelete, roomID, wire.DeleteMessage{RoomID: roomID, MessageID: c.Param("messageId")})
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, []byte(reply.Data))
}

// react answers POST /api/rooms/:id/messages/:messageId/reactions.
func (h *handlers) react(c echo.Context) error {
	var body wire.ReactToMessage
	roomID, err := bindChange(c, &body)
	if err != nil {
		return err
	}
	body.RoomID, body.MessageID = roomID, c.Param("messageId")
	reply, err := h.command(c, wire.CommandReact, roomID, body)
	if err != nil {
		return err
	}
	if reply.Event != wire.EventMessageReaction {
		return wire.NewError(wire.CodeMessageDeleted)
	}
	return c.JSONBlob(http.StatusOK, []byte(reply.Data))
}

func bindChange(c echo.Context, body any) (roomID string, err error) {
	if roomID, err = roomParam(c); err != nil {
		return "", err
	}
	return roomID, httpx.Bind(c, body)
}
