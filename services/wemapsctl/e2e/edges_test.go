package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// walk sends numbered positions at an even pace; the number is the fifth decimal of the latitude.
func (c *client) walk(t testing.TB, room wire.Room, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		c.send(t, wire.EventLocationUpdate, "", fix(room, 46+float64(n)/1e5, 13))
		time.Sleep(100 * time.Millisecond) // the pace of a phone that moves fast, not a wait for anything
	}
}

// heardOf are the numbers that c heard of a walker, in the order of arrival.
func (c *client) heardOf(t testing.TB, userID string) []int {
	t.Helper()
	var numbers []int
	for _, f := range c.all(wire.EventLocationUpdated) {
		var l wire.Location
		if err := json.Unmarshal(f.Data, &l); err != nil {
			t.Fatal(err)
		}
		if l.UserID == userID {
			numbers = append(numbers, int((l.Latitude-46)*1e5+0.5))
		}
	}
	return numbers
}

// An edge that is killed takes its own sockets with it and hurts nobody else: those on the other edge go on hearing
// each other without a gap, a double or a step back, in rooms of their own and in those shared with the dead.
func TestAKilledEdgeHurtsNobodyElse(t *testing.T) {
	t.Parallel()
	e := start(t, stack.Options{Replicas: map[string]int{"edge": 2}})
	const steps = 60
	type couple struct {
		room         wire.Room
		walker, hear user
		w, h         *client
	}
	var couples []*couple
	for i := range 4 {
		c := &couple{walker: e.signIn(t), hear: e.signIn(t)}
		c.room = e.createRoom(t, c.walker)
		e.joinRoom(t, c.hear, c.room)
		if i%2 == 0 { // shared with somebody on the edge that dies
			lost := e.signIn(t)
			e.joinRoom(t, lost, c.room)
			l := dial(t, e.URL(1), lost.token)
			l.join(t, c.room)
			go l.walk(quiet{t}, c.room, 1000, 1000+steps)
		}
		c.w, c.h = dial(t, e.URL(0), c.walker.token), dial(t, e.URL(0), c.hear.token)
		c.w.join(t, c.room)
		c.h.join(t, c.room)
		couples = append(couples, c)
	}
	killed := time.AfterFunc(2*time.Second, e.Process["edge"][1].Kill)
	defer killed.Stop()
	for _, c := range couples[1:] {
		go c.w.walk(quiet{t}, c.room, 0, steps)
	}
	couples[0].w.walk(t, couples[0].room, 0, steps)
	for i, c := range couples {
		var heard []int
		testenv.Eventually(t, 10*time.Second, fmt.Sprintf("room %d did not hear the walk to its end", i), func() bool {
			heard = c.h.heardOf(t, c.walker.ID)
			return len(heard) > 0 && heard[len(heard)-1] == steps-1
		})
		for k, n := range heard {
			if n != k {
				t.Fatalf("room %d heard step %d in place of %d: %v", i, n, k, heard)
			}
		}
		for _, c := range []*client{c.w, c.h} {
			if err := c.closed(); err != nil {
				t.Errorf("a socket of room %d was closed: %v", i, err)
			}
			if n := len(c.all(wire.EventError)); n > 0 {
				t.Errorf("room %d heard %d errors, first %s", i, n, c.all(wire.EventError)[0].Data)
			}
		}
	}
}

// quiet is for senders whose edge may die under them.
type quiet struct{ testing.TB }

func (quiet) Helper()               {}
func (quiet) Errorf(string, ...any) {}
