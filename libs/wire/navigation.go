package wire

// Events of navigation that a server sends. Old apps ignore them.
const (
	EventMemberArrived    = "member-arrived"
	EventMemberStraggling = "member-straggling"
	EventGroupArrived     = "group-arrived"
	EventETAChanged       = "eta-changed"
	EventGeofenceEntered  = "geofence-entered"
	EventGeofenceExited   = "geofence-exited"
	EventGeofenceDwelled  = "geofence-dwelled"
)

// CommandRefresh tells the owner of a room's partition that something it keeps in memory of that room has changed in
// Redis: its route, its geofences. It needs a room, a user (any, of whoever caused it) and no data.
const CommandRefresh = "refresh"

// Verdicts on a fix, for its sender in location-confirmed.
const (
	VerdictAccepted    = "accepted"     // the member's position now
	VerdictLate        = "late"         // older than what is known, or too old to be "now": joins the track only
	VerdictDuplicate   = "duplicate"    // this device has reported this fix time before: ignored
	VerdictImplausible = "implausible"  // nobody moves so fast: ignored, until the device insists
	VerdictNoFix       = "no-fix"       // 0, 0 without a good accuracy: what a receiver without satellites says; ignored
	VerdictOtherDevice = "other-device" // another device of the member leads at the moment: joins the track only
	VerdictWithdrawn   = "withdrawn"    // arrived before the member left: ignored
	VerdictHidden      = "hidden"       // the member shows nothing at the moment
)

// Bases of an ETA.
const (
	ETABasisNone   = "none"   // nothing can be said
	ETABasisSpeed  = "speed"  // great circle, a usual detour, and the member's own pace
	ETABasisRoute  = "route"  // along the room's route, at the member's own pace
	ETABasisEngine = "engine" // a routing engine
)

// Reasons of a reporting interval.
const (
	IntervalUnwatched = "unwatched"    // nobody is looking
	IntervalStill     = "still"        // not moving
	IntervalWalking   = "walking"      // up to 2.5 m/s
	IntervalDriving   = "driving"      // faster
	IntervalNear      = "near-arrival" // the last minutes before the destination
)

// Bounds of geofences.
const (
	MaxGeofences         = 20 // per room
	MaxGeofenceVertices  = 100
	MaxGeofenceRadius    = 100_000.0 // metres
	MinGeofenceRadius    = 10.0
	MaxGeofenceNameRunes = 100
	MaxDwellSeconds      = 24 * 3600
)

// MaxRoutePoints bounds RouteCache.
const MaxRoutePoints = 5000

// KeyRoute holds RouteCache JSON: the route that a room shares. Whoever writes it sends CommandRefresh after that.
func KeyRoute(roomID string) string { return "route:{" + roomID + "}" }

// KeyGeofences holds GeofencesResponse JSON.
func KeyGeofences(roomID string) string { return "geofences:{" + roomID + "}" }

// KeyNavigation is a hash: user id → what navigation must not forget of a member, and NavigationGroup → of the room.
func KeyNavigation(roomID string) string { return "navigation:{" + roomID + "}" }

// NavigationGroup is the field of KeyNavigation for the whole room; no user id looks like it.
const NavigationGroup = "*"

// RouteCache is a room's shared route. Points are longitude, latitude, as GeoJSON has them, in the order of travel.
type RouteCache struct {
	ID     string       `json:"id"` // another id is another route
	Points [][2]float64 `json:"points"`
}

// MemberArrived is the payload of member-arrived. How is "entered", "crossed" (passed through between two fixes) or
// "already-there" (was there when the first fix came).
type MemberArrived struct {
	RoomID    string `json:"roomId"`
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	ArrivedAt Time   `json:"arrivedAt"` // fix time
	How       string `json:"how"`
	Rank      int    `json:"rank"` // 1 = the first one there
}

// MemberStraggling is the payload of member-straggling; with Straggling false the member has caught up.
type MemberStraggling struct {
	RoomID         string  `json:"roomId"`
	UserID         string  `json:"userId"`
	UserName       string  `json:"userName"`
	Straggling     bool    `json:"straggling"`
	DistanceBehind float64 `json:"distanceBehind"` // metres behind the middle of the others
	SecondsBehind  float64 `json:"secondsBehind"`
	At             Time    `json:"at"`
}

// GroupArrived is the payload of group-arrived: everybody who is on the way has arrived.
type GroupArrived struct {
	RoomID    string   `json:"roomId"`
	ArrivedAt Time     `json:"arrivedAt"` // of the last one
	UserIDs   []string `json:"userIds"`   // in the order of arrival
}

// ETAChanged is the payload of eta-changed.
type ETAChanged struct {
	RoomID      string `json:"roomId"`
	UserID      string `json:"userId"`
	UserName    string `json:"userName"`
	ETA         Time   `json:"eta"`
	PreviousETA Time   `json:"previousEta"` // what was told last
	ETABasis    string `json:"etaBasis"`
}

// GeofenceEvent is the payload of geofence-entered, geofence-exited and geofence-dwelled.
type GeofenceEvent struct {
	RoomID       string `json:"roomId"`
	UserID       string `json:"userId"`
	UserName     string `json:"userName"`
	GeofenceID   string `json:"geofenceId"`
	GeofenceName string `json:"geofenceName"`
	At           Time   `json:"at"` // fix time
}

// Geofence is an area of a room: a circle (center and radius) or a polygon. Points are longitude, latitude.
type Geofence struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	Kind         string       `json:"kind"` // circle, polygon
	Center       *[2]float64  `json:"center,omitempty"`
	Radius       float64      `json:"radius,omitempty"`   // metres
	Vertices     [][2]float64 `json:"vertices,omitempty"` // open or closed ring
	DwellSeconds int          `json:"dwellSeconds"`       // 0 = no geofence-dwelled
	CreatedBy    string       `json:"createdBy"`
	CreatedAt    Time         `json:"createdAt"`
	UpdatedAt    Time         `json:"updatedAt"`
}

// GeofenceRequest is the body of POST and PUT geofences.
type GeofenceRequest struct {
	Name         *string      `json:"name"`
	Kind         *string      `json:"kind"`
	Center       *[2]float64  `json:"center,omitempty"`
	Radius       *float64     `json:"radius,omitempty"`
	Vertices     [][2]float64 `json:"vertices,omitempty"`
	DwellSeconds *int         `json:"dwellSeconds,omitempty"`
}

// GeofenceResponse wraps a geofence.
type GeofenceResponse struct {
	Geofence Geofence `json:"geofence"`
}

// GeofencesResponse wraps a room's geofences.
type GeofencesResponse struct {
	Geofences []Geofence `json:"geofences"`
}

// NavigationMember is one member in NavigationResponse.
type NavigationMember struct {
	UserID                string   `json:"userId"`
	UserName              string   `json:"userName"`
	DistanceToDestination *float64 `json:"distanceToDestination,omitempty"` // metres, great circle
	RemainingDistance     *float64 `json:"remainingDistance,omitempty"`     // metres, along waypoints or route
	Progress              *float64 `json:"progress,omitempty"`              // of the shared route, 0 to 1
	SpeedSmoothed         *float64 `json:"speedSmoothed,omitempty"`
	ETA                   *Time    `json:"eta,omitempty"`
	ETABasis              string   `json:"etaBasis"`
	Arrived               bool     `json:"arrived"`
	ArrivedAt             *Time    `json:"arrivedAt,omitempty"`
	Straggling            bool     `json:"straggling"`
	RecordedAt            *Time    `json:"recordedAt,omitempty"` // of the position behind all this; absent = none is live
}

// NavigationResponse answers GET /api/rooms/:id/navigation.
type NavigationResponse struct {
	RoomID       string             `json:"roomId"`
	Members      []NavigationMember `json:"members"`            // who is ahead comes first
	LeaderID     string             `json:"leaderId,omitempty"` // has arrived first, or has the shortest way left
	Spread       float64            `json:"spread"`             // metres between the two live members farthest apart
	GroupArrived bool               `json:"groupArrived"`
}
