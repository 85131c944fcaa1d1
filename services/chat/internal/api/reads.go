package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// markRead answers PUT /api/rooms/:id/messages/read.
func (h *handlers) markRead(c echo.Context) error {
	var body wire.MarkRead
	roomID, err := bindChange(c, &body)
	if err != nil {
		return err
	}
	body.RoomID = roomID
	reply, err := h.command(c, wire.CommandRead, roomID, body)
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, []byte(reply.Data))
}

// receipts answers GET /api/rooms/:id/messages/receipts.
func (h *handlers) receipts(c echo.Context) error {
	roomID, err := h.readable(c)
	if err != nil {
		return err
	}
	reads, err := h.Reads.Receipts(c.Request().Context(), roomID)
	if err != nil {
		return err
	}
	out := wire.ReceiptsResponse{RoomID: roomID, Receipts: make([]wire.MessageRead, len(reads))}
	for i, r := range reads {
		out.Receipts[i] = publish.Receipt(r)
	}
	return c.JSON(http.StatusOK, out)
}

// unread answers GET /api/rooms/:id/messages/unread.
func (h *handlers) unread(c echo.Context) error {
	roomID, err := h.readable(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	head, err := h.Heads.Head(ctx, roomID)
	if err != nil {
		return err
	}
	n, readSeq, err := h.Reads.Unread(ctx, roomID, httpx.User(c).UserID, time.Now().Add(-h.Retention))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.UnreadResponse{RoomID: roomID, Unread: n, ReadSeq: readSeq, LastSeq: max(head.Last, readSeq)})
}

// readable is the room of the path, if the user may read there.
func (h *handlers) readable(c echo.Context) (roomID string, err error) {
	if roomID, err = roomParam(c); err != nil {
		return "", err
	}
	standings, err := h.Members.Standings(c.Request().Context(), []message.Ask{{RoomID: roomID, UserID: httpx.User(c).UserID}})
	if err != nil {
		return "", wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	}
	return roomID, standings[0].MayRead()
}
