// Package api is the edge's own REST surface: health, the API documents, and the
// page for people.
package api

import (
	"io/fs"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Deps are what the handlers work with.
type Deps struct {
	Health   *Health
	Sockets  func() int // connected now
	OpenAPI  []byte     // JSON
	AsyncAPI []byte     // JSON
	App      fs.FS      // the built page; may be empty
	Late     fs.FS      // where the page will be in place of App; nil if it is not being built
	Page     AppConfig  // what this deployment decides about it
}

type handlers struct {
	Deps
	started time.Time
	docs    page
}

// Register adds all routes.
func Register(e *echo.Echo, d Deps) error {
	docs, err := docsPage(d.OpenAPI, d.AsyncAPI)
	if err != nil {
		return err
	}
	h := &handlers{Deps: d, started: time.Now(), docs: docs}
	get(e, "/config.json", d.Page.serve)
	app, err := newApp(d.App, d.Page)
	switch {
	case err != nil:
		return err
	case d.Late != nil:
		newLate(d.Late, d.Page).register(e)
	case app != nil:
		app.register(e)
	default:
		home := homePage()
		for _, route := range appRoutes {
			get(e, route, home.serve)
		}
	}
	e.GET("/health", h.health)
	e.GET("/api/health", h.health)
	e.GET("/socket/health", h.socketHealth)
	e.GET("/api/openapi.json", document(d.OpenAPI))
	e.GET("/api/asyncapi.json", document(d.AsyncAPI))
	e.GET("/api/docs", h.docs.serve)
	return nil
}

func document(json []byte) echo.HandlerFunc {
	return func(c echo.Context) error { return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, json) }
}
