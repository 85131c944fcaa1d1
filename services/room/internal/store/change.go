package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// naming is how changes name their rooms.
type naming struct {
	query   string
	key     func(*room.Room) string
	missing func(s *Store, ctx context.Context, keys []string) (map[string]error, error) // why there is no room; ErrNotFound without it
}

var (
	byID   = naming{query: selectByID, key: func(r *room.Room) string { return r.ID }}
	byCode = naming{query: selectByCode, key: func(r *room.Room) string { return r.Code }, missing: (*Store).ended}
)

// maxAttempts at a change that others get in the way of. Only other replicas can, each of them once at a time, and one
// of those that meet always wins.
const maxAttempts = 30

var errConflict = errors.New("another change came first")

// Update implements room.Store.
func (s *Store) Update(ctx context.Context, id string, fn func(*room.Room) error) (*room.Room, error) {
	return s.byID.do(ctx, id, fn)
}

// UpdateByCode implements room.Store.
func (s *Store) UpdateByCode(ctx context.Context, code string, fn func(*room.Room) error) (*room.Room, error) {
	return s.byCode.do(ctx, code, fn)
}

// changeAll makes the changes together. If the database says that one of them cannot be made, each is made by itself,
// so that only that one hears of it.
func (s *Store) changeAll(by naming, groups []*group) {
	left, err := s.changeTogether(by, groups)
	if err == nil {
		return
	}
	if atFault(err) && (len(left) > 1 || len(left[0].ops) > 1) {
		for _, g := range apart(left) {
			s.changeAll(by, []*group{g})
		}
		return
	}
	if pg.IsUnique(err, codeIndex) {
		err = room.ErrCodeTaken
	}
	for _, g := range left {
		g.fail(err)
	}
}

// atFault tells whether err is about what was to be stored, and not about the database.
func atFault(err error) bool {
	var pqErr *pq.Error
	if !errors.As(err, &pqErr) {
		return false
	}
	switch pqErr.Code.Class() {
	case "08", "40", "53", "55", "57", "58": // connection, rollback, resources, state, operator, system
		return false
	}
	return true
}

// changeTogether ends all of the changes but those that are left because of the error.
func (s *Store) changeTogether(by naming, groups []*group) (left []*group, err error) {
	ctx, cancel := detached(groups[0].ops[0].ctx)
	defer cancel()
	for range maxAttempts {
		found, err := s.load(ctx, by, groups)
		if err != nil {
			return groups, err
		}
		writes, missing := applyAll(found, groups)
		s.miss(ctx, by, missing)
		if len(writes) == 0 {
			return nil, nil
		}
		saved, err := s.save(ctx, writes)
		if err != nil && !errors.Is(err, errConflict) {
			return groupsOf(writes), err
		}
		var done []room.Change
		groups = groups[:0:0]
		for _, w := range writes {
			if saved[w.room.ID] {
				done = append(done, room.Change{Room: w.room, Users: touched(w.changes), OldCodes: room.OldCodes(w.changes.Events)})
			} else {
				groups = append(groups, w.group)
			}
		}
		if len(done) > 0 {
			s.done(ctx, done...)
		}
		for _, w := range writes {
			if saved[w.room.ID] {
				w.group.end()
			}
		}
		if len(groups) == 0 {
			return nil, nil
		}
	}
	return groups, fmt.Errorf("save rooms: %w, %d times", errConflict, maxAttempts)
}

// write is a changed room that is to be stored.
type write struct {
	group   *group
	room    *room.Room
	changes room.Changes
	read    int64 // the version that it had
}

// applyAll runs the changes. Those that change nothing are over with that.
func applyAll(found map[string]*room.Room, groups []*group) (writes []write, missing []*group) {
	for _, g := range groups {
		r := found[g.key]
		if r == nil {
			missing = append(missing, g)
			continue
		}
		w := write{group: g, room: r, read: r.Version}
		for _, o := range g.ops {
			o.room, o.err = r, o.apply(r)
		}
		if w.changes = r.TakeChanges(); len(w.changes.Events) == 0 {
			g.end()
			continue
		}
		writes = append(writes, w)
	}
	// Two replicas that save the same rooms must not wait for each other.
	slices.SortFunc(writes, func(a, b write) int { return strings.Compare(a.room.ID, b.room.ID) })
	return writes, missing
}

func groupsOf(writes []write) []*group {
	groups := make([]*group, len(writes))
	for i, w := range writes {
		groups[i] = w.group
	}
	return groups
}

// miss ends changes of rooms that there are not.
func (s *Store) miss(ctx context.Context, by naming, groups []*group) {
	if len(groups) == 0 {
		return
	}
	var why map[string]error
	var err error
	if by.missing != nil {
		why, err = by.missing(s, ctx, keys(groups))
	}
	for _, g := range groups {
		switch reason := why[g.key]; {
		case err != nil:
			g.fail(err)
		case reason != nil:
			g.fail(reason)
		default:
			g.fail(room.ErrNotFound)
		}
	}
}

func keys(groups []*group) []string {
	keys := make([]string, len(groups))
	for i, g := range groups {
		keys[i] = g.key
	}
	return keys
}

func touched(c room.Changes) []string {
	users := make([]string, len(c.Members))
	for i, m := range c.Members {
		users[i] = m.UserID
	}
	return users
}
