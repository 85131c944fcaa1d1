package wire

import (
	"encoding/json"
	"time"
)

// CommandSystem is the type of a Command to chat that no person has sent: a
// note of what happened in the room, whose Data is a SystemMessage. Services
// append it to the room's chat stream.
const CommandSystem = "system"

// EventSystemMessage tells a room a Message that nobody has said: Kind is set.
// It takes the next seq like any message. It is an event of its own so that
// apps that know nothing of it do not show it as somebody's words.
const EventSystemMessage = "system-message"

// EventMentioned tells a room whom a new message calls.
const EventMentioned = "mentioned"

// Kinds of system messages. More may come; an app that does not know a kind
// shows the text.
const (
	SystemJoined             = "joined"
	SystemLeft               = "left"
	SystemRemoved            = "removed"
	SystemDestinationChanged = "destination-changed"
	SystemArrived            = "arrived"
	SystemGroupArrived       = "group-arrived"
	SystemStraggling         = "straggling"
	SystemETAChanged         = "eta-changed"
	SystemSOS                = "sos"
	SystemSOSCancelled       = "sos-cancelled"
)

// RoomEventDestinationChanged is the type of a RoomEvent after which a room has
// another destination: User is who chose it. It comes with a RoomEventUpdated.
const RoomEventDestinationChanged = "destination.changed"

// Bounds of a SystemMessage, and of the mentions of any message.
const (
	MaxSystemKeyBytes  = 128
	MaxSystemKindBytes = 32
	MaxSystemDataBytes = 2 << 10
	MaxMentions        = 50
)

// SystemMessage is the payload of a system command. Key makes it the same
// message however often it is sent: it must be unique among the room's system
// messages, and be made of what happened and not of when it was noticed.
type SystemMessage struct {
	Key      string          `json:"key"`            // 1 to MaxSystemKeyBytes
	Kind     string          `json:"kind"`           // 1 to MaxSystemKindBytes
	Text     string          `json:"text"`           // English, for apps that do not know the kind; bounds of a message's text
	UserID   string          `json:"userId"`         // whom it is about; may be empty
	UserName string          `json:"userName"`       // their name
	Data     json.RawMessage `json:"data,omitempty"` // an object of the kind, at most MaxSystemDataBytes
}

// Command is the command to append to StreamCommands(ServiceChat,
// Partition(roomID, partitions)).
func (m SystemMessage) Command(roomID string, now time.Time) (Command, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return Command{}, err
	}
	return Command{Type: CommandSystem, RoomID: roomID, UserID: m.UserID, UserName: m.UserName, Received: now, Data: string(data)}, nil
}

// DestinationChanged is the data of a SystemDestinationChanged message.
type DestinationChanged struct {
	DestinationName string  `json:"destinationName"`
	DestinationLat  float64 `json:"destinationLat"`
	DestinationLng  float64 `json:"destinationLng"`
}

// Mentioned is the payload of mentioned: a message in which UserID, its
// author, calls UserIDs.
type Mentioned struct {
	RoomID    string   `json:"roomId"`
	MessageID string   `json:"messageId"`
	Seq       int64    `json:"seq"`
	UserID    string   `json:"userId"`
	UserName  string   `json:"userName"`
	UserIDs   []string `json:"userIds"`
}
