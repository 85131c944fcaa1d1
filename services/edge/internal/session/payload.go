package session

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/wemaps/wemaps/libs/wire"
)

// roomPayload is what every event about a room has in common. The rest is
// checked by the service that the event is for.
type roomPayload struct {
	RoomID  *string `json:"roomId"`
	LastSeq *int64  `json:"lastSeq"`
}

// decodeRoom checks that data is an object with a well-formed roomId. An absent
// id, or an object in its place, must never become the name of a room.
func decodeRoom(data json.RawMessage) (roomPayload, error) {
	var p roomPayload
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '{' {
		return p, wire.Errorf(wire.CodeValidation, "The payload must be an object")
	}
	if err := json.Unmarshal(data, &p); err != nil {
		var wrong *json.UnmarshalTypeError
		switch {
		case errors.As(err, &wrong) && wrong.Field == "lastSeq":
			return p, wire.Errorf(wire.CodeValidation, "lastSeq must be a whole number")
		case errors.As(err, &wrong):
			return p, wire.Errorf(wire.CodeValidation, "roomId must be a string")
		}
		return p, wire.Errorf(wire.CodeInvalidJSON, "The payload is not valid JSON")
	}
	if p.RoomID == nil {
		return p, wire.Errorf(wire.CodeValidation, "roomId is required")
	}
	if !validRoomID(*p.RoomID) {
		return p, wire.Errorf(wire.CodeValidation, "roomId must be 1 to %d letters, digits or dashes", wire.MaxIDBytes)
	}
	if p.LastSeq != nil && *p.LastSeq < 0 {
		return p, wire.Errorf(wire.CodeValidation, "lastSeq must not be negative")
	}
	return p, nil
}

func validRoomID(id string) bool {
	if id == "" || len(id) > wire.MaxIDBytes {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
