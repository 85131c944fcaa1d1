package engineio

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/engineio/wsframe"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// link is the reading half of one WebSocket. Its goroutine owns the connection
// once the phase is open.
type link struct {
	c     *Conn
	nc    net.Conn
	in    wsframe.Reader
	err   error
	phase phase
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

// run reads until the end. Idle, it stands only a few calls deep, so that its
// stack stays at the minimum.
func (l *link) run() {
	l.read()
	if l.phase != open {
		l.abandon()
		return
	}
	l.ends()
	l.c.closed()
	l.drain()
}

// read feeds what comes to Message until there is an error.
func (l *link) read() {
	defer l.recovered()
	next := l.chunks()
	for l.err == nil {
		var chunk *[]byte
		if chunk, l.err = next(); chunk == nil {
			continue
		}
		if err := l.in.Feed(*chunk, l.c.srv.cfg.MaxPayload, l); err != nil {
			l.err = err
		}
		*chunk = (*chunk)[:chunkSize]
		chunks.Put(chunk)
	}
}

func (l *link) recovered() {
	if v := recover(); v != nil {
		l.c.panicked(v)
		l.err = errEnded
	}
}

// chunks returns a function that blocks until bytes have come and returns them. It
// takes a chunk only when there is something to put into it. (What was read must
// not be handled inside the callback: closing a connection waits for that.)
func (l *link) chunks() func() (*[]byte, error) {
	raw, err := rawConn(l.nc)
	if err != nil {
		return func() (*[]byte, error) { // TLS: no file descriptor
			chunk := chunks.Get().(*[]byte)
			n, err := l.nc.Read(*chunk)
			*chunk = (*chunk)[:n]
			return chunk, err
		}
	}
	var chunk *[]byte
	var failure error
	readable := func(fd uintptr) (done bool) {
		chunk, failure = readOnce(int(fd))
		return failure != syscall.EAGAIN
	}
	return func() (*[]byte, error) {
		if err := raw.Read(readable); err != nil {
			return nil, err
		}
		return chunk, failure
	}
}

func rawConn(nc net.Conn) (syscall.RawConn, error) {
	if sc, ok := nc.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

func readOnce(fd int) (*[]byte, error) {
	chunk := chunks.Get().(*[]byte)
	for {
		n, err := syscall.Read(fd, *chunk)
		switch {
		case err == syscall.EINTR:
			continue
		case n > 0:
			*chunk = (*chunk)[:n]
			return chunk, nil
		case err == nil:
			err = io.EOF
		}
		chunks.Put(chunk)
		return nil, err
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

// interrupt makes the reader return at once, wherever it waits.
func (l *link) interrupt() { _ = l.nc.SetReadDeadline(time.Unix(1, 0)) }

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
