package presence

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
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
	seats map[string]*sitting
}

type sitting struct {
	Seat
	entered atomic.Bool
}

func (h *here) Seats(string) []Seat {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []Seat
	for _, s := range h.seats {
		if s.entered.Load() {
			all = append(all, s.Seat)
		}
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
	h := &here{seats: map[string]*sitting{}}
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
	s := &sitting{Seat: Seat{user, user, socket}}
	e.here.mu.Lock()
	e.here.seats[socket] = s
	e.here.mu.Unlock()
	e.Enter("r", user, user, socket, &s.entered)
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
		c.e.Leave("r", "u1", "u1", c.socket, func(last bool, err error) {
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
	c := New(Config{EdgeID: "c"}, w.client, &here{}, zap.NewNop())
	c.age.Store(w.age(a))
	dead, b := c.edge, w.client.B()
	for _, user := range []string{"both", "alone"} {
		if err := w.client.Do(t.Context(), c.call("r", "enter", user, dead, "x-"+user, payload("r", user, user), "")).Error(); err != nil {
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
	if counts := w.counts(); !maps.Equal(counts, map[string]string{"both": "1"}) {
		t.Errorf("counts %v", counts)
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

// age waits until e relies upon the counts.
func (w *world) age(e *edge) string {
	w.t.Helper()
	testenv.Eventually(w.t, 5*time.Second, "the counts are not relied upon", func() bool { return e.age.Load() != "" })
	return e.age.Load().(string)
}

// counts is what is kept of the room's users, without the age.
func (w *world) counts() map[string]string {
	w.t.Helper()
	all, err := w.client.Do(context.Background(), w.client.B().Hgetall().Key(keyCounts("r")).Build()).AsStrMap()
	if err != nil {
		w.t.Fatal(err)
	}
	delete(all, " ")
	return all
}

// before is an edge of the version before counts were kept, running its script.
type before struct {
	w    *world
	name string
}

//go:embed testdata/uncounted.lua
var uncounted string

func (w *world) before(name string) *before {
	b := &before{w, name}
	b.beat(10 * time.Second)
	return b
}

func (b *before) beat(lease time.Duration) {
	b.w.t.Helper()
	c := b.w.client
	err := redisx.FirstError(c.DoMulti(context.Background(),
		c.B().Zadd().Key(wire.KeyEdges).ScoreMember().ScoreMember(float64(time.Now().Add(lease).UnixMilli()), b.name).Build(),
		c.B().Sadd().Key(keyRooms(b.name)).Member("r").Build()))
	if err != nil {
		b.w.t.Fatal(err)
	}
}

func (b *before) do(args ...string) {
	b.w.t.Helper()
	err := b.w.client.Do(context.Background(), b.w.client.B().Eval().Script(roomlog.Lua+uncounted).Numkeys(3).
		Key(wire.KeyPresence("r"), wire.ChannelRoom("r"), wire.KeyRoomLog("r")).Arg(args...).Build()).Error()
	if err != nil {
		b.w.t.Fatal(err)
	}
}

func (b *before) enter(user, socket string) {
	b.do("enter", user, b.name, socket, payload("r", user, user), head(wire.EventUserOnline))
}

func (b *before) exit(user, socket string) {
	until := time.Now().Add(300 * time.Millisecond).UnixMilli()
	err := b.w.client.Do(context.Background(), b.w.client.B().Zadd().Key(keyGrace).ScoreMember().ScoreMember(float64(until), "r "+user).Build()).Error()
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.do("exit", user, b.name, socket, strconv.FormatInt(until, 10))
}

// While a new version is rolled out, edges that keep counts and edges that do
// not have sockets of the same users, and each event is still said once. Once
// the last of the old ones has gone, the counts are right.
func TestBesideEdgesOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.before("old.0123abcd")
	old.enter("u1", "o1")
	old.enter("u3", "o3")
	a := w.edge("a")
	a.enter("u1", "s1") // has a device at the old edge
	a.enter("u2", "s2")
	w.wait("user-online u2", 1)
	old.enter("u2", "o2")
	a.exit("u1", "s1")
	old.exit("u2", "o2") // each has a device at the other
	old.exit("u3", "o3")
	w.wait("user-offline u3", 1)
	a.enter("u3", "s3")
	w.wait("user-online u3", 2)
	for _, what := range []string{"user-offline u1", "user-offline u2"} {
		if n := w.count(what); n != 0 {
			t.Errorf("%s was said %d times", what, n)
		}
	}
	for _, user := range []string{"u1", "u2"} {
		if n := w.count("user-online " + user); n != 1 {
			t.Errorf("%s was said to be online %d times", user, n)
		}
	}
	old.beat(0) // it has crashed, with u1's socket
	w.wait("user-offline u1", 1)
	testenv.Eventually(t, 5*time.Second, "the counts are not kept", func() bool {
		a.enter("u4", "s4") // no news but the first time
		age, _ := w.client.Do(t.Context(), w.client.B().Hget().Key(keyCounts("r")).Field(" ").Build()).ToString()
		return age != ""
	})
	if got, want := w.counts(), map[string]string{"u2": "1", "u3": "1", "u4": "1"}; !maps.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
	// One that comes back, for a roll-back, is noticed.
	old.beat(10 * time.Second)
	testenv.Eventually(t, 5*time.Second, "the counts are relied upon", func() bool { return a.age.Load() == "" })
	old.enter("u5", "o5")
	a.enter("u5", "s5")
	old.exit("u5", "o5")
	a.exit("u5", "s5")
	w.wait("user-offline u5", 1)
	if n := w.count("user-online u5"); n != 1 {
		t.Errorf("u5 was said to be online %d times", n)
	}
}

// An edge of the version before clears away after one that keeps counts, and
// takes its sockets out without a word to the counts.
func TestClearedAwayByTheVersionBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge("a"), w.edge("b")
	a.enter("u1", "s1")
	a.enter("u2", "s2")
	b.enter("u2", "s3")
	w.wait("user-online u2", 1)
	before := w.age(a)
	testenv.Eventually(t, 5*time.Second, "the edges do not agree", func() bool { return b.age.Load() == before })
	testenv.Eventually(t, 5*time.Second, "not all are counted", func() bool { return w.counts()["u2"] == "2" })
	old := w.before("old.0123abcd")
	testenv.Eventually(t, 5*time.Second, "the old edge is not noticed", func() bool { return a.age.Load() == "" && b.age.Load() == "" })
	old.do("sync", a.edge, "0", head(wire.EventUserOffline), "")
	a.here.mu.Lock()
	clear(a.here.seats)
	a.here.mu.Unlock()
	w.wait("user-offline u1", 1)
	old.beat(0)
	testenv.Eventually(t, 5*time.Second, "the counts are not relied upon again", func() bool { return a.age.Load() != "" && a.age.Load() == b.age.Load() })
	if a.age.Load() == before {
		t.Error("the counts of before the old edge are relied upon")
	}
	b.exit("u2", "s3")
	w.wait("user-offline u2", 1)
	if fields, counts := w.fields(), w.counts(); len(fields) != 0 || len(counts) != 0 {
		t.Errorf("left: %v %v", fields, counts)
	}
}

// Many come and go at once at two edges. Whoever is there at the end was said to
// be there once more than to be gone, and the counts are those of the sockets.
func TestCountsAreThoseOfTheSockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	edges := []*edge{w.edge("a"), w.edge("b")}
	var wg sync.WaitGroup
	for u := range 8 {
		for d := range 6 {
			e := edges[d%2]
			wg.Go(func() {
				user, socket := fmt.Sprint("u", u), fmt.Sprint("s", u, ".", d)
				for range 20 {
					e.enter(user, socket)
					time.Sleep(time.Duration(rand.N(4)) * time.Millisecond)
					e.exit(user, socket)
				}
				if d < u%4 { // users 0 and 4 are gone at the end, 1 and 5 have one socket, …
					e.enter(user, socket)
				}
			})
		}
	}
	wg.Wait()
	want := map[string]string{"u1": "1", "u2": "2", "u3": "3", "u5": "1", "u6": "2", "u7": "3"}
	testenv.Eventually(t, 10*time.Second, "the counts are wrong", func() bool { return maps.Equal(w.counts(), want) })
	if n := len(w.fields()); n < 12 { // and graces
		t.Errorf("%d sockets", n)
	}
	for u := range 8 {
		there := 1
		if u%4 == 0 {
			there = 0
		}
		user := fmt.Sprint("u", u)
		testenv.Eventually(t, 5*time.Second, user+" is not said to be as it is", func() bool { return w.count("user-online "+user)-w.count("user-offline "+user) == there })
	}
	ttl := func(want time.Duration) bool {
		left, _ := w.client.Do(t.Context(), w.client.B().Ttl().Key(keyCounts("r")).Build()).AsInt64()
		return left > int64(want/time.Second)-60
	}
	if !ttl(8 * 24 * time.Hour) {
		t.Error("the counts end before the room")
	}
}

func TestSeenEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	a.Online("u1")
	a.Dismiss("u1", "s1")
	testenv.Eventually(t, 5*time.Second, "the stream does not tell", func() bool {
		n, _ := w.client.Do(t.Context(), w.client.B().Xlen().Key(wire.StreamSeen).Build()).AsInt64()
		return n == 2
	})
}

// A user's sockets are counted over all edges; those of an edge that is no more
// do not count, and a Redis that has forgotten the script is told it again.
func TestAdmit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge("a"), w.edge("b")
	try := func(e *edge, socket string) bool {
		t.Helper()
		ok, err := e.Admitted(t.Context(), "u1", socket, w.client.Do(t.Context(), e.Admit("u1", socket)))
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	testenv.Eventually(t, 5*time.Second, "an edge has no lease", func() bool {
		n, _ := w.client.Do(t.Context(), w.client.B().Zcard().Key(wire.KeyEdges).Build()).AsInt64()
		return n == 2
	})
	for i := range wire.MaxSocketsPerUser {
		if i == 1 {
			if err := w.client.Do(t.Context(), w.client.B().ScriptFlush().Build()).Error(); err != nil {
				t.Fatal(err)
			}
		}
		if e := []*edge{a, b}[i%2]; !try(e, fmt.Sprint("s", i)) {
			t.Fatalf("socket %d was refused", i)
		}
	}
	if try(a, "more") || try(b, "more") {
		t.Error("too many were let in")
	}
	a.Uncount("u1", "s0")
	testenv.Eventually(t, 5*time.Second, "there is no room for another", func() bool { return try(b, "more") })
	b.stop()
	if !try(a, "s0") || !try(a, "s1") {
		t.Error("sockets of an edge that is no more count")
	}
}
