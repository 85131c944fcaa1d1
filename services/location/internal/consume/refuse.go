package consume

import (
	"errors"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// eventOf names the client's event behind a command.
func eventOf(commandType string) string {
	switch commandType {
	case wire.CommandUpdate:
		return wire.EventLocationUpdate
	case wire.CommandLeave:
		return wire.EventLeaveRoom
	}
	return wire.EventJoinRoom
}

// toWire is the one place where a refusal gets its code.
func toWire(err error, commandType string) *wire.Error {
	var invalid *position.InvalidError
	switch {
	case errors.As(err, &invalid):
		return wire.Errorf(wire.CodeValidation, "%s", invalid.Error())
	case errors.Is(err, errNotJSON):
		return wire.Errorf(wire.CodeValidation, "The data must be a JSON object")
	case errors.Is(err, position.ErrNotMember) && commandType == wire.CommandSnapshot:
		return wire.Errorf(wire.CodeNotMember, "Not authorized to join this room")
	case errors.Is(err, position.ErrNotMember):
		return wire.Errorf(wire.CodeNotMember, "Not authorized to update location in this room")
	case errors.Is(err, position.ErrRoomNotFound):
		return wire.NewError(wire.CodeRoomNotFound)
	case errors.Is(err, position.ErrRoomClosed):
		return wire.NewError(wire.CodeRoomClosed)
	case errors.Is(err, position.ErrRoomExpired):
		return wire.NewError(wire.CodeRoomExpired)
	}
	return wire.NewError(wire.CodeUnavailable).After(retryAfter).Because(err)
}
