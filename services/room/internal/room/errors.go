package room

import (
	"errors"
	"time"
)

// What can stand in the way. The api maps each to a code of the contract.
var (
	ErrNotFound      = errors.New("room not found")
	ErrFull          = errors.New("room is full")
	ErrExpired       = errors.New("room has expired")
	ErrClosed        = errors.New("room is closed")
	ErrAlreadyMember = errors.New("already a member of the room")
	ErrNotMember     = errors.New("not a member of the room")
	ErrAccessDenied  = errors.New("only members see the room")
	ErrForbidden     = errors.New("the member's role does not allow it")
	ErrBanned        = errors.New("banned from the room")
	ErrNoSuchMember  = errors.New("no such member in the room")
	ErrNoUpdates     = errors.New("nothing to change")
	ErrShareNotFound = errors.New("share link not found")
	// ErrCodeTaken says that another active room has the code; who gets it tries another code.
	ErrCodeTaken = errors.New("code is taken by an active room")
)

// InvalidError names a field and the bound that its value broke, in words for people.
type InvalidError struct{ Field, Rule string }

func (e *InvalidError) Error() string { return e.Field + " " + e.Rule }

// LimitedError says that too many guesses were made, and when the next may come.
type LimitedError struct{ Wait time.Duration }

func (e *LimitedError) Error() string { return "too many wrong codes" }
