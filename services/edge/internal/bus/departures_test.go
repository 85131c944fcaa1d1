package bus

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"
	"go.uber.org/zap/zaptest"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// chair is a seat that notes its end.
type chair struct {
	user    string
	evicted chan struct{}
}

func newChair(user string) *chair { return &chair{user: user, evicted: make(chan struct{})} }

func (c *chair) Send(*outq.Message) error                           { return nil }
func (c *chair) SendChat(*outq.Message, int64) error                { return nil }
func (c *chair) ReplyChat(_, _ string, _ []byte, _ int64, _ string) {}
func (c *chair) Reply(_, _ string, _ []byte, _ string)              {}
func (c *chair) UserID() string                                     { return c.user }
func (c *chair) SocketID() string                                   { return "socket of " + c.user }
func (c *chair) Unrecoverable()                                     {}
func (c *chair) Evict()                                             { close(c.evicted) }

// nobody are the sockets of an edge that has none.
type nobody struct{}

func (nobody) Deliver(wire.Envelope)            {}
func (nobody) Each(func(_, _ string, _ func())) {}
func (nobody) Rename(_, _ string)               {}

func startBus(t *testing.T) (*Bus, rueidis.Client) {
	t.Helper()
	addr := testenv.Redis(t)
	open := func() rueidis.Client {
		c, err := redisx.Open(t.Context(), "redis://"+addr, "test")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	client, listen := open(), open()
	h := hub.New()
	m := NewMetrics(prometheus.NewRegistry(), h)
	b := New(Config{EdgeID: "e1"}, client, listen, h, NewCommands(client, 1, 1000, promptly, m, func(err error) { t.Log(err) }), m, zaptest.NewLogger(t))
	b.Attach(nobody{})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		client.Close()
		listen.Close()
	})
	testenv.Eventually(t, 5*time.Second, "the bus did not start", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.base != nil
	})
	return b, client
}

// A user is checked, leaves by another edge, and only then gets the seat that
// the check was for. This edge has heard of the leave already, and will not
// hear of it again.
func TestWhoLeavesBetweenCheckAndSeatGetsNone(t *testing.T) {
	t.Parallel()
	b, client := startBus(t)
	ctx := t.Context()
	do := func(cmds ...rueidis.Completed) {
		t.Helper()
		if err := redisx.FirstError(client.DoMulti(ctx, cmds...)); err != nil {
			t.Fatal(err)
		}
	}
	const room, user = "r1", "u1"
	details, err := json.Marshal(wire.RoomCache{ID: room, Name: "Trip", Status: wire.RoomStatusActive, ExpiresAt: wire.Time{Time: time.Now().Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	do(client.B().Set().Key(wire.KeyRoomCaches).Value("1").Build(),
		client.B().Set().Key(wire.KeyRoom(room)).Value(string(details)).Build(),
		client.B().Sadd().Key(wire.KeyRoomMembers(room)).Member(user, "u2").Build())

	first := newChair(user)
	for _, c := range []*chair{first, newChair("u2")} {
		b.Open(room)
		if err := b.Enter(ctx, room, c.user, c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Authorize(ctx, room, user); err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(wire.RoomEvent{ID: 1, Type: wire.RoomEventMemberLeft, RoomID: room, UserID: user})
	if err != nil {
		t.Fatal(err)
	}
	do(client.B().Srem().Key(wire.KeyRoomMembers(room)).Member(user).Build(),
		client.B().Xadd().Key(wire.StreamRoom).Id("*").FieldValue().FieldValue(wire.StreamField, string(event)).Build())
	select {
	case <-first.evicted:
	case <-time.After(10 * time.Second):
		t.Fatal("the seat was not taken away")
	}

	late := newChair(user)
	b.Open(room)
	err = b.Enter(ctx, room, user, late)
	var we *wire.Error
	if !errors.As(err, &we) || we.Code != wire.CodeNotMember {
		t.Fatalf("a seat after the leave: %v, want %s", err, wire.CodeNotMember)
	}
	for _, m := range b.hub.Members(room) {
		if m == hub.Member(late) {
			t.Error("the refused seat hears the room")
		}
	}
	b.Close(room)
	b.Open(room)
	if err := b.Enter(ctx, room, "u2", newChair("u2")); err != nil {
		t.Errorf("a member's seat in a room that somebody has just left: %v", err)
	}
}

func TestDeparturesAreForgotten(t *testing.T) {
	t.Parallel()
	d := departures{rooms: map[string]time.Time{}}
	now := time.Now()
	d.note("a", now)
	if !d.from("a") || d.from("b") {
		t.Error("a departure from a counts for a, and for a alone")
	}
	d.note("", now.Add(time.Second))
	if !d.from("b") {
		t.Error("a departure from anywhere counts for all")
	}
	d.forget(now.Add(recheckFor + time.Millisecond))
	if !d.from("") || !d.from("b") {
		t.Error("a departure is forgotten before its time")
	}
	d.forget(now.Add(2 * recheckFor))
	if d.from("a") || len(d.rooms) != 0 {
		t.Error("departures are never forgotten")
	}
}
