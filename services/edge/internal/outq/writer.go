package outq

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// States of a Writer. Only the one who made the change to ready (whoever called
// Wake) may put it on a list, and only the one who made the change to busy (a
// worker or a blocked goroutine) may touch the socket.
const (
	idle  uint32 = iota // nothing known to be waiting
	ready               // on a list of its worker
	busy                // somebody writes; who pushes now is found by settle
	dead                // closed
)

// Writer is the outgoing side of one connection.
type Writer struct {
	conn    net.Conn
	raw     syscall.RawConn // nil: blocking writes only
	q       *Queue
	onError func(error)
	flusher *Flusher
	worker  *worker
	next    *Writer // on a list of the worker

	state   atomic.Uint32
	served  atomic.Uint32 // the window that saw the last write
	closing atomic.Bool   // close when the queue is empty
	enc     atomic.Uint32
}

// SetEncoding changes the encoding of all that has not been written yet.
func (w *Writer) SetEncoding(e Encoding) { w.enc.Store(uint32(e)) }

func (w *Writer) encoding() Encoding { return Encoding(w.enc.Load()) }

// Wake says that the queue has something. It never blocks: an idle socket is
// written to at once by a worker, a busy one soon.
func (w *Writer) Wake() {
	for {
		switch w.state.Load() {
		case idle:
			if w.raw == nil {
				if w.state.CompareAndSwap(idle, busy) {
					w.block(nil)
					return
				}
			} else if w.state.CompareAndSwap(idle, ready) {
				w.worker.add(w)
				return
			}
		default:
			return
		}
	}
}

// Send pushes and wakes.
func (w *Writer) Send(m *Message) error {
	if err := w.q.Push(m); err != nil {
		return err
	}
	w.Wake()
	return nil
}

// CloseAfter closes the queue, writes what is waiting and then m (a close frame;
// nil for none), and closes the connection: first the writing half, the rest
// when the client is gone or after Linger. Only the first call counts. The
// reader should read on until it fails.
func (w *Writer) CloseAfter(m *Message) {
	w.q.closeWith(m)
	w.closing.Store(true)
	w.Wake()
}

// Close drops what is waiting and closes the connection at once.
func (w *Writer) Close() {
	w.closing.Store(true)
	w.q.discard()
	_ = w.conn.Close() // it is of no use any more, whatever it says
}

// settle gives the socket up. Whoever pushed while it was busy has relied on
// this look at the queue.
func (w *Writer) settle() {
	empty := w.q.Len() == 0
	if empty && w.closing.Load() && w.q.Len() == 0 {
		w.state.Store(dead)
		w.finish()
		return
	}
	w.state.Store(idle)
	if w.q.Len() > 0 || w.closing.Load() {
		w.Wake()
	}
}

// finish ends a connection politely: closing it whole with unread bytes from the
// client would send a reset, which can overtake the close frame.
func (w *Writer) finish() {
	if half, ok := w.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		time.AfterFunc(w.flusher.cfg.Linger, func() { _ = w.conn.Close() })
		return
	}
	_ = w.conn.Close()
}

func (w *Writer) fail(err error) {
	w.state.Store(dead)
	w.q.discard()
	_ = w.conn.Close()
	if w.closing.Load() {
		return // the owner has let go already
	}
	w.flusher.errors.Add(1)
	if w.onError != nil {
		go w.onError(err)
	}
}

// blockedBytes is what a slow socket takes out of its queue at a time: little,
// as what is out can no longer be conflated, and it must pass in WriteTimeout.
const blockedBytes = 16 << 10

var blockedBuffers = sync.Pool{New: func() any {
	buf := make([]byte, 0, blockedBytes+blockedBytes/4)
	return &buf
}}

// block writes rest, and then the queue until it is empty, on a new goroutine.
func (w *Writer) block(rest []byte) {
	f := w.flusher
	f.blocked.Add(1)
	f.blockedNow.Add(1)
	go func() {
		defer f.blocked.Done()
		defer f.blockedNow.Add(-1)
		if err := w.writeBlocking(rest); err != nil {
			w.fail(err)
			return
		}
		w.settle()
	}()
}

func (w *Writer) writeBlocking(rest []byte) error {
	if err := w.write(rest); err != nil {
		return err
	}
	buf := blockedBuffers.Get().(*[]byte)
	defer blockedBuffers.Put(buf)
	for {
		msgs := w.q.Take(blockedBytes)
		if len(msgs) == 0 {
			// A deadline that stayed would fail the worker's next write.
			return w.conn.SetWriteDeadline(time.Time{})
		}
		enc := w.encoding()
		p := msgs[0].Frame(enc)
		if len(msgs) > 1 {
			*buf = appendFrames((*buf)[:0], msgs, enc, nil)
			p = *buf
		}
		if err := w.write(p); err != nil {
			return err
		}
	}
}

func (w *Writer) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.flusher.cfg.WriteTimeout)); err != nil {
		return err
	}
	_, err := w.conn.Write(p)
	return err
}
