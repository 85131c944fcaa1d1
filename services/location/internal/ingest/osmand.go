package ingest

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

// OsmAnd reads what OsmAnd and Traccar Client send, in a query, a form or JSON.
// The device token is the device's id. A report without coordinates, or one that
// says itself that it is not valid, is a heartbeat.
// Source: https://www.traccar.org/osmand/
func OsmAnd(query url.Values, contentType string, body []byte) (token string, r Report) {
	if isJSON(contentType, body) && len(body) > 0 {
		return osmAndJSON(query, body)
	}
	v := parameters(query, body)
	f := position.Empty()
	lat, lon := first(v, "lat"), first(v, "lon")
	if both := first(v, "location"); both != "" {
		lat, lon, _ = strings.Cut(both, ",")
	}
	f.Latitude, f.Longitude = parseNumber(lat), parseNumber(lon)
	f.Accuracy, f.Altitude = parseNumber(first(v, "accuracy")), parseNumber(first(v, "altitude"))
	f.Speed = positive(parseNumber(first(v, "speed"))) * knot
	f.Bearing, f.BatteryLevel = parseNumber(first(v, "bearing", "heading")), parseNumber(first(v, "batt"))
	switch valid := strings.ToLower(first(v, "valid")); {
	case lat == "" && lon == "", valid == "false", valid == "0":
		r.Heartbeat = true
		r.alarm(first(v, "alarm"), nil)
	case !momentOf(first(v, "timestamp")).into(&f.RecordedAt):
		r.Ignored[Invalid]++
		r.alarm(first(v, "alarm"), nil)
	default:
		r.Fixes = append(r.Fixes, f)
		r.alarm(first(v, "alarm"), &f)
	}
	return first(v, "id", "deviceid"), r
}

// osmAnd is the body of Traccar Client 9 and later. There are more keys in it,
// one of which repeats others as a query; they are not needed.
type osmAnd struct {
	Location json.RawMessage `json:"location"` // one, or an array of them
	DeviceID text            `json:"device_id"`
}

type osmAndLocation struct {
	Timestamp moment `json:"timestamp"`
	Coords    *struct {
		Latitude         number `json:"latitude"`
		Longitude        number `json:"longitude"`
		Accuracy         number `json:"accuracy"` // m; here and below -1 = unknown
		Speed            number `json:"speed"`    // m/s, other than in a query
		Heading          number `json:"heading"`  // degrees, of travel
		Altitude         number `json:"altitude"` // m
		AltitudeAccuracy number `json:"altitude_accuracy"`
	} `json:"coords"`
	Battery struct {
		Level number `json:"level"` // 0 to 1
	} `json:"battery"`
	Extras json.RawMessage `json:"extras"` // an object; in it the alarm of the app's SOS shortcut
}

func (l *osmAndLocation) alarm() string {
	var extras struct {
		Alarm text `json:"alarm"`
	}
	if len(l.Extras) > 0 {
		decode(l.Extras, &extras) // what is no object has none
	}
	return string(extras.Alarm)
}

func osmAndJSON(query url.Values, body []byte) (token string, r Report) {
	token = first(query, "id", "deviceid")
	var all []osmAnd
	if isArray(body) {
		if !decode(body, &all) {
			all = nil
		}
	} else {
		var one osmAnd
		if decode(body, &one) {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		r.Ignored[Malformed]++
	}
	for i := range all {
		if token == "" {
			token = string(all[i].DeviceID)
		}
		r.osmAnd(all[i].Location)
	}
	return token, r
}

func (r *Report) osmAnd(raw json.RawMessage) {
	if len(raw) == 0 {
		r.Heartbeat = true
		return
	}
	var locations []osmAndLocation
	if isArray(raw) {
		decode(raw, &locations) // it is JSON, as a part of what was
	} else {
		locations = make([]osmAndLocation, 1)
		decode(raw, &locations[0])
	}
	for i := range locations {
		l := &locations[i]
		if l.Coords == nil || !l.Coords.Latitude.known && !l.Coords.Longitude.known {
			r.Heartbeat = true
			r.alarm(l.alarm(), nil)
			continue
		}
		f := position.Empty()
		f.Latitude, f.Longitude = l.Coords.Latitude.get(), l.Coords.Longitude.get()
		f.Accuracy, f.Altitude = l.Coords.Accuracy.get(), l.Coords.Altitude.get()
		if l.Coords.AltitudeAccuracy.known && l.Coords.AltitudeAccuracy.value < 0 {
			f.Altitude = number{}.get()
		}
		f.Speed, f.Bearing = l.Coords.Speed.get(), l.Coords.Heading.get()
		f.BatteryLevel = l.Battery.Level.positive() * 100
		if !l.Timestamp.into(&f.RecordedAt) || !l.Timestamp.given {
			r.Ignored[Invalid]++ // queued for hours, perhaps
			r.alarm(l.alarm(), nil)
			continue
		}
		r.Fixes = append(r.Fixes, f)
		r.alarm(l.alarm(), &f)
	}
}
