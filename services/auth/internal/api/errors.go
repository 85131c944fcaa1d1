package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/account"
	"github.com/wemaps/wemaps/services/auth/internal/hashing"
	"github.com/wemaps/wemaps/services/auth/internal/keys"
)

// plain maps sentinels to codes with the registry's own text.
var plain = []struct {
	err  error
	code wire.Code
}{
	{account.ErrUserNotFound, wire.CodeUserNotFound},
	{account.ErrNameTaken, wire.CodeUsernameExists},
	{account.ErrPasswordRequired, wire.CodePasswordRequired},
	{account.ErrInvalidCredentials, wire.CodeInvalidCredentials},
	{account.ErrOpenNamesClosed, wire.CodeOpenNamesClosed},
	{account.ErrInvalidToken, wire.CodeInvalidToken},
	{account.ErrSessionNotFound, wire.CodeSessionNotFound},
	{account.ErrDeviceNotFound, wire.CodeDeviceTokenNotFound},
	{account.ErrForbidden, wire.CodeForbidden},
	{account.ErrNoUpdates, wire.CodeNoUpdates},
}

// MapError turns domain errors into the contract's.
func MapError(err error) *wire.Error {
	var name *account.NameError
	var field *account.FieldError
	var tooMany *account.TooManyAttemptsError
	var accounts *account.TooManyAccountsError
	switch {
	case errors.As(err, &name):
		return wire.Invalid("name", name.Reason)
	case errors.As(err, &field):
		return wire.Invalid(field.Field, field.Reason)
	case errors.As(err, &tooMany):
		return wire.NewError(wire.CodeTooManyAttempts).After(tooMany.Wait)
	case errors.As(err, &accounts):
		return wire.Errorf(wire.CodeRateLimited, "Too many new names from this network, please wait").After(accounts.Wait)
	case errors.Is(err, hashing.ErrBusy):
		return wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	case errors.Is(err, keys.ErrNoKeys):
		return wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	case errors.Is(err, account.ErrSessionEnded):
		return ended()
	}
	for _, p := range plain {
		if errors.Is(err, p.err) {
			return wire.NewError(p.code)
		}
	}
	return nil
}

// ended is what token.Verifier answers for a revoked session, too.
func ended() *wire.Error {
	e := wire.NewError(wire.CodeInvalidToken)
	e.Details = map[string]string{"reason": string(wire.CodeSessionRevoked)}
	return e
}

// nobody is USER_NOT_FOUND of the one who asks, as opposed to who is asked for.
func nobody() *wire.Error {
	e := wire.NewError(wire.CodeUserNotFound)
	e.Status = http.StatusUnauthorized
	return e
}
