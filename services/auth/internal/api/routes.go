// Package api is auth over HTTP.
package api

import (
	"context"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// Accounts is what the API needs of the domain; account.Service is one.
type Accounts interface {
	SignIn(ctx context.Context, name, password string, from account.Client) (account.SignedIn, error)
	SignUp(ctx context.Context, name, password string, from account.Client) (account.SignedIn, error)
	Refresh(ctx context.Context, refreshToken string, from account.Client) (account.Tokens, error)
	Renew(ctx context.Context, userID, sessionID string) (account.Tokens, error)
	Active(ctx context.Context, userID, sessionID string) (account.User, error)

	User(ctx context.Context, id string) (account.User, error)
	Rename(ctx context.Context, userID, name string) (account.User, error)
	SetPassword(ctx context.Context, userID, sessionID, current, password string, from account.Client) error
	Erase(ctx context.Context, userID, password string, from account.Client) error
	Export(ctx context.Context, userID string) (account.Export, error)

	Sessions(ctx context.Context, userID string) ([]account.Session, error)
	EndSession(ctx context.Context, userID, sessionID string) error
	EndSessions(ctx context.Context, userID string) error

	CreateDevice(ctx context.Context, userID, name string, rooms []string) (account.Device, string, error)
	Devices(ctx context.Context, userID string) ([]account.Device, error)
	RevokeDevice(ctx context.Context, userID, deviceID string) error
}

type api struct {
	accounts Accounts
	verifier httpx.Verifier
	log      *zap.Logger
}

// Routes adds all routes to e.
func Routes(e *echo.Echo, accounts Accounts, verifier httpx.Verifier, log *zap.Logger) {
	a := &api{accounts: accounts, verifier: verifier, log: log}
	e.POST("/api/auth/signin", a.signIn)
	e.POST("/api/auth/signup", a.signUp)
	e.POST("/api/auth/refresh", a.refresh) // takes either kind of token itself

	// Not as the group's own middleware: echo would put it before the answer to
	// unknown routes too, and that is 404 for everybody.
	g, auth, live := e.Group("/api/auth"), httpx.Auth(verifier), a.live
	g.GET("/user", a.user, auth, live)
	g.PUT("/user", a.rename, auth, live)
	g.GET("/me", a.me, auth, live)
	g.PUT("/me", a.rename, auth, live)
	g.DELETE("/me", a.erase, auth, live)
	g.GET("/me/export", a.export, auth, live)
	g.PUT("/password", a.setPassword, auth, live)

	g.GET("/sessions", a.sessions, auth, live)
	g.DELETE("/sessions/:id", a.endSession, auth, live)
	g.POST("/signout", a.signOut, auth, live)
	g.POST("/signout-all", a.signOutAll, auth, live)

	g.GET("/device-tokens", a.devices, auth, live)
	g.POST("/device-tokens", a.createDevice, auth, live)
	g.DELETE("/device-tokens/:id", a.revokeDevice, auth, live)
}
