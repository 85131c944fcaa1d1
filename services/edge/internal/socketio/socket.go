package socketio

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/wemaps/wemaps/services/edge/internal/engineio"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// Reasons that Handler.Closed is given besides those of engineio.
const (
	ReasonClientDisconnect = "client namespace disconnect"
	ReasonServerDisconnect = "server namespace disconnect"
)

// Socket is one client in one namespace.
type Socket struct {
	client    *client
	handler   Handler
	namespace string
	id        string

	state atomic.Uint32
	mu    sync.Mutex      // guards what follows; before outq's
	held  []*outq.Message // sent before the client knows that it is connected
	acks  *ackTable
}

// States of a Socket.
const (
	stateOpening uint32 = iota
	stateOpen
	stateClosed  // nothing more is sent
	stateRemoved // and Closed has been called
)

// maxHeld bounds what may be sent during Connect.
const maxHeld = 256

// newID makes a public id: unlike the session's it opens nothing.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ID is unique. The client knows it, unless it has been recovered.
func (s *Socket) ID() string { return s.id }

// Namespace returns the name.
func (s *Socket) Namespace() string { return s.namespace }

// Push sends messages that are Socket.IO packets of this namespace already, with
// nothing between them. Errors are those of engineio.Conn.Send.
func (s *Socket) Push(ms ...*outq.Message) error {
	if s.state.Load() == stateOpen {
		return s.client.conn.Send(ms...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.state.Load() {
	case stateOpening:
		if len(s.held)+len(ms) > maxHeld {
			return outq.ErrOverflow
		}
		s.held = append(s.held, ms...)
		return nil
	case stateOpen:
		return s.client.conn.Send(ms...)
	}
	return outq.ErrClosed
}

// establish tells the client what it has missed, that it is connected, and then
// what was held.
func (s *Socket) establish() {
	var pid, sid string
	var ms []*outq.Message
	if r, ok := s.handler.(Recoverer); ok {
		pid, sid, ms = r.Recover()
	}
	b := appendHead(make([]byte, 0, 64), Connect, 0, s.namespace, -1)
	b = appendString(append(b, `{"sid":`...), cmp.Or(sid, s.id))
	if pid != "" {
		b = appendString(append(b, `,"pid":`...), pid)
	}
	ms = append(ms, outq.NewRaw(append(b, '}'), false))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Load() != stateOpening {
		return // closed by this side meanwhile
	}
	_ = s.client.conn.Send(append(ms, s.held...)...) // its owner learns of the end
	s.held = nil
	s.state.Store(stateOpen)
}

// abort ends a socket that never was connected.
func (s *Socket) abort() {
	s.mu.Lock()
	s.held = nil
	s.state.Store(stateRemoved)
	s.mu.Unlock()
}

func (s *Socket) isClosed() bool { return s.state.Load() >= stateClosed }

// closed tells the handler. The caller holds client.run.
func (s *Socket) closed(reason string) {
	s.mu.Lock()
	again := s.state.Load() == stateRemoved
	s.state.Store(stateRemoved)
	acks := s.acks
	s.mu.Unlock()
	if again {
		return
	}
	acks.fail(ErrClosed)
	s.handler.Closed(reason)
}

// Disconnect takes the client out of the namespace and leaves it its connection.
// An official client does not come back by itself.
func (s *Socket) Disconnect() {
	s.mu.Lock()
	if s.state.Load() != stateOpen {
		s.mu.Unlock()
		return
	}
	_ = s.client.conn.Send(s.disconnectPacket()) // if it is gone there is nothing to leave
	s.state.Store(stateClosed)
	s.mu.Unlock()
	go func() { // the caller may hold client.run
		c := s.client
		c.run.Lock()
		defer c.run.Unlock()
		c.remove(s)
		s.closed(ReasonServerDisconnect)
	}()
}

// Close ends the client's connection, after what is queued. With reconnect an
// official client comes back by itself; without it gets a DISCONNECT first and
// stays away. code goes into the WebSocket close frame.
func (s *Socket) Close(code uint16, reconnect bool) {
	if !reconnect {
		_ = s.Push(s.disconnectPacket()) // if it is gone there is nothing to say
	}
	s.client.conn.Close(code, engineio.ReasonForcedClose)
}

func (s *Socket) disconnectPacket() *outq.Message {
	b := appendHead(make([]byte, 0, 16), Disconnect, 0, s.namespace, -1)
	if s.namespace == MainNamespace {
		return mainDisconnect
	}
	return outq.NewRaw(b, false)
}

var mainDisconnect = outq.NewRaw([]byte("41"), false)

// Outgoing is an event or the arguments of an ack. Args are JSON; where an
// attachment belongs they have {"_placeholder":true,"num":<its index>}.
type Outgoing struct {
	Name        string // events only; not a reserved one
	Args        []json.RawMessage
	Attachments [][]byte
}

// Emit sends an event.
func (s *Socket) Emit(o Outgoing) error { return s.emit(o, -1) }

func (s *Socket) emit(o Outgoing, id int64) error {
	if reserved([]byte(o.Name)) {
		return errReserved
	}
	return s.send(EventPacket, id, appendString(nil, o.Name), o)
}

// buffers hold a packet until outq has copied it.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

// send encodes and queues one packet with its attachments.
func (s *Socket) send(t Type, id int64, name []byte, o Outgoing) error {
	if len(o.Attachments) > 0 {
		t += BinaryEvent - EventPacket
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b := appendHead((*buf)[:0], t, len(o.Attachments), s.namespace, id)
	b = appendArgs(b, name, o.Args)
	if cap(b) <= maxPooledBuffer {
		*buf = b
	}
	head := outq.NewRaw(b, false)
	if len(o.Attachments) == 0 {
		return s.Push(head)
	}
	ms := append(make([]*outq.Message, 0, len(o.Attachments)+1), head)
	for _, a := range o.Attachments {
		ms = append(ms, outq.NewRaw(a, true))
	}
	return s.Push(ms...)
}

const maxPooledBuffer = 64 << 10
