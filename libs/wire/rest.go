package wire

// User is the public shape of an account.
type User struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt Time   `json:"createdAt"`
	UpdatedAt Time   `json:"updatedAt"`
}

// SignInRequest is the body of signin and signup.
type SignInRequest struct {
	Name     string  `json:"name"`
	Password *string `json:"password,omitempty"`
}

// SignInResponse answers signin and signup (which leaves IsNewUser out).
type SignInResponse struct {
	User         User   `json:"user"`
	Token        string `json:"token"`
	IsNewUser    *bool  `json:"isNewUser,omitempty"`
	RefreshToken string `json:"refreshToken"`
	ExpiresAt    Time   `json:"expiresAt"`
}

// UserResponse wraps a user.
type UserResponse struct {
	User User `json:"user"`
}

// UpdateUserRequest is the body of PUT /api/auth/user and /api/auth/me.
type UpdateUserRequest struct {
	ID   *string `json:"id,omitempty"`
	Name *string `json:"name,omitempty"`
}

// RefreshRequest may carry a refresh token instead of a bearer token.
type RefreshRequest struct {
	RefreshToken *string `json:"refreshToken,omitempty"`
}

// RefreshResponse carries the new token; RefreshToken only when one was given.
type RefreshResponse struct {
	Token        string `json:"token"`
	RefreshToken string `json:"refreshToken,omitempty"`
	ExpiresAt    Time   `json:"expiresAt"`
}

// Room roles, from most to least.
const (
	RoleOwner  = "owner"
	RoleAdmin  = "admin"
	RoleMember = "member"
	RoleViewer = "viewer"
)

// Room and member states.
const (
	RoomStatusActive  = "active"
	RoomStatusClosed  = "closed"
	RoomStatusExpired = "expired"

	MemberActive  = "active"
	MemberLeft    = "left"
	MemberRemoved = "removed"
)

// Room is the public shape of a room. The optional fields are there where the
// contract lists them.
type Room struct {
	ID              string   `json:"id"`
	RoomCode        string   `json:"roomCode"`
	Name            string   `json:"name"`
	DestinationName string   `json:"destinationName"`
	DestinationLat  float64  `json:"destinationLat"`
	DestinationLng  float64  `json:"destinationLng"`
	MaxMembers      int      `json:"maxMembers"`
	Status          string   `json:"status"`
	ExpiresAt       Time     `json:"expiresAt"`
	CreatedAt       Time     `json:"createdAt"`
	UpdatedAt       Time     `json:"updatedAt"`
	CreatedBy       *string  `json:"createdBy,omitempty"` // the creator's name
	MemberCount     *int     `json:"memberCount,omitempty"`
	UserRole        *string  `json:"userRole,omitempty"`
	Members         []Member `json:"members,omitempty"`

	Waypoints []Waypoint `json:"waypoints,omitempty"` // on the way to the destination, in order

	UnreadCount *int64 `json:"unreadCount,omitempty"` // in the list, at most MaxUnread; absent = not known
}

// Member is one person in a room.
type Member struct {
	ID        string `json:"id"`
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	Nickname  string `json:"nickname"`
	Role      string `json:"role"`
	Status    string `json:"status"`
	JoinedAt  Time   `json:"joinedAt"`
	LastSeen  Time   `json:"lastSeen"`
	JoinOrder int    `json:"joinOrder"`
}

// CreateRoomRequest is the body of POST /api/rooms. Pointers tell "absent".
type CreateRoomRequest struct {
	Name            *string  `json:"name"`
	DestinationName *string  `json:"destinationName"`
	DestinationLat  *float64 `json:"destinationLat"`
	DestinationLng  *float64 `json:"destinationLng"`
	MaxMembers      *int     `json:"maxMembers,omitempty"`
	ExpiresIn       *float64 `json:"expiresIn,omitempty"` // hours
}

// RoomResponse wraps a room.
type RoomResponse struct {
	Room Room `json:"room"`
}

// RoomsResponse wraps a list of rooms.
type RoomsResponse struct {
	Rooms []Room `json:"rooms"`
}

// JoinRoomRequest is the body of POST /api/rooms/join.
type JoinRoomRequest struct {
	RoomCode *string `json:"roomCode"`
	Nickname *string `json:"nickname,omitempty"`
}

// JoinRoomResponse answers a join.
type JoinRoomResponse struct {
	Room        Room   `json:"room"`
	Member      Member `json:"member"`
	IsRejoining bool   `json:"isRejoining"`
}

// MessageResponse is a plain confirmation.
type MessageResponse struct {
	Message string `json:"message"`
}

// Health answers /health and /api/health. Uptime is in seconds.
type Health struct {
	Status    string            `json:"status"` // OK or DEGRADED
	Timestamp Time              `json:"timestamp"`
	Uptime    float64           `json:"uptime"`
	Memory    map[string]uint64 `json:"memory,omitempty"` // bytes
	Services  map[string]string `json:"services,omitempty"`
}

// SocketHealth answers /socket/health.
type SocketHealth struct {
	Status           string `json:"status"`
	ConnectedClients int    `json:"connectedClients"`
	Timestamp        Time   `json:"timestamp"`
}
