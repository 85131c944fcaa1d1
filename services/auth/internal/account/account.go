// Package account is the domain of the auth service: who somebody is, how they
// prove it, and for how long that proof is good.
package account

import (
	"errors"
	"fmt"
	"time"
)

// User is an account.
type User struct {
	ID        string // UUIDv7
	Name      string // as given, trimmed and in NFC
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Credentials is a user with what proves them.
type Credentials struct {
	User
	PasswordHash string // "" = open name: the name alone signs in
}

// Open tells whether the name alone signs in.
func (c Credentials) Open() bool { return c.PasswordHash == "" }

// Name is a valid user name. Two names with the same Key are the same name.
type Name struct {
	Text string
	Key  string
}

// Session is one sign-in.
type Session struct {
	ID          string
	UserID      string
	UserAgent   string
	CreatedAt   time.Time
	LastUsedAt  time.Time
	ExpiresAt   time.Time // no refresh after this
	TokensUntil time.Time // the latest expiry of any token issued for it
}

// Device is a token for a phone app that knows nothing of sign-ins.
type Device struct {
	ID        string
	UserID    string
	Name      string
	Rooms     []string // room ids it is bound to; empty = all rooms of the user
	CreatedAt time.Time
}

// Client is where a request comes from.
type Client struct {
	Address string // IP address; "" when unknown
	Agent   string // User-Agent
}

// Tokens is what a sign-in or refresh hands out.
type Tokens struct {
	Access    string
	ExpiresAt time.Time // of Access
	Refresh   string    // "" when a refresh was asked for by bearer token
}

// Export is everything known of a user.
type Export struct {
	Credentials
	Sessions []Session
	Devices  []Device
}

// What can be wrong with a request; the API maps each to a code.
var (
	ErrUserNotFound       = errors.New("user not found")
	ErrNameTaken          = errors.New("name taken")
	ErrPasswordRequired   = errors.New("password required")
	ErrInvalidCredentials = errors.New("name or password is wrong")
	ErrOpenNamesClosed    = errors.New("open names are closed")
	ErrInvalidToken       = errors.New("invalid token")
	ErrSessionEnded       = errors.New("session has ended")
	ErrSessionNotFound    = errors.New("session not found")
	ErrDeviceNotFound     = errors.New("device token not found")
	ErrForbidden          = errors.New("not one's own account")
	ErrNoUpdates          = errors.New("nothing to change")
)

// NameError says what is wrong with a user name.
type NameError struct{ Reason string }

func (e *NameError) Error() string { return "name " + e.Reason }

// FieldError says what is wrong with another field.
type FieldError struct{ Field, Reason string }

func (e *FieldError) Error() string { return e.Field + " " + e.Reason }

// TooManyAccountsError says how long to wait after too many new accounts from
// one network.
type TooManyAccountsError struct{ Wait time.Duration }

func (e *TooManyAccountsError) Error() string {
	return "too many new accounts from this network, wait " + e.Wait.String()
}

// TooManyAttemptsError says how long to wait after too many wrong passwords.
type TooManyAttemptsError struct{ Wait time.Duration }

func (e *TooManyAttemptsError) Error() string {
	return fmt.Sprintf("too many failed attempts, wait %s", e.Wait)
}
