package wire

// Events of emergencies: what a client sends, and what a room hears.
const (
	EventSOS       = "sos"
	EventCancelSOS = "cancel-sos"
	EventAnswerSOS = "answer-sos"

	EventSOSRaised    = "sos-raised"
	EventSOSAnswered  = "sos-answered"
	EventSOSCancelled = "sos-cancelled"
)

// Commands of ServiceSOS, one for each event.
const (
	CommandSOS       = "sos"
	CommandCancelSOS = "cancel-sos"
	CommandAnswerSOS = "answer-sos"
)

// ServiceSOS names the command stream of emergencies. The location service reads it, beside its partitions: a call for
// help waits for no position, and no position waits for the database that the call goes to. There is one partition.
const ServiceSOS = "sos"

// SystemSOSAnswered is the kind of the system message that somebody answers a call for help.
const SystemSOSAnswered = "sos-answered"

// MaxSOSRunes bounds the text of a call for help and of its answer.
const MaxSOSRunes = 500

// States of an SOS.
const (
	SOSOpen      = "open"
	SOSAnswered  = "answered"
	SOSCancelled = "cancelled"
)

// KeySOS holds SOSListResponse JSON of a room's open calls; absent when there is none.
func KeySOS(roomID string) string { return "sos:{" + roomID + "}" }

// SOSPosition is where somebody called from. It is what the call itself said, or else the last exact position that the
// server knows: a call for help goes out with it whatever the member shows at other times.
type SOSPosition struct {
	Latitude   float64  `json:"latitude"`
	Longitude  float64  `json:"longitude"`
	Accuracy   *float64 `json:"accuracy,omitempty"` // metres
	RecordedAt Time     `json:"recordedAt"`
}

// SOS is a call for help.
type SOS struct {
	ID       string       `json:"id"`
	RoomID   string       `json:"roomId"`
	UserID   string       `json:"userId"`
	UserName string       `json:"userName"`
	Message  string       `json:"message"` // may be empty
	Position *SOSPosition `json:"position,omitempty"`
	State    string       `json:"state"` // open, answered, cancelled
	RaisedAt Time         `json:"raisedAt"`
	// UpdatedAt is when the caller called last: calling again while a call is open is the same call.
	UpdatedAt   Time   `json:"updatedAt"`
	EndedAt     *Time  `json:"endedAt,omitempty"`
	EndedBy     string `json:"endedBy,omitempty"` // user id of who answered or cancelled
	EndedByName string `json:"endedByName,omitempty"`
	Answer      string `json:"answer,omitempty"` // what the answering one said
}

// SOSRequest is the payload of sos and the body of POST sos. A client that knows where it is should say so: the server
// knows no position of somebody who shares none.
type SOSRequest struct {
	RoomID     string   `json:"roomId,omitempty"` // of a socket's event
	Message    *string  `json:"message,omitempty"`
	Latitude   *float64 `json:"latitude,omitempty"`
	Longitude  *float64 `json:"longitude,omitempty"`
	Accuracy   *float64 `json:"accuracy,omitempty"`
	RecordedAt *Time    `json:"recordedAt,omitempty"`
}

// SOSAnswer is the payload of answer-sos and cancel-sos (which has no message; without an id it means the sender's own
// open call), and the body of POST sos/{sosId}/answer.
type SOSAnswer struct {
	RoomID  string  `json:"roomId,omitempty"`
	SOSID   string  `json:"sosId,omitempty"`
	Message *string `json:"message,omitempty"`
}

// SOSResponse wraps one call.
type SOSResponse struct {
	SOS SOS `json:"sos"`
}

// SOSListResponse wraps a room's open calls, the oldest first.
type SOSListResponse struct {
	SOS []SOS `json:"sos"`
}
