package outq

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is the queue as its documentation promises it, without any cleverness.
type model struct {
	items  []*Message
	refuse error
}

func (q *model) bytes() (n int) {
	for _, m := range q.items {
		n += m.size()
	}
	return n
}

func (q *model) push(m *Message, l Limits) error {
	if q.refuse != nil {
		return q.refuse
	}
	if m.class == Position {
		q.items = slices.DeleteFunc(q.items, func(old *Message) bool {
			return old.class == Position && old.key == m.key
		})
	}
	count, bytes := l.Count, l.Bytes
	if m.class == Transient {
		count, bytes = count/2, bytes/2
	}
	if len(q.items) > 0 && (len(q.items) >= count || q.bytes()+m.size() > bytes) {
		if m.class != Ordered {
			return nil
		}
		q.items, q.refuse = nil, ErrOverflow
		return ErrOverflow
	}
	q.items = append(q.items, m)
	return nil
}

func (q *model) take(maxBytes int) (out []*Message) {
	for n := 0; len(q.items) > 0; q.items = q.items[1:] {
		n += q.items[0].size()
		if len(out) > 0 && n > maxBytes {
			break
		}
		out = append(out, q.items[0])
	}
	return out
}

func TestQueueAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{Count: rapid.IntRange(2, 40).Draw(t, "count"), Bytes: rapid.IntRange(200, 20_000).Draw(t, "bytes")}
		q, want := NewQueue(&limits), &model{}
		classes := rapid.SampledFrom([]Class{Ordered, Position, Position, Position, Transient})
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				key := fmt.Sprint("user-", rapid.IntRange(0, 12).Draw(t, "key"))
				size := rapid.IntRange(0, 400).Draw(t, "size")
				m := NewEvent(classes.Draw(t, "class"), key, "e", make([]byte, size))
				got, expected := q.Push(m), want.push(m, limits)
				if !errors.Is(got, expected) {
					t.Fatalf("push: %v, want %v", got, expected)
				}
			},
			"take": func(t *rapid.T) {
				n := rapid.IntRange(0, 3000).Draw(t, "take")
				if got, expected := q.Take(n), want.take(n); !slices.Equal(got, expected) {
					t.Fatalf("took %d messages, want %d", len(got), len(expected))
				}
			},
			"": func(t *rapid.T) { checkInvariants(t, q, want, limits) },
		})
	})
}

func checkInvariants(t *rapid.T, q *Queue, want *model, limits Limits) {
	if q.Len() != len(want.items) {
		t.Fatalf("%d waiting, want %d", q.Len(), len(want.items))
	}
	b := q.waiting
	if (b == nil) != (len(want.items) == 0) {
		t.Fatalf("an empty queue holds memory, or a full one does not")
	}
	if b == nil {
		return
	}
	if b.bytes != want.bytes() {
		t.Fatalf("counts %d bytes, want %d", b.bytes, want.bytes())
	}
	if b.live > limits.Count || (b.live > 1 && b.bytes > limits.Bytes) {
		t.Fatalf("%d messages and %d bytes past the limits %v", b.live, b.bytes, limits)
	}
	if len(b.items) > max(16, 2*limits.Count+1) {
		t.Fatalf("%d slots for %d messages", len(b.items), b.live)
	}
}

func TestQueueOverflowReleasesTheBacklog(t *testing.T) {
	t.Parallel()
	q := NewQueue(&Limits{Count: 2, Bytes: 1000})
	m := NewEvent(Ordered, "", "e", nil)
	for i, want := range []error{nil, nil, ErrOverflow, ErrOverflow} {
		if err := q.Push(m); !errors.Is(err, want) {
			t.Fatalf("push %d: %v, want %v", i, err, want)
		}
	}
	if q.Len() != 0 {
		t.Fatal("the backlog of a lost socket is kept")
	}
	q.closeWith(NewClose(4008, "slow consumer"))
	if got := q.Take(1); len(got) != 1 {
		t.Fatalf("%d messages after close, want the close frame", len(got))
	}
	if err := q.Push(m); !errors.Is(err, ErrClosed) {
		t.Fatalf("push after close: %v", err)
	}
}

func TestQueueTakesOneLargeMessage(t *testing.T) {
	t.Parallel()
	q := NewQueue(&Limits{Count: 2, Bytes: 100})
	if err := q.Push(NewRaw(make([]byte, 5000), true)); err != nil {
		t.Fatal(err)
	}
}

func TestQueueSteadyStateAllocatesNothing(t *testing.T) {
	var q Queue
	m, p := NewEvent(Ordered, "", "e", nil), NewEvent(Position, "u", "p", nil)
	dst := make([]*Message, 0, 8)
	allocs := testing.AllocsPerRun(1000, func() {
		_, _ = q.Push(m), q.Push(p)
		dst = q.takeInto(dst[:0], 1<<20)
	})
	if allocs > 0.1 {
		t.Errorf("%.1f allocations per round", allocs)
	}
}
