package wire

import "encoding/json"

// Events a client sends.
const (
	EventJoinRoom           = "join-room"
	EventLeaveRoom          = "leave-room"
	EventLocationUpdate     = "location-update"
	EventSendMessage        = "send-message"
	EventRequestChatHistory = "request-chat-history"
	EventEditMessage        = "edit-message"
	EventDeleteMessage      = "delete-message"
	EventReactToMessage     = "react-to-message"
	EventMarkRead           = "mark-read"
	EventTyping             = "typing"
	EventPing               = "ping"
)

// Events a server sends.
const (
	EventJoinedRoom        = "joined-room"
	EventRoomLocations     = "room-locations"
	EventUserJoined        = "user-joined"
	EventUserLeft          = "user-left"
	EventUserOnline        = "user-online"
	EventUserOffline       = "user-offline"
	EventLocationConfirmed = "location-confirmed"
	EventLocationUpdated   = "location-updated"
	EventLocationsUpdated  = "locations-updated"
	EventNewMessage        = "new-message"
	EventChatHistory       = "chat-history"
	EventMessageEdited     = "message-edited"
	EventMessageDeleted    = "message-deleted"
	EventMessageReaction   = "message-reaction"
	EventMessageRead       = "message-read"
	EventUserTyping        = "user-typing"
	EventRoomUpdated       = "room-updated"
	EventRoomClosed        = "room-closed"
	EventMemberRemoved     = "member-removed"
	EventServerDraining    = "server-draining"
	EventPong              = "pong"
	EventError             = "error"
)

// Bounds of what a client may send; each has its own error.
const (
	MaxFrameBytes       = 16 << 10 // one client frame
	MaxMessageRunes     = 2000     // chat text after trimming
	MaxIDBytes          = 64       // any id in a payload
	MaxClientIDBytes    = 64
	MaxHistoryLimit     = 200
	DefaultHistoryLimit = 50
	MaxSocketsPerUser   = 5
	UpdatesPerSecond    = 10 // per member, sustained
	UpdatesBurst        = 30
	MaxFutureSeconds    = 60 // a fix time may lie this far ahead
)

// RoomRef is the payload of join-room, leave-room.
type RoomRef struct {
	RoomID  string `json:"roomId"`
	LastSeq *int64 `json:"lastSeq,omitempty"`
}

// JoinedRoom answers join-room.
type JoinedRoom struct {
	RoomID   string `json:"roomId"`
	RoomName string `json:"roomName"`
}

// UserRef is the payload of user-joined, user-left, user-online, user-offline.
type UserRef struct {
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
	RoomID   string `json:"roomId,omitempty"`
}

// LocationUpdate is one fix as a client reports it. Pointers tell "absent".
type LocationUpdate struct {
	RoomID       string   `json:"roomId"`
	Latitude     *float64 `json:"latitude"`
	Longitude    *float64 `json:"longitude"`
	Accuracy     *float64 `json:"accuracy,omitempty"` // metres, ≥ 0
	Speed        *float64 `json:"speed,omitempty"`    // m/s, ≥ 0; negative = unknown
	Bearing      *float64 `json:"bearing,omitempty"`  // degrees from north
	Heading      *float64 `json:"heading,omitempty"`  // degrees from north
	Altitude     *float64 `json:"altitude,omitempty"` // metres
	BatteryLevel *float64 `json:"batteryLevel,omitempty"`
	DeviceModel  *string  `json:"deviceModel,omitempty"`
	RecordedAt   *Time    `json:"recordedAt,omitempty"` // when the device measured it
	DeviceID     *string  `json:"deviceId,omitempty"`   // which of the member's devices; by default "app"
}

// Location is one member's live position as others see it. Timestamp is when
// the server took it in, RecordedAt when the device measured it.
type Location struct {
	RoomID       string   `json:"roomId"`
	UserID       string   `json:"userId"`
	UserName     string   `json:"userName"`
	Latitude     float64  `json:"latitude"`
	Longitude    float64  `json:"longitude"`
	Accuracy     *float64 `json:"accuracy,omitempty"`
	Speed        *float64 `json:"speed,omitempty"`
	Bearing      *float64 `json:"bearing,omitempty"`
	Heading      *float64 `json:"heading,omitempty"`
	Altitude     *float64 `json:"altitude,omitempty"`
	BatteryLevel *float64 `json:"batteryLevel,omitempty"`
	DeviceModel  *string  `json:"deviceModel,omitempty"`
	Timestamp    Time     `json:"timestamp"`
	RecordedAt   Time     `json:"recordedAt"`
	IsLive       bool     `json:"isLive"`
	// DistanceToDestination is along the great circle, in metres.
	DistanceToDestination *float64 `json:"distanceToDestination,omitempty"`
	RemainingDistance     *float64 `json:"remainingDistance,omitempty"` // along waypoints or route, where there are any
	Progress              *float64 `json:"progress,omitempty"`          // of the room's route, 0 to 1
	SpeedSmoothed         *float64 `json:"speedSmoothed,omitempty"`     // m/s
	ETA                   *Time    `json:"eta,omitempty"`
	ETABasis              string   `json:"etaBasis,omitempty"`
	Arrived               bool     `json:"arrived,omitempty"`
	Precision             string   `json:"precision,omitempty"` // "approximate": the middle of a cell; absent = exact
}

// LocationConfirmed acks a fix to its sender.
type LocationConfirmed struct {
	Timestamp Time    `json:"timestamp"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Verdict   string  `json:"verdict"` // what became of the fix; see VerdictAccepted
	// NextIntervalMs is how often the app should report from now on, and
	// IntervalReason why. They come when the advice changes.
	NextIntervalMs int64  `json:"nextIntervalMs,omitempty"`
	IntervalReason string `json:"intervalReason,omitempty"`
}

// RoomLocations is the snapshot a newly joined socket gets.
type RoomLocations struct {
	RoomID    string            `json:"roomId,omitempty"`
	Locations []json.RawMessage `json:"locations"`
	Members   []MemberLocation  `json:"members,omitempty"` // over REST: how things are with everybody
}

// SendMessage is one chat message as a client sends it.
type SendMessage struct {
	RoomID   string `json:"roomId"`
	Content  string `json:"content"`
	ClientID string `json:"clientId,omitempty"`
	ReplyTo  string `json:"replyTo,omitempty"` // id of a message in the room

	Mentions []string `json:"mentions,omitempty"` // user ids of members
}

// Message is a chat message as everybody sees it. Seq counts from 1 in each
// room, without gaps; system messages, which have a Kind, take part in it.
type Message struct {
	ID        string `json:"id"`
	RoomID    string `json:"roomId"`
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	Content   string `json:"content"`
	Timestamp Time   `json:"timestamp"`
	Seq       int64  `json:"seq"`
	ClientID  string `json:"clientId,omitempty"`
	ReplyTo   string `json:"replyTo,omitempty"`

	Mentions []string        `json:"mentions,omitempty"` // user ids
	Kind     string          `json:"kind,omitempty"`     // of a system message; UserID is whom it is about
	Data     json.RawMessage `json:"data,omitempty"`     // of a system message: an object of its kind

	Rev       int64  `json:"rev,omitempty"` // of its newest change
	EditedAt  *Time  `json:"editedAt,omitempty"`
	DeletedAt *Time  `json:"deletedAt,omitempty"` // then content is empty
	DeletedBy string `json:"deletedBy,omitempty"`

	Reactions []Reaction `json:"reactions,omitempty"`
}

// Reaction is one of Reactions, with those who chose it, first come first.
type Reaction struct {
	Emoji   string   `json:"emoji"`
	UserIDs []string `json:"userIds"`
}

// Reactions are all there are.
func Reactions() []string {
	return []string{"👍", "👎", "❤️", "😂", "😮", "😢", "🙏", "🎉"}
}

// EditMessage is the payload of edit-message.
type EditMessage struct {
	RoomID    string `json:"roomId"`
	MessageID string `json:"messageId"`
	Content   string `json:"content"`
	BasedOn   *Time  `json:"basedOn,omitempty"` // the text that is replaced is of this time: its message's EditedAt, else Timestamp
}

// DeleteMessage is the payload of delete-message.
type DeleteMessage struct {
	RoomID    string `json:"roomId"`
	MessageID string `json:"messageId"`
}

// ReactToMessage is the payload of react-to-message. Remove takes it back.
type ReactToMessage struct {
	RoomID    string `json:"roomId"`
	MessageID string `json:"messageId"`
	Emoji     string `json:"emoji"`
	Remove    bool   `json:"remove,omitempty"`
}

// MessageDeleted is the payload of message-deleted.
type MessageDeleted struct {
	RoomID    string `json:"roomId"`
	ID        string `json:"id"`
	Seq       int64  `json:"seq"`
	Rev       int64  `json:"rev"`
	UserID    string `json:"userId"` // its author
	DeletedBy string `json:"deletedBy"`
	DeletedAt Time   `json:"deletedAt"`
}

// MessageReaction is the payload of message-reaction: who chose what, and all
// reactions to the message from now on.
type MessageReaction struct {
	RoomID    string     `json:"roomId"`
	ID        string     `json:"id"`
	Seq       int64      `json:"seq"`
	Rev       int64      `json:"rev"`
	UserID    string     `json:"userId"`
	UserName  string     `json:"userName"`
	Emoji     string     `json:"emoji"`
	Removed   bool       `json:"removed"`
	Reactions []Reaction `json:"reactions"`
}

// MarkRead is the payload of mark-read: everything up to Seq was read.
type MarkRead struct {
	RoomID string `json:"roomId"`
	Seq    int64  `json:"seq"`
}

// MessageRead is the payload of message-read: how far somebody has read.
type MessageRead struct {
	RoomID string `json:"roomId"`
	UserID string `json:"userId"`
	Seq    int64  `json:"seq"`
	ReadAt *Time  `json:"readAt,omitempty"` // absent as long as nothing was read
}

// ReceiptsResponse answers GET /api/rooms/:id/messages/receipts.
type ReceiptsResponse struct {
	RoomID   string        `json:"roomId"`
	Receipts []MessageRead `json:"receipts"`
}

// UnreadResponse answers GET /api/rooms/:id/messages/unread. Unread counts what
// others wrote after ReadSeq and did not delete.
type UnreadResponse struct {
	RoomID  string `json:"roomId"`
	Unread  int64  `json:"unread"`
	ReadSeq int64  `json:"readSeq"`
	LastSeq int64  `json:"lastSeq"`
}

// Typing is the payload of typing.
type Typing struct {
	RoomID   string `json:"roomId"`
	IsTyping bool   `json:"isTyping"`
}

// UserTyping is the payload of user-typing.
type UserTyping struct {
	RoomID   string `json:"roomId"`
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
	IsTyping bool   `json:"isTyping"`
}

// HistoryRequest asks for chat: the newest, those before a seq, or after one.
// AfterRev asks as well for what was changed after that change.
type HistoryRequest struct {
	RoomID string `json:"roomId"`
	Before *int64 `json:"before,omitempty"`
	After  *int64 `json:"after,omitempty"`
	Limit  int    `json:"limit,omitempty"`

	AfterRev *int64 `json:"afterRev,omitempty"`
	System   bool   `json:"system,omitempty"` // with system messages
}

// ChatHistory answers request-chat-history, oldest first.
type ChatHistory struct {
	RoomID   string            `json:"roomId"`
	Messages []json.RawMessage `json:"messages"`
	HasMore  bool              `json:"hasMore"`

	// Rev is the room's newest change number (0 = no message was ever changed),
	// or that of the last one in Changed if there are more.
	Rev            int64             `json:"rev,omitempty"`
	Changed        []json.RawMessage `json:"changed,omitempty"` // after AfterRev, as they are now
	HasMoreChanged bool              `json:"hasMoreChanged,omitempty"`
}

// Draining tells clients of a planned shutdown.
type Draining struct {
	ReconnectInMs int64 `json:"reconnectInMs"`
}

// RoomClosed tells a room's sockets that it ended. Reason is "closed" or
// "expired".
type RoomClosed struct {
	RoomID string `json:"roomId"`
	Reason string `json:"reason"`
}
