package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/engineio"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// client is one connection with its sockets. Its Message and Closed are called by
// the connection's owner.
type client struct {
	srv  *Server
	conn *engineio.Conn

	run       sync.Mutex // held while a Handler is called; guards what follows
	handshake *Handshake // nil when it is needed no more
	main      *Socket    // of MainNamespace
	others    map[string]*Socket
	partial   *partial // a binary packet whose attachments are still coming
	first     Socket   // memory of the first main, as most clients need no other
	refusals  uint8
	used      bool // first is, or has been, a socket
}

// partial is a binary packet and what has come of its attachments.
type partial struct {
	packet      Packet
	attachments [][]byte
	bytes       int
}

// maxRefusals is how many CONNECTs may fail on one connection.
const maxRefusals = 5

var (
	errUnexpectedText   = errors.New("text instead of an attachment")
	errUnexpectedBinary = errors.New("attachment without a packet")
	errTooManyBytes     = errors.New("attachments are too big")
	errNotConnected     = errors.New("packet before CONNECT")
	errConnected        = errors.New("second CONNECT")

	// errInvalidNamespace has the official server's text.
	errInvalidNamespace = errors.New("Invalid namespace") //nolint:staticcheck // upper case
)

// Message implements engineio.Receiver.
func (c *client) Message(data []byte, binary bool) error {
	c.run.Lock()
	defer c.run.Unlock()
	if binary {
		return c.attach(data)
	}
	if c.partial != nil {
		return errUnexpectedText
	}
	mem := scratches.Get().(*scratch)
	defer func() { clear(mem.args[:]); scratches.Put(mem) }()
	p, err := decode(data, mem.args[:0], &c.srv.cfg.Limits)
	if err != nil {
		return err
	}
	if p.Attachments > 0 {
		if c.socket(p.Namespace) == nil {
			return c.stray()
		}
		c.partial = &partial{packet: p.clone()}
		return nil
	}
	return c.packet(p, nil)
}

// attach takes one attachment.
func (c *client) attach(data []byte) error {
	part := c.partial
	if part == nil {
		return errUnexpectedBinary
	}
	if part.bytes += len(data); part.bytes > c.srv.cfg.Limits.AttachmentBytes {
		return errTooManyBytes
	}
	part.attachments = append(part.attachments, append([]byte(nil), data...))
	if len(part.attachments) < part.packet.Attachments {
		return nil
	}
	c.partial = nil
	return c.packet(part.packet, part.attachments)
}

// clone gives a packet memory of its own.
func (p Packet) clone() Packet {
	args := make([]json.RawMessage, len(p.Args))
	for i, arg := range p.Args {
		args[i] = append(json.RawMessage(nil), arg...)
	}
	p.Args = args
	return p
}

// packet handles one whole packet.
func (c *client) packet(p Packet, attachments [][]byte) error {
	s := c.socket(p.Namespace)
	if p.Type == Connect {
		if s != nil {
			return errConnected
		}
		return c.connect(p.Namespace, p.Auth)
	}
	if s == nil {
		return c.stray()
	}
	switch p.Type {
	case Disconnect:
		c.remove(s)
		s.closed(ReasonClientDisconnect)
		if c.srv.single() {
			c.conn.Close(0, ReasonClientDisconnect) // there is nothing else to connect to
		}
	case EventPacket, BinaryEvent:
		s.handler.Event(context.Background(), Event{
			Name: c.srv.eventName(p.Args[0]), Args: p.Args[1:], Attachments: attachments,
			socket: s, id: p.ID,
		})
	case Ack, BinaryAck:
		s.acked(p.ID, p.Args, attachments)
	}
	return nil
}

// stray is a packet for a namespace that the client is not connected to. It may
// have crossed with this side's DISCONNECT; only a client that has never
// connected breaks the rules for certain.
func (c *client) stray() error {
	if c.used || len(c.others) > 0 {
		return nil
	}
	return errNotConnected
}

func (c *client) socket(namespace string) *Socket {
	s := c.main
	if namespace != MainNamespace {
		s = c.others[namespace]
	}
	if s != nil && s.isClosed() {
		return nil // by this side, which removes it soon
	}
	return s
}

// remove forgets s unless its place has been taken.
func (c *client) remove(s *Socket) {
	switch {
	case c.main == s:
		c.main = nil
	case c.others[s.namespace] == s:
		delete(c.others, s.namespace)
	}
}

// connect asks the namespace and answers the client.
func (c *client) connect(namespace string, auth json.RawMessage) error {
	ns := c.srv.namespaces[namespace]
	if ns == nil {
		c.reject(namespace, errInvalidNamespace)
		return nil
	}
	if c.handshake == nil {
		return errConnected
	}
	s := c.newSocket(namespace)
	h := *c.handshake
	h.Auth = append(json.RawMessage(nil), auth...)
	ctx, cancel := context.WithTimeout(context.Background(), c.srv.cfg.ConnectTimeout)
	defer cancel()
	handler, err := ns.Connect(ctx, s, h)
	if err != nil {
		s.abort()
		c.reject(namespace, err)
		return nil
	}
	s.handler = handler
	if namespace == MainNamespace {
		c.main = s
	} else {
		if c.others == nil {
			c.others = make(map[string]*Socket)
		}
		c.others[namespace] = s
	}
	if c.srv.single() {
		c.handshake = nil
	}
	c.conn.SetIdleTimeout(0)
	s.establish()
	return nil
}

func (c *client) newSocket(namespace string) *Socket {
	// Memory is never used for two sockets: whoever still holds the first one
	// would talk to the second.
	s := &c.first
	if c.used || namespace != MainNamespace {
		s = new(Socket)
	} else {
		c.used = true
	}
	s.client, s.namespace, s.id = c, namespace, newID()
	return s
}

func (c *client) reject(namespace string, err error) {
	if t := Temporary(nil); errors.As(err, &t) && t.Temporary() {
		c.conn.Close(uint16(wire.CloseInternal.Code), engineio.ReasonForcedClose)
		return
	}
	b := appendHead(nil, ConnectError, 0, namespace, -1)
	b = appendString(append(b, `{"message":`...), err.Error())
	if e := ErrorData(nil); errors.As(err, &e) {
		b = append(append(b, `,"data":`...), e.ErrorData()...)
	}
	_ = c.conn.Send(outq.NewRaw(append(b, '}'), false)) // if it is gone it needs no answer
	if c.refusals++; c.refusals >= maxRefusals {
		c.conn.Close(0, engineio.ReasonForcedClose)
	}
}

// Closed implements engineio.Receiver.
func (c *client) Closed(reason string) {
	c.run.Lock()
	defer c.run.Unlock()
	c.partial = nil
	for _, s := range c.others {
		s.closed(reason)
	}
	if c.main != nil {
		c.main.closed(reason)
	}
	c.main, c.others = nil, nil
}
