package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/places"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// calls answers the room's open calls for help.
func (s *Shared) calls(c echo.Context) error {
	room, _, err := s.enter(c)
	if err != nil {
		return err
	}
	open, err := s.Calls.OpenCalls(c.Request().Context(), room.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.SOSListResponse{SOS: publish.Calls(open)})
}

// raise calls for help: 201, or 200 when the user's call is open already.
func (s *Shared) raise(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	var req wire.SOSRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	request, err := consume.CallOf(&req)
	if err != nil {
		return err
	}
	call, created, err := s.Calls.Raise(c.Request().Context(), room.ID, caller(who), request)
	if err != nil {
		return err
	}
	s.changed(c, room.ID)
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return c.JSON(status, wire.SOSResponse{SOS: publish.Call(&call)})
}

func (s *Shared) cancel(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	call, err := s.Calls.Cancel(c.Request().Context(), room.ID, caller(who), c.Param("sosId"))
	return s.ended(c, call, err)
}

func (s *Shared) answer(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	var req wire.SOSAnswer
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	message := ""
	if req.Message != nil {
		message = *req.Message
	}
	call, err := s.Calls.Answer(c.Request().Context(), room.ID, caller(who), c.Param("sosId"), message)
	return s.ended(c, call, err)
}

func (s *Shared) ended(c echo.Context, call sos.Call, err error) error {
	if err != nil {
		return err
	}
	s.changed(c, call.Room)
	return c.JSON(http.StatusOK, wire.SOSResponse{SOS: publish.Call(&call)})
}

func caller(w places.Who) sos.Who { return sos.Who{ID: w.ID, Name: w.Name, Manages: w.Manages} }
