package wsread

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"pgregory.net/rapid"
)

const limit = 16 << 10

// frame is what a client sends, masked.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

type message struct {
	op      Op
	payload string
}

// readAll returns every message until the reader fails.
func readAll(r *Reader) (got []message, err error) {
	for {
		op, payload, err := r.Next()
		if err != nil {
			return got, err
		}
		got = append(got, message{op, string(payload)})
	}
}

// connections: with a descriptor, and without one.
var connections = map[string]func(testing.TB) (server, client net.Conn){
	"pipe": func(testing.TB) (net.Conn, net.Conn) { return net.Pipe() },
	"tcp":  tcpPair,
}

func tcpPair(t testing.TB) (server, client net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	return server, client
}

// Messages arrive as they were sent, however they are fragmented, whatever is sent
// between the fragments, and wherever the bytes are cut.
func TestMessagesSurviveAnyCut(t *testing.T) {
	t.Parallel()
	for name, pair := range connections {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				want, stream := conversation(rt)
				early := min(rapid.IntRange(0, 40).Draw(rt, "early"), len(stream))
				server, client := pair(t)
				defer server.Close()
				go func() {
					defer client.Close()
					rest := stream[early:]
					for len(rest) > 0 {
						n := min(len(rest), 1+int(rest[0])*37)
						if _, err := client.Write(rest[:n]); err != nil {
							return
						}
						rest = rest[n:]
					}
				}()
				r := New(server, bytes.Clone(stream[:early]), limit)
				got, err := readAll(r)
				if !errors.Is(err, io.EOF) {
					rt.Fatalf("%v, want EOF", err)
				}
				if len(got) != len(want) {
					rt.Fatalf("%d messages, want %d", len(got), len(want))
				}
				for i := range want {
					if got[i] != want[i] {
						rt.Fatalf("message %d: %d %.20q, want %d %.20q", i, got[i].op, got[i].payload, want[i].op, want[i].payload)
					}
				}
				if r.chunk != nil || r.buf != nil {
					rt.Fatal("a finished reader holds a buffer")
				}
			})
		})
	}
}

// conversation draws messages and their bytes.
func conversation(t *rapid.T) (want []message, stream []byte) {
	for range rapid.IntRange(0, 8).Draw(t, "messages") {
		size := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(3900, 4300), rapid.IntRange(0, limit)).Draw(t, "size")
		op := rapid.SampledFrom([]Op{Text, Binary}).Draw(t, "op")
		payload := bytes.Repeat([]byte("wemaps!"), size/7+1)[:size]
		left, next := payload, op
		for range rapid.IntRange(0, 3).Draw(t, "cuts") {
			n := rapid.IntRange(0, len(left)).Draw(t, "cut")
			stream = append(stream, frame(byte(next), left[:n])...)
			left, next = left[n:], continuation
			if rapid.Bool().Draw(t, "ping") {
				stream = append(stream, frame(0x80|byte(Ping), []byte("beat"))...)
				want = append(want, message{Ping, "beat"})
			}
		}
		stream = append(stream, frame(0x80|byte(next), left)...)
		want = append(want, message{op, string(payload)})
	}
	return want, stream
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		stream []byte
		want   error
	}{
		"too big, 16-bit length":    {frame(0x81, make([]byte, limit+1))[:8], ErrTooBig},
		"too big, 64-bit length":    {[]byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0}, ErrTooBig},
		"too big in fragments":      {append(frame(0x01, make([]byte, limit)), frame(0x80, []byte("x"))...), ErrTooBig},
		"not UTF-8":                 {frame(0x81, []byte{0xff}), ErrNotUTF8},
		"no mask":                   {[]byte{0x81, 0x01, 'x'}, ErrProtocol},
		"reserved bit":              {frame(0xc1, nil), ErrProtocol},
		"reserved opcode":           {frame(0x83, nil), ErrProtocol},
		"fragmented ping":           {frame(0x09, nil), ErrProtocol},
		"long ping":                 {frame(0x89, make([]byte, 126)), ErrProtocol},
		"continuation of nothing":   {frame(0x80, nil), ErrProtocol},
		"message inside a message":  {append(frame(0x01, nil), frame(0x81, nil)...), ErrProtocol},
		"endless empty fragments":   {append(frame(0x01, nil), bytes.Repeat(frame(0x00, nil), maxFragments)...), ErrProtocol},
		"cut off in the header":     {[]byte{0x81}, io.EOF},
		"cut off in the payload":    {frame(0x81, []byte("hello"))[:8], io.EOF},
		"UTF-8 split over a border": {append(frame(0x01, []byte("\xc3")), frame(0x80, []byte("\xa4"))...), io.EOF},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := tcpPair(t)
			defer server.Close()
			go func() {
				_, _ = client.Write(tc.stream)
				_ = client.Close()
			}()
			if _, err := readAll(New(server, nil, limit)); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
}

// What gorilla's client writes is what we read.
func TestGorillaClient(t *testing.T) {
	t.Parallel()
	server, client := tcpPair(t)
	defer server.Close()
	conn := gorillaClient(t, server, client)
	want := message{Text, strings.Repeat("grüße ", 500)}
	if err := conn.WriteMessage(websocket.TextMessage, []byte(want.payload)); err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	got, err := readAll(New(server, nil, limit))
	if !errors.Is(err, io.EOF) || len(got) != 2 || got[0] != want || got[1] != (message{Close, "\x03\xe8bye"}) {
		t.Errorf("%v %.60q", err, got)
	}
}

func TestIdleReaderHoldsNoBuffer(t *testing.T) {
	t.Parallel()
	server, client := tcpPair(t)
	defer client.Close()
	r := New(server, nil, limit)
	if _, err := client.Write(frame(0x81, make([]byte, 10_000))); err != nil {
		t.Fatal(err)
	}
	if _, payload, err := r.Next(); err != nil || len(payload) != 10_000 {
		t.Fatalf("%d bytes, %v", len(payload), err)
	}
	_ = server.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	if _, _, err := r.Next(); err == nil {
		t.Fatal("a message out of nothing")
	}
	if r.buf != nil || r.chunk != nil || r.parts != nil {
		t.Error("a buffer is held while nothing comes")
	}
}

// FuzzReader: no input makes the reader panic, or deliver more than the limit.
func FuzzReader(f *testing.F) {
	f.Add(frame(0x81, []byte(`{"v":1}`)), uint8(3))
	f.Add(append(frame(0x01, []byte("a")), frame(0x80, []byte("b"))...), uint8(1))
	f.Add(frame(0x88, []byte("\x03\xe8")), uint8(200))
	f.Add([]byte{0x82, 0xff, 0, 0, 0, 0, 0, 0, 0x40, 0, 1, 1, 1, 1, 9}, uint8(9))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint8) {
		server, client := net.Pipe()
		defer server.Close()
		go func() {
			defer client.Close()
			for len(stream) > 0 {
				n := min(len(stream), int(cut)+1)
				if _, err := client.Write(stream[:n]); err != nil {
					return
				}
				stream = stream[n:]
			}
		}()
		got, _ := readAll(New(server, nil, 1000))
		for _, m := range got {
			if len(m.payload) > 1000 {
				t.Fatalf("%d bytes past the limit", len(m.payload))
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	server, client := tcpPair(b)
	defer server.Close()
	chunk := bytes.Repeat(frame(0x81, []byte(strings.Repeat("x", 250))), 16)
	go func() {
		for {
			if _, err := client.Write(chunk); err != nil {
				return
			}
		}
	}()
	r := New(server, nil, limit)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}
