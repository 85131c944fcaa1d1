package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/room/internal/room"
)

// opened is a room with so many seats.
func opened(t *testing.T, rooms *room.Service, owner room.User, seats int) *room.Room {
	t.Helper()
	d := plan
	d.MaxMembers = &seats
	r, err := rooms.Create(t.Context(), owner, d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// atOnce has a store whose next changes all wait until fn has asked for them, so that they share a transaction. It
// returns how many statements have stored something since.
func atOnce(t *testing.T, s *Store, fn func(do func(func()))) {
	t.Helper()
	hold := make(chan struct{})
	var held sync.WaitGroup
	for range maxFetches { // all transactions that may be under way
		blocker := opened(t, service(s, room.NewCode), room.User{ID: newID(), Name: "Zoe"}, 2)
		held.Add(1)
		var once sync.Once
		go func() {
			_, _ = s.UpdateByCode(context.Background(), blocker.Code, func(*room.Room) error {
				once.Do(held.Done)
				<-hold
				return nil
			})
		}()
	}
	held.Wait()
	var wg sync.WaitGroup
	n := 0
	fn(func(f func()) { n++; wg.Go(f) })
	deadline := time.Now().Add(10 * time.Second)
	for waiting(s.byCode) < n {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d changes wait", waiting(s.byCode), n)
		}
		time.Sleep(time.Millisecond)
	}
	close(hold)
	wg.Wait()
}

func waiting(c *combiner) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.order {
		n += len(g.ops)
	}
	return n
}

// Everything that may happen to a join happens in one transaction: each must be answered as if it were alone.
func TestJoinsThatShareATransactionAreJudgedAlone(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rooms := service(s, room.NewCode)
	ann, bob, eve, mal := room.User{ID: newID(), Name: "Ann"}, room.User{ID: newID(), Name: "Bob"}, room.User{ID: newID(), Name: "Eve"}, room.User{ID: newID(), Name: "Mal"}
	free, full, last, banned, back := opened(t, rooms, ann, 8), opened(t, rooms, ann, 2), opened(t, rooms, ann, 4), opened(t, rooms, ann, 8), opened(t, rooms, ann, 8)
	expired, closed, broken := opened(t, rooms, ann, 8), opened(t, rooms, ann, 8), opened(t, rooms, ann, 8)
	join := func(u room.User, code string) error {
		_, err := rooms.Join(context.Background(), u, "", code, nil)
		return err
	}
	for _, err := range []error{join(bob, full.Code), join(eve, banned.Code), rooms.Remove(t.Context(), ann.ID, banned.ID, eve.ID, true),
		join(eve, back.Code), rooms.Leave(t.Context(), eve.ID, back.ID)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := rooms.Close(t.Context(), ann.ID, closed.ID); err != nil {
		t.Fatal(err)
	}
	s.db.MustExec(`UPDATE rooms SET expires_at = now() - interval '1 minute' WHERE id = $1`, expired.ID)
	s.db.MustExec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no Mal here' USING ERRCODE = '23514'; END $$`)
	s.db.MustExec(`CREATE TRIGGER refuse BEFORE INSERT ON members FOR EACH ROW WHEN (NEW.user_name = 'Mal') EXECUTE FUNCTION refuse()`)

	var mu sync.Mutex
	results := map[string][]error{}
	atOnce(t, s, func(do func(func())) {
		try := func(name string, u room.User, code string) {
			do(func() {
				err := join(u, code)
				mu.Lock()
				defer mu.Unlock()
				results[name] = append(results[name], err)
			})
		}
		for range 32 { // three seats are left
			try("raced", room.User{ID: newID(), Name: "Joe"}, last.Code)
		}
		for range 5 {
			try("twice", bob, free.Code)
		}
		try("free", eve, free.Code)
		try("full", eve, full.Code)
		try("banned", eve, banned.Code)
		try("beside the banned", bob, banned.Code)
		try("back", eve, back.Code)
		try("expired", bob, expired.Code)
		try("closed", bob, closed.Code)
		try("unknown", bob, "ZZZZZ9")
		try("broken", mal, broken.Code)
		try("beside the broken", bob, broken.Code)
	})
	want := map[string]map[error]int{
		"raced": {nil: 3, room.ErrFull: 29}, "twice": {nil: 1, room.ErrAlreadyMember: 4}, "free": {nil: 1}, "full": {room.ErrFull: 1},
		"banned": {room.ErrBanned: 1}, "beside the banned": {nil: 1}, "back": {nil: 1}, "expired": {room.ErrExpired: 1}, "closed": {room.ErrClosed: 1},
		"unknown": {room.ErrNotFound: 1}, "beside the broken": {nil: 1},
	}
	for name, outcomes := range want {
		for outcome, n := range outcomes {
			got := 0
			for _, err := range results[name] {
				if err == nil && outcome == nil || outcome != nil && errors.Is(err, outcome) {
					got++
				}
			}
			if got != n {
				t.Errorf("%s: %d are %v, want %d of %v", name, got, outcome, n, results[name])
			}
		}
	}
	if errs := results["broken"]; len(errs) != 1 || errs[0] == nil || !strings.Contains(errs[0].Error(), "no Mal here") {
		t.Errorf("what the database refused: %v", errs)
	}
	for _, c := range []struct {
		r                *room.Room
		members, version int
	}{{free, 3, 3}, {full, 2, 2}, {last, 4, 4}, {banned, 2, 4}, {back, 2, 4}, {expired, 1, 1}, {closed, 1, 2}, {broken, 2, 2}} {
		got, err := s.Get(t.Context(), c.r.ID)
		if err != nil || got.Count() != c.members || got.Version != int64(c.version) {
			t.Errorf("room %s of %d seats has %d members and version %d, want %d and %d (%v)", c.r.Code, c.r.MaxMembers, got.Count(), got.Version, c.members, c.version, err)
		}
		var versions []int64
		if err := s.db.Select(&versions, `SELECT version FROM outbox WHERE room_id = $1 ORDER BY id`, c.r.ID); err != nil {
			t.Fatal(err)
		}
		if len(versions) != c.version || !slices.IsSorted(versions) {
			t.Errorf("events of room %s: versions %v", c.r.Code, versions)
		}
	}
}

// What waits for others' transactions shares the next one.
func TestJoinsOfManyRoomsShareOneCommit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rooms := service(s, room.NewCode)
	ann := room.User{ID: newID(), Name: "Ann"}
	var codes []string
	for range 20 {
		codes = append(codes, opened(t, rooms, ann, 8).Code)
	}
	atOnce(t, s, func(do func(func())) {
		for i := range 60 {
			do(func() {
				if _, err := rooms.Join(context.Background(), room.User{ID: newID(), Name: fmt.Sprint("Joe ", i)}, "", codes[i%20], nil); err != nil {
					t.Error(err)
				}
			})
		}
	})
	// The transaction that inserted a row is its xmin.
	var commits, rows int
	if err := s.db.QueryRow(`SELECT count(DISTINCT xmin::text), count(*) FROM members WHERE user_name LIKE 'Joe %'`).Scan(&commits, &rows); err != nil {
		t.Fatal(err)
	}
	if rows != 60 || commits != 1 {
		t.Errorf("%d joins in %d transactions", rows, commits)
	}
}

// A batch of one replica that meets one of another: whoever comes second reads again, and nobody is let in twice.
func TestReplicasShareTheLastSeats(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rooms := service(s, room.NewCode)
	var codes []string
	var ids []string
	for range 12 {
		r := opened(t, rooms, room.User{ID: newID(), Name: "Ann"}, 5)
		codes, ids = append(codes, r.Code), append(ids, r.ID)
	}
	replicas := []*room.Service{rooms}
	for range 3 {
		replicas = append(replicas, service(New(s.db, func(context.Context, ...room.Change) {}), room.NewCode))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	in := map[string]int{}
	for i := range 12 * 4 * 3 { // of each replica three to each room, which has four seats
		wg.Go(func() {
			code := codes[i%12]
			_, err := replicas[i/12%4].Join(context.Background(), room.User{ID: newID(), Name: "Joe"}, "", code, nil)
			if err != nil && !errors.Is(err, room.ErrFull) {
				t.Errorf("join: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				in[code]++
			}
		})
	}
	wg.Wait()
	for i, id := range ids {
		got, err := s.Get(t.Context(), id)
		if err != nil || in[codes[i]] != 4 || got.Count() != 5 || got.Version != 5 || got.NextOrder != 6 {
			t.Errorf("%d were let in, room has %d members, version %d (%v)", in[codes[i]], got.Count(), got.Version, err)
		}
	}
}
