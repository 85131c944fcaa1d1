package wsread

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"unicode/utf8"
)

// Op is the kind of a message.
type Op byte

// The opcodes of RFC 6455, section 5.2.
const (
	continuation Op = 0x0
	Text         Op = 0x1
	Binary       Op = 0x2
	Close        Op = 0x8
	Ping         Op = 0x9
	Pong         Op = 0xa
)

// Errors of Next, besides those of the connection. After any error the
// connection must be closed; the close codes are 1009, 1007 and 1002.
var (
	ErrTooBig   = errors.New("message exceeds the limit")
	ErrNotUTF8  = errors.New("text message is not UTF-8")
	ErrProtocol = errors.New("frame violates the WebSocket protocol")
)

const (
	maxControl = 125
	// maxHeader is that of a masked frame, as clients send them.
	maxHeader = 14
	// maxFragments bounds what a message of empty fragments can cost.
	maxFragments = 1024
	chunkBytes   = 4096
)

// chunks are read buffers, lent while there is something in them.
var chunks = sync.Pool{New: func() any { return new([chunkBytes]byte) }}

// Reader reads the messages of one client. It is used by one goroutine.
type Reader struct {
	conn net.Conn
	raw  syscall.RawConn // nil: blocking reads, with a buffer held
	fill func(fd uintptr) bool

	chunk  *[chunkBytes]byte // borrowed, or nil
	buf    []byte            // chunk[:], or larger when a frame is
	unread []byte            // of buf
	err    error             // of the last read

	limit     int
	parts     []byte // fragments of a message so far
	fragments int
	kind      Op // of the fragmented message; 0: none has begun
}

// New reads from conn, from which buffered bytes were read already. limit is the
// largest message in bytes.
func New(conn net.Conn, buffered []byte, limit int) *Reader {
	r := &Reader{conn: conn, limit: limit, unread: buffered}
	if sc, ok := conn.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			r.raw, r.fill = raw, r.readReady
		}
	}
	return r
}

// Next waits for a whole message or control frame. payload is valid until the
// following call. io.EOF means that the client is gone without a close frame.
func (r *Reader) Next() (op Op, payload []byte, err error) {
	op, payload, err = r.next()
	if err != nil {
		r.release()
	}
	return op, payload, err
}

func (r *Reader) next() (op Op, payload []byte, err error) {
	for {
		f, payload, err := r.frame()
		if err != nil {
			return 0, nil, err
		}
		switch {
		case f.op >= Close:
			return f.op, payload, nil
		case (f.op == continuation) != (r.kind != 0):
			return 0, nil, ErrProtocol
		case f.fin && r.kind == 0:
			return r.whole(f.op, payload)
		}
		if op, payload, err := r.assemble(f, payload); op != 0 || err != nil {
			return op, payload, err
		}
	}
}

// assemble adds a fragment; op is 0 as long as more are to come.
func (r *Reader) assemble(f header, payload []byte) (op Op, message []byte, err error) {
	if r.kind == 0 {
		r.kind = f.op
	}
	if r.fragments++; r.fragments > maxFragments {
		return 0, nil, ErrProtocol
	}
	r.parts = append(r.parts, payload...)
	if !f.fin {
		return 0, nil, nil
	}
	op, message = r.kind, r.parts
	r.kind, r.parts, r.fragments = 0, nil, 0
	return r.whole(op, message)
}

func (r *Reader) whole(op Op, payload []byte) (Op, []byte, error) {
	if op == Text && !utf8.Valid(payload) {
		return 0, nil, ErrNotUTF8
	}
	return op, payload, nil
}

type header struct {
	op     Op
	fin    bool
	size   int // of the header
	length int // of the payload
	mask   [4]byte
}

// frame returns the next frame, unmasked in place.
func (r *Reader) frame() (header, []byte, error) {
	for {
		h, ok, err := parseHeader(r.unread, r.limit-len(r.parts))
		if err != nil {
			return h, nil, err
		}
		total := h.size + h.length
		if ok && len(r.unread) >= total {
			payload := r.unread[h.size:total]
			r.unread = r.unread[total:]
			unmask(payload, h.mask)
			return h, payload, nil
		}
		if !ok {
			total = maxHeader
		}
		if err := r.more(total); err != nil {
			return h, nil, err
		}
	}
}

// parseHeader reports whether b holds a whole header. limit bounds the payload of
// data frames; it is judged by the header alone, before any of it is read.
func parseHeader(b []byte, limit int) (h header, ok bool, err error) {
	if len(b) < 2 {
		return h, false, nil
	}
	h.fin, h.op = b[0]&0x80 != 0, Op(b[0]&0x0f)
	if b[0]&0x70 != 0 || b[1]&0x80 == 0 {
		return h, false, ErrProtocol // an extension nobody agreed on, or no mask
	}
	h.length, h.size = int(b[1]&0x7f), 2
	switch h.op {
	case continuation, Text, Binary:
	case Close, Ping, Pong:
		if !h.fin || h.length > maxControl {
			return h, false, ErrProtocol
		}
	default:
		return h, false, ErrProtocol
	}
	switch {
	case h.length == 126:
		if h.size = 4; len(b) < h.size {
			return h, false, nil
		}
		h.length = int(binary.BigEndian.Uint16(b[2:]))
	case h.length == 127:
		if h.size = 10; len(b) < h.size {
			return h, false, nil
		}
		long := binary.BigEndian.Uint64(b[2:])
		if long > uint64(max(limit, 0)) {
			return h, false, ErrTooBig
		}
		h.length = int(long)
	}
	if h.op < Close && h.length > limit {
		return h, false, ErrTooBig
	}
	if len(b) < h.size+4 {
		return h, false, nil
	}
	copy(h.mask[:], b[h.size:])
	h.size += 4
	return h, true, nil
}

// unmask works on eight bytes at a time where it can.
func unmask(b []byte, mask [4]byte) {
	m := uint64(binary.LittleEndian.Uint32(mask[:]))
	m |= m << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^m)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= mask[i&3]
	}
}

// more reads at least one byte behind what is unread, into a buffer that has room
// for total bytes.
func (r *Reader) more(total int) error {
	if len(r.unread) == 0 {
		r.release()
	} else {
		r.makeRoom(total)
	}
	if r.raw == nil {
		return r.readBlocking()
	}
	r.err = nil
	if err := r.raw.Read(r.fill); err != nil {
		return err
	}
	return r.err
}

// makeRoom moves what is unread to the start of a buffer for total bytes.
func (r *Reader) makeRoom(total int) {
	kept := len(r.unread)
	switch {
	case total <= len(r.buf):
		copy(r.buf, r.unread)
	case total <= chunkBytes:
		r.borrow()
		copy(r.buf, r.unread)
	default:
		large := make([]byte, total+maxHeader)
		copy(large, r.unread)
		r.release()
		r.buf = large
	}
	r.unread = r.buf[:kept]
}

// readReady is called when the descriptor may be readable; false means that it is
// not, and that the goroutine should sleep, without a buffer if it holds no bytes.
func (r *Reader) readReady(fd uintptr) bool {
	space := r.space()
	for {
		n, err := syscall.Read(int(fd), space)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			if len(r.unread) == 0 {
				r.release()
			}
			return false
		case err != nil:
			r.err = err
		case n == 0:
			r.err = io.EOF
		default:
			r.unread = r.buf[:len(r.unread)+n]
		}
		return true
	}
}

func (r *Reader) readBlocking() error {
	n, err := r.conn.Read(r.space())
	if n > 0 {
		r.unread = r.buf[:len(r.unread)+n]
		return nil
	}
	return err
}

// space is where to read to: behind what is unread, which starts the buffer.
func (r *Reader) space() []byte {
	if r.buf == nil {
		r.borrow()
	}
	return r.buf[len(r.unread):]
}

func (r *Reader) borrow() {
	r.chunk = chunks.Get().(*[chunkBytes]byte)
	r.buf = r.chunk[:]
}

// release gives the buffer up, and what is unread in it.
func (r *Reader) release() {
	if r.chunk != nil {
		chunks.Put(r.chunk)
	}
	r.chunk, r.buf, r.unread = nil, nil, nil
}
