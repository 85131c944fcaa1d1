package httpx

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/token"
)

// Verifier verifies a bearer token; token.Verifier is one.
type Verifier interface {
	Verify(ctx context.Context, bearer string) (token.Claims, error)
}

const claimsKey = "wemaps.claims"

// Auth lets only requests with a valid bearer token through.
func Auth(v Verifier) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			claims, err := v.Verify(c.Request().Context(), Bearer(c.Request().Header.Get(echo.HeaderAuthorization)))
			if err != nil {
				return err
			}
			c.Set(claimsKey, claims)
			return next(c)
		}
	}
}

// User is who the request comes from; call it behind Auth only.
func User(c echo.Context) token.Claims {
	claims, ok := c.Get(claimsKey).(token.Claims)
	if !ok {
		panic("httpx.User called on a route without httpx.Auth")
	}
	return claims
}

// Bearer cuts the token out of an Authorization header; "" if there is none.
func Bearer(header string) string {
	scheme, tok, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(tok)
}

func userID(c echo.Context) string {
	if claims, ok := c.Get(claimsKey).(token.Claims); ok {
		return claims.UserID
	}
	return ""
}
