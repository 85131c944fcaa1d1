package position

import (
	"errors"
	"slices"
	"time"
)

// Why a member may not report or see positions in a room.
var (
	ErrRoomNotFound = errors.New("room not found")
	ErrRoomClosed   = errors.New("room is closed")
	ErrRoomExpired  = errors.New("room has expired")
	ErrNotMember    = errors.New("not a member of the room")
	// ErrUnavailable says that nothing is known at the moment; the same request
	// can succeed soon.
	ErrUnavailable = errors.New("rooms are not known at the moment")
)

// Room is what this service knows of a room.
type Room struct {
	ID                             string
	DestinationLat, DestinationLng float64
	Waypoints                      [][2]float64 // latitude, longitude; on the way, in order
	Version                        int64
	Active                         bool
	Expired                        bool // the room service has said so already
	ExpiresAt                      time.Time
	Members                        []string // user ids, in no order
	Managers                       []string // of them: owners and admins
}

// Open returns nil while the room takes positions. The expiry counts by itself:
// a room whose sweep is late is expired all the same.
func (r *Room) Open(now time.Time) error {
	switch {
	case r.Expired || !now.Before(r.ExpiresAt):
		return ErrRoomExpired
	case !r.Active:
		return ErrRoomClosed
	}
	return nil
}

// Has tells whether user is a member.
func (r *Room) Has(user string) bool { return slices.Contains(r.Members, user) }

// Manages tells whether user is an owner or admin.
func (r *Room) Manages(user string) bool { return slices.Contains(r.Managers, user) }

// Admit returns nil if user may report and see positions now.
func (r *Room) Admit(user string, now time.Time) error {
	if err := r.Open(now); err != nil {
		return err
	}
	if !r.Has(user) {
		return ErrNotMember
	}
	return nil
}
