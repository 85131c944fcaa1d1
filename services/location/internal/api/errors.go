package api

import (
	"errors"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/places"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// mapShared is the part of MapError for places and calls for help.
func mapShared(err error) *wire.Error {
	var route *places.RouteError
	var limited *sos.LimitedError
	switch {
	case errors.As(err, &route):
		return wire.Errorf(wire.CodeInvalidRoute, "%s", route.Error())
	case errors.As(err, &limited):
		return wire.NewError(wire.CodeRateLimited).After(limited.Wait)
	case errors.Is(err, places.ErrNoRoute):
		return wire.NewError(wire.CodeRouteNotSet)
	case errors.Is(err, geofence.ErrNotFound):
		return wire.NewError(wire.CodeGeofenceNotFound)
	case errors.Is(err, places.ErrPointNotFound):
		return wire.NewError(wire.CodeMeetingPointNotFound)
	case errors.Is(err, geofence.ErrTooMany), errors.Is(err, places.ErrTooMany):
		return wire.NewError(wire.CodeLimitReached)
	case errors.Is(err, places.ErrForbidden):
		return wire.Errorf(wire.CodeForbidden, "Only an owner or admin of the room may do this")
	case errors.Is(err, sos.ErrForbidden):
		return wire.Errorf(wire.CodeForbidden, "Only who called for help, an owner or an admin may cancel it")
	case errors.Is(err, sos.ErrOwn):
		return wire.Errorf(wire.CodeForbidden, "Somebody else must answer a call for help")
	case errors.Is(err, sos.ErrNotFound):
		return wire.NewError(wire.CodeSOSNotFound)
	case errors.Is(err, sos.ErrEnded):
		return wire.NewError(wire.CodeSOSEnded)
	}
	return mapInvalid(err)
}

func mapInvalid(err error) *wire.Error {
	var fence *geofence.InvalidError
	var place *places.InvalidError
	var call *sos.InvalidError
	switch {
	case errors.As(err, &fence):
		return wire.Invalid(fence.Field, fence.Rule)
	case errors.As(err, &place):
		return wire.Invalid(place.Field, place.Rule)
	case errors.As(err, &call):
		return wire.Invalid(call.Field, call.Rule)
	}
	return nil
}
