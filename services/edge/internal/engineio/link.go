package engineio

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/engineio/wsframe"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// link is the reading half of one WebSocket. Whoever runs it owns the connection
// once the phase is open: a worker of the poller or a goroutine of its own.
type link struct {
	c       *Conn
	nc      net.Conn
	raw     syscall.RawConn // nil: no file descriptor (TLS)
	in      wsframe.Reader
	err     error
	phase   phase
	heat    uint8 // messages in quick succession, up to hot
	watched bool  // by the poller, which guards this and fd
	fd      int

	last   atomic.Int64 // time of the last message
	awake  atomic.Bool  // heat is hot
	kicked bool         // guarded by Conn.mu: woken only to be parked
}

// A link with so many messages, none of them later than coolAfter after the one
// before, keeps a goroutine: for those who say much, parking after every message
// would cost more than it saves.
const (
	hot       = 8
	coolAfter = 10 * time.Second
)

func newLink(nc net.Conn) *link {
	l := &link{nc: nc}
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			l.raw = raw
		}
	}
	return l
}

type phase uint8

const (
	probing   phase = iota // waits for "2probe"
	upgrading              // waits for "5"
	open
)

// chunkSize is what one read takes at most. Chunks are pooled: a link holds one
// only while it handles what it has read.
const chunkSize = 8 << 10

var chunks = sync.Pool{New: func() any { b := make([]byte, chunkSize); return &b }}

// drainTimeout bounds how long a closed link is read on. Without reading on, the
// kernel would reset the connection and could destroy the close frame.
const drainTimeout = 15 * time.Second

var (
	probePacket  = "2probe"
	probeAnswer  = outq.NewRaw([]byte("3probe"), false).Frame(outq.SocketIO)
	errNoUpgrade = errors.New("no upgrade")
)

// run owns l from the start.
func (l *link) run() {
	var r reader
	r.init()
	l.serve(&r)
}

// serve reads until the end, or until there is nothing to read and the poller
// waits for l.
func (l *link) serve(r *reader) {
	if l.read(r) {
		return
	}
	if l.phase != open {
		if errors.Is(l.err, errLastWords) {
			l.drain()
		}
		l.abandon()
		return
	}
	l.ends()
	l.c.closed()
	l.drain()
}

// read feeds what comes to Message. It reports true when l is parked: then it
// belongs to somebody else.
func (l *link) read(r *reader) (parked bool) {
	defer l.recovered()
	alone := l.c.srv.poller == nil || l.raw == nil
	for l.err == nil {
		// An upgrade has a deadline, which the runtime's poller knows and ours does not.
		wait := alone || l.phase != open || l.heat == hot
		chunk, err := r.read(l, wait)
		switch {
		case chunk != nil:
			full := len(*chunk) == chunkSize
			l.warm(len(*chunk))
			l.err = l.in.Feed(*chunk, l.c.srv.cfg.MaxPayload, l)
			*chunk = (*chunk)[:chunkSize]
			chunks.Put(chunk)
			// A short read has emptied the socket, and the poller looks again anyway.
			if wait || full || l.err != nil || l.phase != open {
				continue
			}
		case errors.Is(err, syscall.EAGAIN):
		case l.cool():
			continue
		default:
			l.err = err
			continue
		}
		if r.park(l) {
			return true
		}
		alone = true // the poller has closed
		if l.c.isEnded() {
			l.err = errEnded
		}
	}
	return false
}

// pongSize is that of the frame of a pong, which does not count as a message.
const pongSize = 7

// warm notes that the client has said something.
func (l *link) warm(size int) {
	if size <= pongSize {
		return
	}
	now := l.c.srv.wheel.now()
	if now-l.last.Swap(now) > coolAfter.Milliseconds() {
		l.heat = 0
	}
	if l.heat < hot {
		l.heat++
		l.awake.Store(l.heat == hot)
	}
}

// kick makes the owner of a link that was hot and is silent park it. The caller
// holds Conn.mu, so that it cannot meet interrupt.
func (l *link) kick(now int64) {
	if l.c.srv.poller == nil || l.kicked || !l.awake.Load() || now-l.last.Load() < coolAfter.Milliseconds() {
		return
	}
	l.kicked = true
	_ = l.nc.SetReadDeadline(time.Unix(1, 0)) // fails when it is closed
}

// cool reports whether the owner was woken by kick, and undoes it.
func (l *link) cool() bool {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if !l.kicked || l.c.ended {
		return false
	}
	l.kicked, l.heat = false, 0
	l.awake.Store(false)
	return l.nc.SetReadDeadline(time.Time{}) == nil
}

func (l *link) recovered() {
	if v := recover(); v != nil {
		l.c.panicked(v)
		l.err = errEnded
	}
}

// reader makes single reads, and parks. It belongs to one goroutine; keeping the
// callbacks spares allocations per read.
type reader struct {
	chunk *[]byte
	err   error
	wait  bool
	once  func(fd uintptr) bool

	link   *link
	parked bool
	watch  func(fd uintptr)
}

func (r *reader) init() { r.once, r.watch = r.readOnce, r.watchLink }

// park gives l up until it can be read. It reports false when the caller has to
// keep it: the poller is closed, or the connection has ended.
func (r *reader) park(l *link) bool {
	r.link, r.parked = l, false
	err := l.raw.Control(r.watch)
	r.link = nil // the worker may wait long
	return err == nil && r.parked
}

func (r *reader) watchLink(fd uintptr) {
	r.parked = r.link.c.srv.poller.park(r.link, int(fd))
}

// read returns bytes in a pooled chunk, or an error; EAGAIN only without wait.
// What was read must not be handled inside the callback: closing a connection
// waits for that to return.
func (r *reader) read(l *link, wait bool) (*[]byte, error) {
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
	return r.chunk, r.err
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

// Message gets what the client sent.
func (l *link) Message(op wsframe.Opcode, p []byte) error {
	if l.phase != open {
		return l.upgrade(op, p)
	}
	switch op {
	case wsframe.Text, wsframe.Binary:
		if l.c.isEnded() {
			return errEnded
		}
		return l.c.packet(p, op == wsframe.Binary)
	case wsframe.Ping:
		_ = l.c.Send(outq.NewPong(p))
	case wsframe.Close:
		code := wsframe.CloseCode(p)
		if code == wsframe.CodeNone {
			code = 0
		}
		l.c.end(ReasonTransportClose, byClient, code)
		return errEnded
	}
	return nil
}

// upgrade takes the steps between the handshake of a second transport and its
// use. The writer does not exist yet, so the answer is written here.
func (l *link) upgrade(op wsframe.Opcode, p []byte) error {
	switch {
	case op == wsframe.Ping || op == wsframe.Pong:
		return nil
	case op == wsframe.Text && l.phase == probing && string(p) == probePacket:
		if _, err := l.nc.Write(probeAnswer); err != nil {
			return err
		}
		l.phase = upgrading
		if poll := l.c.poll.Load(); poll != nil {
			poll.probe(true)
		}
		return nil
	case op == wsframe.Text && l.phase == upgrading && len(p) == 1 && p[0] == typeUpgrade:
		if err := l.nc.SetDeadline(time.Time{}); err != nil {
			return err
		}
		if err := l.c.promote(l, l.c.srv.flusher); err != nil {
			return err
		}
		l.phase = open
		return nil
	}
	return errNoUpgrade
}

// abandon leaves the connection to polling.
func (l *link) abandon() {
	_ = l.nc.Close()
	l.c.mu.Lock()
	l.c.probe = nil
	l.c.mu.Unlock()
	if p := l.c.poll.Load(); p != nil {
		p.probe(false)
	}
}

// ends notes why the reading has ended, unless that was the consequence of an end.
func (l *link) ends() {
	var violation *wsframe.Error
	switch {
	case errors.As(l.err, &violation):
		l.c.end(ReasonTransportError, polite, violation.Code)
	case errors.Is(l.err, io.EOF):
		l.c.end(ReasonTransportClose, abrupt, 0)
	default:
		l.c.end(ReasonTransportError, abrupt, 0)
	}
}

// interrupt makes the owner look at the connection at once, wherever l waits.
func (l *link) interrupt() {
	_ = l.nc.SetReadDeadline(time.Unix(1, 0)) // fails when it is closed, which does the same
	if p := l.c.srv.poller; p != nil {
		p.resume(l)
	}
}

// drain reads until the client or the writer has closed the connection.
func (l *link) drain() {
	defer func() { _ = l.nc.Close() }()
	if l.nc.SetReadDeadline(time.Now().Add(drainTimeout)) != nil {
		return
	}
	chunk := chunks.Get().(*[]byte)
	defer chunks.Put(chunk)
	for {
		if _, err := l.nc.Read(*chunk); err != nil {
			return
		}
	}
}
