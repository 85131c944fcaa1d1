package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

func (a *api) sessions(c echo.Context) error {
	sessions, err := a.accounts.Sessions(c.Request().Context(), self(c).ID)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.SessionsResponse{Sessions: wireSessions(sessions, httpx.User(c).SessionID)})
}

func (a *api) endSession(c echo.Context) error {
	if err := a.accounts.EndSession(c.Request().Context(), self(c).ID, c.Param("id")); err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.MessageResponse{Message: "Session ended"})
}

func (a *api) signOut(c echo.Context) error {
	claims := httpx.User(c)
	if err := a.accounts.EndSession(c.Request().Context(), claims.UserID, claims.SessionID); err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.MessageResponse{Message: "Signed out"})
}

func (a *api) signOutAll(c echo.Context) error {
	if err := a.accounts.EndSessions(c.Request().Context(), self(c).ID); err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.MessageResponse{Message: "Signed out everywhere"})
}

func wireSessions(sessions []account.Session, current string) []wire.Session {
	out := make([]wire.Session, len(sessions))
	for i, s := range sessions {
		out[i] = wire.Session{ID: s.ID, UserAgent: s.UserAgent, CreatedAt: wire.At(s.CreatedAt), LastUsedAt: wire.At(s.LastUsedAt),
			ExpiresAt: wire.At(s.ExpiresAt), Current: s.ID == current}
	}
	return out
}
