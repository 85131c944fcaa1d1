package publish

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
)

// appendLocation appends wire.Location as JSON: the bytes that every client
// gets and that Redis keeps. It is made once, here. A test holds it against
// encoding/json.
func appendLocation(b []byte, roomID, userID, userName string, f *position.Fix, received time.Time, remaining float64) []byte {
	b = appendText(append(b, `{"roomId":`...), roomID)
	b = appendText(append(b, `,"userId":`...), userID)
	b = appendText(append(b, `,"userName":`...), userName)
	b = appendFloat(append(b, `,"latitude":`...), f.Latitude)
	b = appendFloat(append(b, `,"longitude":`...), f.Longitude)
	b = appendKnown(b, `,"accuracy":`, f.Accuracy)
	b = appendKnown(b, `,"speed":`, f.Speed)
	b = appendKnown(b, `,"bearing":`, f.Bearing)
	b = appendKnown(b, `,"heading":`, f.Heading)
	b = appendKnown(b, `,"altitude":`, f.Altitude)
	b = appendKnown(b, `,"batteryLevel":`, f.BatteryLevel)
	if f.DeviceModel != "" {
		b = appendText(append(b, `,"deviceModel":`...), f.DeviceModel)
	}
	b = appendTime(append(b, `,"timestamp":`...), received)
	b = appendTime(append(b, `,"recordedAt":`...), f.RecordedAt)
	b = append(b, `,"isLive":true,"distanceToDestination":`...)
	return append(strconv.AppendFloat(b, remaining, 'f', 1, 64), '}')
}

// appendConfirmed appends wire.LocationConfirmed as JSON.
func appendConfirmed(b []byte, f *position.Fix, received time.Time) []byte {
	b = appendTime(append(b, `{"timestamp":`...), received)
	b = appendFloat(append(b, `,"latitude":`...), f.Latitude)
	return append(appendFloat(append(b, `,"longitude":`...), f.Longitude), '}')
}

func appendKnown(b []byte, name string, v float64) []byte {
	if !position.Known(v) {
		return b
	}
	return appendFloat(append(b, name...), v)
}

// appendFloat writes v as encoding/json does: the shortest text that reads
// back as v, with an exponent for the very small and large only.
func appendFloat(b []byte, v float64) []byte {
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, 64)
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, wire.TimeLayout)
	return append(b, '"')
}

func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // a string can always be encoded
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
