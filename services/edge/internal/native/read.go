package native

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/wsframe"
)

// Feed implements poller.User.
func (c *Conn) Feed(chunk []byte) error {
	if c.reason.Load() != nil {
		return net.ErrClosed
	}
	defer c.recovered()
	err := c.in.Feed(chunk, c.srv.cfg.MaxFrame, c)
	var violation *wsframe.Error
	if !errors.As(err, &violation) || c.reason.Load() != nil {
		return err
	}
	switch violation.Code {
	case wsframe.CodePolicy:
		c.Close(wire.CloseAbuse)
	case wsframe.CodeTooBig:
		_ = c.Send(errorEvent("", wire.Errorf(wire.CodePayloadTooLarge, "A frame must not be larger than %d bytes", c.srv.cfg.MaxFrame)))
		c.Close(wire.CloseTooBig)
	default:
		c.Close(wire.CloseCode{Code: int(violation.Code), Reason: violation.Text})
	}
	return err
}

// Parkable implements poller.User: who has not said who it is has a deadline.
func (c *Conn) Parkable() bool { return c.pending == nil }

// Ended implements poller.User. A connection that we closed is read on until the
// client has heard it.
func (c *Conn) Ended(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) && c.pending != nil {
		c.turnAway("", wire.NewError(wire.CodeTokenRequired), wire.CloseAuthRequired)
	}
	c.ended(err)
	c.line.Drain()
	c.srv.wheel.remove(c)
	if c.srv.count.Add(-1) == 0 && c.srv.closing.Load() {
		select {
		case c.srv.empty <- struct{}{}:
		default:
		}
	}
}

// ended tells the session.
func (c *Conn) ended(err error) {
	defer c.recovered()
	if c.reason.Load() == nil {
		c.drop()
	} // else the writer closes after the close frame
	if c.session != nil {
		c.session.Closed(c.why(err))
	}
}

// recovered keeps one client's bad luck from ending all others'.
func (c *Conn) recovered() {
	if v := recover(); v != nil {
		c.srv.cfg.Log.Error("socket panicked", zap.String("conn_id", c.id), zap.Any("panic", v), zap.Stack("stack"))
		c.Close(wire.CloseInternal)
	}
}

// Message implements wsframe.Sink.
func (c *Conn) Message(op wsframe.Opcode, payload []byte) error {
	if c.reason.Load() != nil {
		return net.ErrClosed
	}
	c.seen.Store(c.srv.wheel.now())
	switch op {
	case wsframe.Text, wsframe.Binary:
		c.message(op, payload)
	case wsframe.Ping:
		_ = c.Send(outq.NewPong(payload))
	case wsframe.Close:
		c.echoClose(payload)
		return net.ErrClosed
	}
	return nil
}

func (c *Conn) message(op wsframe.Opcode, payload []byte) {
	switch {
	case c.pending != nil:
		c.auth(c.srv.ctx, payload)
	case c.session == nil: // turned away
	case op == wsframe.Binary:
		c.session.Invalid("", wire.Errorf(wire.CodeInvalidFrame, "Binary frames are not spoken here"))
	default:
		e, bad := decode(payload)
		if bad != nil {
			c.session.Invalid(e.ID, bad)
			return
		}
		c.session.Event(c.srv.ctx, e.Type, e.Data, e.ID)
	}
}

// echoClose answers the client's close frame with its own code.
func (c *Conn) echoClose(payload []byte) {
	code := wsframe.CloseCode(payload)
	if !c.reason.CompareAndSwap(nil, &wire.CloseCode{Code: int(code), Reason: "closed by the client"}) {
		return
	}
	if code == wsframe.CodeNone {
		code = 0
	}
	c.writer.CloseAfter(outq.NewClose(code, "")) // the line ends by itself
}

func (c *Conn) why(err error) string {
	if code := c.reason.Load(); code != nil {
		return fmt.Sprintf("%s (%d)", code.Reason, code.Code)
	}
	if errors.Is(err, io.EOF) {
		return "connection ended"
	}
	return "connection lost"
}
