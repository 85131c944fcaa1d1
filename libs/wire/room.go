package wire

// RoomEventMemberRole is the type of a RoomEvent after which a member has another role.
const RoomEventMemberRole = "member.role"

// RoomEventMemberRenamed is the type of a RoomEvent after which a member has another name.
const RoomEventMemberRenamed = "member.renamed"

// Waypoint is a named point on the way to a destination.
type Waypoint struct {
	Name string  `json:"name"`
	Lat  float64 `json:"lat"`
	Lng  float64 `json:"lng"`
}

// RoomDetailResponse answers GET /api/rooms/:id. The members and their number are in the room and beside it: apps of
// both kinds exist.
type RoomDetailResponse struct {
	Room        Room     `json:"room"`
	Members     []Member `json:"members"`
	MemberCount int      `json:"memberCount"`
}

// UpdateRoomRequest is the body of PATCH /api/rooms/:id. What is absent stays as it is.
type UpdateRoomRequest struct {
	Name            *string     `json:"name,omitempty"`
	DestinationName *string     `json:"destinationName,omitempty"`
	DestinationLat  *float64    `json:"destinationLat,omitempty"`
	DestinationLng  *float64    `json:"destinationLng,omitempty"`
	Waypoints       *[]Waypoint `json:"waypoints,omitempty"`
	MaxMembers      *int        `json:"maxMembers,omitempty"`
	ExpiresIn       *float64    `json:"expiresIn,omitempty"` // hours from now; extends only
}

// RoleRequest is the body of PUT /api/rooms/:id/members/:userId/role: admin, member or viewer.
type RoleRequest struct {
	Role *string `json:"role"`
}

// TransferRequest is the body of POST /api/rooms/:id/transfer.
type TransferRequest struct {
	UserID *string `json:"userId"`
}

// ShareRequest is the body of POST /api/rooms/:id/shares.
type ShareRequest struct {
	ExpiresIn *float64 `json:"expiresIn,omitempty"` // hours; never beyond the room's own end
}

// Share is a read-only link to a room. Token is there in the answer that creates it only.
type Share struct {
	ID        string `json:"id"`
	Token     string `json:"token,omitempty"`
	CreatedBy string `json:"createdBy"` // user id
	CreatedAt Time   `json:"createdAt"`
	ExpiresAt Time   `json:"expiresAt"`
}

// ShareResponse wraps a share link.
type ShareResponse struct {
	Share Share `json:"share"`
}

// SharesResponse wraps a list of share links.
type SharesResponse struct {
	Shares []Share `json:"shares"`
}

// SharedMember is what a share link shows of a member.
type SharedMember struct {
	Nickname string `json:"nickname"`
	Role     string `json:"role"`
	JoinedAt Time   `json:"joinedAt"`
}

// SharedRoom is what a share link shows of a room: no code and no ids of people, since whoever has the link may look
// and not enter.
type SharedRoom struct {
	Name            string         `json:"name"`
	DestinationName string         `json:"destinationName"`
	DestinationLat  float64        `json:"destinationLat"`
	DestinationLng  float64        `json:"destinationLng"`
	Waypoints       []Waypoint     `json:"waypoints"`
	Status          string         `json:"status"`
	ExpiresAt       Time           `json:"expiresAt"` // of the room
	LinkExpiresAt   Time           `json:"linkExpiresAt"`
	MemberCount     int            `json:"memberCount"`
	Members         []SharedMember `json:"members"`
}

// SharedRoomResponse answers GET /api/rooms/shared/:token.
type SharedRoomResponse struct {
	Room SharedRoom `json:"room"`
}

// RoomUpdated is the payload of room-updated.
type RoomUpdated struct {
	RoomID string `json:"roomId"`
	Room   Room   `json:"room"`
}

// RemovedMember is the payload of member-removed. Reason is "removed" or "banned".
type RemovedMember struct {
	RoomID   string `json:"roomId"`
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
	Reason   string `json:"reason"`
}
