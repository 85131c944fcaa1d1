package wire

import (
	"encoding/json"
	"fmt"
	"time"
)

// TimeLayout is RFC 3339 in UTC with exactly three decimals, the shape that
// JavaScript's Date.toISOString gives.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Time is a time.Time whose JSON form is TimeLayout.
type Time struct{ time.Time }

// At wraps t, in UTC, cut to milliseconds.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(TimeLayout)+2)
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, TimeLayout)
	return append(b, '"'), nil
}

// UnmarshalJSON accepts any RFC 3339 time.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("time must be a string: %w", err)
	}
	p, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("time must be RFC 3339: %w", err)
	}
	*t = At(p)
	return nil
}
