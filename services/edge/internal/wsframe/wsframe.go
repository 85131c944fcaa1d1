// Package wsframe reads the client's half of a WebSocket (RFC 6455) from
// whatever pieces the network delivers.
//
// It is a push parser: bytes go in, whole messages come out, and between two
// messages it holds no memory. Blocking readers keep a buffer and a deep stack
// per connection, which at fifteen thousand idle connections is most of the
// process, and they tie a goroutine to every connection. This one does not care
// who feeds it, a goroutine per connection or one poller for all.
//
// The only extension is permessage-deflate (RFC 7692) without context takeover,
// where it was negotiated; any other frame with a reserved bit is refused.
package wsframe

import (
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf8"
)

// Opcode says what a frame carries.
type Opcode byte

// The opcodes of RFC 6455, section 5.2.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xa
)

// Close codes that this package answers with.
const (
	CodeProtocolError  uint16 = 1002
	CodeInvalidPayload uint16 = 1007
	CodePolicy         uint16 = 1008
	CodeTooBig         uint16 = 1009

	// CodeNone stands for a close frame without a code.
	CodeNone uint16 = 1005
)

// Error is a violation by the client. The connection must end with Code.
type Error struct {
	Code uint16
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("websocket %d: %s", e.Code, e.Text) }

var (
	errReserved     = &Error{CodeProtocolError, "reserved bits are set"}
	errOpcode       = &Error{CodeProtocolError, "unknown opcode"}
	errUnmasked     = &Error{CodeProtocolError, "frame is not masked"}
	errControl      = &Error{CodeProtocolError, "control frame is fragmented or too long"}
	errContinuation = &Error{CodeProtocolError, "continuation without a start"}
	errInterleaved  = &Error{CodeProtocolError, "new message inside a fragmented one"}
	errClosePayload = &Error{CodeProtocolError, "invalid close payload"}
	errUTF8         = &Error{CodeInvalidPayload, "text is not UTF-8"}
	errTooBig       = &Error{CodeTooBig, "message too big"}
	errFlood        = &Error{CodePolicy, "too many frames"}
)

// A peer may send manyFrames frames in frameWindow, whatever is in them. No client of anybody's comes near that; a few that
// send pongs or empty fragments as fast as they can would keep a processor busy.
const (
	manyFrames  = 4096
	frameWindow = 8 * time.Second
)

var started = time.Now()

// Sink gets whole messages (Text, Binary) and control frames, in order. payload
// is valid only until Message returns. An error stops the reader and is returned
// by Feed.
type Sink interface {
	Message(op Opcode, payload []byte) error
}

// Reader holds what is known of an unfinished frame or message. The zero value
// is ready. It belongs to one goroutine at a time.
type Reader struct {
	carry []byte // bytes of an unfinished frame
	frag  []byte // payload of the fragments so far
	op    Opcode // of the fragmented message; 0: there is none
	rsv1  bool   // it is compressed

	frames uint16 // since
	since  uint32 // ms after the process started

	// Inflate says that permessage-deflate was negotiated. It is set at the start.
	Inflate bool
}

// Feed takes the next bytes from the network and hands every message that they
// complete to sink. chunk is modified (unmasked in place) and not kept. No
// message may be longer than limit bytes, compressed or not. After an error the reader is of no
// further use.
func (r *Reader) Feed(chunk []byte, limit int, sink Sink) error {
	if len(r.carry) == 0 {
		rest, err := r.parse(chunk, limit, sink)
		if err == nil && len(rest) > 0 {
			r.carry = append(r.carry, rest...)
		}
		return err
	}
	r.carry = append(r.carry, chunk...)
	rest, err := r.parse(r.carry, limit, sink)
	switch {
	case len(rest) == 0:
		r.carry = nil
	case len(rest) < len(r.carry):
		r.carry = append([]byte(nil), rest...) // lets a large buffer go
	}
	return err
}

func (r *Reader) parse(b []byte, limit int, sink Sink) (rest []byte, err error) {
	for len(b) > 0 {
		h, ok, err := parseHeader(b, r.Inflate)
		if err != nil {
			return nil, err
		}
		if !ok {
			return b, nil
		}
		if h.length+uint64(len(r.frag)) > uint64(limit) && h.op < Close {
			return nil, errTooBig // before its bytes are waited for and stored
		}
		end := uint64(h.size) + h.length
		if uint64(len(b)) < end {
			return b, nil
		}
		payload := b[h.size:end:end]
		unmask(payload, h.key)
		if r.flooded() {
			return nil, errFlood
		}
		if err := r.frame(h, payload, limit, sink); err != nil {
			return nil, err
		}
		b = b[end:]
	}
	return nil, nil
}

// flooded counts a frame, and looks at the clock every manyFrames frames.
func (r *Reader) flooded() bool {
	if r.frames++; r.frames > 1 && r.frames < manyFrames {
		return false
	}
	now := uint32(time.Since(started).Milliseconds()) //nolint:gosec // it may wrap around, after seven weeks
	if r.frames == manyFrames && now-r.since < uint32(frameWindow.Milliseconds()) {
		return true
	}
	if r.frames != 1 {
		r.frames = 1
	}
	r.since = now
	return false
}

func (r *Reader) frame(h header, payload []byte, limit int, sink Sink) error {
	switch {
	case h.op == Close:
		if err := checkClose(payload); err != nil {
			return err
		}
		return sink.Message(h.op, payload)
	case h.op > Close:
		return sink.Message(h.op, payload)
	case h.op == Continuation && r.op == 0:
		return errContinuation
	case h.op != Continuation && r.op != 0:
		return errInterleaved
	case h.op != Continuation && h.fin:
		return deliver(h.op, h.rsv1, payload, limit, sink)
	}
	if h.op != Continuation {
		r.op, r.rsv1 = h.op, h.rsv1
	}
	r.frag = append(r.frag, payload...)
	if !h.fin {
		return nil
	}
	op, whole := r.op, r.frag
	r.op, r.frag = 0, nil
	return deliver(op, r.rsv1, whole, limit, sink)
}

func deliver(op Opcode, compressed bool, payload []byte, limit int, sink Sink) error {
	if compressed {
		return inflate(payload, limit, func(whole []byte) error {
			return deliver(op, false, whole, limit, sink)
		})
	}
	if op == Text && !utf8.Valid(payload) {
		return errUTF8
	}
	return sink.Message(op, payload)
}

type header struct {
	length uint64
	key    [4]byte
	size   int // of the header itself
	op     Opcode
	fin    bool
	rsv1   bool
}

const (
	rsv1Bit = 0x40
	rsvBits = 0x70
)

// parseHeader reports false when b ends before the header does. Only the first
// frame of a message of text or binary may say that it is compressed.
func parseHeader(b []byte, inflate bool) (h header, ok bool, err error) {
	h.fin, h.op = b[0]&0x80 != 0, Opcode(b[0]&0x0f)
	if rsv := b[0] & rsvBits; rsv == rsv1Bit && inflate && (h.op == Text || h.op == Binary) {
		h.rsv1 = true
	} else if rsv != 0 {
		return h, false, errReserved
	}
	if h.op > Binary && h.op < Close || h.op > Pong {
		return h, false, errOpcode
	}
	if len(b) < 2 {
		return h, false, nil
	}
	if b[1]&0x80 == 0 {
		return h, false, errUnmasked
	}
	h.length = uint64(b[1] & 0x7f)
	if h.op >= Close && (!h.fin || h.length > 125) {
		return h, false, errControl
	}
	h.size = 6
	switch h.length {
	case 126:
		h.size = 8
	case 127:
		h.size = 14
	}
	if len(b) < h.size {
		return h, false, nil
	}
	switch h.length {
	case 126:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		h.length = binary.BigEndian.Uint64(b[2:])
	}
	if h.length > 1<<62 {
		return h, false, errTooBig
	}
	copy(h.key[:], b[h.size-4:])
	return h, true, nil
}

// unmask undoes the client's masking in place, eight bytes at a time.
func unmask(p []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	n := len(p) &^ 7
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(p[i:], binary.LittleEndian.Uint64(p[i:])^k)
	}
	for i := n; i < len(p); i++ {
		p[i] ^= key[i&3]
	}
}

// checkClose applies RFC 6455, section 7.4, to the payload of a close frame.
func checkClose(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	code := CloseCode(p)
	valid := code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006 ||
		code >= 3000 && code <= 4999
	if len(p) < 2 || !valid {
		return errClosePayload
	}
	if !utf8.Valid(p[2:]) {
		return errUTF8
	}
	return nil
}

// CloseCode returns the code in the payload of a close frame.
func CloseCode(payload []byte) uint16 {
	if len(payload) < 2 {
		return CodeNone
	}
	return binary.BigEndian.Uint16(payload)
}
