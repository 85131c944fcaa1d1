package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/consume"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

type handlers struct{ Deps }

// list answers GET /api/rooms/:id/messages?before&after&limit&afterRev&system.
func (h *handlers) list(c echo.Context) error {
	roomID, err := roomParam(c)
	if err != nil {
		return err
	}
	q, err := query(c, roomID)
	if err != nil {
		return err
	}
	if _, err := h.readable(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	head, err := h.Heads.Head(ctx, roomID)
	if err != nil {
		return err
	}
	page, _, err := h.History.Page(ctx, q, head)
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, publish.EncodePage(roomID, page))
}

// post answers POST /api/rooms/:id/messages, after the commit. A request that
// timed out may be repeated with the same clientId: it stays one message.
func (h *handlers) post(c echo.Context) error {
	roomID, err := roomParam(c)
	if err != nil {
		return err
	}
	var body wire.SendMessage
	if err := httpx.Bind(c, &body); err != nil {
		return err
	}
	body.RoomID = roomID
	reply, err := h.command(c, wire.CommandSend, roomID, body)
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusCreated, []byte(`{"message":`+reply.Data+`}`))
}

// command has the room's writer do what a socket could ask for, too.
func (h *handlers) command(c echo.Context, kind, roomID string, body any) (wire.Envelope, error) {
	user, ctx := httpx.User(c), c.Request().Context()
	if wait, err := h.Limiter.Allow(ctx, user.UserID); err == nil && wait > 0 {
		return wire.Envelope{}, wire.NewError(wire.CodeRateLimited).After(wait)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return wire.Envelope{}, fmt.Errorf("encode command: %w", err)
	}
	return h.Commands.Do(ctx, httpx.NewID(), wire.Command{Type: kind, RoomID: roomID, UserID: user.UserID,
		UserName: user.Name, Received: time.Now(), Data: string(data)})
}

func roomParam(c echo.Context) (string, error) {
	id := c.Param("id")
	if id == "" || len(id) > wire.MaxIDBytes || strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }) {
		return "", wire.NewError(wire.CodeRoomNotFound)
	}
	return id, nil
}

func query(c echo.Context, roomID string) (message.Query, error) {
	var bounds [3]*int64
	for i, name := range [...]string{"before", "after", "afterRev"} {
		n, given, err := number(c, name)
		if err != nil {
			return message.Query{}, err
		}
		if given {
			bounds[i] = &n
		}
	}
	limit, given, err := number(c, "limit")
	if err != nil {
		return message.Query{}, err
	}
	if given && (limit < 1 || limit > wire.MaxHistoryLimit) {
		limit = -1 // 0 would mean the default
	}
	system := false
	if raw := c.QueryParam("system"); raw != "" {
		if system, err = strconv.ParseBool(raw); err != nil {
			return message.Query{}, wire.Errorf(wire.CodeValidation, "system must be true or false")
		}
	}
	return consume.Query(wire.HistoryRequest{RoomID: roomID, Before: bounds[0], After: bounds[1], AfterRev: bounds[2], Limit: int(limit), System: system})
}

func number(c echo.Context, name string) (n int64, given bool, err error) {
	raw := c.QueryParam(name)
	if raw == "" {
		return 0, false, nil
	}
	if n, err = strconv.ParseInt(raw, 10, 64); err != nil {
		return 0, false, wire.Errorf(wire.CodeValidation, "%s must be a whole number", name)
	}
	return n, true, nil
}
