package publish

import (
	"encoding/json"
	"math"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
)

// Visible is a fix as privacy judges it. at is the fix time by a right clock, as
// far as one can know.
func Visible(f *position.Fix, at time.Time) privacy.Fix {
	return privacy.Fix{Latitude: f.Latitude, Longitude: f.Longitude, Accuracy: f.Accuracy, Speed: f.Speed, Bearing: f.Bearing, Heading: f.Heading,
		Altitude: f.Altitude, BatteryLevel: f.BatteryLevel, DeviceModel: f.DeviceModel, At: at}
}

// Masked is f as others see it at a level, which must not be Hidden.
func Masked(f *position.Fix, level privacy.Level) *position.Fix {
	if level == privacy.Exact {
		return f
	}
	v, _ := level.Show(Visible(f, f.RecordedAt))
	m := position.Empty()
	m.Latitude, m.Longitude, m.Accuracy, m.Speed, m.Bearing, m.Heading, m.Altitude = v.Latitude, v.Longitude, v.Accuracy, v.Speed, v.Bearing, v.Heading, v.Altitude
	m.BatteryLevel, m.DeviceModel, m.Device, m.RecordedAt, m.Untimed = v.BatteryLevel, v.DeviceModel, f.Device, f.RecordedAt, f.Untimed
	return &m
}

// Shown is a stored position as others see it under a policy at now; false =
// they do not. A position that was masked already stays as it is.
func Shown(raw string, p *privacy.Policy, now time.Time) (json.RawMessage, bool) {
	if p == nil {
		return json.RawMessage(raw), true
	}
	if p.Wherever(now) == privacy.Hidden {
		return nil, false
	}
	var l wire.Location
	if json.Unmarshal([]byte(raw), &l) != nil {
		return nil, false
	}
	if l.Precision == wire.PrecisionApproximate {
		return json.RawMessage(raw), true
	}
	f := privacy.Fix{Latitude: l.Latitude, Longitude: l.Longitude, Accuracy: optional(l.Accuracy), BatteryLevel: optional(l.BatteryLevel), At: l.RecordedAt.Time}
	if l.DeviceModel != nil {
		f.DeviceModel = *l.DeviceModel
	}
	level := p.Of(&f, now)
	if level == privacy.Exact {
		return json.RawMessage(raw), true
	}
	v, ok := level.Show(f)
	if !ok {
		return nil, false
	}
	coarse := wire.Location{RoomID: l.RoomID, UserID: l.UserID, UserName: l.UserName, Latitude: v.Latitude, Longitude: v.Longitude, Accuracy: &v.Accuracy,
		BatteryLevel: l.BatteryLevel, DeviceModel: l.DeviceModel, Timestamp: l.Timestamp, RecordedAt: l.RecordedAt, IsLive: l.IsLive, Precision: level.String()}
	out, err := json.Marshal(coarse)
	return out, err == nil
}

// ForViewers are positions as those see them who watch by a share link.
func ForViewers(room string, live []json.RawMessage) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(live))
	for _, raw := range live {
		var l wire.Location
		if json.Unmarshal(raw, &l) != nil {
			continue
		}
		if seen, err := json.Marshal(wire.ViewerLocation(room, l)); err == nil {
			out = append(out, seen)
		}
	}
	return out
}

func optional(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
