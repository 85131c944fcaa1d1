// Package room is who is with whom, until when: rooms, their members, and every rule about both. The rules are pure
// functions on Room; the store makes one change at a time of each room and keeps what they did.
package room

import "time"

// Status of a room. Only an active room can be joined, and only it has live caches.
type Status string

// Room states. None of the last two ever becomes active again.
const (
	Active  Status = "active"
	Closed  Status = "closed"
	Expired Status = "expired"
)

// Role of a member.
type Role string

// Roles, from most to least. A room with active members has exactly one active owner.
const (
	Owner    Role = "owner"
	Admin    Role = "admin"
	Ordinary Role = "member"
	Viewer   Role = "viewer"
)

// Presence of a member in the room, which has nothing to do with being online.
type Presence string

// Member states.
const (
	Present Presence = "active"
	Left    Presence = "left"
	Removed Presence = "removed"
)

// Place is a point on the map with a name; degrees.
type Place struct {
	Name     string
	Lat, Lng float64
}

// Room with its members. Exported fields are for reading; the methods change them.
type Room struct {
	ID          string
	Code        string // 6 of A–Z0–9
	Name        string
	Destination Place
	Waypoints   []Place
	MaxMembers  int
	Status      Status
	ExpiresAt   time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
	CreatorID   string
	CreatorName string
	Version     int64 // grows by one with every change
	NextOrder   int   // the join order that the next one in gets
	Members     []Member

	events  []Event
	changed map[string]bool // user ids of members to be written
}

// Member is a user's one row in a room. It stays when the user goes and is used again when they return.
type Member struct {
	ID        string
	UserID    string
	UserName  string
	Nickname  string
	Role      Role
	Status    Presence
	Banned    bool
	JoinOrder int // unique in the room and never used again
	JoinedAt  time.Time
	LeftAt    time.Time // zero while in the room
	LastSeen  time.Time
}

// Version tells which version of a room is the committed one, and what its caches are known by.
type Version struct {
	ID        string
	Version   int64
	UpdatedAt time.Time
	ExpiresAt time.Time
	Code      string
	Present   int64 // members
}

// User is who acts.
type User struct{ ID, Name string }

// Summary is a room as its list shows it.
type Summary struct {
	Room        Room // without members
	MemberCount int
	Role        Role // of the user whose list it is
}

// EventType names what happened.
type EventType string

// Everything that the other services hear about.
const (
	EventCreated       EventType = "room.created"
	EventUpdated       EventType = "room.updated"
	EventClosed        EventType = "room.closed"
	EventExpired       EventType = "room.expired"
	EventMemberJoined  EventType = "member.joined"
	EventMemberLeft    EventType = "member.left"
	EventMemberRemoved EventType = "member.removed"
	EventMemberRole    EventType = "member.role"
	EventOwnerChanged  EventType = "owner.changed"
	EventMemberRenamed EventType = "member.renamed"

	// EventDestinationChanged comes beside EventUpdated; it is about who chose it.
	EventDestinationChanged EventType = "destination.changed"
)

// Event is something that happened in a room. ID is given by the store.
type Event struct {
	ID       int64
	Type     EventType
	RoomID   string
	Version  int64
	UserID   string // whom it happened to
	UserName string
	ActorID  string // who did it; empty for the clock
	Reason   string // of a removal: "removed" or "banned"; of an update that changed the code: the old one
	At       time.Time
}

// Reasons of EventMemberRemoved.
const (
	ReasonRemoved = "removed"
	ReasonBanned  = "banned"
)

// Changes is what the rules did since the room was loaded.
type Changes struct {
	Members []Member
	Events  []Event
}

// OldCodes are the codes that lead nowhere any more after the events.
func OldCodes(events []Event) []string {
	var codes []string
	for _, e := range events {
		if e.Type == EventUpdated && e.Reason != "" {
			codes = append(codes, e.Reason)
		}
	}
	return codes
}

// Change is a committed room and what its caches need to know of how it got there.
type Change struct {
	Room     *Room
	Users    []string // who came, went, or changed
	OldCodes []string // that lead nowhere any more
}

// TakeChanges hands over what the rules did and forgets it. Every rule that changes anything tells an event, so no
// events means that nothing is to be written.
func (r *Room) TakeChanges() Changes {
	var c Changes
	c.Events, r.events = r.events, nil
	for _, m := range r.Members {
		if r.changed[m.UserID] {
			c.Members = append(c.Members, m)
		}
	}
	r.changed = nil
	return c
}

// StatusAt is the status at now: a room is expired from the moment on that it promised, not from when somebody
// noticed.
func (r *Room) StatusAt(now time.Time) Status {
	if r.Status == Active && !now.Before(r.ExpiresAt) {
		return Expired
	}
	return r.Status
}

// Count of the members that are in the room.
func (r *Room) Count() int {
	n := 0
	for i := range r.Members {
		if r.Members[i].Status == Present {
			n++
		}
	}
	return n
}

// Find returns the user's row, whatever its status, or nil.
func (r *Room) Find(userID string) *Member {
	for i := range r.Members {
		if r.Members[i].UserID == userID {
			return &r.Members[i]
		}
	}
	return nil
}

// Present returns the user's row if they are in the room, else nil.
func (r *Room) Present(userID string) *Member {
	if m := r.Find(userID); m != nil && m.Status == Present {
		return m
	}
	return nil
}

// touch begins a change: it gives the room its next version.
func (r *Room) touch(now time.Time) {
	r.Version++
	r.UpdatedAt = now
}

func (r *Room) mark(m *Member) {
	if r.changed == nil {
		r.changed = map[string]bool{}
	}
	r.changed[m.UserID] = true
}

// tell records an event at the current version. m may be nil.
func (r *Room) tell(t EventType, m *Member, actorID, reason string, now time.Time) {
	e := Event{Type: t, RoomID: r.ID, Version: r.Version, ActorID: actorID, Reason: reason, At: now}
	if m != nil {
		e.UserID, e.UserName = m.UserID, m.UserName
	}
	r.events = append(r.events, e)
}
