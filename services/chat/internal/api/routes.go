// Package api is chat's REST surface.
package api

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// Deps are what the handlers work with.
type Deps struct {
	Verifier httpx.Verifier
	Members  interface {
		Standings(ctx context.Context, asks []message.Ask) ([]message.Standing, error)
	}
	Heads interface {
		Head(ctx context.Context, roomID string) (message.Head, error)
	}
	Reads interface {
		Receipts(ctx context.Context, roomID string) ([]message.Read, error)
		Unread(ctx context.Context, roomID, userID string, oldest time.Time) (unread, readSeq int64, err error)
	}
	Retention time.Duration
	History   interface {
		Page(ctx context.Context, q message.Query, head message.Head) (page message.Page, fromCache bool, err error)
	}
	Commands interface {
		Do(ctx context.Context, ref string, cmd wire.Command) (wire.Envelope, error)
	}
	// Limiter guards the command streams; sockets are limited by their edge.
	Limiter interface {
		Allow(ctx context.Context, key string) (wait time.Duration, err error)
	}
}

// Routes adds the whole surface to e.
func Routes(e *echo.Echo, d Deps) {
	h := &handlers{d}
	messages := e.Group("/api/rooms/:id/messages", httpx.Auth(d.Verifier))
	messages.GET("", h.list)
	messages.POST("", h.post)
	messages.PUT("/read", h.markRead)
	messages.GET("/receipts", h.receipts)
	messages.GET("/unread", h.unread)
	messages.PATCH("/:messageId", h.edit)
	messages.DELETE("/:messageId", h.remove)
	messages.POST("/:messageId/reactions", h.react)
}

// MapError is the service's error mapper.
func MapError(err error) *wire.Error { return publish.Error(err, publish.TextMayNotRead) }
