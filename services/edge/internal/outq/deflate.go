package outq

import (
	"bytes"
	"compress/flate"
	"slices"
	"sync"
)

// Deflate is added to the encoding of a client with which permessage-deflate
// (RFC 7692) was negotiated, without context takeover: every message is then
// compressed by itself, so that a broadcast is compressed once for all. It changes
// frames only, not payloads.
const Deflate Encoding = 1 << 7

const (
	// minDeflate: what is shorter gains less than its compression costs.
	minDeflate = 128
	// deflateLevel: on messages of this kind higher levels gain 2 % and take twice
	// the time.
	deflateLevel = flate.BestSpeed
	// maxPooledDeflate bounds the output buffer that goes back into the pool.
	maxPooledDeflate = 64 << 10
)

// deflater is some 600 KiB; there are as many as there are workers that compress
// at the same time.
type deflater struct {
	w   *flate.Writer
	in  []byte // a payload that has no other memory
	out bytes.Buffer
}

var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.w, _ = flate.NewWriter(&d.out, deflateLevel) // fails for unknown levels only
	return d
}}

func (d *deflater) release() {
	if d.out.Cap() <= maxPooledDeflate && cap(d.in) <= maxPooledDeflate {
		deflaters.Put(d)
	}
}

// emptyBlock ends what Flush writes; it is left out on the wire (RFC 7692, 7.2.1).
const emptyBlock = "\x00\x00\xff\xff"

// compress returns payload compressed, valid until the next call, or false when
// that does not make it shorter.
func (d *deflater) compress(payload []byte) ([]byte, bool) {
	if len(payload) < minDeflate {
		return nil, false
	}
	d.out.Reset()
	d.w.Reset(&d.out)
	_, err := d.w.Write(payload)
	if err == nil {
		err = d.w.Flush()
	}
	short := bytes.TrimSuffix(d.out.Bytes(), []byte(emptyBlock))
	return short, err == nil && len(short) < len(payload)
}

// appendFrame appends the frame of a message of text or binary, compressed if that
// makes it shorter.
func (d *deflater) appendFrame(buf []byte, op byte, payload []byte) []byte {
	if short, ok := d.compress(payload); ok {
		op, payload = op|rsv1Bit, short
	}
	head := len(buf)
	buf = append(buf, make([]byte, headerLen(len(payload)))...)
	putHeader(buf[head:], op, len(payload))
	return append(buf, payload...)
}

// deflate returns r for those who inflate, which may be r itself. It is made when
// first asked for. The caller holds Message.mu.
func (r *rendering) deflate() *rendering {
	if r.frame[0]&0x0f > opBinary || len(r.payload()) < minDeflate {
		return r // control frames never are compressed
	}
	d := deflaters.Get().(*deflater)
	defer d.release()
	short, ok := d.compress(r.payload())
	if !ok {
		return r
	}
	frame := make([]byte, headerLen(len(short)), headerLen(len(short))+len(short))
	putHeader(frame, r.frame[0]&0x0f|rsv1Bit, len(short))
	return &rendering{frame: append(frame, short...)}
}

// squeezeBytes is how much a worker compresses in one run that is not shared: some
// 5 ms. What is due beyond it goes out as it is, so that clients that want their
// own compression never delay the others for long.
const squeezeBytes = 1 << 20

// squeezer makes compressed batches for one worker. Unlike messages these belong to
// one socket; but sockets of one room that are due together mostly get the same, so
// the last one is kept until the end of the run. A nil squeezer keeps nothing and
// knows no bound.
type squeezer struct {
	msgs  []*Message // of the last batch
	frame []byte
	enc   Encoding
	spent int
}

func (s *squeezer) appendBatch(buf []byte, positions []*Message, e Encoding) []byte {
	if s != nil && s.enc == e && slices.Equal(s.msgs, positions) {
		return append(buf, s.frame...)
	}
	if s != nil && s.spent > squeezeBytes {
		return appendBatchFrame(buf, positions, e&^Deflate)
	}
	d := deflaters.Get().(*deflater)
	defer d.release()
	d.in = appendBatch(d.in[:0], positions, e&^Deflate)
	from := len(buf)
	buf = d.appendFrame(buf, opText, d.in)
	if s != nil {
		s.spent += len(d.in)
		s.enc, s.msgs, s.frame = e, append(s.msgs[:0], positions...), append(s.frame[:0], buf[from:]...)
	}
	return buf
}

// reset is for the end of a run. It lets go of the messages.
func (s *squeezer) reset() {
	if s.spent > 0 {
		clear(s.msgs)
		s.msgs, s.spent = s.msgs[:0], 0
	}
}
