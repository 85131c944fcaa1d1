package wsframe

import (
	"bytes"
	"compress/flate"
	"errors"
	"strings"
	"testing"
)

// squeeze compresses as a client does.
func squeeze(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write([]byte(s))
	if err := errors.Join(err, w.Flush()); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// compressed marks a frame.
func compressed(frame []byte) []byte {
	frame[0] |= rsv1Bit
	return frame
}

func feedDeflated(stream []byte, size, limit int) ([]got, error) {
	r := Reader{Inflate: true}
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

func TestInflate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("wide and long, ", 1000)
	squeezed := squeeze(t, long)
	stream := join(
		compressed(frame(true, Text, squeeze(t, "hello"))), frame(true, Text, "not compressed"),
		compressed(frame(true, Text, "\xf3\x48\xcd\xc9\xc9\x07\x00")), // RFC 7692, 7.2.3.2
		compressed(frame(true, Text, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")),
		compressed(frame(true, Text, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00")), // last block first
		compressed(frame(false, Binary, squeezed[:9])), frame(true, Ping, "p"), frame(false, Continuation, squeezed[9:11]),
		frame(true, Continuation, squeezed[11:]), compressed(frame(true, Text, "\x00")),
	)
	want := []got{{Text, "hello"}, {Text, "not compressed"}, {Text, "Hello"}, {Text, "Hello"}, {Text, "Hello"},
		{Ping, "p"}, {Binary, long}, {Text, ""}}
	for _, size := range []int{1, 7, len(stream)} {
		all, err := feedDeflated(stream, size, len(long))
		if err != nil || len(all) != len(want) {
			t.Fatalf("pieces of %d: %d messages, want %d; %v", size, len(all), len(want), err)
		}
		for i := range want {
			if all[i] != want[i] {
				t.Errorf("pieces of %d: message %d is %v %.40q, want %v %.40q", size, i, all[i].op, all[i].payload, want[i].op, want[i].payload)
			}
		}
	}
}

func TestInflateViolations(t *testing.T) {
	t.Parallel()
	bomb := squeeze(t, strings.Repeat("\x00", 10<<20))
	if len(bomb) > 16<<10 {
		t.Fatalf("the bomb is %d bytes", len(bomb))
	}
	for name, tc := range map[string]struct {
		stream []byte
		code   uint16
	}{
		"bomb":              {compressed(frame(true, Text, bomb)), CodeTooBig},
		"one too many":      {compressed(frame(true, Text, squeeze(t, strings.Repeat("x", 16<<10+1)))), CodeTooBig},
		"bomb in fragments": {join(compressed(frame(false, Text, bomb[:50])), frame(true, Continuation, bomb[50:])), CodeTooBig},
		"nothing":           {compressed(frame(true, Text, "")), CodeInvalidPayload},
		"garbage":           {compressed(frame(true, Text, "\xff\xff\xff")), CodeInvalidPayload},
		"bad distance":      {compressed(frame(true, Text, "\x03\x42\x00")), CodeInvalidPayload},
		"not UTF-8":         {compressed(frame(true, Text, squeeze(t, "\xc3\x28"))), CodeInvalidPayload},
		"control":           {compressed(frame(true, Ping, "")), CodeProtocolError},
		"continuation":      {join(compressed(frame(false, Text, "")), compressed(frame(true, Continuation, ""))), CodeProtocolError},
		"another bit":       {append([]byte{0x80 | 0x60 | 1}, frame(true, Text, "")[1:]...), CodeProtocolError},
	} {
		_, err := feedDeflated(tc.stream, len(tc.stream), 16<<10)
		var violation *Error
		if !errors.As(err, &violation) || violation.Code != tc.code {
			t.Errorf("%s: %v, want code %d", name, err, tc.code)
		}
	}
	if _, err := feed(compressed(frame(true, Text, squeeze(t, "x"))), 100, 100); !errors.Is(err, errReserved) {
		t.Errorf("not negotiated: %v", err)
	}
}

// FuzzInflate holds that compressed messages from strangers neither panic nor grow
// past the bound, that how they are cut does not matter, and that the memory of one
// is not seen in the next.
func FuzzInflate(f *testing.F) {
	const limit = 1 << 10
	f.Add([]byte(squeeze(f, "hello")), 2)
	f.Add([]byte(squeeze(f, strings.Repeat("\x00", 1<<20))), 100)
	f.Add([]byte("\x03\x42\x00"), 1)
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), 3)
	between := squeeze(f, "in between")
	f.Fuzz(func(t *testing.T, payload []byte, cut int) {
		if len(payload) > limit {
			return
		}
		cut = min(max(cut, 0), len(payload))
		whole, errWhole := feedDeflated(compressed(frame(true, Binary, string(payload))), 1<<20, limit)
		other, err := feedDeflated(compressed(frame(true, Text, between)), 1<<20, limit)
		if err != nil || len(other) != 1 || other[0].payload != "in between" {
			t.Fatalf("%q, %v", other, err)
		}
		parts, errParts := feedDeflated(join(compressed(frame(false, Binary, string(payload[:cut]))),
			frame(true, Continuation, string(payload[cut:]))), 3, limit)
		if !errors.Is(errParts, errWhole) || len(whole) != len(parts) {
			t.Fatalf("whole: %d, %v; cut at %d: %d, %v", len(whole), errWhole, cut, len(parts), errParts)
		}
		for i := range whole {
			if whole[i] != parts[i] || len(whole[i].payload) > limit {
				t.Fatalf("message %d: %q and %q", i, whole[i].payload, parts[i].payload)
			}
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	one := compressed(frame(true, Text, squeeze(b, `{"type":"location-update","data":{"roomId":"0197b0a0-7c3e-7d2a-8f00-000000000001","latitude":52.5200,"longitude":13.4050,"accuracy":5,"speed":13.9,"bearing":270}}`)))
	buf := make([]byte, len(one))
	r := Reader{Inflate: true}
	b.ReportAllocs()
	for b.Loop() {
		copy(buf, one)
		if err := r.Feed(buf, 1<<14, null{}); err != nil {
			b.Fatal(err)
		}
	}
}
