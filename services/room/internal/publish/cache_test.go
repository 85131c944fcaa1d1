package publish

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// committed stands in for the database: what it holds is the truth.
type committed map[string]*room.Room

func (c committed) Rooms(_ context.Context, ids []string) (map[string]*room.Room, error) {
	out := map[string]*room.Room{}
	for _, id := range ids {
		if r := c[id]; r != nil {
			out[id] = r
		}
	}
	return out, nil
}

func (c committed) versions(active bool) (out []room.Version) {
	for id, r := range c {
		if (r.Status == room.Active) == active {
			v := room.Version{ID: id, Version: r.Version, UpdatedAt: r.UpdatedAt, ExpiresAt: r.ExpiresAt, Code: r.Code}
			for _, m := range r.Members {
				if m.Status == room.Present {
					v.Present++
				}
			}
			out = append(out, v)
		}
	}
	return out
}

func (c committed) EachActive(_ context.Context, _ int, fn func([]room.Version) error) error {
	return fn(c.versions(true))
}

func (c committed) EachShare(context.Context, time.Time, time.Time, int, func([]room.LiveShare, [][]byte) error) error {
	return nil
}

func (c committed) EndedSince(context.Context, time.Time, int) ([]room.Version, error) {
	return c.versions(false), nil
}

func newCache(t *testing.T, registry *prometheus.Registry) *Cache {
	t.Helper()
	client, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &Cache{Client: client, Metrics: NewMetrics(registry), Now: time.Now, OnError: func(err error) { t.Errorf("cache: %v", err) }}
}

func someRoom(id, code string, version int64, status room.Status, users ...string) *room.Room {
	now := time.Now()
	r := &room.Room{ID: id, Code: code, Name: "Trip", MaxMembers: 8, Status: status, Version: version,
		ExpiresAt: now.Add(time.Hour), CreatedAt: now.Add(-time.Hour), UpdatedAt: now.Add(-time.Minute)}
	for i, u := range users {
		r.Members = append(r.Members, room.Member{UserID: u, Status: room.Present, JoinOrder: i + 1})
	}
	return r
}

func (c *Cache) has(t *testing.T, roomID string, version string, members int64) {
	t.Helper()
	v, err := c.Client.Do(t.Context(), c.Client.B().Get().Key(wire.KeyRoomVersion(roomID)).Build()).ToString()
	if err != nil && !rueidis.IsRedisNil(err) {
		t.Fatal(err)
	}
	n, err := c.Client.Do(t.Context(), c.Client.B().Scard().Key(wire.KeyRoomMembers(roomID)).Build()).AsInt64()
	if err != nil || v != version || n != members {
		t.Errorf("room %s: version %q with %d members, want %q with %d (%v)", roomID, v, n, version, members, err)
	}
}

// inherited mistake 3: a slow writer put an older state over a newer one.
func TestCachesNeverGoBack(t *testing.T) {
	t.Parallel()
	c := newCache(t, prometheus.NewRegistry())
	c.Committed(t.Context(), room.Change{Room: someRoom("r", "AAAAAA", 5, room.Active, "ann", "bob")})
	c.Committed(t.Context(), room.Change{Room: someRoom("r", "AAAAAA", 4, room.Active, "ann", "bob", "cat")})
	c.has(t, "r", "5", 2)
	c.Committed(t.Context(), room.Change{Room: someRoom("r", "AAAAAA", 6, room.Closed, "ann")})
	c.has(t, "r", "6", 0)
	for _, key := range []string{wire.KeyRoom("r"), wire.KeyRoomVersion("r")} {
		if ttl, err := c.Client.Do(t.Context(), c.Client.B().Ttl().Key(key).Build()).AsInt64(); err != nil || ttl <= 0 || ttl > 3600 {
			t.Errorf("%s lives for %d s (%v)", key, ttl, err)
		}
	}
}

// inherited mistake 15: the one who came too late deleted the code of the one who had won it.
func TestEndedRoomLeavesTheCodeToItsNextOwner(t *testing.T) {
	t.Parallel()
	c := newCache(t, prometheus.NewRegistry())
	c.Committed(t.Context(), room.Change{Room: someRoom("old", "AAAAAA", 1, room.Active, "ann")})
	c.Committed(t.Context(), room.Change{Room: someRoom("new", "AAAAAA", 1, room.Active, "bob")})
	c.Committed(t.Context(), room.Change{Room: someRoom("old", "AAAAAA", 2, room.Expired, "ann")})
	if id, err := c.Client.Do(t.Context(), c.Client.B().Get().Key(wire.KeyRoomCode("AAAAAA")).Build()).ToString(); err != nil || id != "new" {
		t.Errorf("the code leads to %q (%v)", id, err)
	}
}

func TestReconcileRepairsWhatIsBehind(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	c := newCache(t, registry)
	fresh := someRoom("fresh", "FFFFFF", 3, room.Active, "ann")
	fresh.UpdatedAt = time.Now() // its request is about to write it
	truth := committed{
		"behind": someRoom("behind", "BBBBBB", 3, room.Active, "ann", "bob"),
		"lost":   someRoom("lost", "LLLLLL", 1, room.Active, "ann"),
		"fine":   someRoom("fine", "GGGGGG", 2, room.Active, "ann"),
		"ended":  someRoom("ended", "EEEEEE", 4, room.Closed),
		"gone":   someRoom("gone", "HHHHHH", 4, room.Closed),
		"fresh":  fresh,
	}
	c.Committed(t.Context(), room.Change{Room: someRoom("behind", "BBBBBB", 2, room.Active, "ann", "bob", "cat")})
	c.Committed(t.Context(), room.Change{Room: truth["fine"]})
	c.Committed(t.Context(), room.Change{Room: someRoom("ended", "EEEEEE", 3, room.Active, "ann")})
	// The right version, and yet wrong: keys that are gone, a member too few, another room's code, a newer one that is not committed here.
	for i, id := range []string{"no details", "no members", "one too few", "no code", "foreign code", "ahead"} {
		truth[id] = someRoom(id, fmt.Sprint("WRONG", i), 2, room.Active, "ann", "bob")
		c.Committed(t.Context(), room.Change{Room: truth[id]})
	}
	b := c.Client.B
	for _, cmd := range []rueidis.Completed{b().Del().Key(wire.KeyRoom("no details")).Build(), b().Del().Key(wire.KeyRoomMembers("no members")).Build(),
		b().Srem().Key(wire.KeyRoomMembers("one too few")).Member("bob").Build(), b().Del().Key(wire.KeyRoomCode("WRONG3")).Build(),
		b().Set().Key(wire.KeyRoomCode("WRONG4")).Value("another").Build(), b().Set().Key(wire.KeyRoomVersion("ahead")).Value("3").Build()} {
		if err := c.Client.Do(t.Context(), cmd).Error(); err != nil {
			t.Fatal(err)
		}
	}
	k := &Keeper{Rooms: truth, Cache: c, Client: c.Client, Metrics: c.Metrics}
	if err := k.reconcile(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	c.has(t, "behind", "3", 2)
	c.has(t, "lost", "1", 1)
	c.has(t, "fine", "2", 1)
	c.has(t, "ended", "4", 0)
	c.has(t, "gone", "", 0)
	c.has(t, "fresh", "", 0)
	for i, id := range []string{"no details", "no members", "one too few", "no code", "foreign code"} {
		c.has(t, id, "2", 2)
		code, err := c.Client.Do(t.Context(), b().Get().Key(wire.KeyRoomCode(fmt.Sprint("WRONG", i))).Build()).ToString()
		details, err2 := c.Client.Do(t.Context(), b().Exists().Key(wire.KeyRoom(id)).Build()).AsBool()
		if err != nil || err2 != nil || code != id || !details {
			t.Errorf("%s: code leads to %q, details: %t (%v, %v)", id, code, details, err, err2)
		}
	}
	c.has(t, "ahead", "3", 2)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if n := f.GetMetric()[0].GetCounter().GetValue(); f.GetName() == "wemaps_room_cache_repairs_total" && n != 8 {
			t.Errorf("%v repairs counted, want 8", n)
		}
	}
	if err := k.reconcile(t.Context(), true); err != nil { // after a restart of Redis nothing is too young
		t.Fatal(err)
	}
	c.has(t, "fresh", "3", 1)
}
