package native

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/engineio/wsframe"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// run reads until the connection ends. While it waits it stands few and small
// calls deep: the stack of an idle connection is the smallest there is.
func (c *Conn) run() {
	err := c.read()
	if errors.Is(err, os.ErrDeadlineExceeded) && c.pending != nil {
		_ = c.net.SetReadDeadline(time.Time{})
		c.turnAway("", wire.NewError(wire.CodeTokenRequired), wire.CloseAuthRequired)
		_ = c.read() // until the client has heard it
	}
	c.end(err)
}

// read hands on what comes until reading fails. A connection that we closed is
// read on, as unread bytes would make the kernel reset it and destroy what is on
// its way to the client.
func (c *Conn) read() (err error) {
	sc, ok := c.net.(syscall.Conn)
	if !ok {
		return c.readBlocking()
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	var k *chunk
	var failure error
	readable := func(fd uintptr) bool {
		k, failure = readOnce(int(fd))
		return !errors.Is(failure, syscall.EAGAIN)
	}
	for {
		if err := raw.Read(readable); err != nil {
			return err
		}
		if failure != nil {
			return failure
		}
		k.conn = c
		c.srv.crew.do(c.srv.ctx, k)
		k.conn = nil
		chunks.Put(k)
		k = nil
	}
}

// readOnce borrows a chunk and fills it, or returns EAGAIN and holds none.
func readOnce(fd int) (*chunk, error) {
	k := chunks.Get().(*chunk)
	for {
		n, err := syscall.Read(fd, k.buf[:])
		switch {
		case n > 0:
			k.n = n
			return k, nil
		case err == syscall.EINTR:
			continue
		case err == nil:
			err = io.EOF
		}
		chunks.Put(k)
		return nil, err
	}
}

// readBlocking is for connections without a descriptor, such as TLS.
func (c *Conn) readBlocking() error {
	buf := make([]byte, chunkSize)
	for {
		n, err := c.net.Read(buf)
		c.take(buf[:n])
		if err != nil {
			return err
		}
	}
}

// take parses what was read.
func (c *Conn) take(read []byte) {
	if c.reason.Load() != nil {
		return
	}
	defer c.recovered()
	err := c.in.Feed(read, c.srv.cfg.MaxFrame, c)
	var violation *wsframe.Error
	if !errors.As(err, &violation) || c.reason.Load() != nil {
		return
	}
	if violation.Code == wsframe.CodeTooBig {
		_ = c.Send(errorEvent("", wire.Errorf(wire.CodePayloadTooLarge, "A frame must not be larger than %d bytes", c.srv.cfg.MaxFrame)))
		c.Close(wire.CloseTooBig)
		return
	}
	c.Close(wire.CloseCode{Code: int(violation.Code), Reason: violation.Text})
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
	c.writer.CloseAfter(outq.NewClose(code, ""))
}

// end is the last thing that happens to a connection.
func (c *Conn) end(err error) {
	c.srv.wheel.remove(c)
	if c.reason.Load() == nil {
		c.writer.Close()
	} // else the writer closes after the close frame
	if c.session != nil {
		c.session.Closed(c.why(err))
	}
	if c.srv.count.Add(-1) == 0 && c.srv.closing.Load() {
		select {
		case c.srv.empty <- struct{}{}:
		default:
		}
	}
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
