package ingest

import (
	"encoding/json"

	"github.com/wemaps/wemaps/services/location/internal/position"
)

// ownTracks is one message of the app.
// Source: https://owntracks.org/booklet/tech/json/
type ownTracks struct {
	Type text   `json:"_type"`
	Lat  number `json:"lat"`
	Lon  number `json:"lon"`
	Tst  moment `json:"tst"`
	Acc  number `json:"acc"`  // m
	Alt  number `json:"alt"`  // m
	Vac  number `json:"vac"`  // m, of alt; negative = alt says nothing
	Vel  number `json:"vel"`  // km/h
	Cog  number `json:"cog"`  // degrees
	Batt number `json:"batt"` // per cent
	TID  text   `json:"tid"`  // a label, never an identity: some send "na"
}

// OwnTracks reads the body of a POST in the app's HTTP mode: one message, or an
// array of them. device is what the phone calls itself (X-Limit-D). An empty
// body, which says that a friend was deleted, is nothing.
func OwnTracks(body []byte, device string) Report {
	var r Report
	var messages []json.RawMessage
	switch {
	case len(body) == 0:
		r.Ignored[Other]++
		return r
	case !isArray(body):
		messages = []json.RawMessage{body}
	case !decode(body, &messages):
		r.Ignored[Malformed]++
		return r
	}
	for _, raw := range messages {
		r.ownTracks(raw, device)
	}
	return r
}

func (r *Report) ownTracks(raw json.RawMessage, device string) {
	var m ownTracks
	if !decode(raw, &m) {
		r.Ignored[Malformed]++
		return
	}
	switch m.Type {
	case "location":
	case "encrypted":
		r.Ignored[Encrypted]++
		return
	case "":
		r.Ignored[Malformed]++
		return
	default: // transition, waypoint, waypoints, lwt, card, status, cmd, steps, beacon, …
		r.Ignored[Other]++
		return
	}
	r.Asks, r.TID = true, string(m.TID)
	f := position.Empty()
	f.Latitude, f.Longitude = m.Lat.get(), m.Lon.get()
	f.Accuracy, f.Altitude = m.Acc.get(), m.Alt.get()
	if m.Vac.known && m.Vac.value < 0 {
		f.Altitude = number{}.get()
	}
	f.Speed = m.Vel.positive() * kmh
	f.Bearing, f.BatteryLevel = m.Cog.get(), m.Batt.get()
	f.Device = device
	if !m.Tst.into(&f.RecordedAt) || !m.Tst.given {
		r.Ignored[Invalid]++ // a queued message without its time would be a wrong "now"
		return
	}
	r.Fixes = append(r.Fixes, f)
}
