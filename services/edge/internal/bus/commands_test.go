package bus

import (
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

// Positions are refused while their service works through more than it can do, and wait for one that is away. Chat waits in
// either case.
func TestOverloadedServiceRefusesWhatMustBeFresh(t *testing.T) {
	t.Parallel()
	client, err := redisx.Open(t.Context(), "redis://"+testenv.Redis(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	c := NewCommands(client, 1, 100_000, NewMetrics(prometheus.NewRegistry(), hub.New()), func(err error) { t.Log(err) })
	c.freshFor = time.Millisecond
	const waiting = 200
	refused := func(service string) bool { return c.services[service][0].behind.Load() }
	do := func(cmds ...rueidis.Completed) {
		t.Helper()
		if err := redisx.FirstError(client.DoMulti(t.Context(), cmds...)); err != nil {
			t.Fatal(err)
		}
	}
	for _, service := range []string{wire.ServiceLocation, wire.ServiceChat} {
		stream := wire.StreamCommands(service, 0)
		do(client.B().XgroupCreate().Key(stream).Group("g").Id("0").Mkstream().Build())
		adds := make(rueidis.Commands, waiting)
		for i := range adds {
			adds[i] = client.B().Xadd().Key(stream).Id("*").FieldValue().FieldValue(wire.CommandField, strconv.Itoa(i)).Build()
		}
		do(adds...)
	}
	take := func(n int64) {
		for _, service := range []string{wire.ServiceLocation, wire.ServiceChat} {
			do(client.B().Xreadgroup().Group("g", "c").Count(n).Streams().Key(wire.StreamCommands(service, 0)).Id(">").Build())
		}
	}
	time.Sleep(2 * c.freshFor) // Redis' clock has to go on
	c.look(t.Context())        // the first look does not know yet what was given before
	c.look(t.Context())
	if refused(wire.ServiceLocation) || refused(wire.ServiceChat) {
		t.Fatal("a service that is away is waited for")
	}
	take(waiting / 2)
	c.look(t.Context())
	if !refused(wire.ServiceLocation) {
		t.Error("a service that works, with more than a second's work before it, gets no more positions")
	}
	if refused(wire.ServiceChat) {
		t.Error("chat waits, however long")
	}
	c.look(t.Context())
	if refused(wire.ServiceLocation) {
		t.Error("a service that has stopped is waited for")
	}
	take(waiting)
	c.look(t.Context())
	if refused(wire.ServiceLocation) {
		t.Error("a service that has caught up gets positions again")
	}
}
