package publish

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// appendLocation appends wire.Location as JSON: the bytes that every client
// gets and that Redis keeps. It is made once, here. A test holds it against
// encoding/json.
func appendLocation(b []byte, c *wire.Command, p *Position) []byte {
	f := p.Shown
	b = appendText(append(b, `{"roomId":`...), c.RoomID)
	b = appendText(append(b, `,"userId":`...), c.UserID)
	b = appendText(append(b, `,"userName":`...), c.UserName)
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
	b = appendTime(append(b, `,"timestamp":`...), c.Received)
	b = appendTime(append(b, `,"recordedAt":`...), f.RecordedAt)
	b = appendWay(append(b, `,"isLive":true`...), p)
	if p.Level != privacy.Exact {
		b = append(append(append(b, `,"precision":"`...), p.Level.String()...), '"')
	}
	return append(b, '}')
}

// appendWay appends how far the member has to go, without what is unknown or
// says nothing new.
func appendWay(b []byte, p *Position) []byte {
	b = appendRounded(append(b, `,"distanceToDestination":`...), p.Direct, 1)
	if p.Remaining != p.Direct {
		b = appendRounded(append(b, `,"remainingDistance":`...), p.Remaining, 1)
	}
	if p.Progress >= 0 {
		b = appendRounded(append(b, `,"progress":`...), p.Progress, 4)
	}
	if p.Speed >= 0 {
		b = appendRounded(append(b, `,"speedSmoothed":`...), p.Speed, 2)
	}
	if p.ETA != 0 {
		b = appendTime(append(b, `,"eta":`...), time.UnixMilli(p.ETA))
		b = append(append(append(b, `,"etaBasis":"`...), p.Basis.String()...), '"')
	}
	if p.Arrived {
		b = append(b, `,"arrived":true`...)
	}
	return b
}

// appendRounded writes v with some decimals, at most 4. It is strconv's 'f', but a
// third of its cost; ties are rounded away from zero.
func appendRounded(b []byte, v float64, decimals int) []byte {
	if math.IsNaN(v) || math.Abs(v) >= 1e12 {
		return strconv.AppendFloat(b, v, 'f', decimals, 64)
	}
	scale := [...]int64{1, 10, 100, 1000, 10_000}[decimals]
	n := int64(math.Round(v * float64(scale)))
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/scale, 10)
	if scale == 1 {
		return b
	}
	b = append(b, '.')
	for n %= scale; scale > 1; n %= scale {
		scale /= 10
		b = append(b, '0'+byte(n/scale))
	}
	return b
}

// appendConfirmed appends wire.LocationConfirmed as JSON.
func appendConfirmed(b []byte, a *Answer, received time.Time) []byte {
	b = appendTime(append(b, `{"timestamp":`...), received)
	b = appendFloat(append(b, `,"latitude":`...), a.Fix.Latitude)
	b = appendFloat(append(b, `,"longitude":`...), a.Fix.Longitude)
	b = append(append(append(b, `,"verdict":"`...), a.Verdict.String()...), '"')
	if a.Advice != navigation.NoReason {
		b = strconv.AppendInt(append(b, `,"nextIntervalMs":`...), a.Advice.Interval(), 10)
		b = append(append(append(b, `,"intervalReason":"`...), a.Advice.String()...), '"')
	}
	return append(b, '}')
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

// appendTime writes t as wire.TimeLayout says, at a quarter of the cost of reading
// the layout: each update has four.
func appendTime(b []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 { // no fix has passed with such a time
		return append(t.AppendFormat(append(b, '"'), wire.TimeLayout), '"')
	}
	hour, minute, second := t.Clock()
	b = appendPadded(append(b, '"'), year, 4)
	b = appendPadded(append(b, '-'), int(month), 2)
	b = appendPadded(append(b, '-'), day, 2)
	b = appendPadded(append(b, 'T'), hour, 2)
	b = appendPadded(append(b, ':'), minute, 2)
	b = appendPadded(append(b, ':'), second, 2)
	b = appendPadded(append(b, '.'), t.Nanosecond()/1_000_000, 3)
	return append(b, 'Z', '"')
}

// appendPadded writes n, which has at most as many digits, with zeros before it.
func appendPadded(b []byte, n, digits int) []byte {
	for range digits {
		b = append(b, '0')
	}
	for i := len(b) - 1; n > 0; n /= 10 {
		b[i] = '0' + byte(n%10)
		i--
	}
	return b
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
