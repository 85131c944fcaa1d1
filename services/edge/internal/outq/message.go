package outq

import (
	"encoding/json"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// Encoding is the dialect that a socket speaks.
type Encoding uint8

const (
	// SocketIO is an event packet of Socket.IO 5 inside Engine.IO 4, default namespace.
	SocketIO Encoding = iota
	// Native is the envelope of /ws.
	Native
	// SocketIOBatch and NativeBatch are for clients that asked for locations-updated:
	// a Writer makes one of the positions that go out together.
	SocketIOBatch
	NativeBatch

	encodings // how many there are, without Deflate
)

// Class says what a slow socket may do to a message.
type Class uint8

const (
	// Ordered messages are neither dropped nor reordered; the socket closes first.
	Ordered Class = iota
	// Position messages are replaced by a newer one with the same key.
	Position
	// Transient messages (typing …) are dropped as soon as a socket lags.
	Transient
)

// Message is immutable and shared by all the sockets of a broadcast. It is
// rendered when first asked for, at most once per encoding.
type Message struct {
	key   string
	event string
	data  []byte
	place string // in the room's log: the last argument, in Socket.IO; "" = none
	hash  uint32
	class Class
	raw   bool // the same bytes in every encoding

	mu       sync.Mutex // guards the first rendering only
	rendered [encodings]atomic.Pointer[rendering]
}

// rendering is a WebSocket header and its payload in one piece of memory.
type rendering struct {
	frame    []byte
	deflated atomic.Pointer[rendering] // for those who inflate; may be the rendering itself
}

func (r *rendering) payload() []byte { return r.frame[headerLenOf(r.frame):] }

// keySeed makes key collisions unpredictable to whoever picks the keys.
var keySeed = maphash.MakeSeed()

// NewEvent makes an event for many sockets. data is raw JSON (one value) and must
// not be changed afterwards; empty data means an event without argument. key
// matters for Position only and names what a newer message replaces.
func NewEvent(class Class, key, event string, data []byte) *Message {
	m := &Message{class: class, key: key, event: event, data: data}
	if class == Position {
		m.hash = uint32(maphash.String(keySeed, key))
	}
	return m
}

// NewEventAt is NewEvent for an Ordered event with a place in its room's log,
// which Socket.IO clients get as its last argument, and come back with.
func NewEventAt(event string, data []byte, place string) *Message {
	m := NewEvent(Ordered, "", event, data)
	m.place = place
	return m
}

// Place is what NewEventAt was given.
func (m *Message) Place() string { return m.place }

// NewRaw makes an Ordered message of bytes that are already in the encoding of
// their one socket: Engine.IO packets, acks, replies. payload may be reused by the
// caller afterwards.
func NewRaw(payload []byte, binary bool) *Message {
	if binary {
		return newRendered(opBinary, payload)
	}
	return newRendered(opText, payload)
}

// NewPing, NewPong and NewClose make WebSocket control frames. Payloads and
// reasons are cut to what a control frame holds (125 and 123 bytes).
func NewPing(payload []byte) *Message { return newControl(opPing, payload) }

// NewPong answers a ping with the payload of that ping.
func NewPong(payload []byte) *Message { return newControl(opPong, payload) }

// NewClose says why the connection ends. Code 0 sends no code and no reason.
func NewClose(code uint16, reason string) *Message {
	if code == 0 {
		return newControl(opClose, nil)
	}
	reason = truncateUTF8(reason, maxControl-2)
	return newControl(opClose, append([]byte{byte(code >> 8), byte(code)}, reason...))
}

func newControl(op byte, payload []byte) *Message {
	return newRendered(op, payload[:min(len(payload), maxControl)])
}

func newRendered(op byte, payload []byte) *Message {
	head := headerLen(len(payload))
	frame := make([]byte, head, head+len(payload))
	putHeader(frame, op, len(payload))
	m := &Message{raw: true}
	m.rendered[0].Store(&rendering{frame: append(frame, payload...)})
	return m
}

// Class returns the class the message was made with.
func (m *Message) Class() Class { return m.class }

// Payload returns what the client's protocol parser sees, without a WebSocket
// header, and whether it belongs into a binary message. The bytes are shared:
// never modify them.
func (m *Message) Payload(e Encoding) (payload []byte, binary bool) {
	r := m.render(e &^ Deflate)
	return r.payload(), r.frame[0]&0x0f == opBinary
}

// Frame returns an unmasked WebSocket header and the payload. The bytes are
// shared: never modify them.
func (m *Message) Frame(e Encoding) []byte {
	r := m.render(e &^ Deflate)
	if e&Deflate == 0 {
		return r.frame
	}
	if d := r.deflated.Load(); d != nil {
		return d.frame
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d := r.deflated.Load()
	if d == nil {
		d = r.deflate()
		r.deflated.Store(d)
	}
	return d.frame
}

// size estimates the rendered length without rendering.
func (m *Message) size() int {
	if m.raw {
		return len(m.rendered[0].Load().frame)
	}
	return len(m.event) + len(m.data) + len(m.place) + envelopeLen
}

func (m *Message) render(e Encoding) *rendering {
	switch {
	case m.raw:
		e = 0
	case e.batches() && !m.batchable():
		e = e.single()
	}
	if r := m.rendered[e].Load(); r != nil {
		return r
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rendered[e].Load()
	if r == nil {
		r = encode(e, m.event, m.data, m.place)
		m.rendered[e].Store(r)
	}
	return r
}

// envelopeLen is more than either encoding adds around event and data.
const envelopeLen = 48

func encode(e Encoding, event string, data []byte, place string) *rendering {
	const room = maxHeader
	buf := make([]byte, room, room+len(event)+len(data)+len(place)+envelopeLen)
	switch e {
	case SocketIO:
		buf = appendString(append(buf, `42[`...), event)
		if len(data) > 0 {
			buf = append(append(buf, ','), data...)
		}
		if place != "" {
			buf = appendString(append(buf, ','), place)
		}
		buf = append(buf, ']')
	case SocketIOBatch, NativeBatch:
		buf = append(append(append(buf, batchOpen[e]...), data...), batchClose[e]...)
	default:
		buf = appendString(append(buf, `{"v":1,"type":`...), event)
		if len(data) > 0 {
			buf = append(append(buf, `,"data":`...), data...)
		}
		buf = append(buf, '}')
	}
	// The header's length is known only now: it is put right before the payload.
	n := len(buf) - room
	head := headerLen(n)
	frame := buf[room-head:]
	putHeader(frame, opText, n)
	return &rendering{frame: frame}
}

// appendString appends s as a JSON string. Event names are plain words, which
// need no escaping.
func appendString(buf []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(buf, quoted...)
		}
	}
	buf = append(buf, '"')
	buf = append(buf, s...)
	return append(buf, '"')
}
