package engineio

import (
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Reasons that Receiver.Closed is given, named as the official server does.
const (
	ReasonTransportClose = "transport close" // the client closed, or went away
	ReasonTransportError = "transport error" // the client broke the transport's rules
	ReasonParseError     = "parse error"     // the client sent something unintelligible
	ReasonPingTimeout    = "ping timeout"
	ReasonForcedClose    = "forced close" // this side closed
	ReasonShutdown       = "server shutting down"
	ReasonIdle           = "idle timeout" // see Conn.SetIdleTimeout
)

// Receiver is what a connection's messages are for. Its methods are called one
// after the other.
type Receiver interface {
	// Message gets one message; data is valid only until it returns. An error
	// closes the connection as a parse error.
	Message(data []byte, binary bool) error
	// Closed is called once, last.
	Closed(reason string)
}

// Conn is one client, over whatever transport it uses at the moment.
type Conn struct {
	srv  *Server
	id   string
	recv Receiver
	q    *outq.Queue
	w    atomic.Pointer[outq.Writer] // nil while polling
	poll atomic.Pointer[polling]     // nil on WebSocket

	mu     sync.Mutex // guards what follows, and keeps the messages of one Send together
	link   *link      // the WebSocket, nil while polling
	probe  *link      // the WebSocket that may become link
	ended  bool
	reason string
	code   uint16 // for the close frame
	beats  heartbeat

	wheel wheelEntry // guarded by the wheel
}

// ID returns the session id: a secret between this client and the server.
func (c *Conn) ID() string { return c.id }

// Polling reports whether the client has not got a WebSocket (yet).
func (c *Conn) Polling() bool { return c.poll.Load() != nil }

// Send queues messages, with nothing between them, and never blocks. After
// outq.ErrOverflow the client lags too far behind and must be closed; after
// outq.ErrClosed it is.
func (c *Conn) Send(ms ...*outq.Message) error {
	c.mu.Lock()
	if c.ended { // the queue itself stays open for the last packet
		c.mu.Unlock()
		return outq.ErrClosed
	}
	for _, m := range ms {
		if err := c.q.Push(m); err != nil {
			c.mu.Unlock()
			return err
		}
	}
	c.mu.Unlock()
	c.wake()
	return nil
}

// SendText queues one text message.
func (c *Conn) SendText(text []byte) error {
	p := make([]byte, 0, len(text)+1)
	return c.Send(outq.NewRaw(append(append(p, typeMessage), text...), false))
}

// SendBinary queues one binary message.
func (c *Conn) SendBinary(data []byte) error { return c.Send(outq.NewRaw(data, true)) }

// SetEncoding has what is sent from now on rendered in another encoding than
// outq.SocketIO. It must be called by the Receiver or in Accept.
func (c *Conn) SetEncoding(e outq.Encoding) {
	if p := c.poll.Load(); p != nil {
		p.setEncoding(e)
		return
	}
	c.w.Load().SetEncoding(e)
}

// wake says that the queue has something.
func (c *Conn) wake() {
	if w := c.w.Load(); w != nil {
		w.Wake()
		return
	}
	// Between the two loads an upgrade may have happened; it wakes the writer itself.
	if p := c.poll.Load(); p != nil {
		p.signal()
	}
}

// Close sends what is queued and closes the connection. It never blocks and may
// be called more than once. code goes into the close frame; 0 stands for none.
func (c *Conn) Close(code uint16, reason string) { c.end(reason, polite, code) }

// ending says how a connection ends.
type ending uint8

const (
	polite   ending = iota // what is queued goes out first
	byClient               // the client has said so
	abrupt                 // nothing more is said
)

// end closes the connection, whoever asks first. The owner calls Closed.
func (c *Conn) end(reason string, how ending, code uint16) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended, c.reason, c.code = true, reason, code
	l, probe, p, w := c.link, c.probe, c.poll.Load(), c.w.Load()
	c.mu.Unlock()

	c.srv.wheel.remove(c)
	if probe != nil && how != polite {
		_ = probe.nc.Close() // an upgrade of nothing; else see promote
	}
	if l == nil {
		if p.finish(how) {
			c.srv.forget(c)
		} else {
			c.srv.forgetLater(c)
		}
		go p.closed(c)
		return
	}
	c.srv.forget(c)
	if how == abrupt {
		w.Close()
	} else {
		w.CloseAfter(outq.NewClose(code, reason))
	}
	l.line.Interrupt()
}

// writeFailed is told by the writer, which has closed the connection.
func (c *Conn) writeFailed(error) { c.end(ReasonTransportError, abrupt, 0) }

// closed is called by the owner when no message can follow.
func (c *Conn) closed() {
	defer c.srv.alive.Done()
	defer c.recovered()
	c.srv.count.Add(-1)
	c.mu.Lock()
	reason := c.reason
	c.mu.Unlock()
	c.recv.Closed(reason)
}

// recovered keeps a panic in a Receiver from ending everybody's connection. It
// must be deferred itself.
func (c *Conn) recovered() {
	if v := recover(); v != nil {
		c.panicked(v)
	}
}

func (c *Conn) panicked(v any) {
	if c.srv.cfg.Panic != nil {
		c.srv.cfg.Panic(v, debug.Stack())
	}
	c.end(ReasonForcedClose, polite, 1011)
}

func (c *Conn) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// packet handles one packet of the client. An error has ended the connection.
func (c *Conn) packet(p []byte, binary bool) error {
	if binary {
		return c.message(p, true)
	}
	if len(p) == 0 {
		return c.refuse(errPayload)
	}
	switch p[0] {
	case typeMessage:
		return c.message(p[1:], false)
	case typePong:
		c.pong()
	case typeClose:
		c.end(ReasonTransportClose, byClient, 0)
		return errEnded
	case typePing:
		c.end(ReasonTransportError, abrupt, 0) // Engine.IO 3: there the client pings
		return errEnded
	case typeOpen, typeUpgrade, typeNoop:
	default:
		return c.refuse(errPayload)
	}
	return nil
}

func (c *Conn) message(data []byte, binary bool) error {
	if err := c.recv.Message(data, binary); err != nil {
		return c.refuse(err)
	}
	return nil
}

func (c *Conn) refuse(err error) error {
	c.end(ReasonParseError, abrupt, 0)
	return err
}
