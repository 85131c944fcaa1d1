package wire

// Events of what a room shares on the map.
const (
	EventRouteUpdated         = "route-updated"
	EventGeofencesUpdated     = "geofences-updated"
	EventMeetingPointsUpdated = "meeting-points-updated"
)

// Bounds of routes and meeting points.
const (
	MaxRouteBytes            = 4 << 20 // an upload
	MaxRouteUploadPoints     = 50_000
	MaxRouteNameRunes        = 100
	MaxMeetingPoints         = 20 // per room
	MaxMeetingPointNameRunes = 100
)

// KeyPlaces is the version of what Redis knows of a room's route, geofences and open SOS calls.
func KeyPlaces(roomID string) string { return "places:{" + roomID + "}" }

// KeyPlacesCache is a sentinel: the keys of all rooms' places are there.
const KeyPlacesCache = "places:cache"

// LineString is a GeoJSON geometry (RFC 7946). Coordinates are longitude, latitude, in the order of travel.
type LineString struct {
	Type        string       `json:"type"` // LineString
	Coordinates [][2]float64 `json:"coordinates"`
}

// RouteInfo is a room's shared route without its points.
type RouteInfo struct {
	ID         string  `json:"id"` // another upload has another id
	RoomID     string  `json:"roomId"`
	Name       string  `json:"name"`       // may be empty
	Length     float64 `json:"length"`     // metres, of the route as it was uploaded
	PointCount int     `json:"pointCount"` // as it was uploaded
	// Simplified has SimplifiedCount points, and no uploaded point is farther from it than Tolerance metres.
	SimplifiedCount int     `json:"simplifiedCount"`
	Tolerance       float64 `json:"tolerance"`
	CreatedBy       string  `json:"createdBy"` // user id
	CreatedAt       Time    `json:"createdAt"`
}

// Route is a room's shared route.
type Route struct {
	RouteInfo
	Simplified bool       `json:"simplified"` // Geometry is the simplified one
	Geometry   LineString `json:"geometry"`
	// FollowsRoom tells whether the route ends at the room's destination, so that progress and ETA are made from it.
	FollowsRoom bool `json:"followsRoom"`
}

// RouteResponse wraps a route.
type RouteResponse struct {
	Route Route `json:"route"`
}

// RouteUpdated is the payload of route-updated. Route is absent when there is none any more. The points are for GET.
type RouteUpdated struct {
	RoomID    string     `json:"roomId"`
	ID        string     `json:"id"` // of the route that came or went
	Removed   bool       `json:"removed"`
	UpdatedBy string     `json:"updatedBy"` // user id
	Route     *RouteInfo `json:"route,omitempty"`
}

// What has happened to a geofence or a meeting point.
const (
	PlaceAdded   = "added"
	PlaceChanged = "changed"
	PlaceRemoved = "removed"
)

// GeofencesUpdated is the payload of geofences-updated. The shapes are for GET.
type GeofencesUpdated struct {
	RoomID     string `json:"roomId"`
	GeofenceID string `json:"geofenceId"`
	Name       string `json:"name"`
	Change     string `json:"change"` // added, changed, removed
	Count      int    `json:"count"`  // how many there are now
	UpdatedBy  string `json:"updatedBy"`
}

// MeetingPoint is a place that somebody has proposed to meet at.
type MeetingPoint struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	Latitude      float64 `json:"latitude"`
	Longitude     float64 `json:"longitude"`
	CreatedBy     string  `json:"createdBy"` // user id
	CreatedByName string  `json:"createdByName"`
	CreatedAt     Time    `json:"createdAt"`
}

// MeetingPointRequest is the body of POST meeting-points.
type MeetingPointRequest struct {
	Name      *string  `json:"name"`
	Latitude  *float64 `json:"latitude"`
	Longitude *float64 `json:"longitude"`
}

// MeetingPointResponse wraps a meeting point.
type MeetingPointResponse struct {
	MeetingPoint MeetingPoint `json:"meetingPoint"`
}

// MeetingPointsResponse wraps a room's meeting points, the oldest first.
type MeetingPointsResponse struct {
	MeetingPoints []MeetingPoint `json:"meetingPoints"`
}

// MeetingPointsUpdated is the payload of meeting-points-updated.
type MeetingPointsUpdated struct {
	RoomID        string         `json:"roomId"`
	MeetingPoints []MeetingPoint `json:"meetingPoints"`
	UpdatedBy     string         `json:"updatedBy"`
}
