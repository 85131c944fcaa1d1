package roomlog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/roomlog"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
)

func open(t testing.TB) rueidis.Client {
	t.Helper()
	client, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func chat(seq int64) wire.Envelope {
	return wire.Envelope{Event: wire.EventNewMessage, Class: wire.ClassOrdered, UserID: "u", Seq: seq, Data: fmt.Sprintf(`{"seq":%d}`, seq)}
}

func publish(t testing.TB, client rueidis.Client, envelopes ...wire.Envelope) {
	t.Helper()
	if err := redisx.FirstError(roomlog.Do(t.Context(), client, rueidis.Commands{roomlog.Publish(client, "r", envelopes...)})); err != nil {
		t.Fatal(err)
	}
}

// What is published is what the log has, place by place, even if Redis has never
// heard of the script.
func TestPublishedAndLogged(t *testing.T) {
	t.Parallel()
	client := open(t)
	heard, ready := make(chan wire.Envelope, 16), make(chan struct{})
	go redisx.Subscribe(t.Context(), client, wire.ChannelRoom("r"), func() { close(ready) }, func(m string) {
		wire.EachEnvelope(m, func(e wire.Envelope, err error) {
			if err != nil {
				t.Error(err)
			}
			heard <- e
		})
	}, func(error) {})
	<-ready
	publish(t, client, chat(1), chat(2))
	publish(t, client, chat(3))
	first := <-heard
	missed, told, ok, err := roomlog.Since(t.Context(), client, "r", first.Offset)
	if err != nil || !ok || told != 1 || len(missed) != 2 {
		t.Fatalf("missed %v after %v (told %d, %v, %v)", missed, first, told, ok, err)
	}
	for _, m := range missed {
		if e := <-heard; e != m || !roomlog.After(e.Offset, first.Offset) {
			t.Errorf("heard %v, logged %v", e, m)
		}
	}
}

// An entry whose successor names it need not be there any more; one that cannot
// be linked to the log is not answered.
func TestTheLogKnowsWhatItHasForgotten(t *testing.T) {
	t.Parallel()
	client := open(t)
	ids := func() []string {
		entries, err := client.Do(t.Context(), client.B().Xrange().Key(wire.KeyRoomLog("r")).Start("-").End("+").Build()).AsXRange()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.ID)
		}
		return all
	}
	publish(t, client, chat(1), chat(2), chat(3), chat(4))
	all := ids()
	trim := client.B().Xtrim().Key(wire.KeyRoomLog("r")).Minid().Exact().Threshold(all[2]).Build()
	if err := client.Do(t.Context(), trim).Error(); err != nil {
		t.Fatal(err)
	}
	for offset, want := range map[string]int{all[0]: -1, all[1]: 2, all[2]: 1, all[3]: 0, "": -1, "1-1": -1, "x": -1, "99999999999999-0": -1} {
		missed, _, ok, err := roomlog.Since(t.Context(), client, "r", offset)
		if err != nil || ok != (want >= 0) || len(missed) != max(0, want) {
			t.Errorf("since %q: %d missed, %v, %v; want %d", offset, len(missed), ok, err, want)
		}
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "1", "1-", "-1", "a-1", "1-1-1", "+1-1", "pong", strings.Repeat("1", 21) + "-1"} {
		if roomlog.Valid(bad) {
			t.Errorf("%q is taken", bad)
		}
	}
	if !roomlog.After("10-0", "9-5") || !roomlog.After("9-10", "9-9") || roomlog.After("9-9", "9-9") || !roomlog.After("1-0", "") {
		t.Error("offsets are compared as text")
	}
}

// What logging costs a publisher: a pipeline of 64 rooms' messages either way.
func BenchmarkPublish(b *testing.B) {
	client := open(b)
	const rooms = 64
	line := chat(1)
	line.Data = `{"id":"0199c0de-0000-7000-8000-000000000000","content":"` + strings.Repeat("x", 120) + `"}`
	for name, one := range map[string]func(string) rueidis.Completed{
		"plain": func(room string) rueidis.Completed {
			return client.B().Spublish().Channel(wire.ChannelRoom(room)).Message(line.String()).Build()
		},
		"logged": func(room string) rueidis.Completed { return roomlog.Publish(client, room, line) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i += rooms {
				cmds := make(rueidis.Commands, rooms)
				for j := range cmds {
					cmds[j] = one(fmt.Sprint("r", j))
				}
				if err := redisx.FirstError(roomlog.Do(context.Background(), client, cmds)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
