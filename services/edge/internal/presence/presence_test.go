package presence

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// world is a Redis, and what was said on room r's channel.
type world struct {
	t      *testing.T
	addr   string
	client rueidis.Client
	mu     sync.Mutex
	said   []string // "user-online u1"
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, addr: testenv.Redis(t)}
	w.client = w.open()
	ready := make(chan struct{}, 8)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		redisx.Subscribe(ctx, w.client, wire.ChannelRoom("r"), func() { ready <- struct{}{} }, func(m string) {
			wire.EachEnvelope(m, func(e wire.Envelope, err error) {
				if err != nil {
					t.Error(err)
				}
				w.mu.Lock()
				defer w.mu.Unlock()
				user := e.Data[strings.Index(e.Data, `"userId":"`)+10:]
				w.said = append(w.said, e.Event+" "+user[:strings.IndexByte(user, '"')])
			})
		}, func(error) {}) // the end of Redis is the end of the test
	}()
	t.Cleanup(func() { stop(); <-done })
	<-ready
	return w
}

func (w *world) open() rueidis.Client {
	w.t.Helper()
	client, err := redisx.Open(w.t.Context(), "redis://"+w.addr, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(client.Close)
	return client
}

func (w *world) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.said {
		if s == what {
			n++
		}
	}
	return n
}

func (w *world) wait(what string, n int) {
	w.t.Helper()
	testenv.Eventually(w.t, 10*time.Second, what+" was not said", func() bool { return w.count(what) >= n })
	if got := w.count(what); got != n {
		w.t.Errorf("%s was said %d times, want %d", what, got, n)
	}
}

// here is what one edge has.
type here struct {
	mu    sync.Mutex
	seats map[string]Seat
}

func (h *here) Seats(string) []Seat {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []Seat
	for _, s := range h.seats {
		all = append(all, s)
	}
	return all
}

// edge is a running presence.
type edge struct {
	*Presence
	here *here
	stop func()
}

func (w *world) edge(id string) *edge {
	w.t.Helper()
	h := &here{seats: map[string]Seat{}}
	p := New(Config{EdgeID: id, Grace: 300 * time.Millisecond, Lease: 900 * time.Millisecond, Heartbeat: 200 * time.Millisecond, Settle: 50 * time.Millisecond},
		w.open(), h, zap.NewNop())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Run(ctx) }()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	w.t.Cleanup(stop)
	return &edge{p, h, stop}
}

func (e *edge) enter(user, socket string) {
	e.here.mu.Lock()
	e.here.seats[socket] = Seat{user, user, socket}
	e.here.mu.Unlock()
	e.Enter("r", user, user, socket)
}

func (e *edge) exit(user, socket string) {
	e.here.mu.Lock()
	delete(e.here.seats, socket)
	e.here.mu.Unlock()
	e.Exit("r", user, user, socket)
}

func (w *world) fields() []string {
	w.t.Helper()
	all, err := w.client.Do(context.Background(), w.client.B().Hkeys().Key(wire.KeyPresence("r")).Build()).AsStrSlice()
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge("a"), w.edge("b")
	a.enter("u1", "s1")
	w.wait("user-online u1", 1)
	a.enter("u1", "s2")
	b.enter("u1", "s3")
	a.exit("u1", "s1")
	a.exit("u1", "s2")
	b.exit("u1", "s3")
	a.enter("u1", "s4") // within the grace
	a.enter("u2", "s5")
	a.exit("u2", "s5")
	w.wait("user-offline u2", 1)
	if w.count("user-online u1") != 1 || w.count("user-offline u1") != 0 {
		t.Errorf("a reconnect was announced: %v", w.said)
	}
	a.exit("u1", "s4")
	w.wait("user-offline u1", 1)
}

func TestLeaveTellsWhetherItWasTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge("a"), w.edge("b")
	a.enter("u1", "s1")
	w.wait("user-online u1", 1)
	b.enter("u1", "s2")
	testenv.Eventually(t, 5*time.Second, "the second socket is not there", func() bool { return len(w.fields()) == 2 })
	for _, c := range []struct {
		e      *edge
		socket string
		last   bool
	}{{a, "s1", false}, {b, "s2", true}} {
		got := make(chan bool, 1)
		c.e.Leave("r", "u1", c.socket, func(last bool, err error) {
			if err != nil {
				t.Error(err)
			}
			got <- last
		})
		if last := <-got; last != c.last {
			t.Errorf("%s was the last: %v, want %v", c.socket, last, c.last)
		}
	}
	if fields := w.fields(); len(fields) != 0 {
		t.Errorf("%v stayed", fields)
	}
}

// An edge that crashes takes only its own sockets with it, and one of the
// survivors says so.
func TestCrashedEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, _ := w.edge("a"), w.edge("b")
	a.enter("both", "s1")
	w.wait("user-online both", 1)
	// What an edge leaves that was killed: its entries, and a lease that lapses.
	b := w.client.B()
	dead := "c.00000000"
	for _, user := range []string{"both", "alone"} {
		if err := w.client.Do(t.Context(), b.Hset().Key(wire.KeyPresence("r")).FieldValue().
			FieldValue("s "+user+" "+dead+" x-"+user, payload("r", user, user)).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	results := w.client.DoMulti(t.Context(), b.Sadd().Key(keyRooms(dead)).Member("r").Build(),
		b.Zadd().Key(wire.KeyEdges).ScoreMember().ScoreMember(float64(time.Now().Add(200*time.Millisecond).UnixMilli()), dead).Build())
	if err := redisx.FirstError(results); err != nil {
		t.Fatal(err)
	}
	w.wait("user-offline alone", 1)
	testenv.Eventually(t, 5*time.Second, "the dead edge stayed registered", func() bool {
		return rueidis.IsRedisNil(w.client.Do(t.Context(), w.client.B().Zscore().Key(wire.KeyEdges).Member(dead).Build()).Error())
	})
	if fields := w.fields(); len(fields) != 1 || w.count("user-offline both") != 0 {
		t.Errorf("left: %v; said: %v", fields, w.said)
	}
	if n := w.count("user-offline alone"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// An edge that was taken for dead, and one whose Redis forgot everything, tell
// anew who is there.
func TestResync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	a.enter("u1", "s1")
	w.wait("user-online u1", 1)
	if err := w.client.Do(t.Context(), w.client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, 5*time.Second, "the socket was not told anew", func() bool { return len(w.fields()) == 1 })
	if n := w.count("user-online u1"); n != 1 {
		t.Errorf("a loss in Redis was announced %d times", n-1)
	}
	if err := w.edge("b").reap(t.Context(), a.edge); err != nil {
		t.Fatal(err)
	}
	w.wait("user-offline u1", 1)
	w.wait("user-online u1", 2)
	// And it still works after scripts were forgotten.
	if err := w.client.Do(t.Context(), w.client.B().ScriptFlush().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	a.enter("u2", "s2")
	testenv.Eventually(t, 5*time.Second, "the socket is not there", func() bool { return len(w.fields()) == 2 })
}

// Going in good order leaves the grace to the successor.
func TestHandOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge("a"), w.edge("b")
	a.enter("u1", "s1")
	a.enter("u2", "s2")
	w.wait("user-online u2", 1)
	a.exit("u1", "s1")
	a.stop() // with u2's socket still there
	b.enter("u1", "s3")
	w.wait("user-offline u2", 1)
	if w.count("user-offline u1") != 0 {
		t.Error("a hand-over was announced")
	}
}

func TestSeenEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	if ok, err := a.Admit(t.Context(), "u1", "s1"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	a.Dismiss("u1", "s1")
	testenv.Eventually(t, 5*time.Second, "the stream does not tell", func() bool {
		n, _ := w.client.Do(t.Context(), w.client.B().Xlen().Key(wire.StreamSeen).Build()).AsInt64()
		return n == 2
	})
}
