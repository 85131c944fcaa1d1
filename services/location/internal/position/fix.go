// Package position is the domain of live positions: what a fix is, which of
// two fixes is a member's position, who may report one, and how far it is to
// go. It imports the standard library only.
package position

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// Bounds of a fix.
const (
	MaxAhead       = 60 * time.Second // a fix time may lie this far after its arrival
	MaxAccuracy    = 40_075_017.0     // metres: the equator; larger says nothing
	MaxSpeed       = 15_000.0         // m/s: above orbital speed
	MaxAltitude    = 1_000_000.0      // metres, either way
	MaxDeviceRunes = 100
)

// Fix is one measurement by a device. An optional number that the device did
// not give is NaN; see Known.
type Fix struct {
	Latitude, Longitude float64 // degrees, WGS 84
	Accuracy            float64 // metres, radius
	Speed               float64 // m/s
	Bearing, Heading    float64 // degrees from north, 0 to 360
	Altitude            float64 // metres
	BatteryLevel        float64 // per cent, 0 to 100
	DeviceModel         string
	Device              string    // which of the member's devices; see DefaultDevice
	RecordedAt          time.Time // when the device measured; zero = not given
	Untimed             bool      // RecordedAt is the arrival, for the device gave none
}

// DefaultDevice is the device of a fix that names none: the member's app.
const DefaultDevice = "app"

// Empty is a fix in which nothing is known.
func Empty() Fix {
	nan := math.NaN()
	return Fix{Latitude: nan, Longitude: nan, Accuracy: nan, Speed: nan, Bearing: nan, Heading: nan, Altitude: nan, BatteryLevel: nan}
}

// Known tells whether an optional number was given.
func Known(v float64) bool { return v == v } //nolint:staticcheck // the cheapest test for NaN

// InvalidError says which field of a fix breaks which bound, for people.
type InvalidError struct{ Field, Rule string }

func (e *InvalidError) Error() string { return e.Field + " " + e.Rule }

// Check makes f a valid fix that arrived at received, or returns an
// *InvalidError. Negative speed, accuracy, bearing, heading and battery level
// become unknown, since that is how phones say so. Without a fix time the
// arrival is the fix time.
func (f *Fix) Check(received time.Time) error {
	if err := within("latitude", f.Latitude, -90, 90); err != nil {
		return err
	}
	if err := within("longitude", f.Longitude, -180, 180); err != nil {
		return err
	}
	for _, o := range [...]struct {
		name  string
		value *float64
		most  float64
	}{
		{"accuracy", &f.Accuracy, MaxAccuracy},
		{"speed", &f.Speed, MaxSpeed},
		{"bearing", &f.Bearing, 360},
		{"heading", &f.Heading, 360},
		{"batteryLevel", &f.BatteryLevel, 100},
	} {
		switch {
		case *o.value < 0:
			*o.value = math.NaN()
		case *o.value > o.most:
			return &InvalidError{o.name, fmt.Sprintf("must be at most %.0f", o.most)}
		}
	}
	if f.Altitude < -MaxAltitude || f.Altitude > MaxAltitude {
		return &InvalidError{"altitude", fmt.Sprintf("must be between %.0f and %.0f", -MaxAltitude, MaxAltitude)}
	}
	if len(f.DeviceModel) > MaxDeviceRunes && utf8.RuneCountInString(f.DeviceModel) > MaxDeviceRunes {
		return &InvalidError{"deviceModel", fmt.Sprintf("must have at most %d characters", MaxDeviceRunes)}
	}
	if len(f.Device) > MaxDeviceRunes && utf8.RuneCountInString(f.Device) > MaxDeviceRunes {
		return &InvalidError{"deviceId", fmt.Sprintf("must have at most %d characters", MaxDeviceRunes)}
	}
	if f.Device == "" {
		f.Device = DefaultDevice
	}
	if f.RecordedAt.IsZero() {
		f.RecordedAt, f.Untimed = received, true
	}
	if f.RecordedAt.Sub(received) > MaxAhead {
		return &InvalidError{"recordedAt", "must not be more than 60 seconds in the future"}
	}
	if year := f.RecordedAt.Year(); year < 1970 || year > 9999 {
		return &InvalidError{"recordedAt", "must be between 1970 and 9999"}
	}
	return nil
}

func within(name string, v, low, high float64) error {
	if !Known(v) {
		return &InvalidError{name, "is required and must be a number"}
	}
	if v < low || v > high {
		return &InvalidError{name, fmt.Sprintf("must be between %.0f and %.0f", low, high)}
	}
	return nil
}
