package hub

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"pgregory.net/rapid"
)

// ear is a member that remembers what it heard.
type ear struct {
	mu    sync.Mutex
	heard []*outq.Message
	fail  error
}

func (e *ear) Send(m *outq.Message) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail == nil {
		e.heard = append(e.heard, m)
	}
	return e.fail
}

func event() *outq.Message { return outq.NewEvent(outq.Ordered, "", "e", nil) }

func TestMembershipAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, model := New(), map[string][]Member{}
		ears := []*ear{{}, {}, {}, {}}
		draw := func(t *rapid.T) (string, *ear) {
			return fmt.Sprint("room-", rapid.IntRange(0, 3).Draw(t, "room")), rapid.SampledFrom(ears).Draw(t, "ear")
		}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				room, e := draw(t)
				if got, want := h.Join(room, e), len(model[room]) == 0; got != want {
					t.Fatalf("first: %v, want %v", got, want)
				}
				if !slices.Contains(model[room], Member(e)) {
					model[room] = append(model[room], e)
				}
			},
			"leave": func(t *rapid.T) {
				room, e := draw(t)
				want := slices.Equal(model[room], []Member{e})
				if got := h.Leave(room, e); got != want {
					t.Fatalf("last: %v, want %v", got, want)
				}
				model[room] = slices.DeleteFunc(model[room], func(m Member) bool { return m == e })
			},
			"broadcast": func(t *rapid.T) {
				room, except := draw(t)
				m := event()
				n := h.Broadcast(room, m, except)
				for _, e := range ears {
					heard := slices.Contains(e.heard, m)
					if want := slices.Contains(model[room], Member(e)) && e != except; heard != want {
						t.Fatalf("heard: %v, want %v", heard, want)
					} else if heard {
						n--
					}
				}
				if n != 0 {
					t.Fatalf("the count is off by %d", n)
				}
			},
			"": func(t *rapid.T) {
				var want Stats
				for room, members := range model {
					if !slices.Equal(h.Members(room), members) {
						t.Fatalf("members of %s differ", room)
					}
					if want.Members += int64(len(members)); len(members) > 0 {
						want.Rooms++
					}
				}
				if got := h.Stats(); got.Rooms != want.Rooms || got.Members != want.Members {
					t.Fatalf("%+v, want %+v", got, want)
				}
			},
		})
	})
}

func TestOneBadMemberHarmsNobody(t *testing.T) {
	t.Parallel()
	h := New()
	bad, good := &ear{fail: outq.ErrOverflow}, &ear{}
	h.Join("r", bad)
	h.Join("r", good)
	if n := h.Broadcast("r", event(), nil); n != 1 || len(good.heard) != 1 {
		t.Errorf("%d took it, good heard %d", n, len(good.heard))
	}
	if s := h.Stats(); s.Refused != 1 || s.Delivered != 1 {
		t.Errorf("%+v", s)
	}
}

// Who stays hears everything in order while others come and go, and of any number
// of members that come and go exactly one is first and one last per turn.
func TestJoinLeaveBroadcastRace(t *testing.T) {
	t.Parallel()
	const movers, turns = 8, 500
	h, stays := New(), &ear{}
	h.Join("r", stays)
	var firsts, lasts atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range movers {
		e := &ear{}
		wg.Go(func() {
			<-start
			for range turns {
				h.Join("r", e)
				if h.Join("empty", e) {
					firsts.Add(1)
				}
				h.Leave("r", e)
				if h.Leave("empty", e) {
					lasts.Add(1)
				}
			}
		})
	}
	sent := make([]*outq.Message, turns)
	wg.Go(func() {
		<-start
		for i := range sent {
			sent[i] = event()
			h.Broadcast("r", sent[i], nil)
		}
	})
	close(start)
	wg.Wait()
	if !slices.Equal(stays.heard, sent) {
		t.Errorf("heard %d messages, want %d in order", len(stays.heard), len(sent))
	}
	if firsts.Load() != lasts.Load() || firsts.Load() == 0 {
		t.Errorf("%d times first, %d times last", firsts.Load(), lasts.Load())
	}
	if s := h.Stats(); s.Rooms != 1 || s.Members != 1 {
		t.Errorf("%+v", s)
	}
}

func TestBroadcastAllocatesNothing(t *testing.T) {
	h, m := New(), event()
	for range 50 {
		h.Join("r", &ear{fail: outq.ErrClosed})
	}
	if n := testing.AllocsPerRun(100, func() { h.Broadcast("r", m, nil) }); n > 0 {
		t.Errorf("%.0f allocations per broadcast", n)
	}
}
