package session

import (
	"context"
	"encoding/json"
	"net/url"
	"sync/atomic"

	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Conn is one connection of any protocol. None of its methods blocks.
type Conn interface {
	// ID is unique among all edges' connections and holds no '|'.
	ID() string
	Send(m *outq.Message) error
	// Reply sends event to this client alone, as the answer to its ref; "" is a
	// plain event.
	Reply(ref, event string, data []byte)
	// Close sends what is queued and closes.
	Close(code wire.CloseCode)
	Encoding() outq.Encoding
}

// Handshake is what a client brought along.
type Handshake struct {
	Token     string
	RemoteIP  string
	UserAgent string
	Origin    string
	Query     url.Values
	Auth      json.RawMessage
}

// Door lets users in; its errors are *wire.Error.
type Door interface {
	// Admit finds out whose token it is, counts a socket of theirs over all edges,
	// and lists the rooms they are probably in. Presence.Dismiss takes the count back.
	Admit(ctx context.Context, bearer, socketID string) (c token.Claims, rooms []string, err error)
	// Again finds out whether the token is still good, and by what name the user goes now.
	Again(ctx context.Context, bearer string) (token.Claims, error)
}

// Room is what the edge knows of a room.
type Room struct {
	ID   string
	Name string
}

// Rooms knows who may be where, and connects seats to rooms.
type Rooms interface {
	// Authorize answers nil for an active member of an active room; else a
	// *wire.Error: NOT_MEMBER, ROOM_NOT_FOUND, ROOM_CLOSED, ROOM_EXPIRED,
	// UNAVAILABLE.
	Authorize(ctx context.Context, roomID, userID string) (Room, error)
	// Open asks for a room's events without waiting for them, so that several
	// rooms can be asked for at once; Enter and Close end it.
	Open(roomID string)
	// Enter waits until the room's events arrive here and puts m among those who
	// hear them.
	Enter(ctx context.Context, roomID, userID string, m hub.Member) error
	Close(roomID string)
	Leave(roomID string, m hub.Member)
	// Announce publishes to all edges' sockets in the room.
	Announce(roomID string, e wire.Envelope)
}

// Viewers lets people without an account watch; its errors are *wire.Error.
type Viewers interface {
	// Share finds out what a token opens.
	Share(ctx context.Context, token string) (Share, error)
	// EnterViewer waits until the room's events arrive, and puts v among those who
	// see some of them.
	EnterViewer(ctx context.Context, v *Viewer) error
	// LeaveViewer may be called for one who has not entered.
	LeaveViewer(v *Viewer)
}

// Commands takes commands to their service, in the order given per room and
// service.
type Commands interface {
	// Append fails at once when the service cannot take more, and calls failed
	// later if the command could not be delivered after all.
	Append(service string, c wire.Command, failed func(error)) error
}

// Presence tells everybody who is there.
type Presence interface {
	// Dismiss uncounts a socket that the Door has counted.
	Dismiss(userID, socketID string)
	// Enter sets entered together with noting the arrival: from then on the seat must
	// be listed when presence asks who is here, and not before.
	Enter(roomID, userID, userName, socketID string, entered *atomic.Bool)
	// Say tells the room something in its order with comings and goings.
	Say(roomID string, e wire.Envelope, failed func())
	// Exit tells of a socket that is gone from a room but whose user may come back.
	Exit(roomID, userID, userName, socketID string)
	// Leave is Exit for good, and tells the others if that was the user's last socket
	// in the room. done hears whether it was, or why that is not known; it may be
	// called before Leave returns.
	Leave(roomID, userID, userName, socketID string, done func(last bool, err error))
	// Evict is Leave of one who is no member any more, and tells nobody.
	Evict(roomID, userID, socketID string)
}
