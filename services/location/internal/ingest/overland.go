package ingest

import "github.com/wemaps/wemaps/services/location/internal/position"

// overland is the body of the app's POST. The batch is what the phone has kept;
// current, which comes when there is much of it, is where the phone is.
// Source: https://github.com/aaronpk/Overland-iOS#api
type overland struct {
	Locations []feature `json:"locations"`
	Current   *feature  `json:"current"`
}

type feature struct {
	Geometry struct {
		Coordinates []number `json:"coordinates"` // longitude, latitude
	} `json:"geometry"`
	Properties struct {
		Timestamp moment `json:"timestamp"`
		Altitude  number `json:"altitude"`            // m
		VAccuracy number `json:"vertical_accuracy"`   // m; negative = altitude says nothing
		HAccuracy number `json:"horizontal_accuracy"` // m
		Speed     number `json:"speed"`               // m/s; here and below negative = unknown
		Course    number `json:"course"`              // degrees
		Battery   number `json:"battery_level"`       // 0 to 1
		DeviceID  text   `json:"device_id"`
		Action    text   `json:"action"` // of the app's own diary: visits, start, stop
		Type      text   `json:"type"`   // "trip": the summary of one
	} `json:"properties"`
}

// Overland reads a batch.
func Overland(body []byte) Report {
	var r Report
	var b overland
	if !decode(body, &b) {
		r.Ignored[Malformed]++
		return r
	}
	for i := range b.Locations {
		r.overland(&b.Locations[i])
	}
	if b.Current != nil {
		r.overland(b.Current)
	}
	r.Heartbeat = len(r.Fixes) == 0
	return r
}

func (r *Report) overland(l *feature) {
	p := &l.Properties
	if p.Action != "" || p.Type != "" && p.Type != "location" {
		r.Ignored[Other]++
		return
	}
	f := position.Empty()
	if at := l.Geometry.Coordinates; len(at) >= 2 {
		f.Longitude, f.Latitude = at[0].get(), at[1].get()
	}
	f.Accuracy, f.Altitude = p.HAccuracy.get(), p.Altitude.get()
	if p.VAccuracy.known && p.VAccuracy.value < 0 {
		f.Altitude = number{}.get()
	}
	f.Speed, f.Bearing = p.Speed.get(), p.Course.get()
	f.BatteryLevel = p.Battery.positive() * 100
	f.Device = string(p.DeviceID)
	if !p.Timestamp.into(&f.RecordedAt) || !p.Timestamp.given {
		r.Ignored[Invalid]++
		return
	}
	r.Fixes = append(r.Fixes, f)
}
