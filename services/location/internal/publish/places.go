package publish

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/places"
	"github.com/wemaps/wemaps/services/location/internal/sos"
)

// News is something that a room has not been told yet: an event for sockets and
// perhaps a note for its history.
type News struct {
	Envelope wire.Envelope
	Note     *wire.SystemMessage
}

// NoteJSON is the note as it is stored; "" = none.
func (n *News) NoteJSON() (string, error) {
	if n.Note == nil {
		return "", nil
	}
	raw, err := json.Marshal(n.Note)
	if err != nil {
		return "", fmt.Errorf("encode a note: %w", err)
	}
	return string(raw), nil
}

// ParseNote reads it back.
func (n *News) ParseNote(raw string) error {
	if raw == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(raw), &n.Note); err != nil {
		return fmt.Errorf("parse a note: %w", err)
	}
	return nil
}

// PlacesNews is what a room hears of a change of its places.
func PlacesNews(p *places.Places, c places.Change) News {
	event, payload := "", any(nil)
	switch c.Kind {
	case places.RouteChange:
		updated := wire.RouteUpdated{RoomID: p.Room, ID: c.ID, Removed: c.How == places.Removed, UpdatedBy: c.By}
		if p.Route != nil {
			info := RouteInfo(p.Room, p.Route)
			updated.Route = &info
		}
		event, payload = wire.EventRouteUpdated, updated
	case places.FenceChange:
		event = wire.EventGeofencesUpdated
		payload = wire.GeofencesUpdated{RoomID: p.Room, GeofenceID: c.ID, Name: c.Name, Change: changeName(c.How), Count: len(p.Fences), UpdatedBy: c.By}
	case places.PointChange:
		event, payload = wire.EventMeetingPointsUpdated, wire.MeetingPointsUpdated{RoomID: p.Room, MeetingPoints: MeetingPoints(p.Points), UpdatedBy: c.By}
	}
	return News{Envelope: wire.Envelope{Event: event, Class: wire.ClassOrdered, UserID: c.By, Data: string(mustJSON(payload))}}
}

func changeName(h places.How) string {
	return map[places.How]string{places.Added: wire.PlaceAdded, places.Changed: wire.PlaceChanged, places.Removed: wire.PlaceRemoved}[h]
}

// RouteInfo is a route without its points.
func RouteInfo(room string, r *places.Route) wire.RouteInfo {
	return wire.RouteInfo{ID: r.ID, RoomID: room, Name: r.Name, Length: whole(r.Length), PointCount: r.Count, SimplifiedCount: len(r.Line),
		Tolerance: r.Tolerance, CreatedBy: r.CreatedBy, CreatedAt: wire.At(r.CreatedAt)}
}

// Coordinates are points as GeoJSON has them.
func Coordinates(points []navigation.Point) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i] = [2]float64{p.Lng, p.Lat}
	}
	return out
}

// MeetingPoints as clients see them.
func MeetingPoints(points []places.Point) []wire.MeetingPoint {
	out := make([]wire.MeetingPoint, 0, len(points))
	for i := range points {
		out = append(out, MeetingPoint(&points[i]))
	}
	return out
}

// MeetingPoint as clients see it.
func MeetingPoint(p *places.Point) wire.MeetingPoint {
	return wire.MeetingPoint{ID: p.ID, Name: p.Name, Latitude: p.Latitude, Longitude: p.Longitude, CreatedBy: p.CreatedBy,
		CreatedByName: p.CreatedByName, CreatedAt: wire.At(p.CreatedAt)}
}

// Geofences as clients and Redis see them.
func Geofences(fences []geofence.Fence) []wire.Geofence {
	out := make([]wire.Geofence, 0, len(fences))
	for i := range fences {
		out = append(out, Geofence(&fences[i]))
	}
	return out
}

// Geofence as clients see it.
func Geofence(f *geofence.Fence) wire.Geofence {
	g := wire.Geofence{ID: f.ID, Name: f.Name, Kind: string(f.Kind), Radius: f.Radius, DwellSeconds: int(f.Dwell.Seconds()), CreatedBy: f.CreatedBy,
		CreatedAt: wire.At(f.CreatedAt), UpdatedAt: wire.At(f.UpdatedAt)}
	if f.Kind == geofence.Circle {
		g.Center = &[2]float64{f.Center.Lng, f.Center.Lat}
	}
	for _, v := range f.Vertices {
		g.Vertices = append(g.Vertices, [2]float64{v.Lng, v.Lat})
	}
	return g
}

// CallNews is what a room hears of a call for help. Whoever did it over a socket
// gets the same as the answer.
func CallNews(c *sos.Change) News {
	call := Call(&c.Call)
	e := wire.Envelope{Class: wire.ClassOrdered, UserID: call.UserID, Origin: parseSocket(c.Socket), Data: string(mustJSON(call))}
	note := &wire.SystemMessage{UserID: call.UserID, UserName: call.UserName}
	switch c.Call.State {
	case sos.Answered:
		e.Event, note.Kind = wire.EventSOSAnswered, wire.SystemSOSAnswered
		note.Text = call.EndedByName + " answers the call for help of " + call.UserName + said(call.Answer)
	case sos.Cancelled:
		e.Event, note.Kind = wire.EventSOSCancelled, wire.SystemSOSCancelled
		note.Text = "The call for help of " + call.UserName + " is over"
	default:
		e.Event, note.Kind = wire.EventSOSRaised, wire.SystemSOS
		note.Text = call.UserName + " calls for help" + said(call.Message)
	}
	// Its history has each call once, however often it was repeated.
	note.Key, note.Data = note.Kind+":"+call.ID, noteOf(call)
	return News{Envelope: e, Note: note}
}

func said(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// noteOf is a call for the room's history, without the texts, which the message has.
func noteOf(call wire.SOS) json.RawMessage {
	call.Message, call.Answer = "", ""
	return mustJSON(call)
}

// Call as clients see it.
func Call(c *sos.Call) wire.SOS {
	s := wire.SOS{ID: c.ID, RoomID: c.Room, UserID: c.UserID, UserName: c.UserName, Message: c.Message, State: string(c.State), RaisedAt: wire.At(c.RaisedAt),
		UpdatedAt: wire.At(c.UpdatedAt), EndedBy: c.EndedBy, EndedByName: c.EndedByName, Answer: c.Answer}
	if !c.EndedAt.IsZero() {
		at := wire.At(c.EndedAt)
		s.EndedAt = &at
	}
	if p := c.Place; p != nil {
		s.Position = &wire.SOSPosition{Latitude: p.Latitude, Longitude: p.Longitude, RecordedAt: wire.At(p.At)}
		if p.Accuracy >= 0 {
			s.Position.Accuracy = &p.Accuracy
		}
	}
	return s
}

// Calls as clients see them.
func Calls(calls []sos.Call) []wire.SOS {
	out := make([]wire.SOS, 0, len(calls))
	for i := range calls {
		out = append(out, Call(&calls[i]))
	}
	return out
}

// Socket names the socket that a command came from, for sos.Who.
func Socket(o wire.Origin) string {
	if o.EdgeID == "" {
		return ""
	}
	return strings.Join([]string{o.EdgeID, o.SocketID, o.Ref}, "\t")
}

func parseSocket(s string) (o wire.Origin) {
	if s == "" {
		return o
	}
	parts := strings.SplitN(s, "\t", 3)
	if len(parts) == 3 {
		o = wire.Origin{EdgeID: parts[0], SocketID: parts[1], Ref: parts[2]}
	}
	return o
}
