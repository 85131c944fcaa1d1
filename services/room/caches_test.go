package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

func (w *world) eventually(within time.Duration, reason string, condition func() bool) {
	w.t.Helper()
	testenv.Eventually(w.t, within, reason, condition)
}

// ear collects what a room's sockets would hear.
type ear struct {
	mu        sync.Mutex
	envelopes []wire.Envelope
}

func (w *world) listen(roomID string) *ear {
	w.t.Helper()
	e, ready := &ear{}, make(chan struct{})
	var once sync.Once
	go redisx.Subscribe(w.t.Context(), w.redis, wire.ChannelRoom(roomID), func() { once.Do(func() { close(ready) }) }, func(message string) {
		wire.EachEnvelope(message, func(envelope wire.Envelope, err error) {
			if err != nil {
				w.t.Errorf("envelope: %v", err)
			}
			e.mu.Lock()
			defer e.mu.Unlock()
			e.envelopes = append(e.envelopes, envelope)
		})
	}, func(error) {})
	<-ready
	return e
}

func (e *ear) names() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := ""
	for _, env := range e.envelopes {
		out += env.Event + " "
	}
	return out
}

func (e *ear) last() wire.Envelope {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.envelopes[len(e.envelopes)-1]
}

// inherited mistake 9: expired rooms were listed active until a sweep every five minutes.
func TestRoomsExpireOnTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob, eve := w.person("Ann"), w.person("Bob"), w.person("Eve")
	r := ann.create(draft("Trip"))
	bob.join(r.RoomCode)
	heard := w.listen(r.ID)
	end := time.Now().Add(1500 * time.Millisecond)
	w.exec(`UPDATE rooms SET expires_at = $2 WHERE id = $1`, r.ID, end)
	w.eventually(time.Until(end)+2*time.Second, "the room has expired", func() bool { return heard.names() == "room-closed " })
	late := time.Since(end)
	t.Logf("sockets heard it %v after the end", late)
	if late > 2*time.Second {
		t.Errorf("%v late", late)
	}
	if len(ann.rooms()) != 0 {
		t.Error("still listed")
	}
	eve.tryJoin(r.RoomCode).fails(http.StatusGone, wire.CodeRoomExpired)
	if got := ann.room(r.ID).Room.Status; got != "expired" {
		t.Errorf("status %s", got)
	}
	if c, ok := w.cached(r.ID); !ok || c.Status != "expired" || len(w.members(r.ID)) != 0 || w.exists(wire.KeyRoomCode(r.RoomCode)) {
		t.Errorf("caches of an expired room: %+v", c)
	}
	w.eventually(time.Second, "hints are gone", func() bool { return !w.exists(wire.KeyUserRooms(ann.id)) && !w.exists(wire.KeyUserRooms(bob.id)) })
	if got := types(w.streamed(r.ID)); got != "room.created member.joined room.expired " {
		t.Errorf("events %s", got)
	}
	bob.leave(r.ID) // leaving what is over harms nobody
}

// inherited mistake 9: not active for anybody from the moment on, swept or not.
func TestDueRoomIsOverBeforeItIsSwept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, eve := w.person("Ann"), w.person("Eve")
	r := ann.create(draft("Trip"))
	tx, err := w.db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`UPDATE rooms SET expires_at = now() - interval '1 second' WHERE id = $1`, r.ID); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if len(ann.rooms()) != 0 {
		t.Error("listed")
	}
	eve.tryJoin(r.RoomCode).fails(http.StatusGone, wire.CodeRoomExpired)
	if got := ann.room(r.ID).Room.Status; got != "expired" {
		t.Errorf("status %s", got)
	}
}

func TestManyRoomsExpireTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.person("Ann")
	for i := range 40 {
		ann.create(draft(fmt.Sprintf("Room %d", i)))
	}
	w.start() // two replicas share the work and end each room once
	w.exec(`UPDATE rooms SET expires_at = now()`)
	w.eventually(5*time.Second, "all are expired and told", func() bool {
		n, err := w.redis.Do(t.Context(), w.redis.B().Xlen().Key(wire.StreamRoom).Build()).AsInt64()
		return err == nil && n >= 80
	})
	var ended, pending int
	if err := w.db.Get(&ended, `SELECT count(*) FROM rooms WHERE status = 'expired' AND version = 2`); err != nil || ended != 40 {
		t.Errorf("%d expired once (%v)", ended, err)
	}
	w.eventually(5*time.Second, "the outbox is empty", func() bool {
		return w.db.Get(&pending, `SELECT count(*) FROM outbox`) == nil && pending == 0
	})
}

// inherited mistake 3: a cache that is older than the database. Redis loses everything; all is back within 2 s.
func TestCachesComeBackAfterRedisLostThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("Ann"), w.person("Bob")
	r := ann.create(draft("Trip"))
	bob.join(r.RoomCode)
	w.eventually(5*time.Second, "the sentinel is set", func() bool { return w.exists(wire.KeyRoomCaches) })
	if err := w.redis.Do(t.Context(), w.redis.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	lost := time.Now()
	w.eventually(2*time.Second, "the sentinel is back", func() bool { return w.exists(wire.KeyRoomCaches) })
	t.Logf("rebuilt after %v", time.Since(lost))
	if c, ok := w.cached(r.ID); !ok || c.Version != 2 || c.Status != "active" || len(w.members(r.ID)) != 2 {
		t.Errorf("cached %+v, members %v", c, w.members(r.ID))
	}
	if !w.exists(wire.KeyUserRooms(bob.id)) || !w.exists(wire.KeyRoomCode(r.RoomCode)) {
		t.Error("hint or code is missing")
	}
}

// A change that Redis never heard of is told when Redis is back, in order and once the outbox is empty.
func TestChangesWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("Ann"), w.person("Bob")
	r := ann.create(draft("Trip"))
	var pending int
	w.eventually(5*time.Second, "the first event is told, and done with", func() bool {
		return len(w.streamed(r.ID)) == 1 && w.db.Get(&pending, `SELECT count(*) FROM outbox`) == nil && pending == 0
	})
	// A paused server answers nobody, like one behind a broken network.
	if err := w.redis.Do(t.Context(), w.redis.B().Arbitrary("CLIENT", "PAUSE", "2500", "ALL").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if a := bob.tryJoin(r.RoomCode); a.status != http.StatusOK || a.took > 2*time.Second {
		t.Fatalf("join while Redis is away: %d after %v: %s", a.status, a.took, a.body)
	}
	if err := w.db.Get(&pending, `SELECT count(*) FROM outbox`); err != nil || pending != 1 {
		t.Errorf("%d events wait (%v)", pending, err)
	}
	w.eventually(15*time.Second, "the caches caught up", func() bool { return w.members(r.ID)[bob.id] })
	w.eventually(15*time.Second, "the event was told", func() bool { return types(w.streamed(r.ID)) == "room.created member.joined " })
	w.eventually(5*time.Second, "the outbox is empty", func() bool {
		return w.db.Get(&pending, `SELECT count(*) FROM outbox`) == nil && pending == 0
	})
}

// Two replicas: one relays, and what the other commits is told all the same, once.
func TestOneRelayAmongReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.start()
	ann := w.person("Ann")
	people := w.people(20)
	r := ann.create(with(draft("Trip"), "maxMembers", 50))
	race(len(people), func(i int) {
		if i%2 == 0 {
			people[i].join(r.RoomCode)
		} else if _, err := other.store.UpdateByCode(t.Context(), r.RoomCode, joins(people[i])); err != nil {
			t.Errorf("join at the other replica: %v", err)
		}
	})
	w.eventually(5*time.Second, "all joins are told", func() bool { return len(w.streamed(r.ID)) == 21 })
	versions := map[int64]bool{}
	for i, e := range w.streamed(r.ID) {
		if versions[e.Version] || e.Version != int64(i+1) {
			t.Errorf("event %d has version %d", i, e.Version)
		}
		versions[e.Version] = true
	}
	if got := ann.room(r.ID).MemberCount; got != 21 || len(w.members(r.ID)) != 21 {
		t.Errorf("%d members, %d cached", got, len(w.members(r.ID)))
	}
}

func TestLastSeenFollowsPresence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.person("Ann")
	r := ann.create(draft("Trip"))
	at := wire.At(time.Now().Add(time.Minute))
	tell := func(value string) {
		t.Helper()
		cmd := w.redis.B().Xadd().Key(wire.StreamSeen).Id("*").FieldValue().FieldValue(wire.StreamField, value).Build()
		if err := w.redis.Do(t.Context(), cmd).Error(); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []wire.SeenEvent{{Type: "online", UserID: ann.id, At: at}, {Type: "offline", UserID: ann.id, At: wire.At(at.Add(-time.Hour))}} {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		tell(string(b))
	}
	tell("garbage")
	w.eventually(5*time.Second, "last seen moved forward and not back", func() bool { return ann.room(r.ID).Members[0].LastSeen.Equal(at.Time) })
	w.eventually(5*time.Second, "the garbage is kept with its reason", func() bool { return w.exists(wire.StreamDead("room")) })
}
