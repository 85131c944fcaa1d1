package room

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Store keeps rooms.
type Store interface {
	// Create stores a new room; ErrCodeTaken when its code is.
	Create(ctx context.Context, r *Room) error
	// Update loads the room with all its members, runs fn, and commits what it changed. Changes of one room never
	// overlap. fn may be run again after a failure, so it must have no other effects than on the room and on variables
	// that it sets anew each time; an error from it changes nothing and is returned. The result is what was committed,
	// shared with others: read only.
	Update(ctx context.Context, id string, fn func(*Room) error) (*Room, error)
	// UpdateByCode is Update of the active room with that code; without one it is ErrClosed or ErrExpired if the code
	// was an ended room's, else ErrNotFound.
	UpdateByCode(ctx context.Context, code string, fn func(*Room) error) (*Room, error)
	// Get returns a committed room with its present members, as new as the call, read only.
	Get(ctx context.Context, id string) (*Room, error)
	// List returns the user's active rooms at now, newest first.
	List(ctx context.Context, userID string, now time.Time) ([]Summary, error)
}

// Guard slows down those who guess codes.
type Guard interface {
	// Check returns a *LimitedError if the user or the address has guessed wrong too often.
	Check(ctx context.Context, userID, addr string) error
	// Miss counts a wrong guess, and returns a *LimitedError if there was no room for another.
	Miss(ctx context.Context, userID, addr string) error
}

// Service is what people do with rooms.
type Service struct {
	Store      Store
	Shares     ShareStore
	ShareCache ShareCache
	Guard      Guard
	NewID      func() string // a new UUIDv7
	Code       func() string // a random code; see NewCode
	Now        func() time.Time
}

// codeAttempts: with a million active rooms one random code in 2,000 is taken; twenty in a row never are.
const codeAttempts = 20

// Joined is the outcome of a join.
type Joined struct {
	Room      *Room
	Member    Member
	Rejoining bool
}

// Create opens a room for its creator.
func (s *Service) Create(ctx context.Context, by User, d Draft) (*Room, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	var err error
	for range codeAttempts {
		r := New(s.NewID(), s.NewID(), s.Code(), by, d, s.now())
		if err = s.Store.Create(ctx, r); err == nil {
			return r, nil
		}
		if !errors.Is(err, ErrCodeTaken) {
			break
		}
	}
	return nil, fmt.Errorf("create room: %w", err)
}

// Join lets the user into the room with the code. addr is where the request came from.
func (s *Service) Join(ctx context.Context, u User, addr, code string, nickname *string) (Joined, error) {
	code, err := CheckCode(code)
	if err != nil {
		return Joined{}, err
	}
	nick := ""
	if nickname != nil {
		if nick, err = CheckNickname(*nickname); err != nil {
			return Joined{}, err
		}
	}
	// Before the look-up: a guesser who is over the limit must not learn of a hit either.
	if err := s.Guard.Check(ctx, u.ID, addr); err != nil {
		return Joined{}, err
	}
	var out Joined
	out.Room, err = s.Store.UpdateByCode(ctx, code, func(r *Room) error {
		rejoining, err := r.Join(s.NewID(), u, nick, s.now())
		if err != nil {
			return err
		}
		out.Member, out.Rejoining = *r.Find(u.ID), rejoining
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		if limited := s.Guard.Miss(ctx, u.ID, addr); limited != nil {
			return Joined{}, limited
		}
	}
	if err != nil {
		return Joined{}, fmt.Errorf("join room: %w", err)
	}
	return out, nil
}

// Leave takes the user out of the room.
func (s *Service) Leave(ctx context.Context, userID, id string) error {
	_, err := s.update(ctx, id, "leave room", func(r *Room, now time.Time) error { return r.Leave(userID, now) })
	return err
}

// List returns the user's active rooms, newest first.
func (s *Service) List(ctx context.Context, userID string) ([]Summary, error) {
	rooms, err := s.Store.List(ctx, userID, s.now())
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	return rooms, nil
}

// Get returns a room to one who is in it. Its status is the one at this moment.
func (s *Service) Get(ctx context.Context, userID, id string) (Room, error) {
	id, err := checkID(id)
	if err != nil {
		return Room{}, err
	}
	found, err := s.Store.Get(ctx, id)
	if err != nil {
		return Room{}, fmt.Errorf("get room: %w", err)
	}
	if found.Present(userID) == nil {
		return Room{}, ErrAccessDenied
	}
	r := *found
	r.Status = r.StatusAt(s.now())
	return r, nil
}

// Update changes a room.
func (s *Service) Update(ctx context.Context, actorID, id string, p Patch) (*Room, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	return s.update(ctx, id, "update room", func(r *Room, now time.Time) error { return r.Update(actorID, p, now) })
}

// Close ends a room for everybody.
func (s *Service) Close(ctx context.Context, actorID, id string) (*Room, error) {
	return s.update(ctx, id, "close room", func(r *Room, now time.Time) error { return r.Close(actorID, now) })
}

// Remove takes a member out and, with ban, keeps them out.
func (s *Service) Remove(ctx context.Context, actorID, id, userID string, ban bool) error {
	_, err := s.update(ctx, id, "remove member", func(r *Room, now time.Time) error { return r.Remove(actorID, userID, ban, now) })
	return err
}

// Unban lets somebody join again.
func (s *Service) Unban(ctx context.Context, actorID, id, userID string) error {
	_, err := s.update(ctx, id, "lift ban", func(r *Room, now time.Time) error { return r.Unban(actorID, userID, now) })
	return err
}

// SetRole changes a member's role.
func (s *Service) SetRole(ctx context.Context, actorID, id, userID string, role Role) (*Room, error) {
	return s.update(ctx, id, "change role", func(r *Room, now time.Time) error { return r.SetRole(actorID, userID, role, now) })
}

// Transfer hands the room to another member.
func (s *Service) Transfer(ctx context.Context, actorID, id, userID string) (*Room, error) {
	return s.update(ctx, id, "transfer room", func(r *Room, now time.Time) error { return r.Transfer(actorID, userID, now) })
}

// RotateCode gives the room a new code.
func (s *Service) RotateCode(ctx context.Context, actorID, id string) (r *Room, err error) {
	for range codeAttempts {
		code := s.Code()
		r, err = s.update(ctx, id, "rotate code", func(r *Room, now time.Time) error { return r.SetCode(actorID, code, now) })
		if !errors.Is(err, ErrCodeTaken) {
			break
		}
	}
	return r, err
}

func (s *Service) update(ctx context.Context, id, what string, fn func(*Room, time.Time) error) (*Room, error) {
	id, err := checkID(id)
	if err != nil {
		return nil, err
	}
	// The time is read when the room is ours: a change that waited must not be dated before the one it waited for.
	r, err := s.Store.Update(ctx, id, func(r *Room) error { return fn(r, s.now()) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return r, nil
}

// now is the time in the resolution of the contract, so that what is stored is what was said.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// checkID brings a room id into its one form; what is no id is the id of no room.
func checkID(id string) (string, error) {
	if len(id) != 36 {
		return "", ErrNotFound
	}
	for i, c := range []byte(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return "", ErrNotFound
		}
	}
	return strings.ToLower(id), nil
}
