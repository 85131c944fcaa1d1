package presence

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

// BenchmarkArrival is a socket that comes into a room with some already, of a
// user who has four there, and goes. redis-µs/op is what Redis itself says that
// the two scripts took; "uncounted" is the script of the version before.
func BenchmarkArrival(b *testing.B) {
	client, err := redisx.Open(b.Context(), "redis://"+testenv.Redis(b), "bench")
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	p := New(Config{EdgeID: "a"}, client, &here{}, zap.NewNop())
	old := roomlog.Lua + uncounted
	if err := p.load(b.Context()); err != nil {
		b.Fatal(err)
	}
	sha, err := client.Do(b.Context(), client.B().ScriptLoad().Script(old).Build()).ToString()
	if err != nil {
		b.Fatal(err)
	}
	p.age.Store("now")
	for _, sockets := range []int{1, 50, 500} {
		for name, call := range map[string]func(room, operation string, args ...string) rueidis.Completed{
			"counted": p.call,
			"uncounted": func(room, operation string, args ...string) rueidis.Completed {
				return client.B().Evalsha().Sha1(sha).Numkeys(3).Key(wire.KeyPresence(room), wire.ChannelRoom(room), wire.KeyRoomLog(room)).Arg(operation).Arg(args...).Build()
			},
		} {
			b.Run(fmt.Sprintf("%s/sockets=%d", name, sockets), func(b *testing.B) {
				room := name + strconv.Itoa(sockets)
				enter := func(user, socket int) rueidis.Completed {
					id := "user-" + strconv.Itoa(user)
					return call(room, "enter", id, p.edge, "socket-"+strconv.Itoa(socket), payload(room, id, id), "")
				}
				for i := range sockets {
					if err := client.Do(b.Context(), enter(i/5, i)).Error(); err != nil {
						b.Fatal(err)
					}
				}
				until := strconv.FormatInt(time.Now().UnixMilli(), 10)
				const batch = 64
				began := busy(b, client)
				for n := 0; n < b.N; n += batch {
					var cmds rueidis.Commands
					for i := range min(batch, b.N-n) {
						cmds = append(cmds, enter(0, sockets+i), call(room, "exit", "user-0", p.edge, "socket-"+strconv.Itoa(sockets+i), until))
					}
					if err := redisx.FirstError(client.DoMulti(b.Context(), cmds...)); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric((busy(b, client)-began)/float64(b.N), "redis-µs/op")
			})
		}
	}
}

// busy is how many µs Redis has spent on scripts so far.
func busy(b *testing.B, client rueidis.Client) float64 {
	b.Helper()
	info, err := client.Do(b.Context(), client.B().Info().Section("commandstats").Build()).ToString()
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, "cmdstat_evalsha:")
	_, rest, _ = strings.Cut(rest, "usec=")
	micros, _, _ := strings.Cut(rest, ",")
	n, err := strconv.ParseFloat(micros, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
