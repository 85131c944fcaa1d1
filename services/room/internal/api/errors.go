package api

import (
	"errors"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// MapError is the one place where the domain's errors become codes of the contract.
func MapError(err error) *wire.Error {
	var invalid *room.InvalidError
	if errors.As(err, &invalid) {
		return wire.Invalid(invalid.Field, invalid.Rule)
	}
	var limited *room.LimitedError
	if errors.As(err, &limited) {
		return wire.NewError(wire.CodeRateLimited).After(limited.Wait)
	}
	for _, m := range []struct {
		err  error
		code wire.Code
	}{
		{room.ErrNotFound, wire.CodeRoomNotFound},
		{room.ErrFull, wire.CodeRoomFull},
		{room.ErrExpired, wire.CodeRoomExpired},
		{room.ErrClosed, wire.CodeRoomClosed},
		{room.ErrAlreadyMember, wire.CodeAlreadyMember},
		{room.ErrNotMember, wire.CodeNotMember},
		{room.ErrAccessDenied, wire.CodeAccessDenied},
		{room.ErrForbidden, wire.CodeForbidden},
		{room.ErrBanned, wire.CodeBanned},
		{room.ErrNoSuchMember, wire.CodeMemberNotFound},
		{room.ErrNoUpdates, wire.CodeNoUpdates},
		{room.ErrShareNotFound, wire.CodeShareNotFound},
		{room.ErrCodeTaken, wire.CodeUnavailable}, // after many attempts: next time there will be one
	} {
		if errors.Is(err, m.err) {
			return wire.NewError(m.code)
		}
	}
	return nil
}

func required(field string) error {
	return wire.Invalid(field, "is required")
}
