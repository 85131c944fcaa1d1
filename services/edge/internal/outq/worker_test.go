package outq

import (
	"testing"
	"time"
)

// A timer may hold back a socket that was just written to, and no other.
func TestWindowHoldsOnlyWhoWasServed(t *testing.T) {
	t.Parallel()
	f := NewFlusher(Config{Workers: 1}) // does not run: the test looks at its lists
	k := f.workers[0]
	writer := func() *Writer {
		server, _ := tcpPair(t)
		return f.NewWriter(server, &Queue{}, Native, nil)
	}
	k.window.Store(7)
	served, fresh := writer(), writer()
	served.served.Store(7)
	fresh.served.Store(6)

	_ = served.Send(text("x"))
	if len(k.signal) != 0 || k.later.head.Load() != served {
		t.Error("a socket that the window has served does not wait for its end")
	}
	_ = fresh.Send(text("x"))
	if len(k.signal) != 1 || k.ready.take() != fresh {
		t.Error("a socket that the window has not served waits")
	}
	k.window.Store(0)
	<-k.signal
	another := writer()
	another.served.Store(7)
	_ = another.Send(text("x"))
	if len(k.signal) != 1 {
		t.Error("a socket waits for a window that is over")
	}
}

func TestReadyListKeepsOrder(t *testing.T) {
	t.Parallel()
	var l readyList
	a, b, c := &Writer{}, &Writer{}, &Writer{}
	if !l.push(a) || l.push(b) || l.push(c) {
		t.Error("push does not tell whether the list was empty")
	}
	for w, want := l.take(), []*Writer{a, b, c}; len(want) > 0; w, want = w.next, want[1:] {
		if w != want[0] {
			t.Fatal("not first come first")
		}
	}
	if l.take() != nil {
		t.Error("taken twice")
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	k := &worker{cfg: Config{}.withDefaults()}
	check := func(wants map[time.Duration]time.Duration) {
		t.Helper()
		for took, want := range wants {
			if got := k.wait(took); got != want {
				t.Errorf("a window of %v after %v, want %v", got, took, want)
			}
		}
	}
	check(map[time.Duration]time.Duration{
		0: 0, ms: 3 * ms, 5 * ms: 15 * ms, 20 * ms: 50 * ms, 60 * ms: 60 * ms, time.Second: 80 * ms,
	})
	for range 100 {
		k.strain.feel(10 * ms)
	}
	check(map[time.Duration]time.Duration{0: 0, ms: 12 * ms, 5 * ms: 50 * ms, time.Second: 80 * ms})
	for range 100 {
		k.strain.feel(ms / 10)
	}
	check(map[time.Duration]time.Duration{ms: 3 * ms})
}

func BenchmarkEncode(b *testing.B) {
	data := make([]byte, 250)
	for name, enc := range map[string]Encoding{"socketio": SocketIO, "native": Native} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NewEvent(Position, "user", "location-updated", data).Frame(enc)
			}
		})
	}
}

// BenchmarkQueue pushes and takes one message, then a burst of positions of which
// each replaces another.
func BenchmarkQueue(b *testing.B) {
	m := NewEvent(Ordered, "", "new-message", nil)
	b.Run("one", func(b *testing.B) {
		var q Queue
		dst := make([]*Message, 0, 4)
		b.ReportAllocs()
		for b.Loop() {
			_ = q.Push(m)
			dst = q.takeInto(dst[:0], batchBytes)
		}
	})
	b.Run("conflate_50", func(b *testing.B) {
		var q Queue
		positions := make([]*Message, 50)
		for i := range positions {
			positions[i] = NewEvent(Position, string(rune('a'+i)), "p", nil)
			_ = q.Push(positions[i])
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_ = q.Push(positions[i%len(positions)])
		}
	})
}
