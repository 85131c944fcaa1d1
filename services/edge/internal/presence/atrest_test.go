package presence

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// last is what was said of a user last.
func (w *world) last(user string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range slices.Backward(w.said) {
		if event, of, _ := strings.Cut(s, " "); of == user {
			return event
		}
	}
	return ""
}

// atRest waits until Redis knows exactly the sockets of the edges, nobody is in
// grace, and everybody was last said to be what they are.
func (w *world) atRest(users []string, edges ...*edge) {
	w.t.Helper()
	var want []string
	there := map[string]int{}
	for _, e := range edges {
		for _, s := range e.here.Seats("r") {
			want = append(want, "s "+s.UserID+" "+e.edge+" "+s.SocketID)
			there[s.UserID]++
		}
	}
	slices.Sort(want)
	var got []string
	if !w.within(10*time.Second, func() bool {
		got = w.fields()
		slices.Sort(got)
		return slices.Equal(got, want)
	}) {
		w.t.Fatalf("at rest Redis knows\n%s\nand there are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, user := range users {
		if !w.within(5*time.Second, func() bool { return w.last(user) == "user-online" == (there[user] > 0) }) {
			w.t.Errorf("%s has %d sockets, and was last said to be %q", user, there[user], w.last(user))
		}
		if n := w.counts()[user]; n != "" && n != fmt.Sprint(there[user]) || n == "" && there[user] > 0 {
			w.t.Errorf("%s has %d sockets, and counts as %q", user, there[user], n)
		}
	}
}

func (w *world) within(d time.Duration, ok func() bool) bool {
	for end := time.Now().Add(d); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// Members with up to three devices come, go and come back, at once or after the
// grace, to the same edge and to the other, while connections to Redis are cut,
// scripts are forgotten and living edges are taken for dead. At rest everybody is
// told exactly who is there.
func TestAtRestEverybodyKnowsWhoIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	edges := []*edge{w.edge("a"), w.edge("b")}
	users := []string{"u1", "u2", "u3", "u4", "u5", "u6"}
	end := time.Now().Add(4 * time.Second)
	var wg sync.WaitGroup
	for u, user := range users {
		for d := range 1 + u%3 {
			wg.Go(func() {
				for i := 0; time.Now().Before(end); i++ {
					e, socket := edges[rand.N(2)], fmt.Sprint(user, "-", d, "-", i)
					e.enter(user, socket)
					time.Sleep(rand.N([]time.Duration{time.Millisecond, 20 * time.Millisecond, 400 * time.Millisecond}[rand.N(3)]))
					if i%7 == 6 {
						e.leave(user, socket)
					} else {
						e.exit(user, socket)
					}
					if rand.N(4) == 0 {
						time.Sleep(rand.N(500 * time.Millisecond)) // sometimes longer than the grace
					}
				}
				if rand.N(2) == 0 {
					edges[rand.N(2)].enter(user, fmt.Sprint(user, "-", d, "-last"))
				}
			})
		}
	}
	wg.Go(func() {
		ctx, b := context.Background(), w.client.B
		for time.Now().Before(end) {
			time.Sleep(rand.N(300 * time.Millisecond))
			switch rand.N(3) {
			case 0:
				_ = w.client.Do(ctx, b().ClientKill().TypeNormal().SkipmeYes().Build())
			case 1:
				_ = w.client.Do(ctx, b().ScriptFlush().Build())
			default:
				i := rand.N(2)
				_ = edges[i].reap(ctx, edges[1-i].edge) // which lives
			}
		}
	})
	wg.Wait()
	w.atRest(users, edges...)
}

func (e *edge) leave(user, socket string) {
	e.here.mu.Lock()
	delete(e.here.seats, socket)
	e.here.mu.Unlock()
	e.Leave("r", user, user, socket, func(bool, error) {})
}

// Two devices go at two edges at once: the one that notes its grace first is the
// one that goes last.
func TestGracesThatCross(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.edge("a"), w.edge("b")
	a.enter("u1", "s1")
	b.enter("u1", "s2")
	testenv.Eventually(t, 5*time.Second, "not both are there", func() bool { return len(w.fields()) == 2 })
	early, late := time.Now().Add(200*time.Millisecond).UnixMilli(), time.Now().Add(700*time.Millisecond).UnixMilli()
	for _, cmd := range []rueidis.Completed{
		b.graceUntil(float64(late), "r", "u1"), a.graceUntil(float64(early), "r", "u1"),
		a.call("r", "exit", "u1", a.edge, "s1", fmt.Sprint(early)), b.call("r", "exit", "u1", b.edge, "s2", fmt.Sprint(late)),
	} {
		if err := w.client.Do(t.Context(), cmd).Error(); err != nil {
			t.Fatal(err)
		}
	}
	a.here.seats, b.here.seats = nil, nil
	w.wait("user-offline u1", 1)
}

// Somebody who comes back and goes again while graces are being settled is in a
// new one.
func TestAGraceThatBeganAnewIsNotForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := New(Config{EdgeID: "a"}, w.client, &here{}, zap.NewNop())
	now := time.Now().UnixMilli()
	for user, until := range map[string]int64{"past": now - 1, "anew": now + 60_000} {
		if err := w.client.Do(t.Context(), p.graceUntil(float64(until), "r", user)).Error(); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.settled(t.Context(), fmt.Sprint(now), []string{"r past", "r anew", "r nobody"}); err != nil {
		t.Fatal(err)
	}
	left, err := w.client.Do(t.Context(), w.client.B().Zrange().Key(keyGrace).Min("0").Max("-1").Build()).AsStrSlice()
	if err != nil || !slices.Equal(left, []string{"r anew"}) {
		t.Errorf("left: %v %v", left, err)
	}
}

// slowReaper does something between looking for an edge's rooms and clearing them.
type slowReaper struct {
	rueidis.Client
	once  sync.Once
	pause func()
}

func (s *slowReaper) DoMulti(ctx context.Context, cmds ...rueidis.Completed) []rueidis.RedisResult {
	results := s.Client.DoMulti(ctx, cmds...)
	s.once.Do(s.pause)
	return results
}

// An edge that was frozen wakes up while it is being cleared away, and tells who
// is there too early.
func TestAnEdgeThatWakesWhileItIsClearedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	a.enter("u1", "s1")
	w.wait("user-online u1", 1)
	slow := &slowReaper{Client: w.client}
	b := New(Config{EdgeID: "b"}, slow, &here{}, zap.NewNop())
	b.age.Store(w.age(a))
	slow.pause = func() {
		testenv.Eventually(t, 5*time.Second, "the edge does not wake up", func() bool {
			n, err := w.client.Do(t.Context(), w.client.B().Exists().Key(keyReaped(a.edge)).Build()).AsInt64()
			return err == nil && n == 0
		})
		time.Sleep(100 * time.Millisecond) // it has told by then
	}
	if err := b.reap(t.Context(), a.edge); err != nil {
		t.Fatal(err)
	}
	w.wait("user-offline u1", 1)
	w.atRest([]string{"u1"}, a)
}

// Whoever comes while Redis cannot be told is announced when it can.
func TestWhoComesUnheardIsAnnouncedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	a.enter("u1", "s1")
	w.wait("user-online u1", 1)
	if err := w.client.Do(t.Context(), w.client.B().ScriptFlush().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	a.enter("u2", "s2")
	w.wait("user-online u2", 1)
	w.atRest([]string{"u1", "u2"}, a)
	if n := w.count("user-online u1"); n != 1 {
		t.Errorf("u1 was said to be online %d times", n)
	}
}

// Whoever goes while Redis cannot be told is gone, also when the edge has nobody
// in the room any more.
func TestWhoGoesUnheardIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	a.enter("u1", "s1")
	w.wait("user-online u1", 1)
	if err := w.client.Do(t.Context(), w.client.B().ScriptFlush().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	a.exit("u1", "s1")
	w.wait("user-offline u1", 1)
	w.atRest([]string{"u1"}, a)
}

// A socket that goes while Redis is away is not counted for ever.
func TestUncountedWhenRedisIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	if ok, err := a.Admitted(t.Context(), "u1", "s1", w.client.Do(t.Context(), a.Admit("u1", "s1"))); !ok || err != nil {
		t.Fatal(ok, err)
	}
	// Writes are refused as by a Redis that has lost its primary.
	set := func(replicas string) {
		if err := w.client.Do(t.Context(), w.client.B().ConfigSet().ParameterValue().ParameterValue("min-replicas-to-write", replicas).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	set("1")
	a.Dismiss("u1", "s1")
	testenv.Eventually(t, 5*time.Second, "nothing is owed", func() bool {
		a.owed.mu.Lock()
		defer a.owed.mu.Unlock()
		return len(a.owed.sockets) == 1
	})
	set("0")
	testenv.Eventually(t, 5*time.Second, "the socket is still counted", func() bool {
		n, err := w.client.Do(t.Context(), w.client.B().Hlen().Key(keySockets("u1")).Build()).AsInt64()
		return err == nil && n == 0
	})
}

// Clearing away fails half-way, because Redis was restarted and knows no scripts.
// What is left is found by the next attempt.
func TestClearingAwayIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := New(Config{EdgeID: "p"}, w.client, &here{}, zap.NewNop())
	if err := p.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	const dead = "dead.0123abcd+"
	b := w.client.B()
	for _, cmd := range []rueidis.Completed{
		p.call("r", "enter", "u1", dead, "s1", payload("r", "u1", "u1"), ""),
		b.Sadd().Key(keyRooms(dead)).Member("r").Build(), b.ScriptFlush().Build(),
	} {
		if err := w.client.Do(t.Context(), cmd).Error(); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.reap(t.Context(), dead); err == nil {
		t.Fatal("it was cleared away without the script")
	}
	if err := p.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.reap(t.Context(), dead); err != nil {
		t.Fatal(err)
	}
	if fields := w.fields(); len(fields) != 0 {
		t.Errorf("left: %v", fields)
	}
}

// An edge that dies after it has begun a grace, and before it has noted when that ends, leaves somebody whom nobody looks
// for: whoever tells of the room next does.
func TestAGraceWhoseEndWasNotNotedEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.edge("a")
	a.enter("u1", "s1")
	w.wait("user-online u1", 1)
	grace := fmt.Sprint(time.Now().UnixMilli()-1, " ", payload("r", "u2", "u2"))
	if err := w.client.Do(t.Context(), w.client.B().Hset().Key(wire.KeyPresence("r")).FieldValue().FieldValue("g u2", grace).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	a.again()
	w.wait("user-offline u2", 1)
	w.atRest([]string{"u1"}, a)
}
