package session

import (
	"encoding/json"
	"strconv"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/jsonscan"
)

// maxDepth is what the standard library allows, too.
const maxDepth = 10_000

// roomPayload is what every event about a room has in common. The rest is
// checked by the service that the event is for.
type roomPayload struct {
	RoomID  string
	LastSeq int64 // -1 = absent
}

// decodeRoom checks that data is an object with a well-formed roomId. An absent
// id, or an object in its place, must never become the name of a room. It reads
// the outermost level only, without allocating: half of what the edge would
// spend on an update otherwise.
func decodeRoom(data json.RawMessage) (roomPayload, error) {
	p := roomPayload{LastSeq: -1}
	var room, seq []byte
	if jsonscan.EachMember(data, maxDepth, func(key, value []byte) {
		switch string(key) {
		case `"roomId"`:
			room = value
		case `"lastSeq"`:
			seq = value
		}
	}) != nil {
		return p, wire.Errorf(wire.CodeValidation, "The payload must be an object")
	}
	if room == nil || string(room) == "null" {
		return p, wire.Errorf(wire.CodeValidation, "roomId is required")
	}
	if room[0] != '"' {
		return p, wire.Errorf(wire.CodeValidation, "roomId must be a string")
	}
	room = room[1 : len(room)-1]
	if !validRoomID(room) { // which has no escapes
		return p, wire.Errorf(wire.CodeValidation, "roomId must be 1 to %d letters, digits or dashes", wire.MaxIDBytes)
	}
	p.RoomID = string(room)
	if seq != nil && string(seq) != "null" {
		n, err := strconv.ParseInt(string(seq), 10, 64)
		if err != nil || n < 0 {
			return p, wire.Errorf(wire.CodeValidation, "lastSeq must be a whole number and not negative")
		}
		p.LastSeq = n
	}
	return p, nil
}

func validRoomID(id []byte) bool {
	if len(id) == 0 || len(id) > wire.MaxIDBytes {
		return false
	}
	for _, c := range id {
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
