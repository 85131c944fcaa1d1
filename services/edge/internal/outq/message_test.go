package outq

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

func TestEventEncodings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		event, data, socketIO, native string
	}{
		"object":   {"joined-room", `{"roomId":"r"}`, `42["joined-room",{"roomId":"r"}]`, `{"v":1,"type":"joined-room","data":{"roomId":"r"}}`},
		"no data":  {"pong", ``, `42["pong"]`, `{"v":1,"type":"pong"}`},
		"escaping": {"a\"b\n", `1`, `42["a\"b\n",1]`, `{"v":1,"type":"a\"b\n","data":1}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := NewEvent(Ordered, "", tc.event, []byte(tc.data))
			for enc, want := range map[Encoding]string{SocketIO: tc.socketIO, Native: tc.native} {
				got, binary := m.Payload(enc)
				if string(got) != want || binary {
					t.Errorf("encoding %d: %s (binary %v), want %s", enc, got, binary, want)
				}
			}
		})
	}
}

// Golden frames: RFC 6455 section 5.7 and its length borders.
func TestFrames(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		m      *Message
		prefix string // hex
		length int
	}{
		"empty":         {NewRaw(nil, false), "8100", 2},
		"hello":         {NewRaw([]byte("Hello"), false), "810548656c6c6f", 7},
		"125":           {NewRaw(make([]byte, 125), false), "817d00", 127},
		"126":           {NewRaw(make([]byte, 126), false), "817e007e00", 130},
		"256 binary":    {NewRaw(make([]byte, 256), true), "827e010000", 260},
		"65535":         {NewRaw(make([]byte, 65535), false), "817effff00", 65539},
		"65536":         {NewRaw(make([]byte, 65536), true), "827f000000000001000000", 65546},
		"ping":          {NewPing([]byte("Hello")), "890548656c6c6f", 7},
		"pong too long": {NewPong(make([]byte, 200)), "8a7d00", 127},
		"close":         {NewClose(1000, "bye"), "880503e8627965", 7},
		"close bare":    {NewClose(0, "lost"), "8800", 2},
		"close cut":     {NewClose(4000, strings.Repeat("ä", 80)), "887c0fa0c3a4", 126},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frame := tc.m.Frame(Native)
			if !strings.HasPrefix(hex.EncodeToString(frame), tc.prefix) || len(frame) != tc.length {
				t.Errorf("%d bytes %x, want %d bytes %s…", len(frame), frame[:min(len(frame), 12)], tc.length, tc.prefix)
			}
		})
	}
}

func TestFrameSharesPayload(t *testing.T) {
	t.Parallel()
	m := NewEvent(Ordered, "", "x", []byte(`{}`))
	frame := m.Frame(SocketIO)
	payload, _ := m.Payload(SocketIO)
	if &frame[len(frame)-1] != &payload[len(payload)-1] {
		t.Error("payload was copied")
	}
}

func TestRenderedOnce(t *testing.T) {
	t.Parallel()
	m := NewEvent(Ordered, "", "x", []byte(`{"a":1}`))
	var wg sync.WaitGroup
	frames := make([][]byte, 16)
	start := make(chan struct{})
	for i := range frames {
		wg.Go(func() {
			<-start
			frames[i] = m.Frame(Native)
		})
	}
	close(start)
	wg.Wait()
	for _, f := range frames {
		if &f[0] != &frames[0][0] {
			t.Fatal("rendered more than once")
		}
	}
}

// FuzzFrame lets gorilla's reader judge our frames.
func FuzzFrame(f *testing.F) {
	f.Add("event", []byte(`{"a":1}`), uint16(0))
	f.Add("", []byte(`null`), uint16(200))
	f.Add("ü\x00\"", []byte(`[]`), uint16(65530))
	f.Fuzz(func(t *testing.T, event string, data []byte, pad uint16) {
		if !json.Valid(data) {
			data = nil
		}
		if len(data) > 0 {
			data = append(data, bytes.Repeat([]byte(" "), int(pad))...)
		}
		m := NewEvent(Ordered, "", event, data)
		for _, enc := range []Encoding{SocketIO, Native} {
			payload, _ := m.Payload(enc)
			if got := m.size(); got < len(payload) && len(event) > 0 && plain(event) {
				t.Errorf("size %d for %d bytes", got, len(payload))
			}
			kind, got := readFrame(t, m.Frame(enc))
			if kind != websocket.TextMessage || !bytes.Equal(got, payload) {
				t.Fatalf("read %d %q, want %q", kind, got, payload)
			}
			body := payload
			if enc == SocketIO {
				body = payload[2:]
			}
			if !json.Valid(body) {
				t.Fatalf("not JSON: %q", body)
			}
		}
	})
}

func plain(s string) bool {
	return len(appendString(nil, s)) == len(s)+2
}

// Positions that are due together go out in one frame, and only those.
func TestBatches(t *testing.T) {
	t.Parallel()
	position := func(data string) *Message {
		return NewEvent(Position, data, "location-updated", []byte(data))
	}
	joined := NewEvent(Ordered, "", "user-joined", []byte(`{}`))
	other := NewEvent(Position, "k", "other", []byte(`1`))
	long := strings.Repeat("1", 200)
	batch := func(locations string) [2]string {
		return [2]string{`42["locations-updated",{"locations":[` + locations + `]}]`,
			`{"v":1,"type":"locations-updated","data":{"locations":[` + locations + `]}}`}
	}
	tests := map[string]struct {
		msgs []*Message
		want [][2]string
	}{
		"one":     {[]*Message{position("1")}, [][2]string{batch("1")}},
		"several": {[]*Message{position("1"), position("2"), position(long)}, [][2]string{batch("1,2," + long)}},
		"around": {[]*Message{position("1"), position("2"), joined, position("3")},
			[][2]string{batch("1,2"), {`42["user-joined",{}]`, `{"v":1,"type":"user-joined","data":{}}`}, batch("3")}},
		"raw and not": {[]*Message{text("x"), other}, [][2]string{{"x", "x"}, {`42["other",1]`, `{"v":1,"type":"other","data":1}`}}},
	}
	for name, tc := range tests {
		for i, enc := range []Encoding{SocketIOBatch, NativeBatch} {
			var want []byte
			for _, payloads := range tc.want {
				want = append(want, text("%s", payloads[i]).Frame(Native)...)
			}
			if got := appendFrames(nil, tc.msgs, enc, nil); !bytes.Equal(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
			var frames []byte
			for _, m := range Batch(append([]*Message(nil), tc.msgs...), enc) {
				frames = append(frames, m.Frame(enc)...)
			}
			if !bytes.Equal(frames, want) {
				t.Errorf("%s: Batch: %q, want %q", name, frames, want)
			}
		}
		if got := Batch(tc.msgs, SocketIO); len(got) != len(tc.msgs) {
			t.Errorf("%s: batched for somebody who did not ask", name)
		}
	}
}
