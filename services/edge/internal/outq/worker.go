package outq

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// batchBytes is the most that one write carries, unless one message is larger.
	batchBytes = 32 << 10
	// minWindow: the runtime's timers cannot wait for less on an idle machine, and
	// a run this short is no load.
	minWindow = time.Millisecond
)

// worker serves the sockets that were assigned to it, one run after another.
//
// A run serves every socket on the ready list. While a window is open, sockets
// that the window has seen already are put on the later list and wait for its
// end; all others are served at once.
type worker struct {
	ready, later readyList
	window       atomic.Uint32 // number of the open window; 0: none is open
	signal       chan struct{}

	cfg    Config
	number uint32 // of the last window
	strain strain
	fd     fdWriter
	msgs   []*Message
	buf    []byte

	squeezer              squeezer
	writes, frames, bytes atomic.Uint64
}

// readyList is a lock-free stack of writers, linked through Writer.next.
type readyList struct{ head atomic.Pointer[Writer] }

// push reports whether the list was empty.
func (l *readyList) push(w *Writer) bool {
	for {
		old := l.head.Load()
		w.next = old
		if l.head.CompareAndSwap(old, w) {
			return old == nil
		}
	}
}

// take empties the list and returns its writers, first come first.
func (l *readyList) take() *Writer {
	var first *Writer
	for w := l.head.Swap(nil); w != nil; {
		next := w.next
		w.next, first = first, w
		w = next
	}
	return first
}

func newWorker(cfg Config) *worker {
	k := &worker{cfg: cfg, signal: make(chan struct{}, 1)}
	k.fd.init()
	return k
}

// add is called by whoever made w ready. The window may close between the
// question and the push: asking again makes sure that nobody is left behind.
func (k *worker) add(w *Writer) {
	if open := k.window.Load(); open != 0 && open == w.served.Load() {
		k.later.push(w)
		if k.window.Load() == open {
			return
		}
		k.notify()
		return
	}
	if k.ready.push(w) {
		k.notify()
	}
}

func (k *worker) notify() {
	select {
	case k.signal <- struct{}{}:
	default:
	}
}

func (k *worker) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var took time.Duration // of the runs that the next window answers for
	var due time.Time      // the open window's end
	for {
		select {
		case <-k.signal:
		case <-timer.C:
			k.window.Store(0)
			k.strain.feel(time.Since(due))
		case <-ctx.Done():
			k.window.Store(0)
			k.serveAll()
			return
		}
		began := time.Now()
		if k.window.Load() != 0 {
			k.serve(k.ready.take())
			took += time.Since(began)
			continue
		}
		k.number = max(k.number+1, 1)
		k.serveAll()
		if wait := k.wait(took + time.Since(began)); wait >= minWindow {
			k.window.Store(k.number)
			due = time.Now().Add(wait)
			timer.Reset(wait)
		}
		took = 0
	}
}

func (k *worker) serveAll() {
	k.serve(k.later.take())
	k.serve(k.ready.take())
}

// wait is how long a window follows runs that took so long: three times that while
// there are processors to spare, so that a worker spends a quarter of its time on
// system calls at most, and up to twelve times that on a full machine; up to
// Window. When runs alone take longer than Window, as long as they take, up to
// MaxWindow.
func (k *worker) wait(took time.Duration) time.Duration {
	times := idleFactor + (fullFactor-idleFactor)*float64(k.strain)
	return min(time.Duration(times*float64(took)), max(k.cfg.Window, min(took, k.cfg.MaxWindow)))
}

const (
	idleFactor = 3
	fullFactor = 12
)

// strain says how full the machine is, from 0 to 1, by how late timers are: whoever
// gets no processor when it is due had better make fewer system calls.
type strain float64

// punctual is as late as a timer may be on a machine that has processors to spare.
const punctual = 2 * time.Millisecond

func (s *strain) feel(late time.Duration) {
	if late > punctual {
		*s = min(1, *s+0.1)
	} else {
		*s = max(0, *s-0.02)
	}
}

func (k *worker) serve(w *Writer) {
	var writes, frames, bytes uint64
	for w != nil {
		next := w.next
		w.next = nil
		n, size := k.flush(w)
		if n > 0 {
			writes++
			frames += uint64(n)
			bytes += uint64(size)
		}
		w = next
	}
	k.squeezer.reset()
	k.writes.Add(writes)
	k.frames.Add(frames)
	k.bytes.Add(bytes)
}

// flush gives w one write and returns what it carried. A socket with more than
// that waiting goes to the end of the line, so none can starve the others.
func (k *worker) flush(w *Writer) (frames, size int) {
	w.state.Store(busy)
	w.served.Store(k.number)
	k.msgs = w.q.takeInto(k.msgs[:0], batchBytes)
	if len(k.msgs) == 0 {
		w.settle()
		return 0, 0
	}
	p := k.gather(w.encoding())
	frames = len(k.msgs)
	clear(k.msgs)
	n, err := k.fd.write(w.raw, p)
	switch {
	case err != nil:
		w.fail(err)
	case n < len(p):
		w.flusher.stalls.Add(1)
		w.block(append([]byte(nil), p[n:]...))
	default:
		w.settle()
	}
	return frames, n
}

// gather returns the frames of k.msgs in one piece. A lone frame is used where
// it is; copying several costs less than the kernel's work on a vector of them.
func (k *worker) gather(enc Encoding) []byte {
	if len(k.msgs) == 1 {
		return k.msgs[0].Frame(enc)
	}
	if k.buf == nil {
		k.buf = make([]byte, 0, batchBytes+batchBytes/4)
	}
	k.buf = appendFrames(k.buf[:0], k.msgs, enc, &k.squeezer)
	return k.buf
}

func appendFrames(buf []byte, msgs []*Message, enc Encoding, s *squeezer) []byte {
	if enc.batches() {
		return appendBatches(buf, msgs, enc, s)
	}
	for _, m := range msgs {
		buf = append(buf, m.Frame(enc)...)
	}
	return buf
}
