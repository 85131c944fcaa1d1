package room

import (
	"context"
	"fmt"
	"time"
)

// ErasedName stands for somebody whose account is gone.
const ErasedName = "Deleted user"

// Rename gives the user's row another name; a nickname that was only the old name follows.
func (r *Room) Rename(userID, name string, now time.Time) {
	m := r.Find(userID)
	if m == nil || m.UserName == name {
		return
	}
	r.touch(now)
	if m.Nickname == m.UserName {
		m.Nickname = name
	}
	m.UserName = name
	if r.CreatorID == userID {
		r.CreatorName = name
	}
	r.mark(m)
	r.tell(EventMemberRenamed, m, userID, "", now)
}

// Forget takes somebody out whose account is gone, and their name with them.
func (r *Room) Forget(userID string, now time.Time) {
	m := r.Find(userID)
	if m == nil {
		return
	}
	r.Rename(userID, ErasedName, now)
	if m.Nickname != ErasedName {
		m.Nickname = ErasedName
		r.mark(m)
	}
	if m.Status != Present {
		return
	}
	r.touch(now)
	r.goes(m, Left, now)
	r.tell(EventMemberLeft, m, userID, "", now)
	r.settle(m, userID, now)
}

// AccountStore finds what an account has left in rooms.
type AccountStore interface {
	Store
	// RoomsOf are the active rooms in which the user has a row, whatever its status.
	RoomsOf(ctx context.Context, userID string) ([]string, error)
	// RenameEnded changes the user's names where no rule is needed: in rooms that have ended, and as the creator of any.
	// all says that the nickname goes too, whatever it was.
	RenameEnded(ctx context.Context, userID, name string, all bool) error
}

// Accounts keeps rooms in step with accounts.
type Accounts struct {
	Store AccountStore
	Now   func() time.Time
}

// Renamed takes a user's new name over. Repeating it does no harm.
func (a *Accounts) Renamed(ctx context.Context, userID, name string) error {
	return a.each(ctx, userID, name, false, func(r *Room, now time.Time) { r.Rename(userID, name, now) })
}

// Erased takes a user out of everything. Repeating it does no harm.
func (a *Accounts) Erased(ctx context.Context, userID string) error {
	return a.each(ctx, userID, ErasedName, true, func(r *Room, now time.Time) { r.Forget(userID, now) })
}

func (a *Accounts) each(ctx context.Context, userID, name string, all bool, fn func(*Room, time.Time)) error {
	ids, err := a.Store.RoomsOf(ctx, userID)
	if err != nil {
		return fmt.Errorf("rooms of an account: %w", err)
	}
	for _, id := range ids {
		if _, err := a.Store.Update(ctx, id, func(r *Room) error {
			fn(r, a.Now().UTC().Truncate(time.Millisecond))
			return nil
		}); err != nil {
			return fmt.Errorf("account in a room: %w", err)
		}
	}
	// Last: a room that ends in between is found here.
	if err := a.Store.RenameEnded(ctx, userID, name, all); err != nil {
		return fmt.Errorf("account in ended rooms: %w", err)
	}
	return nil
}
