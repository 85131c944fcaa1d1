// Package api is the service's REST surface.
package api

import (
	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// API answers requests.
type API struct {
	rooms  *room.Service
	unread *Unread
}

// Register adds the routes to e.
func Register(e *echo.Echo, rooms *room.Service, unread *Unread, verifier httpx.Verifier) {
	a := &API{rooms, unread}
	e.GET("/api/rooms/shared/:token", a.shared) // the link is the authorization

	g := e.Group("/api/rooms", httpx.Auth(verifier))
	g.POST("", a.create)
	g.GET("", a.list)
	g.POST("/join", a.join)
	g.GET("/:id", a.get)
	g.POST("/:id/leave", a.leave)

	g.PATCH("/:id", a.update)
	g.POST("/:id/close", a.close)
	g.POST("/:id/code", a.rotateCode)
	g.POST("/:id/transfer", a.transfer)
	g.PUT("/:id/members/:userId/role", a.setRole)
	g.DELETE("/:id/members/:userId", a.remove)
	g.POST("/:id/members/:userId/ban", a.ban)
	g.DELETE("/:id/members/:userId/ban", a.unban)
	g.POST("/:id/shares", a.share)
	g.GET("/:id/shares", a.listShares)
	g.DELETE("/:id/shares/:shareId", a.revokeShare)
}
