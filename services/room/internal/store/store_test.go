package store

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	databaseURL, err := URL(testenv.Postgres(t, "room"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := pg.Open(databaseURL, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return New(db, func(context.Context, ...room.Change) {})
}

type openGuard struct{}

func (openGuard) Check(context.Context, string, string) error { return nil }
func (openGuard) Miss(context.Context, string, string) error  { return nil }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func service(s *Store, code func() string) *room.Service {
	return &room.Service{Store: s, Shares: s, Guard: openGuard{}, NewID: newID, Code: code, Now: time.Now}
}

var plan = room.Draft{Name: "Trip", Destination: room.Place{Name: "Lake", Lat: 47, Lng: 8}}

// inherited mistake 15: a code that was taken was a 500 with the database's text, and the loser's clean-up could
// delete the winner's.
func TestCollidingCodesAreDrawnAgain(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var drawn atomic.Int64
	codes := []string{"AAAAAA", "AAAAAA", "AAAAAA", "BBBBBB"}
	rooms := service(s, func() string { return codes[(drawn.Add(1)-1)%int64(len(codes))] })
	ann := room.User{ID: newID(), Name: "Ann"}
	first, err := rooms.Create(t.Context(), ann, plan)
	if err != nil {
		t.Fatal(err)
	}
	second, err := rooms.Create(t.Context(), ann, plan)
	if err != nil {
		t.Fatal(err)
	}
	if first.Code != "AAAAAA" || second.Code != "BBBBBB" {
		t.Fatalf("codes %s and %s", first.Code, second.Code)
	}
	r, err := s.UpdateByCode(t.Context(), "AAAAAA", func(*room.Room) error { return nil })
	if err != nil || r.ID != first.ID {
		t.Fatalf("the winner's code leads to %v, %v", r, err)
	}
	// Rotating into a taken code draws again as well; an ended room gives its code back.
	drawn.Store(0)
	rotated, err := rooms.RotateCode(t.Context(), ann.ID, second.ID)
	if err != nil || rotated.Code != "BBBBBB" {
		t.Fatalf("rotated to %+v, %v", rotated, err)
	}
	if _, err := rooms.Close(t.Context(), ann.ID, first.ID); err != nil {
		t.Fatal(err)
	}
	drawn.Store(0)
	if third, err := rooms.Create(t.Context(), ann, plan); err != nil || third.Code != "AAAAAA" {
		t.Fatalf("a code that is free again: %+v, %v", third, err)
	}
	always := service(s, func() string { return "AAAAAA" })
	if _, err := always.Create(t.Context(), ann, plan); !errors.Is(err, room.ErrCodeTaken) {
		t.Fatalf("no free code: %v", err)
	}
}

// inherited mistake 15, with all drawing the same code at the same moment.
func TestRaceForOneCode(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var wg sync.WaitGroup
	barrier := make(chan struct{})
	var won, lost atomic.Int64
	for range 16 {
		wg.Go(func() {
			<-barrier
			r := room.New(newID(), newID(), "SAME01", room.User{ID: newID(), Name: "Ann"}, plan, time.Now())
			switch err := s.Create(context.Background(), r); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, room.ErrCodeTaken):
				lost.Add(1)
			default:
				t.Errorf("create: %v", err)
			}
		})
	}
	close(barrier)
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 15 {
		t.Fatalf("%d won, %d lost", won.Load(), lost.Load())
	}
}

// A refused change, or one that panics, must not take those along that share its transaction.
func TestChangesThatShareATransactionFailAlone(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rooms := service(s, room.NewCode)
	ann := room.User{ID: newID(), Name: "Ann"}
	r, err := rooms.Create(t.Context(), ann, plan)
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			_, err := s.Update(context.Background(), r.ID, func(r *room.Room) error {
				switch i % 3 {
				case 0:
					return refused
				case 1:
					panic("a bug")
				}
				name := "Renamed"
				return r.Update(ann.ID, room.Patch{Name: &name}, time.Now())
			})
			if (i%3 == 0) != errors.Is(err, refused) || (i%3 == 2) != (err == nil) {
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	got, err := s.Get(t.Context(), r.ID)
	if err != nil || got.Name != "Renamed" || got.Version != 11 {
		t.Fatalf("got %+v, %v", got, err)
	}
	var events int
	if err := s.db.Get(&events, `SELECT count(*) FROM outbox`); err != nil || events != 11 {
		t.Fatalf("%d events, %v", events, err)
	}
}

// One who gives up waiting must not end the work of the others.
func TestGivingUpIsOnesOwnBusiness(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rooms := service(s, room.NewCode)
	ann := room.User{ID: newID(), Name: "Ann"}
	r, err := rooms.Create(t.Context(), ann, plan)
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			ctx := context.Background()
			if i%2 == 0 {
				ctx = gone
			}
			if _, err := s.Get(ctx, r.ID); i%2 == 1 && err != nil {
				t.Errorf("get: %v", err)
			}
			if _, err := s.UpdateByCode(ctx, r.Code, func(*room.Room) error { return nil }); i%2 == 1 && err != nil {
				t.Errorf("update: %v", err)
			}
		})
	}
	wg.Wait()
}

// inherited mistake 24: no index on members by user. The plans are asked of tables that are empty, as they were when
// the service prepared its statements.
func TestEveryLookUpUsesAnIndex(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for name, query := range map[string]string{
		"rooms": selectRooms, "lists": selectLists, "by id": selectByID, "by code": selectByCode, "delete": deleteEvents,
		"ended": selectEnded, "active": selectActive, "lately": selectLately, "seen": updateSeen, "expire": expireDue, "events": selectEvents, "save": saveRooms,
		"rooms of": selectRoomsOf, "creator": renameCreator, "rename": renameEnded, "rename gone": renameGone, "purge": purgeRooms,
	} {
		var plan []string
		// EXPLAIN (GENERIC_PLAN) is younger than the oldest Postgres that we run on.
		conn, err := s.db.Connx(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(t.Context(), `PREPARE q AS `+query); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var n int
		if err := conn.GetContext(t.Context(), &n, `SELECT coalesce(array_length(parameter_types, 1), 0) FROM pg_prepared_statements WHERE name = 'q'`); err != nil {
			t.Fatal(err)
		}
		args := ""
		for i := range n {
			if i > 0 {
				args += ", "
			}
			args += "NULL"
		}
		if n > 0 {
			args = "(" + args + ")"
		}
		if err := conn.SelectContext(t.Context(), &plan, `EXPLAIN EXECUTE q `+args); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := conn.ExecContext(t.Context(), `DEALLOCATE q`); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		for _, line := range plan {
			if strings.Contains(line, "Seq Scan") || strings.Contains(line, "Hash Join") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// Replicas do not combine their changes: the one whose version is old by then reads again, and nothing is lost.
func TestReplicasChangeOneRoomAtOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rooms := service(s, room.NewCode)
	most := 50
	d := plan
	d.MaxMembers = &most
	r, err := rooms.Create(t.Context(), room.User{ID: newID(), Name: "Ann"}, d)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 6 {
		replica := service(New(s.db, func(context.Context, ...room.Change) {}), room.NewCode)
		for range 8 {
			wg.Go(func() {
				if _, err := replica.Join(context.Background(), room.User{ID: newID(), Name: "Bob"}, "", r.Code, nil); err != nil {
					t.Errorf("join: %v", err)
				}
			})
		}
	}
	wg.Wait()
	got, err := s.Get(t.Context(), r.ID)
	if err != nil || got.Count() != 49 || got.Version != 49 || got.NextOrder != 50 {
		t.Fatalf("got %d members, version %d, next order %d, %v", got.Count(), got.Version, got.NextOrder, err)
	}
}
