package api

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/account"
)

func (a *api) signIn(c echo.Context) error {
	var req wire.SignInRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	in, err := a.accounts.SignIn(c.Request().Context(), req.Name, text(req.Password), from(c))
	if err != nil {
		return err
	}
	resp := signedIn(in)
	resp.IsNewUser = &in.IsNew
	return answer(c, http.StatusOK, resp)
}

func (a *api) signUp(c echo.Context) error {
	var req wire.SignInRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	in, err := a.accounts.SignUp(c.Request().Context(), req.Name, text(req.Password), from(c))
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, signedIn(in))
}

// refresh takes a refresh token in the body, or a bearer token.
func (a *api) refresh(c echo.Context) error {
	var req wire.RefreshRequest
	if c.Request().ContentLength != 0 { // existing apps send no body, under any content type
		if err := httpx.Bind(c, &req); err != nil {
			return err
		}
	}
	var tokens account.Tokens
	var err error
	if req.RefreshToken != nil {
		tokens, err = a.accounts.Refresh(c.Request().Context(), *req.RefreshToken, from(c))
	} else {
		tokens, err = a.renew(c)
	}
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, wire.RefreshResponse{Token: tokens.Access, RefreshToken: tokens.Refresh, ExpiresAt: wire.At(tokens.ExpiresAt)})
}

func (a *api) renew(c echo.Context) (account.Tokens, error) {
	ctx := c.Request().Context()
	claims, err := a.verifier.Verify(ctx, httpx.Bearer(c.Request().Header.Get(echo.HeaderAuthorization)))
	if err != nil {
		return account.Tokens{}, err
	}
	tokens, err := a.accounts.Renew(ctx, claims.UserID, claims.SessionID)
	if errors.Is(err, account.ErrUserNotFound) {
		return tokens, nobody()
	}
	return tokens, err
}

func signedIn(in account.SignedIn) wire.SignInResponse {
	return wire.SignInResponse{User: wireUser(in.User), Token: in.Tokens.Access, RefreshToken: in.Tokens.Refresh, ExpiresAt: wire.At(in.Tokens.ExpiresAt)}
}

// answer sends JSON that nobody on the way may keep: most of ours are secrets.
func answer(c echo.Context, status int, v any) error {
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.JSON(status, v)
}

// from is where a request comes from. The edge sets X-Forwarded-For to the
// address that it saw; anything a client claimed stands left of it.
func from(c echo.Context) account.Client {
	address := c.Request().Header.Get(echo.HeaderXForwardedFor)
	address = strings.TrimSpace(address[strings.LastIndexByte(address, ',')+1:])
	if net.ParseIP(address) == nil {
		address, _, _ = net.SplitHostPort(c.Request().RemoteAddr)
	}
	return account.Client{Address: address, Agent: c.Request().UserAgent()}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
