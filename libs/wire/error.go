package wire

import (
	"fmt"
	"time"
)

// Error is an error that a client may see. Its text is for people, its code
// for programs; Cause stays inside (log only).
type Error struct {
	Code       Code
	Message    string
	Status     int // HTTP status where it differs from the registry's; else 0
	Details    any
	RetryAfter time.Duration
	Cause      error
}

// NewError makes an error with the registry's text for code.
func NewError(code Code) *Error { return &Error{Code: code, Message: Lookup(code).Text} }

// Errorf makes an error with a text of its own. The text reaches people:
// never format an internal error into it, use Because for that.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid says which field of a request breaks which rule: "name", "must have 2 to 50 characters".
// Programs find the field in the details, and words of their own for it.
func Invalid(field, rule string) *Error {
	return &Error{Code: CodeValidation, Message: field + " " + rule, Details: FieldDetails{Field: field}}
}

// FieldDetails are those of an Invalid.
type FieldDetails struct {
	Field string `json:"field"`
}

// Field is the field that is invalid, "" when it is none or not known.
func (e *Error) Field() string {
	d, _ := e.Details.(FieldDetails)
	return d.Field
}

// HTTPStatus is the status that a REST answer carries.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	return Lookup(e.Code).Status
}

// Because returns a copy that remembers the internal cause for the log.
func (e *Error) Because(cause error) *Error { c := *e; c.Cause = cause; return &c }

// After returns a copy that tells the client when to try again.
func (e *Error) After(d time.Duration) *Error { c := *e; c.RetryAfter = d; return &c }

func (e *Error) Error() string {
	if e.Cause != nil {
		return string(e.Code) + ": " + e.Message + ": " + e.Cause.Error()
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap gives the internal cause.
func (e *Error) Unwrap() error { return e.Cause }

// ErrorBody is the JSON of every REST error.
type ErrorBody struct {
	Error     string `json:"error"`
	Code      Code   `json:"code"`
	RequestID string `json:"requestId,omitempty"`
	Details   any    `json:"details,omitempty"`
	Path      string `json:"path,omitempty"`
	Timestamp string `json:"timestamp,omitempty"`
}

// OnSocket is e as the payload of the `error` event, about the event that it answers, by the id and in the room
// that the client knows; "" where there is none.
func (e *Error) OnSocket(event, id, roomID string) SocketError {
	return SocketError{Message: e.Message, Code: e.Code, Field: e.Field(), Event: event, ID: id, RoomID: roomID,
		RetryAfterMs: e.RetryAfter.Milliseconds()}
}

// SocketError is the payload of the `error` event.
type SocketError struct {
	Message      string `json:"message"`
	Code         Code   `json:"code"`
	Field        string `json:"field,omitempty"` // of the payload, that is invalid
	Event        string `json:"event,omitempty"`
	ID           string `json:"id,omitempty"`
	RoomID       string `json:"roomId,omitempty"`
	RetryAfterMs int64  `json:"retryAfterMs,omitempty"`
}
