package outq

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// inflated reads one compressed frame.
func inflated(t testing.TB, frame []byte) string {
	t.Helper()
	body := append(bytes.Clone(frame[headerLenOf(frame):]), "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...)
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDeflatedFrames(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 1000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	text := strings.Repeat("wide and long ", 50)
	for name, tc := range map[string]struct {
		m     *Message
		first byte // of the frame
	}{
		"event":     {NewEvent(Ordered, "", "x", []byte(`"`+text+`"`)), 0xc1},
		"text":      {NewRaw([]byte(text), false), 0xc1},
		"binary":    {NewRaw([]byte(text), true), 0xc2},
		"very long": {NewRaw(bytes.Repeat([]byte(text), 1000), false), 0xc1},
		"short":     {NewRaw([]byte(text[:minDeflate-1]), false), 0x81},
		"not short": {NewRaw([]byte(text[:minDeflate]), false), 0xc1},
		"noise":     {NewRaw(noise, true), 0x82},
		"ping":      {NewPing([]byte(strings.Repeat("x", 125))), 0x89},
		"close":     {NewClose(4000, strings.Repeat("x", 123)), 0x88},
	} {
		plain := tc.m.Frame(Native)
		frame := tc.m.Frame(Native | Deflate)
		if frame[0] != tc.first {
			t.Errorf("%s: first byte %x, want %x", name, frame[0], tc.first)
		}
		if frame[0]&rsv1Bit == 0 {
			if &frame[0] != &plain[0] {
				t.Errorf("%s: copied", name)
			}
			continue
		}
		payload, _ := tc.m.Payload(Native | Deflate)
		if got := inflated(t, frame); got != string(payload) || len(frame) >= len(plain) {
			t.Errorf("%s: %.50q in %d bytes, want %.50q in less than %d", name, got, len(frame), payload, len(plain))
		}
	}
}

// Whoever asks first compresses, and all get the same bytes.
func TestDeflatedOnce(t *testing.T) {
	t.Parallel()
	m := NewEvent(Ordered, "", "x", []byte(`"`+strings.Repeat("y", 500)+`"`))
	frames := make([][]byte, 16)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range frames {
		wg.Go(func() {
			<-start
			frames[i] = m.Frame(Native | Deflate)
		})
	}
	close(start)
	wg.Wait()
	for _, f := range frames {
		if &f[0] != &frames[0][0] {
			t.Fatal("compressed more than once")
		}
	}
}

// roomOf50 are the positions that a room of 50 hears in one round.
func roomOf50() []*Message {
	r := rand.New(rand.NewPCG(1, 2))
	ms := make([]*Message, 50)
	for i := range ms {
		ms[i] = NewEvent(Position, fmt.Sprint(i), "location-updated", fmt.Appendf(nil,
			`{"userId":"0197b0a0-7c3e-7d2a-8f00-%012x","userName":"Member %d","latitude":%.6f,"longitude":%.6f,`+
				`"accuracy":%.1f,"speed":%.2f,"bearing":%.1f,"heading":%.1f,"altitude":%.1f,"batteryLevel":%d,"deviceModel":"Pixel %d",`+
				`"timestamp":"2025-07-01T10:11:%02d.%03dZ","isLive":true,"roomId":"0197b0a0-7c3e-7d2a-8f00-0123456789ab",`+
				`"recordedAt":"2025-07-01T10:11:%02d.%03dZ","distanceToDestination":%d,"eta":%d,"arrived":false}`,
			r.Uint64()>>16, i, 52+r.Float64(), 13+r.Float64(), r.Float64()*30, r.Float64()*40, r.Float64()*360, r.Float64()*360,
			r.Float64()*100, r.IntN(100), r.IntN(10), r.IntN(60), r.IntN(1000), r.IntN(60), r.IntN(1000), r.IntN(100_000), r.IntN(10_000)))
	}
	return ms
}

func TestDeflatedBatch(t *testing.T) {
	t.Parallel()
	ms := roomOf50()
	plain := appendFrames(nil, ms, NativeBatch, nil)
	frame := appendFrames(nil, ms, NativeBatch|Deflate, nil)
	if want := string(plain[headerLenOf(plain):]); inflated(t, frame) != want || len(frame)*3 > len(want) {
		t.Errorf("%d bytes became %d", len(want), len(frame))
	}
}

// A worker compresses the same batch once per run, and not without bound.
func TestSqueezer(t *testing.T) {
	t.Parallel()
	const enc = NativeBatch | Deflate
	ms := roomOf50()
	var s squeezer
	first := appendFrames(nil, ms, enc, &s)
	spent := s.spent
	if again := appendFrames(nil, ms, enc, &s); !bytes.Equal(again, first) || s.spent != spent {
		t.Error("compressed twice")
	}
	if other := appendFrames(nil, ms[1:], enc, &s); bytes.Equal(other, first) || s.spent <= spent {
		t.Error("another batch was taken for the same")
	}
	if one := appendFrames(nil, ms[1:], SocketIOBatch|Deflate, &s); inflated(t, one)[:2] != "42" {
		t.Error("another encoding was taken for the same")
	}
	for n := 2; s.spent <= squeezeBytes; n = n%40 + 1 {
		if frame := appendFrames(nil, ms[n:], enc, &s); frame[0] != 0xc1 {
			t.Fatal("not compressed within the bound")
		}
	}
	if frame := appendFrames(nil, ms, enc, &s); frame[0] != 0x81 {
		t.Error("compressed past the bound")
	}
	s.reset()
	if frame := appendFrames(nil, ms, enc, &s); !bytes.Equal(frame, first) {
		t.Error("not compressed in the next run")
	}
}

// BenchmarkRoom50 makes what 50 sockets are sent when each of their members has
// moved, up to the system call: 2,450 deliveries, as nobody hears of himself.
func BenchmarkRoom50(b *testing.B) {
	for _, together := range []int{1, 5, 49} {
		for name, enc := range map[string]Encoding{"plain": Native, "deflate": Native | Deflate, "batch": NativeBatch, "batch-deflate": NativeBatch | Deflate} {
			b.Run(fmt.Sprintf("%s/together=%d", name, together), func(b *testing.B) {
				b.ReportAllocs()
				var deliveries, size int
				var buf []byte
				k := newWorker(Config{})
				for b.Loop() {
					ms := roomOf50Again()
					for at := 0; at < len(ms); at += together {
						due := ms[at:min(at+together, len(ms))]
						for member := range ms {
							k.msgs = append(k.msgs[:0], due...)
							if member >= at && member < at+len(due) {
								k.msgs = append(k.msgs[:member-at], k.msgs[member-at+1:]...)
							}
							if len(k.msgs) == 0 {
								continue
							}
							buf = append(buf[:0], k.gather(enc)...)
							deliveries += len(k.msgs)
							size += len(buf)
						}
						k.squeezer.reset()
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(deliveries), "ns/delivery")
				b.ReportMetric(float64(size)/float64(deliveries), "B/delivery")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

var round = roomOf50()

// roomOf50Again has nothing rendered yet.
func roomOf50Again() []*Message {
	ms := make([]*Message, len(round))
	for i, m := range round {
		ms[i] = NewEvent(m.class, m.key, m.event, m.data)
	}
	return ms
}
