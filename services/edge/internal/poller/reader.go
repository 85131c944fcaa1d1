package poller

import (
	"bytes"
	"io"
	"sync"
	"syscall"
)

// chunkSize is what one read takes at most. Chunks are pooled: a Line holds one
// only while it handles what it has read.
const chunkSize = 8 << 10

var chunks = sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }}

func putChunk(chunk *[]byte) {
	if cap(*chunk) == chunkSize {
		*chunk = (*chunk)[:chunkSize]
		chunks.Put(chunk)
	}
}

// shrink replaces a chunk that holds little by one of its size.
func shrink(chunk *[]byte) *[]byte {
	if len(*chunk) > chunkSize/4 {
		return chunk
	}
	small := bytes.Clone(*chunk)
	putChunk(chunk)
	return &small
}

// reader makes single reads, and parks. It belongs to one goroutine; keeping the
// callbacks spares allocations per read.
type reader struct {
	chunk *[]byte
	err   error
	wait  bool
	once  func(fd uintptr) bool

	line   *Line
	parked bool
	watch  func(fd uintptr)
}

func (r *reader) init() { r.once, r.watch = r.readOnce, r.watchLine }

// park gives l up until it can be read. It reports false when the caller has to
// keep it.
func (r *reader) park(l *Line) bool {
	r.line, r.parked = l, false
	err := l.raw.Control(r.watch)
	r.line = nil // the worker may wait long
	return err == nil && r.parked
}

func (r *reader) watchLine(fd uintptr) { r.parked = r.line.poller.park(r.line, int(fd)) }

// read returns bytes in a pooled chunk, or an error; EAGAIN only without wait.
// What was read must not be handled inside the callback: closing a connection
// waits for that to return.
func (r *reader) read(l *Line, wait bool) (*[]byte, error) {
	if l.raw == nil {
		chunk := chunks.Get().(*[]byte)
		n, err := l.nc.Read(*chunk)
		if n > 0 {
			*chunk = (*chunk)[:n]
			return chunk, nil
		}
		chunks.Put(chunk)
		return nil, err
	}
	r.wait, r.chunk, r.err = wait, nil, nil
	if err := l.raw.Read(r.once); err != nil {
		return nil, err
	}
	chunk := r.chunk
	r.chunk = nil // it is the user's now
	return chunk, r.err
}

// readOnce takes a chunk only while there is something to put into it.
func (r *reader) readOnce(fd uintptr) (done bool) {
	chunk := chunks.Get().(*[]byte)
	for {
		n, err := syscall.Read(int(fd), *chunk)
		switch {
		case err == syscall.EINTR:
			continue
		case n > 0:
			*chunk = (*chunk)[:n]
			r.chunk = chunk
			return true
		case err == nil:
			err = io.EOF
		}
		chunks.Put(chunk)
		r.err = err
		return err != syscall.EAGAIN || !r.wait
	}
}
