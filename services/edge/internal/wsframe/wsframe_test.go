package wsframe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

type got struct {
	op      Opcode
	payload string
}

type recorder struct{ all []got }

func (r *recorder) Message(op Opcode, p []byte) error {
	r.all = append(r.all, got{op, string(p)})
	return nil
}

// frame builds what a client sends.
func frame(fin bool, op Opcode, payload string) []byte {
	b := []byte{byte(op)}
	if fin {
		b[0] |= 0x80
	}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	key := [4]byte{0xa1, 0x02, 0x73, 0xfe}
	b = append(b, key[:]...)
	at := len(b)
	b = append(b, payload...)
	unmask(b[at:], key)
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func feed(stream []byte, size, limit int) ([]got, error) {
	var r Reader
	rec := &recorder{}
	stream = bytes.Clone(stream)
	for len(stream) > 0 {
		n := min(size, len(stream))
		if err := r.Feed(stream[:n], limit, rec); err != nil {
			return rec.all, err
		}
		stream = stream[n:]
	}
	return rec.all, nil
}

func TestMessagesComeOutHoweverTheBytesArrive(t *testing.T) {
	t.Parallel()
	long, huge := string(bytes.Repeat([]byte("ä"), 3000)), string(bytes.Repeat([]byte{'x'}, 70_000))
	stream := join(
		frame(true, Text, "2probe"), frame(true, Text, ""), frame(true, Binary, "\xff\x00\x01"),
		frame(false, Text, "frag"), frame(true, Ping, "in between"), frame(false, Continuation, "men"),
		frame(true, Continuation, "ted"), frame(true, Text, long), frame(true, Binary, huge),
		frame(true, Pong, ""), frame(true, Close, "\x03\xe8bye"),
	)
	want := []got{
		{Text, "2probe"}, {Text, ""}, {Binary, "\xff\x00\x01"}, {Ping, "in between"}, {Text, "fragmented"},
		{Text, long}, {Binary, huge}, {Pong, ""}, {Close, "\x03\xe8bye"},
	}
	for _, size := range []int{1, 2, 3, 7, 64, 4096, len(stream)} {
		all, err := feed(stream, size, 100_000)
		if err != nil {
			t.Fatalf("pieces of %d: %v", size, err)
		}
		if len(all) != len(want) {
			t.Fatalf("pieces of %d: %d messages, want %d", size, len(all), len(want))
		}
		for i := range want {
			if all[i] != want[i] {
				t.Errorf("pieces of %d: message %d is %v %.40q, want %v %.40q", size, i, all[i].op, all[i].payload, want[i].op, want[i].payload)
			}
		}
	}
}

func TestViolationsEndWithTheRightCode(t *testing.T) {
	t.Parallel()
	unmasked := []byte{0x81, 0x01, 'a'}
	reserved := frame(true, Text, "a")
	reserved[0] |= 0x40
	// Only the header of a message that is too big: it must not be waited for.
	announced := append([]byte{0x82, 0x80 | 127}, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4)
	negative := append([]byte{0x82, 0x80 | 127}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4)
	for name, tc := range map[string]struct {
		stream []byte
		code   uint16
	}{
		"unmasked":               {unmasked, CodeProtocolError},
		"reserved bit":           {reserved, CodeProtocolError},
		"unknown data opcode":    {frame(true, 0x3, ""), CodeProtocolError},
		"unknown control opcode": {frame(true, 0xb, ""), CodeProtocolError},
		"fragmented control":     {frame(false, Ping, ""), CodeProtocolError},
		"long control":           {frame(true, Ping, string(make([]byte, 126))), CodeProtocolError},
		"lone continuation":      {frame(true, Continuation, "a"), CodeProtocolError},
		"interleaved":            {join(frame(false, Text, "a"), frame(true, Text, "b")), CodeProtocolError},
		"close of one byte":      {frame(true, Close, "a"), CodeProtocolError},
		"close code 1005":        {frame(true, Close, "\x03\xed"), CodeProtocolError},
		"close code 2999":        {frame(true, Close, "\x0b\xb7"), CodeProtocolError},
		"bad text":               {frame(true, Text, "\xc3\x28"), CodeInvalidPayload},
		"bad text in fragments":  {join(frame(false, Text, "\xc3"), frame(true, Continuation, "\x28")), CodeInvalidPayload},
		"bad close reason":       {frame(true, Close, "\x03\xe8\xff"), CodeInvalidPayload},
		"too big":                {frame(true, Text, string(make([]byte, 1001))), CodeTooBig},
		"too big announced":      {announced, CodeTooBig},
		"too big for 63 bits":    {negative, CodeTooBig},
		"too big in fragments":   {join(frame(false, Text, string(make([]byte, 600))), frame(true, Continuation, string(make([]byte, 600)))), CodeTooBig},
	} {
		_, err := feed(tc.stream, len(tc.stream), 1000)
		var violation *Error
		if !errors.As(err, &violation) || violation.Code != tc.code {
			t.Errorf("%s: %v, want code %d", name, err, tc.code)
		}
	}
}

func TestTextSplitInsideACharacterIsValid(t *testing.T) {
	t.Parallel()
	all, err := feed(join(frame(false, Text, "\xc3"), frame(true, Continuation, "\xa4")), 1, 10)
	if err != nil || len(all) != 1 || all[0].payload != "ä" {
		t.Fatalf("%v, %v", all, err)
	}
}

func TestNothingIsHeldBetweenMessages(t *testing.T) {
	t.Parallel()
	var r Reader
	stream := frame(true, Text, string(make([]byte, 5000)))
	for _, piece := range [][]byte{stream[:100], stream[100:4000], stream[4000:]} {
		if err := r.Feed(bytes.Clone(piece), 10_000, &recorder{}); err != nil {
			t.Fatal(err)
		}
	}
	if r.carry != nil || r.frag != nil {
		t.Errorf("%d and %d bytes are held", cap(r.carry), cap(r.frag))
	}
}

// FuzzFeed holds that the reader never panics and that how the bytes are cut does
// not matter.
func FuzzFeed(f *testing.F) {
	f.Add(join(frame(true, Text, "hello"), frame(true, Close, "\x03\xe8")), 3)
	f.Add(join(frame(false, Text, "a"), frame(true, Ping, "p"), frame(true, Continuation, "b")), 1)
	f.Add([]byte{0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0}, 4)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size < 1 {
			size = 1
		}
		whole, errWhole := feed(stream, max(len(stream), 1), 1<<16)
		parts, errParts := feed(stream, size, 1<<16)
		if (errWhole == nil) != (errParts == nil) || len(whole) != len(parts) {
			t.Fatalf("whole: %d, %v; in pieces of %d: %d, %v", len(whole), errWhole, size, len(parts), errParts)
		}
		for i := range whole {
			if whole[i] != parts[i] {
				t.Fatalf("message %d differs", i)
			}
		}
	})
}

type null struct{}

func (null) Message(Opcode, []byte) error { return nil }

func BenchmarkFeed(b *testing.B) {
	one := frame(true, Text, string(bytes.Repeat([]byte{'x'}, 250)))
	buf := make([]byte, len(one))
	var r Reader
	b.ReportAllocs()
	b.SetBytes(int64(len(one)))
	for b.Loop() {
		copy(buf, one)
		if err := r.Feed(buf, 1<<20, null{}); err != nil {
			b.Fatal(err)
		}
	}
}

// Neither control frames nor empty fragments come without end; a peer that takes its time may send as many as it likes.
func TestFloodsEnd(t *testing.T) {
	pong, start, rest := frame(true, Pong, ""), frame(false, Text, ""), frame(false, Continuation, "")
	for name, flood := range map[string][]byte{
		"pongs":     bytes.Repeat(pong, manyFrames),
		"fragments": append(start, bytes.Repeat(rest, manyFrames-1)...),
	} {
		if _, err := feed(flood, 1000, 1<<20); !errors.Is(err, errFlood) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var r Reader
	rec := &recorder{}
	for range 3 {
		if err := r.Feed(bytes.Repeat(pong, manyFrames-1), 1000, rec); err != nil {
			t.Fatalf("after %d frames: %v", len(rec.all), err)
		}
		r.since -= uint32(frameWindow.Milliseconds()) // that long ago
	}
	if err := r.Feed(bytes.Repeat(pong, manyFrames), 1000, rec); !errors.Is(err, errFlood) {
		t.Errorf("after %d frames: %v", len(rec.all), err)
	}
}
