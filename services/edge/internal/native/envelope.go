package native

import (
	"encoding/json"

	"github.com/wemaps/wemaps/libs/wire"
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
	data, _ := json.Marshal(wire.SocketError{Message: err.Message, Code: err.Code, ID: ref,
		RetryAfterMs: err.RetryAfter.Milliseconds()}) // plain fields always marshal
	return reply(ref, wire.EventError, data)
}
