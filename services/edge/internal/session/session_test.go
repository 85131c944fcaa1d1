package session

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// In no window does a bucket give more than its burst and what has flowed in.
func TestBucketBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rate{float32(rapid.IntRange(1, 50).Draw(t, "rate")), float32(rapid.IntRange(1, 50).Draw(t, "burst"))}
		start := time.UnixMilli(1_700_000_000_000)
		var b bucket
		now, taken := start, 0
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 300), 1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(step) * time.Millisecond)
			wait := b.take(r, 1, now)
			if wait == 0 {
				taken++
				continue
			}
			if later := b; later.take(r, 1, now.Add(wait)) != 0 {
				t.Fatalf("after waiting %s as told it is still too early", wait)
			}
		}
		most := float64(r.burst) + now.Sub(start).Seconds()*float64(r.perSecond) + 0.5 // float32
		if float64(taken) > most {
			t.Fatalf("gave %d in %s, at most %.1f", taken, now.Sub(start), most)
		}
		if taken < 1 {
			t.Fatal("gave nothing")
		}
	})
}

// Inherited mistake 11: whatever comes, a room's name is one that was written
// out as a plain string.
func FuzzDecodeRoom(f *testing.F) {
	for _, seed := range []string{`{}`, `{"roomId":"r1"}`, `{"roomId":{}}`, `{"roomId":"r1","lastSeq":-1}`, `[]`, `null`, ``, `{"roomId":"a\u0000"}`, `{"ROOMID":"x"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := decodeRoom(data)
		if err != nil {
			var we *wire.Error
			if !errors.As(err, &we) {
				t.Fatalf("%v is not for clients", err)
			}
			return
		}
		if !validRoomID([]byte(p.RoomID)) {
			t.Fatalf("%q was taken as room %q", data, p.RoomID)
		}
		var members map[string]any
		if err := json.Unmarshal(data, &members); err != nil || members["roomId"] != p.RoomID {
			t.Fatalf("%q was taken as room %q", data, p.RoomID)
		}
	})
}

// fakeConn remembers what it was sent.
type fakeConn struct {
	sent    []*outq.Message
	replies []string // their refs
}

func (c *fakeConn) ID() string                           { return "c" }
func (c *fakeConn) Send(m *outq.Message) error           { c.sent = append(c.sent, m); return nil }
func (c *fakeConn) Reply(ref string, _ string, _ []byte) { c.replies = append(c.replies, ref) }
func (c *fakeConn) Close(wire.CloseCode)                 {}
func (c *fakeConn) Encoding() outq.Encoding              { return outq.Native }

// Behind a gate everything waits, in order; what the client has had is left out,
// and a flood of positions does not end the socket.
func TestGate(t *testing.T) {
	t.Parallel()
	conn := &fakeConn{}
	seat := newSeat(&Session{conn: conn}, "r")
	message := func() *outq.Message { return outq.NewEvent(outq.Ordered, "", "e", nil) }
	joined, old, fresh, live := message(), message(), message(), message()
	for _, s := range []struct {
		m   *outq.Message
		seq int64
	}{{joined, 0}, {old, 5}, {fresh, 6}} {
		if err := seat.SendChat(s.m, s.seq); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 * maxKept {
		if err := seat.Send(outq.NewEvent(outq.Position, "u", "p", nil)); err != nil {
			t.Fatal(err)
		}
	}
	if len(conn.sent) != 0 {
		t.Fatalf("%d passed a closed gate", len(conn.sent))
	}
	seat.openGate(5)
	if err := seat.Send(live); err != nil {
		t.Fatal(err)
	}
	n := len(conn.sent)
	if conn.sent[0] != joined || conn.sent[1] != fresh || conn.sent[n-1] != live || n > maxKept {
		t.Errorf("sent %d, not in order or not complete", n)
	}
	for _, m := range conn.sent {
		if m == old {
			t.Error("what the client has had was sent again")
		}
	}
}

// A sender's own message comes at its place in the order, too, and is answered
// even if it was among what the client has had.
func TestAnswersWaitBehindTheGate(t *testing.T) {
	t.Parallel()
	conn := &fakeConn{}
	seat := newSeat(&Session{conn: conn}, "r")
	seat.ReplyChat("had", "e", nil, 5, "")
	seat.ReplyChat("new", "e", nil, 6, "")
	if len(conn.replies) != 0 {
		t.Fatalf("%v passed a closed gate", conn.replies)
	}
	seat.openGate(5)
	seat.ReplyChat("live", "e", nil, 7, "")
	if want := []string{"had", "new", "live"}; !slices.Equal(conn.replies, want) {
		t.Errorf("answered %v, want %v", conn.replies, want)
	}
}

// A page can be ahead of the room: what the room hears later is not told twice.
func TestWhatCameInAPageIsNotSentAgain(t *testing.T) {
	t.Parallel()
	conn := &fakeConn{}
	seat := newSeat(&Session{conn: conn}, "r")
	seat.paged.Store(5)
	seat.openGate(0) // a further page could not be had
	for seq := int64(4); seq <= 6; seq++ {
		if err := seat.SendChat(outq.NewEvent(outq.Ordered, "", "e", nil), seq); err != nil {
			t.Fatal(err)
		}
	}
	if len(conn.sent) != 1 {
		t.Errorf("%d were sent, want the one after the page", len(conn.sent))
	}
	if seat.ReplyChat("own", "e", nil, 5, ""); len(conn.replies) != 1 {
		t.Error("the sender was not answered")
	}
}

func TestPagesLeaveOutWhatCameLive(t *testing.T) {
	t.Parallel()
	const data = `{"roomId":"r","messages":[{"seq":3},{"seq":4},{"seq":5}],"hasMore":false}`
	for live, want := range map[int64]int{0: 3, 5: 2, 3: 0} {
		page, last, err := missed(data, live)
		if err != nil || len(page.Messages) != want || last != 5 {
			t.Errorf("live from %d: %d messages up to %d, %v; want %d", live, len(page.Messages), last, err, want)
		}
	}
	if _, _, err := missed("{", 0); err == nil {
		t.Error("nonsense was taken for a page")
	}
}

func BenchmarkDecodeRoom(b *testing.B) {
	data := []byte(`{"roomId":"0197b0a0-7c3e-7d2a-8f00-0123456789ab","latitude":45.123456,"longitude":14.123456,"accuracy":5,"speed":1.5,"heading":90,"batteryLevel":80,"deviceModel":"Phone"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeRoom(data); err != nil {
			b.Fatal(err)
		}
	}
}

// Under overload a client that goes on sending positions is told once per the time that it was asked to wait for, and
// whatever else it asks is answered each time.
func TestOverloadIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := &Session{m: &Manager{metrics: newMetrics(prometheus.NewRegistry())}}
	busy := wire.NewError(wire.CodeUnavailable).After(2 * time.Second)
	now := time.Now()
	for _, tc := range []struct {
		name, ref string
		err       error
		after     time.Duration
		want      bool
	}{
		{wire.EventLocationUpdate, "", busy, 0, false},
		{wire.EventLocationUpdate, "", busy, time.Millisecond, true},
		{wire.EventLocationUpdate, "7", busy, 2 * time.Millisecond, false},
		{wire.EventSendMessage, "", busy, 3 * time.Millisecond, false},
		{wire.EventLocationUpdate, "", wire.NewError(wire.CodeNotMember), 4 * time.Millisecond, false},
		{wire.EventLocationUpdate, "", busy, 1999 * time.Millisecond, true},
		{wire.EventLocationUpdate, "", busy, 2001 * time.Millisecond, false},
		{wire.EventLocationUpdate, "", busy, 2002 * time.Millisecond, true},
	} {
		if got := s.hush(tc.name, tc.ref, tc.err, now.Add(tc.after)); got != tc.want {
			t.Errorf("%s %q after %v: %v", tc.name, tc.ref, tc.after, got)
		}
	}
}
