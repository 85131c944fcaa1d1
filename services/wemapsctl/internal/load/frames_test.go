//go:build unix

package load

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

func serverFrame(opcode byte, payload string) []byte {
	b := []byte{0x80 | opcode}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// However the stream is cut, the same is counted.
func TestParserCountsInAnyCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70_000)
	var native, socketio []byte
	for _, p := range []string{`{"v":1,"type":"location-updated","data":{}}`, `{"v":1,"type":"location-confirmed","data":{}}`,
		`{"v":1,"type":"new-message","data":{"content":"` + long + `"}}`, `{"v":1,"type":"location-updated","data":{"x":"` + long[:300] + `"}}`,
		`{"v":1,"type":"pong"}`, `{"v":1,"type":"error","data":{}}`, `{"v":1,"type":"user-online","data":{}}`, ``} {
		native = append(native, serverFrame(1, p)...)
	}
	native = append(native, serverFrame(9, "hi")...)
	native = append(native, serverFrame(8, "\x0f\xa7bye")...)
	for _, p := range []string{`0{"sid":"x"}`, `40{"sid":"y"}`, `2`, `42["location-updated",{}]`, `42["new-message",{}]`, `42["error",{}]`} {
		socketio = append(socketio, serverFrame(1, p)...)
	}
	rapid.Check(t, func(t *rapid.T) {
		n, s := parser{protocol: client.Native}, parser{protocol: client.SocketIO}
		for _, c := range []struct {
			p    *parser
			data []byte
		}{{&n, native}, {&s, socketio}} {
			for data := c.data; len(data) > 0; {
				cut := min(len(data), rapid.IntRange(1, 20_000).Draw(t, "cut"))
				c.p.feed(data[:cut])
				data = data[cut:]
			}
		}
		if c := n.counts; c.positions != 2 || c.confirmed != 1 || c.chat != 1 || c.errors != 1 || c.other != 2 || c.pings != 1 || n.pong != 1 || !n.ready || !n.closed || n.code != 4007 {
			t.Fatalf("native: %+v", n.counts)
		}
		if c := s.counts; c.positions != 1 || c.chat != 1 || c.errors != 1 || s.pong != 1 || !s.ready || s.closed {
			t.Fatalf("socket.io: %+v", s.counts)
		}
	})
}

func TestParserHandsOverWholePayloads(t *testing.T) {
	t.Parallel()
	var got []string
	p := parser{protocol: client.Native, whole: func(b []byte) { got = append(got, string(b)) }}
	stream := append(serverFrame(1, strings.Repeat("a", 200)), serverFrame(1, "b")...)
	for _, c := range stream {
		p.feed([]byte{c})
	}
	if len(got) != 2 || len(got[0]) != 200 || got[1] != "b" {
		t.Errorf("got %q", got)
	}
}

func TestClientFrame(t *testing.T) {
	t.Parallel()
	for n, headerLen := range map[int]int{5: 6, 126: 8, 70_000: 14} {
		if f := frame(nil, make([]byte, n)); len(f) != n+headerLen || f[1]&0x80 == 0 {
			t.Errorf("%d bytes became a frame of %d", n, len(f))
		}
	}
}

func TestStreamFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSample([]*socket{{}})
	to := s.sockets[0]
	at := time.Now().Add(-5 * time.Millisecond).UnixMicro()
	for _, number := range []string{"-1", "0", "1", "1", "4", "3"} {
		to.parser.whole([]byte(`{"type":"location-updated","data":{"deviceModel":"load.7.` + number + "." + itoa(at) + `"}}`))
	}
	to.parser.whole([]byte(`{"type":"new-message","data":{"content":"load.7.0.` + itoa(at) + `"}}`))
	to.parser.whole([]byte(`{"type":"location-updated","data":{"deviceModel":"load.broken"}}`))
	if p := s.positions; p.doubled != 1 || p.reordered != 1 || len(p.latencies) != 4 {
		t.Errorf("positions %+v", p)
	}
	if lost, superseded := s.positions.unheard(to, 7, 6); lost != 1 || superseded != 1 { // 5, and 2
		t.Errorf("%d positions lost, %d superseded", lost, superseded)
	}
	if lost, _ := s.chat.unheard(to, 7, 1); lost != 0 {
		t.Errorf("%d messages lost", lost)
	}
	if l := summarize(s.positions.latencies); l.P50 < 5 || l.P50 > 5000 || l.Max < l.P50 {
		t.Errorf("latency %+v", l)
	}
}

func itoa(v int64) string { return string(appendInt(nil, v)) }

func appendInt(b []byte, v int64) []byte {
	if v >= 10 {
		b = appendInt(b, v/10)
	}
	return append(b, byte('0'+v%10))
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	got, err := findProcesses("edge=12,redis=34", "")
	if err != nil || len(got) != 2 || got[1] != (process{"redis", 34}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, wrong := range []string{"edge", "edge=x", "edge=-1", "edge=1,"} {
		if _, err := findProcesses(wrong, ""); err == nil {
			t.Errorf("%q was accepted", wrong)
		}
	}
	parents := map[int]int{30: 20, 20: 10, 10: 1}
	parent := func(pid int) int { return parents[pid] }
	if !descends(30, 10, parent) || descends(10, 30, parent) || descends(40, 10, parent) {
		t.Error("descends is wrong")
	}
}

func TestUnheardIsLostOrSuperseded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		heard            []int64
		sent             int64
		lost, superseded int64
	}{
		{nil, 5, 5, 0},
		{[]int64{0, 1, 2, 3, 4}, 5, 0, 0},
		{[]int64{4}, 5, 0, 4},
		{[]int64{0, 70}, 75, 4, 69},
		{[]int64{0, 1, 63, 64}, 65, 0, 61},
	} {
		to := &socket{}
		st := &stream{seen: map[pair]*bits{}}
		for _, n := range tc.heard {
			p := pair{to, 7}
			if st.seen[p] == nil {
				st.seen[p] = &bits{}
			}
			st.seen[p].add(n)
		}
		if lost, superseded := st.unheard(to, 7, tc.sent); lost != tc.lost || superseded != tc.superseded {
			t.Errorf("heard %v of %d: %d lost, %d superseded, want %d and %d", tc.heard, tc.sent, lost, superseded, tc.lost, tc.superseded)
		}
	}
}
