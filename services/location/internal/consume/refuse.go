package consume

import (
	"errors"
	"time"

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
	case wire.CommandPause:
		return wire.EventPauseSharing
	case wire.CommandResume:
		return wire.EventResumeSharing
	case wire.CommandPrecision:
		return wire.EventSetPrecision
	case wire.CommandAsk:
		return wire.EventAskLocation
	}
	return wire.EventJoinRoom
}

// errNoMember says that somebody who is asked is not in the room.
var errNoMember = errors.New("the one who is asked is not in the room")

// askedError says that somebody was asked a moment ago, and after what time again.
type askedError struct{ wait time.Duration }

func (e *askedError) Error() string { return "was asked a moment ago" }

// toWire is the one place where a refusal gets its code.
func toWire(err error, commandType string) *wire.Error {
	var invalid *position.InvalidError
	var asked *askedError
	switch {
	case errors.As(err, &asked):
		return wire.Errorf(wire.CodeRateLimited, "This member was asked a moment ago").After(asked.wait)
	case errors.Is(err, errNoMember):
		return wire.NewError(wire.CodeMemberNotFound)
	case errors.As(err, &invalid):
		return wire.Invalid(invalid.Field, invalid.Rule)
	case errors.Is(err, errNotJSON):
		return wire.Errorf(wire.CodeValidation, "The data must be a JSON object")
	case errors.Is(err, position.ErrNotMember) && commandType == wire.CommandSnapshot:
		return wire.Errorf(wire.CodeNotMember, "Not authorized to join this room")
	case errors.Is(err, position.ErrNotMember) && commandType != wire.CommandUpdate:
		return wire.NewError(wire.CodeNotMember)
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
