package ingest

import (
	"net/url"
	"strings"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

// GPSLogger reads what the app's custom URL sends: the parameters of our own
// template, those that %ALL stands for, and their usual names, in the query, a
// form, or a flat JSON object. A request without coordinates is the app's test.
// The token is empty unless the template has one; mostly it is the password.
// Source: https://gpslogger.app/#usingthecustomurlfeature
func GPSLogger(query url.Values, contentType string, body []byte) (token string, r Report) {
	var v url.Values
	if isJSON(contentType, body) && len(body) > 0 {
		var flat map[string]text
		if !decode(body, &flat) {
			r.Ignored[Malformed]++
		}
		v = url.Values{}
		for k, s := range flat {
			v.Set(k, string(s))
		}
		for k, s := range query {
			v[k] = s
		}
	} else {
		v = parameters(query, body)
	}
	v = filled(v)
	token = first(v, "token", "id")
	lat, lon := first(v, "lat", "latitude"), first(v, "lon", "lng", "long", "longitude")
	if lat == "" && lon == "" {
		r.Ignored[Other]++
		return token, r
	}
	f := position.Empty()
	f.Latitude, f.Longitude = parseNumber(lat), parseNumber(lon)
	f.Accuracy = parseNumber(first(v, "acc", "accuracy"))
	f.Speed = parseNumber(first(v, "spd", "s", "speed")) // m/s
	f.Bearing = parseNumber(first(v, "dir", "bearing", "direction"))
	f.Altitude = parseNumber(first(v, "alt", "altitude"))
	f.BatteryLevel = parseNumber(first(v, "batt", "battery"))
	f.Device = first(v, "ser", "serial")
	if !momentOf(first(v, "timestamp", "time")).into(&f.RecordedAt) {
		r.Ignored[Invalid]++
		return token, r
	}
	r.Fixes = append(r.Fixes, f)
	return token, r
}

// filled leaves out what the app did not fill in: a template that is sent as it
// is, and the words that some versions put for "none".
func filled(v url.Values) url.Values {
	out := make(url.Values, len(v))
	for k, values := range v {
		if len(values) == 0 {
			continue
		}
		s := strings.TrimSpace(values[0])
		if strings.HasPrefix(s, "%") || strings.EqualFold(s, "null") {
			continue
		}
		out[strings.ToLower(k)] = []string{s}
	}
	return out
}
