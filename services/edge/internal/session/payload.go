package session

import (
	"encoding/json"
	"strconv"

	"github.com/wemaps/wemaps/libs/wire"
)

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
	if !eachMember(data, func(key, value []byte) {
		switch string(key) {
		case `"roomId"`:
			room = value
		case `"lastSeq"`:
			seq = value
		}
	}) {
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

// eachMember calls fn with the key, in quotes, and the raw value of each member
// of an object. It answers false for anything that is no object. It finds its
// way through all JSON, and through nonsense it comes to an end; what is inside
// the values is not looked at.
func eachMember(data []byte, fn func(key, value []byte)) bool {
	i := space(data, 0)
	if i == len(data) || data[i] != '{' {
		return false
	}
	i = space(data, i+1)
	if i < len(data) && data[i] == '}' {
		return space(data, i+1) == len(data)
	}
	for {
		keyEnd := value(data, i)
		if keyEnd < 0 || data[i] != '"' {
			return false
		}
		colon := space(data, keyEnd)
		if colon == len(data) || data[colon] != ':' {
			return false
		}
		start := space(data, colon+1)
		end := value(data, start)
		if end < 0 {
			return false
		}
		fn(data[i:keyEnd], data[start:end])
		i = space(data, end)
		if i == len(data) {
			return false
		}
		switch data[i] {
		case ',':
			i = space(data, i+1)
		case '}':
			return space(data, i+1) == len(data)
		default:
			return false
		}
	}
}

func space(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r' || data[i] == '\n') {
		i++
	}
	return i
}

// value is the end of the value that begins at i, or -1.
func value(data []byte, i int) int {
	start, depth := i, 0
	for i < len(data) {
		switch data[i] {
		case '"':
			if i = text(data, i); i < 0 {
				return -1
			}
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return scalarEnd(start, i)
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return scalarEnd(start, i)
			}
		}
		i++
	}
	return -1
}

func scalarEnd(start, end int) int {
	if end == start {
		return -1
	}
	return end
}

// text is the end of the string that begins at i, or -1.
func text(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}
