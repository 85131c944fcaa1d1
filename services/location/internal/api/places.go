package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/places"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// Shared is what a room shares beside positions: places, and calls for help.
type Shared struct {
	API
	Places *places.Service
	Calls  *sos.Service
	// Deliver tells the room what has changed; see publish.Projector. It is tried
	// again by itself: what is stored is done.
	Deliver func(ctx context.Context, room string) error
	OnError func(error)
}

// Register adds the routes to e.
func (s *Shared) Register(e *echo.Echo, verifier httpx.Verifier) {
	room := e.Group("/api/rooms/:id", httpx.Auth(verifier))
	room.GET("/route", s.route)
	room.PUT("/route", s.setRoute)
	room.DELETE("/route", s.removeRoute)
	room.GET("/geofences", s.geofences)
	room.POST("/geofences", s.addGeofence)
	room.PUT("/geofences/:geofenceId", s.changeGeofence)
	room.DELETE("/geofences/:geofenceId", s.removeGeofence)
	room.GET("/meeting-points", s.meetingPoints)
	room.POST("/meeting-points", s.propose)
	room.DELETE("/meeting-points/:pointId", s.withdraw)
	room.GET("/sos", s.calls)
	room.POST("/sos", s.raise)
	room.DELETE("/sos/:sosId", s.cancel)
	room.POST("/sos/:sosId/answer", s.answer)
}

// enter finds the room and who asks.
func (s *Shared) enter(c echo.Context) (*position.Room, places.Who, error) {
	room, err := s.room(c)
	if err != nil {
		return nil, places.Who{}, err
	}
	user := httpx.User(c)
	return room, places.Who{ID: user.UserID, Name: user.Name, Manages: room.Manages(user.UserID)}, nil
}

// changed tells the room.
func (s *Shared) changed(c echo.Context, room string) {
	if err := s.Deliver(c.Request().Context(), room); err != nil {
		s.OnError(err)
	}
}

// route answers the simplified route, or with ?full=true what was uploaded. For
// ?optional=true it is no error that there is none: browsers tell of each error.
func (s *Shared) route(c echo.Context) error {
	room, _, err := s.enter(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, err := s.Places.Store.Places(ctx, room.ID)
	if err != nil {
		return err
	}
	if all.Route == nil && c.QueryParam("optional") == "true" {
		return c.NoContent(http.StatusNoContent)
	}
	if all.Route == nil {
		return places.ErrNoRoute
	}
	points, full := all.Route.Line, c.QueryParam("full") == "true"
	if full {
		if points, err = s.Places.Store.Uploaded(ctx, room.ID, all.Route.ID); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, routeResponse(room, all.Route, points, !full))
}

func routeResponse(room *position.Room, r *places.Route, points []navigation.Point, simplified bool) wire.RouteResponse {
	end := r.Line[len(r.Line)-1]
	follows := navigation.Distance(end, navigation.Point{Lat: room.DestinationLat, Lng: room.DestinationLng}) <= navigation.RouteEndsWithin
	return wire.RouteResponse{Route: wire.Route{RouteInfo: publish.RouteInfo(room.ID, r), Simplified: simplified, FollowsRoom: follows,
		Geometry: wire.LineString{Type: "LineString", Coordinates: publish.Coordinates(points)}}}
}

// setRoute takes GeoJSON or GPX.
func (s *Shared) setRoute(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	if !who.Manages {
		return places.ErrForbidden // before reading four megabytes
	}
	name, points, err := readRoute(c)
	if err != nil {
		return err
	}
	if given := c.QueryParam("name"); given != "" {
		name = strings.ToValidUTF8(strings.ReplaceAll(given, "\x00", ""), "")
	}
	r, err := s.Places.SetRoute(c.Request().Context(), room.ID, who, name, points)
	if err != nil {
		return err
	}
	s.changed(c, room.ID)
	return c.JSON(http.StatusOK, routeResponse(room, &r, r.Line, true))
}

// readRoute reads an upload in either format, which its content type says, or
// its first character if that says nothing.
func readRoute(c echo.Context) (name string, points []navigation.Point, err error) {
	control, until := http.NewResponseController(c.Response()), time.Now().Add(uploadTime)
	_ = control.SetReadDeadline(until) // else the server's own deadlines hold
	_ = control.SetWriteDeadline(until.Add(uploadTime))
	raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, wire.MaxRouteBytes))
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return "", nil, wire.NewError(wire.CodePayloadTooLarge)
	case err != nil:
		return "", nil, wire.Errorf(wire.CodeInvalidRoute, "The request body could not be read").Because(err)
	}
	media, _, _ := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	start := bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case strings.HasSuffix(media, "xml"), !strings.HasSuffix(media, "json") && bytes.HasPrefix(start, []byte("<")):
		return readGPX(raw)
	case media == "", strings.HasSuffix(media, "json"), media == echo.MIMEOctetStream:
		return places.ReadGeoJSON(raw)
	}
	return "", nil, wire.Errorf(wire.CodeUnsupportedMedia, "The route must be GeoJSON (application/geo+json) or GPX (application/gpx+xml)")
}

func (s *Shared) removeRoute(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	if err := s.Places.RemoveRoute(c.Request().Context(), room.ID, who); err != nil {
		return err
	}
	s.changed(c, room.ID)
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: "Route removed"})
}

func (s *Shared) geofences(c echo.Context) error {
	room, _, err := s.enter(c)
	if err != nil {
		return err
	}
	all, err := s.Places.Store.Places(c.Request().Context(), room.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.GeofencesResponse{Geofences: publish.Geofences(all.Fences)})
}

func (s *Shared) addGeofence(c echo.Context) error {
	return s.putGeofence(c, "", http.StatusCreated)
}

func (s *Shared) changeGeofence(c echo.Context) error {
	return s.putGeofence(c, c.Param("geofenceId"), http.StatusOK)
}

func (s *Shared) putGeofence(c echo.Context, id string, status int) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	var req wire.GeofenceRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	f := geofence.Fence{ID: id}
	if req.Name != nil {
		f.Name = *req.Name
	}
	if req.Kind != nil {
		f.Kind = geofence.Kind(*req.Kind)
	}
	if req.Center != nil {
		f.Center = geofence.Point{Lat: req.Center[1], Lng: req.Center[0]}
	} else if f.Kind == geofence.Circle {
		return &geofence.InvalidError{Field: "center", Rule: "is required"}
	}
	if req.Radius != nil {
		f.Radius = *req.Radius
	}
	for _, v := range req.Vertices {
		f.Vertices = append(f.Vertices, geofence.Point{Lat: v[1], Lng: v[0]})
	}
	if req.DwellSeconds != nil {
		if *req.DwellSeconds < 0 || *req.DwellSeconds > wire.MaxDwellSeconds {
			return &geofence.InvalidError{Field: "dwellSeconds", Rule: "must be between 0 and 86400"}
		}
		f.Dwell = time.Duration(*req.DwellSeconds) * time.Second
	}
	f, err = s.Places.PutFence(c.Request().Context(), room.ID, who, f)
	if err != nil {
		return err
	}
	s.changed(c, room.ID)
	return c.JSON(status, wire.GeofenceResponse{Geofence: publish.Geofence(&f)})
}

func (s *Shared) removeGeofence(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	if err := s.Places.RemoveFence(c.Request().Context(), room.ID, who, c.Param("geofenceId")); err != nil {
		return err
	}
	s.changed(c, room.ID)
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: "Geofence removed"})
}

func (s *Shared) meetingPoints(c echo.Context) error {
	room, _, err := s.enter(c)
	if err != nil {
		return err
	}
	all, err := s.Places.Store.Places(c.Request().Context(), room.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.MeetingPointsResponse{MeetingPoints: publish.MeetingPoints(all.Points)})
}

func (s *Shared) propose(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	var req wire.MeetingPointRequest
	if err := httpx.Bind(c, &req); err != nil {
		return err
	}
	switch {
	case req.Name == nil:
		return &places.InvalidError{Field: "name", Rule: "is required"}
	case req.Latitude == nil || req.Longitude == nil:
		return &places.InvalidError{Field: "latitude and longitude", Rule: "are required"}
	}
	p, err := s.Places.Propose(c.Request().Context(), room.ID, who, places.Point{Name: *req.Name, Latitude: *req.Latitude, Longitude: *req.Longitude})
	if err != nil {
		return err
	}
	s.changed(c, room.ID)
	return c.JSON(http.StatusCreated, wire.MeetingPointResponse{MeetingPoint: publish.MeetingPoint(&p)})
}

func (s *Shared) withdraw(c echo.Context) error {
	room, who, err := s.enter(c)
	if err != nil {
		return err
	}
	if err := s.Places.Withdraw(c.Request().Context(), room.ID, who, c.Param("pointId")); err != nil {
		return err
	}
	s.changed(c, room.ID)
	return c.JSON(http.StatusOK, wire.MessageResponse{Message: "Meeting point removed"})
}
