package room

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func newRoom(most int) *Room {
	return New("room", "m-ann", "ABC123", User{"ann", "Ann"}, Draft{Name: "Trip", Destination: Place{"Lake", 47, 8}, MaxMembers: &most}, t0)
}

func mustJoin(t *testing.T, r *Room, id string) {
	t.Helper()
	if _, err := r.Join("m-"+id, User{id, id}, "", t0); err != nil {
		t.Fatalf("%s joins: %v", id, err)
	}
}

func roles(r *Room) map[string]Role {
	out := map[string]Role{}
	for _, m := range r.Members {
		if m.Status == Present {
			out[m.UserID] = m.Role
		}
	}
	return out
}

// inherited mistake 16: the owner's nickname was the room's name.
func TestNewRoomHasItsCreatorAsOwner(t *testing.T) {
	t.Parallel()
	r := newRoom(8)
	m := r.Members[0]
	if m.Role != Owner || m.JoinOrder != 1 || m.Nickname != "Ann" || r.Count() != 1 || r.Version != 1 {
		t.Fatalf("got %+v", r)
	}
	if c := r.TakeChanges(); len(c.Events) != 1 || c.Events[0].Type != EventCreated || len(c.Members) != 1 {
		t.Fatalf("changes: %+v", c)
	}
}

// inherited mistake 16: join orders repeated, an owner who came back made two, left_at stayed.
func TestOwnerWhoComesBackIsAMember(t *testing.T) {
	t.Parallel()
	r := newRoom(8)
	mustJoin(t, r, "bob")
	mustJoin(t, r, "cat")
	if err := r.Leave("ann", t0); err != nil {
		t.Fatal(err)
	}
	if got := roles(r); !reflect.DeepEqual(got, map[string]Role{"bob": Owner, "cat": Ordinary}) {
		t.Fatalf("after the owner left: %v", got)
	}
	rejoining, err := r.Join("other-id", User{"ann", "Ann"}, "", t0.Add(time.Hour))
	if err != nil || !rejoining {
		t.Fatalf("rejoin: %v %v", rejoining, err)
	}
	m := r.Find("ann")
	if m.ID != "m-ann" || m.Role != Ordinary || m.JoinOrder != 4 || !m.LeftAt.IsZero() || m.Status != Present || len(r.Members) != 3 {
		t.Fatalf("rejoined as %+v", m)
	}
}

// inherited mistake 4: each repeated leave lowered the count again.
func TestLeavingTwiceIsLeavingOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(8)
	mustJoin(t, r, "bob")
	for range 3 {
		if err := r.Leave("bob", t0); err != nil {
			t.Fatal(err)
		}
	}
	if r.Count() != 1 || r.Version != 3 {
		t.Fatalf("count %d, version %d", r.Count(), r.Version)
	}
	if err := r.Leave("stranger", t0); !errors.Is(err, ErrNotMember) {
		t.Fatalf("a stranger leaves: %v", err)
	}
}

// inherited mistake 17: who is in a full room heard that it was full; a closed room was a 500.
func TestJoinRefusals(t *testing.T) {
	t.Parallel()
	closed := newRoom(8)
	if err := closed.Leave("ann", t0); err != nil {
		t.Fatal(err)
	}
	full := newRoom(2)
	mustJoin(t, full, "bob")
	banned := newRoom(2)
	mustJoin(t, banned, "bob")
	if err := banned.Remove("ann", "bob", true, t0); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		room *Room
		user string
		at   time.Time
		want error
	}{
		{"full", full, "cat", t0, ErrFull},
		{"full, but in it", full, "bob", t0, ErrAlreadyMember},
		{"own room", full, "ann", t0, ErrAlreadyMember},
		{"closed", closed, "cat", t0, ErrClosed},
		{"closed, was in it", closed, "ann", t0, ErrClosed},
		{"expired", newRoom(8), "cat", t0.Add(24 * time.Hour), ErrExpired},
		{"banned", banned, "bob", t0, ErrBanned},
	} {
		if _, err := tt.room.Join("x", User{tt.user, tt.user}, "", tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// inherited mistake 9: expired rooms were listed active.
func TestExpiredFromTheMomentOn(t *testing.T) {
	t.Parallel()
	r := newRoom(8)
	if got := r.StatusAt(r.ExpiresAt.Add(-time.Millisecond)); got != Active {
		t.Errorf("just before: %s", got)
	}
	if got := r.StatusAt(r.ExpiresAt); got != Expired {
		t.Errorf("at the end: %s", got)
	}
	if r.Expire(r.ExpiresAt.Add(-time.Millisecond)) || !r.Expire(r.ExpiresAt) || r.Expire(r.ExpiresAt) {
		t.Error("must expire once, at its end")
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	people := []string{"ann", "adm", "bob", "vic", "out"}
	setup := func() *Room {
		r := newRoom(8)
		for _, id := range people[1:] {
			mustJoin(t, r, id)
		}
		for id, role := range map[string]Role{"adm": Admin, "vic": Viewer} {
			if err := r.SetRole("ann", id, role, t0); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Leave("out", t0); err != nil {
			t.Fatal(err)
		}
		return r
	}
	name := "New name"
	for _, tt := range []struct {
		name string
		do   func(r *Room, actor string) error
		may  string
	}{
		{"update", func(r *Room, a string) error { return r.Update(a, Patch{Name: &name}, t0) }, "ann adm"},
		{"code", func(r *Room, a string) error { return r.SetCode(a, "ZZZ999", t0) }, "ann adm"},
		{"close", func(r *Room, a string) error { return r.Close(a, t0) }, "ann"},
		{"remove viewer", func(r *Room, a string) error { return r.Remove(a, "vic", false, t0) }, "ann adm"},
		{"remove admin", func(r *Room, a string) error { return r.Remove(a, "adm", false, t0) }, "ann"},
		{"remove owner", func(r *Room, a string) error { return r.Remove(a, "ann", false, t0) }, ""},
		{"ban one who left", func(r *Room, a string) error { return r.Remove(a, "out", true, t0) }, "ann adm"},
		{"role", func(r *Room, a string) error { return r.SetRole(a, "bob", Viewer, t0) }, "ann"},
		{"transfer", func(r *Room, a string) error { return r.Transfer(a, "bob", t0) }, "ann"},
	} {
		allowed := ""
		for _, actor := range people {
			r := setup()
			err := tt.do(r, actor)
			if err == nil {
				allowed += " " + actor
			} else if want := map[bool]error{true: ErrAccessDenied, false: ErrForbidden}[actor == "out"]; !errors.Is(err, want) {
				t.Errorf("%s by %s: %v, want %v", tt.name, actor, err, want)
			}
		}
		if allowed != "" {
			allowed = allowed[1:]
		}
		if allowed != tt.may {
			t.Errorf("%s: allowed %q, want %q", tt.name, allowed, tt.may)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return fmt.Sprintf("%0*d", n, 0) }
	f, i := func(v float64) *float64 { return &v }, func(v int) *int { return &v }
	good := Draft{Name: "Trip", Destination: Place{"Lake", 47, 8}}
	for _, tt := range []struct {
		name   string
		change func(*Draft)
		want   string
	}{
		{"good", func(*Draft) {}, ""},
		{"name of spaces", func(d *Draft) { d.Name = "  a  " }, "name must be 3 to 100 characters"},
		{"long name", func(d *Draft) { d.Name = long(101) }, "name must be 3 to 100 characters"},
		{"longest name", func(d *Draft) { d.Name = long(100) }, ""},
		{"NUL", func(d *Draft) { d.Name = "a\x00bc" }, "name must not contain control characters"}, // inherited mistake 19
		{"no destination", func(d *Draft) { d.Destination.Name = " " }, "destinationName must be 1 to 200 characters"},
		{"latitude", func(d *Draft) { d.Destination.Lat = 90.1 }, "destinationLat must be -90 to 90"},
		{"longitude", func(d *Draft) { d.Destination.Lng = 99999 }, "destinationLng must be -180 to 180"}, // inherited mistake 10
		{"one member", func(d *Draft) { d.MaxMembers = i(1) }, "maxMembers must be 2 to 50"},
		{"51 members", func(d *Draft) { d.MaxMembers = i(51) }, "maxMembers must be 2 to 50"},
		{"half an hour", func(d *Draft) { d.LifeHours = f(.5) }, "expiresIn must be 1 to 168"},
		{"too long", func(d *Draft) { d.LifeHours = f(168.1) }, "expiresIn must be 1 to 168"},
	} {
		d := good
		tt.change(&d)
		got := ""
		if err := d.Check(); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if r := New("r", "m", "ABC123", User{"u", "U"}, good, t0); r.MaxMembers != 8 || !r.ExpiresAt.Equal(t0.Add(24*time.Hour)) {
		t.Errorf("defaults: %d members, ends %v", r.MaxMembers, r.ExpiresAt)
	}
}

func TestUpdateOnlyExtends(t *testing.T) {
	t.Parallel()
	r := newRoom(8)
	mustJoin(t, r, "bob")
	mustJoin(t, r, "cat")
	less, more, few := 1.0, 48.0, 2
	var invalid *InvalidError
	if err := r.Update("ann", Patch{LifeHours: &less}, t0); !errors.As(err, &invalid) {
		t.Errorf("shorter life: %v", err)
	}
	if err := r.Update("ann", Patch{MaxMembers: &few}, t0); !errors.As(err, &invalid) {
		t.Errorf("fewer seats than members: %v", err)
	}
	if err := r.Update("ann", Patch{LifeHours: &more}, t0); err != nil || !r.ExpiresAt.Equal(t0.Add(48*time.Hour)) {
		t.Errorf("extend: %v, ends %v", err, r.ExpiresAt)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	counts := map[rune]int{}
	for range 6000 {
		code := NewCode()
		if checked, err := CheckCode(code); err != nil || checked != code {
			t.Fatalf("code %q: %v", code, err)
		}
		for _, r := range code {
			counts[r]++
		}
	}
	for _, r := range codeAlphabet { // expected 1,000 each; 6 standard deviations
		if n := counts[r]; n < 800 || n > 1200 {
			t.Errorf("%c drawn %d times of 36,000", r, n)
		}
	}
	for in, want := range map[string]string{" abc12z ": "ABC12Z", "abc12": "", "abc-12": "", "äbc123": "", "": ""} {
		if got, _ := CheckCode(in); got != want {
			t.Errorf("CheckCode(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever people do in whatever order: one owner while somebody is in, join orders never used twice, never too many,
// closed when the last one goes, versions grow with each change and with nothing else.
func TestRulesHoldInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.IntRange(2, 5).Draw(rt, "most")
		r := newRoom(most)
		r.TakeChanges()
		now := t0
		users := []string{"ann", "bob", "cat", "dan", "eve", "fay", "gus"}
		used := map[int]string{1: fmt.Sprint("ann", t0)}
		person := rapid.SampledFrom(users)
		step := func(fn func(a, b string) error) func(*rapid.T) {
			return func(rt *rapid.T) {
				a, b := person.Draw(rt, "actor"), person.Draw(rt, "other")
				now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "minutes")) * time.Minute)
				before, status := snapshot(r), r.Status
				err := fn(a, b)
				changes := r.TakeChanges()
				after := snapshot(r)
				switch {
				case err != nil && !reflect.DeepEqual(before, after):
					rt.Fatalf("refused (%v), yet changed\n%+v\n%+v", err, before, after)
				case (len(changes.Events) > 0) != (after.Version > before.Version):
					rt.Fatalf("%d events, version %d to %d", len(changes.Events), before.Version, after.Version)
				case status != Active && r.Status != status:
					rt.Fatalf("%s became %s", status, r.Status)
				}
				for _, e := range changes.Events {
					if e.Version != r.Version {
						rt.Fatalf("event %+v at version %d", e, r.Version)
					}
				}
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"join": step(func(a, _ string) error {
				_, err := r.Join("m-"+a, User{a, a}, "", now)
				if err == nil {
					key := fmt.Sprint(a, now)
					if m := r.Find(a); used[m.JoinOrder] != "" {
						rt.Fatalf("join order %d again", m.JoinOrder)
					} else {
						used[m.JoinOrder] = key
					}
				}
				return err
			}),
			"leave":    step(func(a, _ string) error { return r.Leave(a, now) }),
			"remove":   step(func(a, b string) error { return r.Remove(a, b, false, now) }),
			"ban":      step(func(a, b string) error { return r.Remove(a, b, true, now) }),
			"unban":    step(func(a, b string) error { return r.Unban(a, b, now) }),
			"transfer": step(func(a, b string) error { return r.Transfer(a, b, now) }),
			"admin":    step(func(a, b string) error { return r.SetRole(a, b, Admin, now) }),
			"viewer":   step(func(a, b string) error { return r.SetRole(a, b, Viewer, now) }),
			"close": step(func(a, _ string) error {
				if rapid.IntRange(0, 9).Draw(rt, "really") > 0 {
					return nil
				}
				return r.Close(a, now)
			}),
			"expire": step(func(_, _ string) error { r.Expire(now); return nil }),
			"": func(rt *rapid.T) {
				owners, orders := 0, map[int]bool{}
				for _, m := range r.Members {
					if m.Role == Owner {
						owners++
					}
					if orders[m.JoinOrder] || m.JoinOrder >= r.NextOrder {
						rt.Fatalf("join order %d of %s repeats or lies ahead", m.JoinOrder, m.UserID)
					}
					orders[m.JoinOrder] = true
					if (m.Status == Present) != m.LeftAt.IsZero() || m.Banned && m.Status != Removed {
						rt.Fatalf("member %+v", m)
					}
				}
				n := r.Count()
				if n > most {
					rt.Fatalf("%d of %d seats taken", n, most)
				}
				if r.Status == Active && (n == 0 || owners != 1 || r.ownerMissing()) && now.Before(r.ExpiresAt) {
					rt.Fatalf("active with %d members and %d owners: %+v", n, owners, r.Members)
				}
			},
		})
	})
}

func (r *Room) ownerMissing() bool {
	for _, m := range r.Members {
		if m.Role == Owner && m.Status == Present {
			return false
		}
	}
	return true
}

func snapshot(r *Room) Room {
	c := *r
	c.Members = append([]Member(nil), r.Members...)
	c.events, c.changed = nil, nil
	return c
}
