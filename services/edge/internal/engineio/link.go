package engineio

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/poller"
	"github.com/wemaps/wemaps/services/edge/internal/wsframe"
)

// link is the WebSocket of a connection. Whoever has its line owns the connection
// once the phase is open.
type link struct {
	c     *Conn
	nc    net.Conn
	line  poller.Line
	in    wsframe.Reader
	phase phase
}

func (s *Server) newLink(nc net.Conn) *link {
	l := &link{nc: nc}
	l.line.Attach(s.poller, nc, l)
	return l
}

type phase uint8

const (
	probing   phase = iota // waits for "2probe"
	upgrading              // waits for "5"
	open
)

var (
	probePacket  = "2probe"
	probeAnswer  = outq.NewRaw([]byte("3probe"), false).Frame(outq.SocketIO)
	errNoUpgrade = errors.New("no upgrade")
)

// Feed implements poller.User.
func (l *link) Feed(chunk []byte) (err error) {
	defer func() {
		if v := recover(); v != nil {
			l.c.panicked(v)
			err = errEnded
		}
	}()
	return l.in.Feed(chunk, l.c.maxPayload(), l)
}

// Parkable implements poller.User: an upgrade has a deadline.
func (l *link) Parkable() bool { return l.phase == open }

// Ended implements poller.User.
func (l *link) Ended(err error) {
	if l.phase != open {
		if errors.Is(err, errLastWords) {
			l.line.Drain()
		}
		l.abandon()
		return
	}
	l.ends(err)
	l.c.closed()
	l.line.Drain()
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
func (l *link) ends(err error) {
	var violation *wsframe.Error
	switch {
	case errors.As(err, &violation):
		l.c.end(ReasonTransportError, polite, violation.Code)
	case errors.Is(err, io.EOF):
		l.c.end(ReasonTransportClose, abrupt, 0)
	default:
		l.c.end(ReasonTransportError, abrupt, 0)
	}
}
