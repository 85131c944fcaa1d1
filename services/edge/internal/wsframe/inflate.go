package wsframe

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
)

var errDeflate = &Error{CodeInvalidPayload, "invalid compressed data"}

// tail is what senders leave out of every message (RFC 7692, 7.2.2), and an empty
// last block, so that the end of the message is an end of file.
var tail = []byte("\x00\x00\xff\xff\x01\x00\x00\xff\xff")

// inflater is some 44 KiB and as much as the longest message; there are as many as
// there are messages being inflated at the same time.
type inflater struct {
	flate interface {
		io.Reader
		flate.Resetter
	}
	src   source
	bound io.LimitedReader
	out   bytes.Buffer
}

var inflaters = sync.Pool{New: func() any {
	f := &inflater{}
	f.flate = flate.NewReader(&f.src).(interface {
		io.Reader
		flate.Resetter
	}) // as documented
	return f
}}

// maxPooledInflate bounds the buffer that goes back into the pool.
const maxPooledInflate = 64 << 10

// inflate hands the inflated payload to use, which must not keep it. A message of
// more than limit bytes is given up as soon as it is that long, whatever it may
// still hold.
func inflate(payload []byte, limit int, use func(whole []byte) error) error {
	f := inflaters.Get().(*inflater)
	defer f.release()
	f.out.Reset()
	f.src = source{payload, tail}
	if err := f.flate.Reset(&f.src, nil); err != nil {
		return errDeflate
	}
	f.bound = io.LimitedReader{R: f.flate, N: int64(limit) + 1}
	_, err := f.out.ReadFrom(&f.bound)
	switch {
	case f.out.Len() > limit:
		return errTooBig
	case err != nil:
		return errDeflate
	}
	return use(f.out.Bytes())
}

func (f *inflater) release() {
	f.src = source{}
	if f.out.Cap() <= maxPooledInflate {
		inflaters.Put(f)
	}
}

// source reads two pieces without copying them. A reader of bytes gets no buffer
// of its own from package flate.
type source struct{ now, then []byte }

func (s *source) next() error {
	if len(s.now) == 0 {
		s.now, s.then = s.then, nil
	}
	if len(s.now) == 0 {
		return io.EOF
	}
	return nil
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if err := s.next(); err != nil {
		return 0, err
	}
	n := copy(p, s.now)
	s.now = s.now[n:]
	return n, nil
}

// ReadByte implements io.ByteReader.
func (s *source) ReadByte() (byte, error) {
	if err := s.next(); err != nil {
		return 0, err
	}
	b := s.now[0]
	s.now = s.now[1:]
	return b, nil
}
