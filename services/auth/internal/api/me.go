package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

const userKey = "auth.user"

// live lets only living users in living sessions through. The tables are at
// hand here, so what auth answers never depends on how fresh Redis is.
func (a *api) live(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		claims := httpx.User(c)
		user, err := a.accounts.Active(c.Request().Context(), claims.UserID, claims.SessionID)
		if errors.Is(err, account.ErrUserNotFound) {
			return nobody()
		}
		if err != nil {
			return err
		}
		c.Set(userKey, user)
		return next(c)
	}
}

// self is who asks; call it behind live only.
func self(c echo.Context) account.User {
	user, ok := c.Get(userKey).(account.User)
	if !ok {
		panic("api.self called on a route without live")
	}
	return user
}

func (a *api) me(c echo.Context) error {
	return answer(c, http.StatusOK, wire.UserResponse{User: wireUser(self(c))})
}

func (a *api) user(c echo.Context) error {
	id := c.QueryParam("id")
	if id == "" || id == self(c).ID {
		return a.me(c)
	}
	user, err := a.accounts.User(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.UserResponse{User: wireUser(user)})
}

// rename answers PUT /me and PUT /user; id, where given, must be one's own.
func (a *api) rename(c echo.Context) error {
	// Not wire.UpdateUserRequest: a name that is no string is an invalid name here.
	var req struct {
		ID   json.RawMessage `json:"id"`
		Name json.RawMessage `json:"name"`
	}
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	if given(req.ID) {
		var id string
		if err := json.Unmarshal(req.ID, &id); err != nil || id != self(c).ID {
			return account.ErrForbidden
		}
	}
	if !given(req.Name) {
		return account.ErrNoUpdates
	}
	var name string
	if err := json.Unmarshal(req.Name, &name); err != nil {
		return wire.Errorf(wire.CodeInvalidName, "name must be a string")
	}
	user, err := a.accounts.Rename(c.Request().Context(), self(c).ID, name)
	var invalid *account.NameError
	if errors.As(err, &invalid) {
		return wire.Errorf(wire.CodeInvalidName, "%s", invalid.Error())
	}
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.UserResponse{User: wireUser(user)})
}

func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func (a *api) setPassword(c echo.Context) error {
	var req wire.PasswordRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	claims := httpx.User(c)
	if err := a.accounts.SetPassword(c.Request().Context(), claims.UserID, claims.SessionID, text(req.CurrentPassword), text(req.NewPassword), from(c)); err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.MessageResponse{Message: "Password set; all other sessions have ended"})
}

func (a *api) erase(c echo.Context) error {
	var req wire.EraseRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	if err := a.accounts.Erase(c.Request().Context(), self(c).ID, text(req.Password), from(c)); err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.MessageResponse{Message: "Account erased"})
}

func (a *api) export(c echo.Context) error {
	e, err := a.accounts.Export(c.Request().Context(), self(c).ID)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="wemaps-account.json"`)
	return answer(c, http.StatusOK, wire.AccountExport{ExportedAt: wire.At(time.Now()), User: wireUser(e.User), HasPassword: !e.Open(),
		Sessions: wireSessions(e.Sessions, httpx.User(c).SessionID), DeviceTokens: wireDevices(e.Devices)})
}

func wireUser(u account.User) wire.User {
	return wire.User{ID: u.ID, Name: u.Name, CreatedAt: wire.At(u.CreatedAt), UpdatedAt: wire.At(u.UpdatedAt)}
}
