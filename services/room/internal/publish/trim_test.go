package publish

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What a follower has not handled stays, however much else there is, until Redis
// cannot hold it any more; then it is said how much was lost.
func TestTrimmingTakesNothingUnhandled(t *testing.T) {
	t.Parallel()
	client := newCache(t, prometheus.NewRegistry()).Client
	b := client.B
	add := func(n int) {
		t.Helper()
		for i := range n {
			if err := client.Do(t.Context(), b().Xadd().Key("s").Id("*").FieldValue().FieldValue("e", fmt.Sprint(i)).Build()).Error(); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(group string, n int64, ack bool) {
		t.Helper()
		got, err := client.Do(t.Context(), b().Xreadgroup().Group(group, "c").Count(n).Streams().Key("s").Id(">").Build()).AsXRead()
		if err != nil || len(got["s"]) != int(n) {
			t.Fatalf("%d entries, %v", len(got["s"]), err)
		}
		if ack {
			for _, e := range got["s"] {
				if err := client.Do(t.Context(), b().Xack().Key("s").Group(group).Id(e.ID).Build()).Error(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	tr := &trimmer{client: client, stream: "s", above: 10, most: 50, now: func() time.Time { return time.Now().Add(time.Second) }}
	left := func(what string, want, lost int64) {
		t.Helper()
		dropped, err := tr.trim(t.Context())
		if err != nil || dropped != lost {
			t.Errorf("%s: %d dropped, want %d (%v)", what, dropped, lost, err)
		}
		if n, err := client.Do(t.Context(), b().Xlen().Key("s").Build()).AsInt64(); err != nil || n != want {
			t.Errorf("%s: %d left, want %d (%v)", what, n, want, err)
		}
	}
	add(10)
	left("a short one", 10, 0)
	for _, group := range []string{"fast", "slow"} {
		if err := client.Do(t.Context(), b().XgroupCreate().Key("s").Group(group).Id("0").Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	add(30)
	read("fast", 40, true)
	left("one follower has read nothing", 40, 0)
	read("slow", 15, true)
	left("it has handled some", 25, 0)
	read("slow", 20, false)
	left("what it works on stays", 25, 0)
	add(40)
	tr.linger = time.Hour
	left("too much to hold", 50, 15)
	tr.linger = 0
	for _, group := range []string{"fast", "slow"} {
		if err := client.Do(t.Context(), b().XgroupDestroy().Key("s").Group(group).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	left("nobody follows", 0, 0)
}
