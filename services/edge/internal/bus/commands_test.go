package bus

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
)

// Positions are refused in turns while their service works through more than it can do, and wait for one that is away.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const people = 4000
	now := time.Now()
	c := newCrowd()
	sending := func(at time.Time) (n int) {
		for i := range people {
			switch wait := c.wait(strconv.Itoa(i), at); {
			case wait == 0:
				n++
			case wait < 0 || wait > turn:
				t.Fatalf("a wait of %v", wait)
			}
		}
		return n
	}
	given := 0
	look := func(behind time.Duration, works bool) (began bool) {
		if now = now.Add(paceEvery); works {
			given++
		}
		return c.feel(redisx.Progress{Given: strconv.Itoa(given), Behind: behind}, now)
	}
	for range 30 {
		look(time.Minute, false)
	}
	if n := sending(now); n != people {
		t.Errorf("a service that is away is waited for, but %d of %d are refused", people-n, people)
	}
	look(2*longWait, true)
	look(0, true)
	for range patience / paceEvery {
		look(2*longWait, true)
	}
	if n := sending(now); n != people {
		t.Errorf("a hiccup refuses %d", people-n)
	}
	began := 0
	for range 24 { // a cut takes four looks to show what it does
		if look(2*longWait, true) {
			began++
		}
	}
	if began != 1 {
		t.Errorf("the moment from which people are refused is reported %d times", began)
	}
	n := sending(now)
	if want := people * 45 / 100; n < want*9/10 || n > want*11/10 { // 7/8 to the power of 6
		t.Errorf("%d of %d may send, want about %d", n, people, want)
	}
	// Everybody has turns: after some time hardly anyone has been refused all along.
	never := 0
	for i := range people {
		turns := 0
		for k := range 12 {
			if c.wait(strconv.Itoa(i), now.Add(time.Duration(k)*turn)) == 0 {
				turns++
			}
		}
		if turns == 0 {
			never++
		}
	}
	if never > people/100 {
		t.Errorf("%d of %d had no turn among twelve", never, people)
	}
	if wait := c.wait("someone", now); c.wait("someone", now.Add(wait/2)) > wait {
		t.Error("who waits is told to wait longer")
	}
	for range 400 {
		look(2*longWait, true)
	}
	if n := sending(now); n == 0 || n > people/10 {
		t.Errorf("%d of %d may send at the worst", n, people)
	}
	for range 100 {
		look(0, true)
	}
	if n := sending(now); n != people {
		t.Errorf("with nothing waiting %d are refused", people-n)
	}
}

func promptly() time.Duration { return 0 }

// A real stream, of which a group takes little at a time.
func TestPositionsAreRefusedInTurns(t *testing.T) {
	t.Parallel()
	client, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c := NewCommands(client, 1, 100_000, promptly, NewMetrics(prometheus.NewRegistry(), hub.New()), func(err error) { t.Log(err) })
	l := c.services[wire.ServiceLocation][0]
	do := func(cmds ...rueidis.Completed) {
		t.Helper()
		if err := redisx.FirstError(client.DoMulti(t.Context(), cmds...)); err != nil {
			t.Fatal(err)
		}
	}
	do(client.B().XgroupCreate().Key(l.stream).Group("g").Id("0").Mkstream().Build())
	for range 1000 {
		do(client.B().Xadd().Key(l.stream).Id("*").FieldValue().FieldValue(wire.CommandField, "x").Build())
	}
	time.Sleep(longWait + 10*time.Millisecond) // Redis' clock has to go on
	look := func(take bool) {
		if take {
			do(client.B().Xreadgroup().Group("g", "c").Count(5).Streams().Key(l.stream).Id(">").Build())
		}
		c.feel(t.Context(), []*commandLane{l}, []string{l.stream})
	}
	refused := func(kind string) (n int) {
		for i := range 100 {
			err := c.Append(wire.ServiceLocation, wire.Command{Type: kind, RoomID: "r", UserID: strconv.Itoa(i), Received: time.Now()}, func(error) {})
			var we *wire.Error
			if errors.As(err, &we) && we.Code == wire.CodeUnavailable && we.RetryAfter > 0 {
				n++
			}
		}
		return n
	}
	for range 10 {
		look(false)
	}
	if n := refused(wire.CommandUpdate); n != 0 {
		t.Errorf("%d refused while nobody takes anything", n)
	}
	for range 40 {
		look(true)
		time.Sleep(paceEvery / 10)
	}
	if n := refused(wire.CommandUpdate); n == 0 || n == 100 || c.Share() == 1 {
		t.Errorf("%d of 100 refused while the stream is behind, share %v", n, c.Share())
	}
	if n := refused(wire.CommandLeave); n != 0 {
		t.Errorf("%d who leave are refused", n)
	}
}
