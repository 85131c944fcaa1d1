package consume

import (
	"math"
	"strconv"
	"time"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

// decodeFix reads the data of a location-update. Members that the contract
// does not know are skipped, null means absent, and of a repeated member the
// last counts. The error is errNotJSON or a *position.InvalidError.
func decodeFix(data string) (position.Fix, error) {
	f := position.Empty()
	sc := scanner{s: data}
	var invalid *position.InvalidError // reported only if the whole is JSON
	whole := sc.object(func(key string) bool {
		var target *float64
		switch key {
		case "latitude":
			target = &f.Latitude
		case "longitude":
			target = &f.Longitude
		case "accuracy":
			target = &f.Accuracy
		case "speed":
			target = &f.Speed
		case "bearing":
			target = &f.Bearing
		case "heading":
			target = &f.Heading
		case "altitude":
			target = &f.Altitude
		case "batteryLevel":
			target = &f.BatteryLevel
		case "deviceModel":
			return sc.textInto(key, &invalid, func(s string) string { f.DeviceModel = s; return "" })
		case "deviceId":
			return sc.textInto(key, &invalid, func(s string) string { f.Device = s; return "" })
		case "recordedAt":
			return sc.textInto(key, &invalid, func(s string) string { return parseTime(s, &f.RecordedAt) })
		default:
			return sc.skip(0)
		}
		return sc.floatInto(key, target, &invalid)
	})
	if sc.space(); !whole || sc.i < len(sc.s) {
		return position.Fix{}, errNotJSON
	}
	if invalid != nil {
		return position.Fix{}, invalid
	}
	return f, nil
}

func (sc *scanner) floatInto(key string, target *float64, invalid **position.InvalidError) bool {
	c := sc.next()
	if c == 'n' {
		*target = math.NaN()
		return sc.literal("null")
	}
	if c != '-' && (c < '0' || c > '9') {
		*invalid = &position.InvalidError{Field: key, Rule: "must be a number"}
		return sc.skip(0)
	}
	text, ok := sc.number()
	if !ok {
		return false
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		*invalid = &position.InvalidError{Field: key, Rule: "is out of range"}
	}
	*target = v
	return true
}

// textInto reads a string into set, which returns the rule that it breaks.
func (sc *scanner) textInto(key string, invalid **position.InvalidError, set func(string) (rule string)) bool {
	switch sc.next() {
	case 'n':
		set("")
		return sc.literal("null")
	case '"':
		s, ok := sc.text()
		if rule := set(s); ok && rule != "" {
			*invalid = &position.InvalidError{Field: key, Rule: rule}
		}
		return ok
	}
	*invalid = &position.InvalidError{Field: key, Rule: "must be a string"}
	return sc.skip(0)
}

func parseTime(s string, target *time.Time) (rule string) {
	if s == "" {
		*target = time.Time{}
		return ""
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return "must be an RFC 3339 time"
	}
	*target = t.UTC().Truncate(time.Millisecond)
	return ""
}
