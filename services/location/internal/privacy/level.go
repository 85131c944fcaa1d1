// Package privacy is the one place that decides what others see of a member:
// live, in snapshots, in history and in exports alike. It imports the standard
// library only.
package privacy

import (
	"fmt"
	"math"
	"time"
)

// Level is how exactly others may know a place. The stricter of two is the
// smaller; the zero Level shows nothing, so that whatever was forgotten hides.
type Level uint8

// All levels.
const (
	Hidden      Level = iota // nothing
	Approximate              // a cell of about a square kilometre
	Exact
)

// String is the name that clients use.
func (l Level) String() string {
	if l > Exact {
		return "hidden"
	}
	return [...]string{"hidden", "approximate", "exact"}[l]
}

// ParseLevel reads a name; the error is an *InvalidError.
func ParseLevel(s string) (Level, error) {
	for l := Hidden; l <= Exact; l++ {
		if l.String() == s {
			return l, nil
		}
	}
	return Hidden, &InvalidError{"precision", "must be exact, approximate or hidden"}
}

// InvalidError says which field breaks which rule, for people.
type InvalidError struct{ Field, Rule string }

func (e *InvalidError) Error() string { return e.Field + " " + e.Rule }

// Fix is all that others could see of a fix. A number that is not known is NaN.
type Fix struct {
	Latitude, Longitude float64 // degrees, WGS 84
	Accuracy            float64 // metres
	Speed               float64 // m/s
	Bearing, Heading    float64 // degrees from north
	Altitude            float64 // metres
	BatteryLevel        float64 // per cent
	DeviceModel         string
	At                  time.Time // when it was measured, by a right clock as far as one can know
}

// CoarseAccuracy is the accuracy of an approximate place in metres: no place of
// a cell is farther from the cell's middle. It is also so large that by it
// nobody can be said to have arrived, or to be in a geofence.
const CoarseAccuracy = 1000.0

// Show is what others see at this level, false = nothing. Of an approximate fix
// they get the middle of a cell that is the same whoever asks, whenever: an
// average over many fixes tells no more than one. Whatever else could narrow the
// place down goes: how fast and whereto (which add up to a way), how high (which
// is a line on the map), how exact. The battery's level and the phone's model
// say nothing of a place and stay. All figures that follow from a fix must be
// made from what Show returns.
func (l Level) Show(f Fix) (Fix, bool) {
	switch l {
	case Exact:
		return f, true
	case Approximate:
		nan := math.NaN()
		lat, lng := cell(f.Latitude, f.Longitude)
		return Fix{Latitude: lat, Longitude: lng, Accuracy: CoarseAccuracy, Speed: nan, Bearing: nan, Heading: nan, Altitude: nan,
			BatteryLevel: f.BatteryLevel, DeviceModel: f.DeviceModel, At: f.At}, true
	}
	return Fix{}, false
}

// The grid: rows of equal height from pole to pole, 1,000.8 m each, divided into
// as many equal cells as are at least that wide in the middle of the row.
const (
	rows = 20_000
	high = 180.0 / rows // degrees
)

// cell is the middle of the cell in which a place is, rounded to a metre.
func cell(lat, lng float64) (float64, float64) {
	row := min(max(math.Floor((lat+90)/high), 0), rows-1)
	middle := -90 + (row+0.5)*high
	columns := math.Floor(360 / high * math.Cos(middle*math.Pi/180))
	column := min(max(math.Floor((lng+180)/360*columns), 0), columns-1)
	return round(middle), round(-180 + (column+0.5)*360/columns)
}

func round(degrees float64) float64 { return math.Round(degrees*1e5) / 1e5 }

// distance is the great circle in metres on a sphere of the mean radius, by the
// haversine formula; see position.Distance.
func distance(lat1, lng1, lat2, lng2 float64) float64 {
	const degree = math.Pi / 180
	sinLat, sinLng := math.Sin((lat2-lat1)*degree/2), math.Sin((lng2-lng1)*degree/2)
	h := sinLat*sinLat + math.Cos(lat1*degree)*math.Cos(lat2*degree)*sinLng*sinLng
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}

const earthRadius = 6_371_008.8 // metres, mean radius R1 of the IUGG

func required(field string, v, low, high float64) error {
	if !(v >= low && v <= high) { // NaN is not
		return &InvalidError{field, fmt.Sprintf("must be between %.0f and %.0f", low, high)}
	}
	return nil
}
