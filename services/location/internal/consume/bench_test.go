package consume_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/consume"
)

// benchUpdate walks: each round of all members 20 ms and 2 cm on.
func benchUpdate(round int, begin time.Time) string {
	return fmt.Sprintf(`{"roomId":"0199-room","latitude":%.7f,"longitude":14.5061234,"accuracy":4.5,"speed":1.42,"bearing":271.3,"heading":270,`+
		`"altitude":298.7,"batteryLevel":81,"deviceModel":"Pixel 9 Pro","recordedAt":%q}`,
		46.0512345+float64(round)*2e-7, begin.Add(time.Duration(round)*20*time.Millisecond).UTC().Format(wire.TimeLayout))
}

// BenchmarkPath is the whole way of an update through this service, on a real
// Redis: XREADGROUP → decide → SET + SPUBLISH → XACK. cpu-µs/op is the CPU time
// of this process; the stream was filled before.
func BenchmarkPath(b *testing.B) {
	for _, rooms := range []int{50, 500, 2000} {
		b.Run(fmt.Sprintf("rooms=%d", rooms), func(b *testing.B) {
			w := newWorld(b)
			benchRooms(w, rooms)
			stream := wire.StreamCommands(wire.ServiceLocation, 0)
			begin, filled := time.Now(), 0
			fill := func(n int) {
				for end := filled + n; filled < end; {
					filled += benchFill(w, stream, rooms, filled, min(end-filled, 1000), begin)
				}
			}
			h := w.commands(w.client)
			var handled atomic.Int64
			goal, done := int64(rooms*8), make(chan struct{}, 1)
			c := &redisx.Consumer{Client: w.client, Stream: stream, Field: wire.CommandField, Group: consume.Group, Name: "bench",
				Dead: "dead", Batch: 512, Exclusive: true, OnError: func(err error) { b.Error(err) },
				Handle: func(ctx context.Context, entries []redisx.Entry) ([]redisx.Reject, error) {
					rejects, err := h.Handle(ctx, entries)
					if handled.Add(int64(len(entries))) == goal {
						done <- struct{}{}
					}
					return rejects, err
				}}
			run := func() {
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan struct{})
				go func() { defer close(ended); _ = c.Run(ctx) }()
				<-done
				cancel()
				<-ended
			}
			fill(int(goal)) // every member once, so that memories are warm
			run()
			handled.Store(0)
			goal = int64(b.N)
			fill(b.N)
			b.ReportAllocs()
			before := cpu()
			b.ResetTimer()
			run()
			b.StopTimer()
			b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

func benchRooms(w *world, rooms int) {
	for r := range rooms {
		members := make([]string, 8)
		for m := range members {
			members[m] = benchUser(r, m)
		}
		w.room(benchRoom(r), members...)
	}
}

func benchRoom(r int) string    { return fmt.Sprintf("01990000-0000-7000-8000-%012d", r) }
func benchUser(r, m int) string { return fmt.Sprintf("01990000-0000-7000-9000-%06d%06d", r, m) }

// benchFill adds n updates of members in turn, room by room.
func benchFill(w *world, stream string, rooms, from, n int, begin time.Time) int {
	cmds := make([][]string, n)
	now := time.Now()
	for i := range cmds {
		at := from + i
		c := wire.Command{Type: wire.CommandUpdate, RoomID: benchRoom(at % rooms), UserID: benchUser(at%rooms, at/rooms%8), UserName: "Walker",
			Origin: wire.Origin{EdgeID: "e1", SocketID: "s", Ref: ""}, Received: now, Data: benchUpdate(at/(rooms*8), begin)}
		cmds[i] = []string{"XADD", stream, "*", wire.CommandField, c.String()}
	}
	w.pipeline(cmds)
	return n
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
