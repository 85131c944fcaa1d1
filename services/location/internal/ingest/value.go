package ingest

import (
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	knot = 1852.0 / 3600 // m/s
	kmh  = 1 / 3.6       // m/s
	// epochInMs is where an epoch is one in milliseconds: seconds would be 2038.
	epochInMs = 1 << 31
)

// number is a JSON number, or a string that holds one. Anything else is unknown:
// a phone's odd value must not cost the fix.
type number struct {
	value float64
	known bool
}

// UnmarshalJSON never fails.
func (n *number) UnmarshalJSON(raw []byte) error {
	var s text
	_ = s.UnmarshalJSON(raw)
	n.value = parseNumber(string(s))
	n.known = n.value == n.value //nolint:staticcheck // not NaN
	return nil
}

// get is the number, or NaN.
func (n number) get() float64 {
	if !n.known {
		return math.NaN()
	}
	return n.value
}

// positive is the number, or NaN if it is negative, which is how phones say that
// they do not know.
func (n number) positive() float64 { return positive(n.get()) }

func positive(v float64) float64 {
	if v < 0 {
		return math.NaN()
	}
	return v
}

// parseNumber returns NaN for everything but a finite number.
func parseNumber(s string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// text is a JSON string, or the literal of a number; anything else is empty.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = ""
	if len(raw) == 0 {
		return nil
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if json.Unmarshal(raw, &s) == nil {
			*t = text(s)
		}
	case c == '-' || c >= '0' && c <= '9':
		*t = text(raw)
	}
	return nil
}

// moment is a time as apps write it; see parseTime.
type moment struct {
	at    time.Time
	given bool // there was something, readable or not
}

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(raw []byte) error {
	var s text
	_ = s.UnmarshalJSON(raw)
	*m = momentOf(string(s))
	return nil
}

func momentOf(s string) moment {
	s = strings.TrimSpace(s)
	return moment{at: parseTime(s), given: s != ""}
}

// into sets a fix time. It is false for a time that was given and cannot be
// read: to take the arrival instead would show an old place as "now".
func (m moment) into(at *time.Time) bool {
	*at = m.at
	return !m.given || !m.at.IsZero()
}

// layouts are those of times that are no epochs; without a zone they are UTC.
var layouts = [...]string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700", // Overland: 2015-10-01T08:00:00-0700
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
}

// parseTime reads an epoch in seconds or milliseconds, or an ISO 8601 time; zero
// if it is neither.
func parseTime(s string) time.Time {
	if v := parseNumber(s); v == v { //nolint:staticcheck // not NaN
		if v >= epochInMs {
			v /= 1000
		}
		if v <= 0 || v >= epochInMs*128 { // before 1970, after the year 9999
			return time.Time{}
		}
		return time.UnixMilli(int64(math.Round(v * 1000))).UTC()
	}
	if i := strings.LastIndexByte(s, ' '); i > 0 && strings.IndexByte(s, 'T') > 0 {
		s = s[:i] + "+" + s[i+1:] // a plus sign that nobody escaped in a query
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Truncate(time.Millisecond)
		}
	}
	return time.Time{}
}

// decode reads JSON into dst, a struct or slice of the types above. A value of
// another type than expected stays unknown; false means that raw is no JSON.
func decode(raw []byte, dst any) bool {
	err := json.Unmarshal(raw, dst)
	var odd *json.UnmarshalTypeError
	return err == nil || errors.As(err, &odd)
}

// isArray tells whether JSON begins as an array.
func isArray(raw []byte) bool {
	for _, c := range raw {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == '['
		}
	}
	return false
}

// isJSON tells whether a body is meant to be JSON, whatever its content type.
func isJSON(contentType string, body []byte) bool {
	if strings.Contains(strings.ToLower(contentType), "json") {
		return true
	}
	for _, c := range body {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == '{' || c == '['
		}
	}
	return false
}

// parameters are those of a query and of a form body; those of the query win.
func parameters(query url.Values, body []byte) url.Values {
	form, _ := url.ParseQuery(strings.TrimSpace(string(body))) // what can be read
	for k, v := range query {
		if form == nil {
			form = url.Values{}
		}
		form[k] = v
	}
	return form
}

// first is the value of the first key that has one.
func first(v url.Values, keys ...string) string {
	for _, k := range keys {
		if s := strings.TrimSpace(v.Get(k)); s != "" {
			return s
		}
	}
	return ""
}
