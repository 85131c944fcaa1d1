// Package sos is the domain of calls for help: a member raises one, the others
// hear of it, whoever comes later too, until it is answered or cancelled. It
// imports the standard library only.
package sos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxRunes bounds what a call and an answer say.
const MaxRunes = 500

// Why a call cannot be changed.
var (
	ErrNotFound  = errors.New("no such call for help")
	ErrEnded     = errors.New("the call has ended already")
	ErrForbidden = errors.New("the call is somebody else's")
	ErrOwn       = errors.New("nobody answers their own call")
)

// InvalidError says which field breaks which rule, for people.
type InvalidError struct{ Field, Rule string }

func (e *InvalidError) Error() string { return e.Field + " " + e.Rule }

// LimitedError says that somebody calls too often.
type LimitedError struct{ Wait time.Duration }

func (e *LimitedError) Error() string { return fmt.Sprintf("too many calls, wait %s", e.Wait) }

// State of a call.
type State string

// All states.
const (
	Open      State = "open"
	Answered  State = "answered"
	Cancelled State = "cancelled"
)

// Place is where somebody was. Accuracy is in metres, negative = unknown.
type Place struct {
	Latitude, Longitude, Accuracy float64
	At                            time.Time // when it was measured
}

// Who does something.
type Who struct {
	ID, Name string
	Manages  bool   // is owner or admin of the room
	Socket   string // where the answer goes, as the publisher knows it; "" = nowhere
}

// Call is one call for help.
type Call struct {
	ID, Room       string
	UserID         string
	UserName       string
	Message        string
	Place          *Place // nil = not known
	State          State
	RaisedAt       time.Time
	UpdatedAt      time.Time // when the caller called last
	EndedAt        time.Time
	EndedBy        string
	EndedByName    string
	Answer         string
	Request        string // that raised it; the same request again is the same call
	RequestedAgain string // that updated it last
}

// Kind is what has happened to a call.
type Kind uint8

// All kinds.
const (
	Nothing  Kind = iota // the same request again
	Raised               // or raised again, with something new
	Repeated             // raised again while it is open
	Ended
)

// Change is what an Update has made.
type Change struct {
	Call   Call
	Kind   Kind
	Socket string // of who did it
}

// Store keeps calls. Update gives fn the room's open calls, and those with the
// id or the request ref, and stores the call of the change; one caller after the
// other for each room.
type Store interface {
	Update(ctx context.Context, room, ref string, fn func(calls []Call) (Change, error)) error
	OpenCalls(ctx context.Context, room string) ([]Call, error)
}

// Positions knows where a member was last, as exactly as the member lets it be
// stored; nil = not known. See store.Positions.
type Positions interface {
	Last(ctx context.Context, room, user string) (*Place, error)
}

// Limiter bounds how often somebody calls; see redisx.Limiter.
type Limiter interface {
	Allow(ctx context.Context, key string) (wait time.Duration, err error)
}

// Service changes calls.
type Service struct {
	Store     Store
	Positions Positions
	Limiter   Limiter
	NewID     func() string
	Now       func() time.Time
}

// Request is somebody's wish to call.
type Request struct {
	ID      string // makes a repetition recognizable; "" = there are none
	Message string
	Place   *Place // as the caller says; nil = the last one that is known
}

// Raise calls for help. Who has an open call in the room updates it: the same
// call, with the newest words and place. created tells which it was.
func (s *Service) Raise(ctx context.Context, room string, who Who, r Request) (call Call, created bool, err error) {
	if r.Message, err = text(r.Message); err != nil {
		return Call{}, false, err
	}
	if r.Place != nil {
		if err := r.Place.check(s.Now()); err != nil {
			return Call{}, false, err
		}
	}
	// A limiter that cannot be asked lets the call pass.
	if wait, err := s.Limiter.Allow(ctx, who.ID); err == nil && wait > 0 {
		return Call{}, false, &LimitedError{wait}
	}
	if r.Place == nil {
		r.Place, _ = s.Positions.Last(ctx, room, who.ID) // without is better than not at all
	}
	if r.ID == "" {
		r.ID = s.NewID()
	}
	err = s.Store.Update(ctx, room, r.ID, func(calls []Call) (Change, error) {
		for _, c := range calls {
			if c.UserID == who.ID && (c.Request == r.ID || c.RequestedAgain == r.ID) {
				call = c
				return Change{Call: c, Kind: Nothing, Socket: who.Socket}, nil
			}
		}
		now := s.Now()
		for _, c := range calls {
			if c.UserID == who.ID && c.State == Open {
				c.UpdatedAt, c.RequestedAgain = now, r.ID
				if r.Message != "" {
					c.Message = r.Message
				}
				if r.Place != nil {
					c.Place = r.Place
				}
				call = c
				return Change{Call: c, Kind: Repeated, Socket: who.Socket}, nil
			}
		}
		call = Call{ID: s.NewID(), Room: room, UserID: who.ID, UserName: who.Name, Message: r.Message, Place: r.Place, State: Open,
			RaisedAt: now, UpdatedAt: now, Request: r.ID}
		created = true
		return Change{Call: call, Kind: Raised, Socket: who.Socket}, nil
	})
	return call, created, err
}

// Cancel takes a call back: the caller does, or an owner or admin. Without an id
// it is the caller's own.
func (s *Service) Cancel(ctx context.Context, room string, who Who, id string) (Call, error) {
	return s.end(ctx, room, who, id, func(c *Call) error {
		if c.UserID != who.ID && !who.Manages {
			return ErrForbidden
		}
		c.State = Cancelled
		return nil
	})
}

// Answer says that somebody takes care of a call.
func (s *Service) Answer(ctx context.Context, room string, who Who, id, message string) (Call, error) {
	message, err := text(message)
	if err != nil {
		return Call{}, err
	}
	return s.end(ctx, room, who, id, func(c *Call) error {
		if c.UserID == who.ID {
			return ErrOwn
		}
		c.State, c.Answer = Answered, message
		return nil
	})
}

func (s *Service) end(ctx context.Context, room string, who Who, id string, fn func(*Call) error) (call Call, err error) {
	err = s.Store.Update(ctx, room, id, func(calls []Call) (Change, error) {
		for _, c := range calls {
			if id != "" && c.ID != id || id == "" && (c.UserID != who.ID || c.State != Open) {
				continue
			}
			before := c
			if err := fn(&c); err != nil {
				return Change{}, err
			}
			switch {
			case before.State == c.State && c.EndedBy == who.ID: // the same wish again
				call = before
				return Change{Call: before, Kind: Nothing, Socket: who.Socket}, nil
			case before.State != Open:
				return Change{}, ErrEnded
			}
			c.EndedAt, c.EndedBy, c.EndedByName = s.Now(), who.ID, who.Name
			call = c
			return Change{Call: c, Kind: Ended, Socket: who.Socket}, nil
		}
		return Change{}, ErrNotFound
	})
	return call, err
}

// OpenCalls are the room's, the oldest first.
func (s *Service) OpenCalls(ctx context.Context, room string) ([]Call, error) {
	return s.Store.OpenCalls(ctx, room)
}

func text(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return "", &InvalidError{"message", "must be text"}
	case utf8.RuneCountInString(s) > MaxRunes:
		return "", &InvalidError{"message", fmt.Sprintf("must have at most %d characters", MaxRunes)}
	}
	return s, nil
}

// check bounds a place that somebody claims.
func (p *Place) check(now time.Time) error {
	switch {
	case !(p.Latitude >= -90 && p.Latitude <= 90):
		return &InvalidError{"latitude", "must be between -90 and 90"}
	case !(p.Longitude >= -180 && p.Longitude <= 180):
		return &InvalidError{"longitude", "must be between -180 and 180"}
	case p.Accuracy > 1e7 || p.Accuracy != p.Accuracy:
		return &InvalidError{"accuracy", "must be between 0 and 10000000"}
	}
	if p.At.IsZero() || p.At.After(now) {
		p.At = now // a phone's clock must not stop a call for help
	}
	return nil
}
