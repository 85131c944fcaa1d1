package api

import (
	"bytes"
	"errors"
	"slices"

	"github.com/wemaps/wemaps/libs/gpx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/places"
)

// readGPX reads a route from a GPX file: what was planned (its routes) before
// what was gone (its tracks).
func readGPX(raw []byte) (name string, points []navigation.Point, err error) {
	file, err := gpx.Read(bytes.NewReader(raw), gpx.Limits{Bytes: wire.MaxRouteBytes, Points: wire.MaxRouteUploadPoints})
	var refused *gpx.Error
	if errors.As(err, &refused) {
		return "", nil, wire.Errorf(wire.CodeInvalidRoute, "The file is no GPX that can be read: %s", refused.Error())
	}
	if err != nil {
		return "", nil, wire.NewError(wire.CodeInvalidRoute).Because(err)
	}
	way := slices.Concat(file.Routes...)
	if len(way) < 2 {
		way = file.Way()
	}
	points = make([]navigation.Point, len(way))
	for i, p := range way {
		points[i] = navigation.Point{Lat: p.Lat, Lng: p.Lon}
	}
	return file.Name, points, places.Check(points)
}
