package native

import (
	"bytes"
	"encoding/json"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/jsonscan"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// version of the envelope.
const version = 1

// maxRef bounds what a client can make us echo.
const maxRef = 64

// eventAuth is the first frame of a client that has not said who it is.
const eventAuth = "auth"

type envelope struct {
	V    int             `json:"v"`
	Type string          `json:"type"`
	ID   string          `json:"id"`
	Data json.RawMessage `json:"data"`
}

// decode returns what could be understood even with an error, so that an answer
// can carry the id.
func decode(frame []byte) (envelope, *wire.Error) {
	if e, ok := decodePlain(frame); ok {
		return e, nil
	}
	e := envelope{V: version}
	err := json.Unmarshal(frame, &e)
	if len(e.ID) > maxRef {
		e.ID = ""
		return e, wire.Errorf(wire.CodeInvalidFrame, "id must not be longer than %d bytes", maxRef)
	}
	switch {
	case err != nil && !json.Valid(frame):
		return e, wire.Errorf(wire.CodeInvalidJSON, "The frame is not valid JSON")
	case err != nil:
		return e, wire.Errorf(wire.CodeInvalidFrame, `The frame must be an object with a string "type" and at most a number "v" and a string "id"`)
	case e.V != version:
		return e, wire.Errorf(wire.CodeInvalidFrame, "Only version %d is spoken here", version)
	case e.Type == "":
		return e, wire.Errorf(wire.CodeInvalidFrame, "type is required")
	}
	return e, nil
}

// maxDepth is what the standard library allows, too.
const maxDepth = 10_000

// decodePlain understands the envelopes that nearly all clients send, in one
// pass: each member at most once, and no escapes in the strings. Everything else
// it leaves to the standard library, which decides what the others mean.
func decodePlain(frame []byte) (e envelope, ok bool) {
	var version, kind, id, data []byte
	plain := true
	once := func(member *[]byte, value []byte) {
		plain = plain && *member == nil
		*member = value
	}
	err := jsonscan.EachMember(frame, maxDepth, func(key, value []byte) {
		switch string(key) {
		case `"v"`:
			once(&version, value)
		case `"type"`:
			once(&kind, value)
		case `"id"`:
			once(&id, value)
		case `"data"`:
			once(&data, value)
		default:
			plain = false // perhaps one of ours in other letters
		}
	})
	if err != nil || !plain || version != nil && string(version) != "1" || !plainText(kind) || len(kind) == 2 ||
		id != nil && (!plainText(id) || len(id)-2 > maxRef) {
		return e, false
	}
	e = envelope{V: 1, Type: string(kind[1 : len(kind)-1]), Data: bytes.Clone(data)}
	if id != nil {
		e.ID = string(id[1 : len(id)-1])
	}
	return e, true
}

// plainText tells whether value is a string that stands for itself.
func plainText(value []byte) bool {
	if len(value) < 2 || value[0] != '"' {
		return false
	}
	for _, c := range value {
		if c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return true
}

// reply is an event for one client, with the id that it answers.
func reply(ref, event string, data []byte) *outq.Message {
	b := make([]byte, 0, len(event)+len(ref)+len(data)+40)
	b = appendJSON(append(b, `{"v":1,"type":`...), event)
	if ref != "" {
		b = appendJSON(append(b, `,"id":`...), ref)
	}
	if len(data) > 0 {
		b = append(append(b, `,"data":`...), data...)
	}
	return outq.NewRaw(append(b, '}'), false)
}

func appendJSON(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always marshals
	return append(b, quoted...)
}

// errorEvent answers where there is no session to do it.
func errorEvent(ref string, err *wire.Error) *outq.Message {
	data, _ := json.Marshal(err.OnSocket("", ref, "")) // plain fields always marshal
	return reply(ref, wire.EventError, data)
}
