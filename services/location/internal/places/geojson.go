package places

import (
	"encoding/json"
	"fmt"

	"github.com/wemaps/wemaps/services/location/internal/navigation"
)

// geoJSON is as much of RFC 7946 as a route may come in.
type geoJSON struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
	Geometry    *geoJSON        `json:"geometry"`
	Features    []geoJSON       `json:"features"`
	Properties  *struct {
		Name any `json:"name"`
	} `json:"properties"`
}

// ReadGeoJSON reads a route from a LineString, a Feature with one, or a
// FeatureCollection in which there is exactly one, as drawing tools write it.
// Heights are read over. The error is a *RouteError.
func ReadGeoJSON(raw []byte) (name string, points []navigation.Point, err error) {
	var g geoJSON
	if json.Unmarshal(raw, &g) != nil {
		return "", nil, &RouteError{"The body is not GeoJSON"}
	}
	line, name, err := g.line()
	if err != nil {
		return "", nil, err
	}
	var coordinates [][]float64
	if json.Unmarshal(line.Coordinates, &coordinates) != nil {
		return "", nil, &RouteError{"coordinates must be a list of positions, each a longitude and a latitude"}
	}
	if len(coordinates) > MaxRoutePoints {
		return "", nil, &RouteError{fmt.Sprintf("A route can have at most %d points", MaxRoutePoints)}
	}
	points = make([]navigation.Point, len(coordinates))
	for i, c := range coordinates {
		if len(c) < 2 {
			return "", nil, &RouteError{fmt.Sprintf("coordinates[%d] must be a longitude and a latitude", i)}
		}
		points[i] = navigation.Point{Lat: c[1], Lng: c[0]}
		if err := onEarth(points[i], i); err != nil {
			return "", nil, err
		}
	}
	return name, points, nil
}

func (g *geoJSON) line() (line *geoJSON, name string, err error) {
	switch g.Type {
	case "LineString":
		return g, "", nil
	case "Feature":
		if g.Geometry == nil || g.Geometry.Type != "LineString" {
			return nil, "", &RouteError{"The Feature's geometry must be a LineString"}
		}
		if g.Properties != nil {
			name, _ = g.Properties.Name.(string)
		}
		return g.Geometry, name, nil
	case "FeatureCollection":
		for i := range g.Features {
			f := &g.Features[i]
			if f.Type != "Feature" || f.Geometry == nil || f.Geometry.Type != "LineString" {
				continue
			}
			if line != nil {
				return nil, "", &RouteError{"There must be one LineString; here are several"}
			}
			if line, name, err = f.line(); err != nil {
				return nil, "", err
			}
		}
		if line != nil {
			return line, name, nil
		}
	}
	return nil, "", &RouteError{"The body must be a GeoJSON LineString, or a Feature with one"}
}

func onEarth(p navigation.Point, i int) error {
	if !(p.Lat >= -90 && p.Lat <= 90 && p.Lng >= -180 && p.Lng <= 180) {
		return &RouteError{fmt.Sprintf("Point %d must have a longitude between -180 and 180 and a latitude between -90 and 90", i+1)}
	}
	return nil
}

// Check refuses points that are not on earth, whatever file they came in.
func Check(points []navigation.Point) error {
	for i, p := range points {
		if err := onEarth(p, i); err != nil {
			return err
		}
	}
	return nil
}
