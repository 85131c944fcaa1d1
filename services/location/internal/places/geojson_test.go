package places_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wemaps/wemaps/services/location/internal/places"
)

const line = `{"type":"LineString","coordinates":[[14,46],[14.1,46.1,300],[14.2,46.2]]}`

func TestReadGeoJSON(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		points     int // 0 = refused
		title      string
	}{
		{"a line", line, 3, ""},
		{"a feature", `{"type":"Feature","properties":{"name":"Pass"},"geometry":` + line + `}`, 3, "Pass"},
		{"a feature without properties", `{"type":"Feature","properties":null,"geometry":` + line + `}`, 3, ""},
		{"a name that is a number", `{"type":"Feature","properties":{"name":7},"geometry":` + line + `}`, 3, ""},
		{"a drawing with a marker", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}},
			{"type":"Feature","properties":{"name":"Pass"},"geometry":` + line + `}]}`, 3, "Pass"},
		{"two lines", `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":` + line + `},{"type":"Feature","geometry":` + line + `}]}`, 0, ""},
		{"no line", `{"type":"FeatureCollection","features":[]}`, 0, ""},
		{"many lines in one", `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}`, 0, ""},
		{"a point", `{"type":"Point","coordinates":[1,2]}`, 0, ""},
		{"half a position", `{"type":"LineString","coordinates":[[1,2],[3]]}`, 0, ""},
		{"text", `{"type":"LineString","coordinates":[["1","2"],[3,4]]}`, 0, ""},
		{"not on earth", `{"type":"LineString","coordinates":[[1,2],[3,-90.1]]}`, 0, ""},
		{"more than there is", `{"type":"LineString","coordinates":[[1,2],[1e400,2]]}`, 0, ""},
		{"nothing", ``, 0, ""},
		{"no object", `[1,2]`, 0, ""},
		{"too many", `{"type":"LineString","coordinates":[` + strings.Repeat("[1,2],", places.MaxRoutePoints) + `[3,4]]}`, 0, ""},
	} {
		title, points, err := places.ReadGeoJSON([]byte(tc.body))
		var refused *places.RouteError
		if len(points) != tc.points || title != tc.title || (tc.points == 0) != errors.As(err, &refused) {
			t.Errorf("%s: %q, %d points, %v", tc.name, title, len(points), err)
		}
		if len(points) > 1 && (points[1].Lat != 46.1 || points[1].Lng != 14.1) {
			t.Errorf("%s: %+v", tc.name, points)
		}
	}
}

// Whatever comes in, what comes out is on earth and within the bounds.
func FuzzReadGeoJSON(f *testing.F) {
	f.Add([]byte(line))
	f.Add([]byte(`{"type":"Feature","geometry":{"type":"LineString","coordinates":null}}`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"geometry":{}}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, points, err := places.ReadGeoJSON(body)
		if err == nil && (len(points) > places.MaxRoutePoints || places.Check(points) != nil) {
			t.Fatalf("%d points of %q", len(points), body)
		}
	})
}
