package engineio

import (
	"strconv"
	"strings"
	"testing"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// A client that asked for batches gets them on whatever transport it uses.
func TestBatchesOnEveryTransport(t *testing.T) {
	t.Parallel()
	positions := func(c *Conn, from int) {
		var ms []*outq.Message
		for i := range 3 {
			key := strconv.Itoa(from + i)
			ms = append(ms, outq.NewEvent(outq.Position, key, wire.EventLocationUpdated, []byte(key)))
		}
		if err := c.Send(ms...); err != nil {
			t.Error(err)
		}
	}
	accepted := make(chan *Conn, 2)
	f := start(t, Config{}, &app{onAccept: func(c *Conn) {
		c.SetEncoding(outq.SocketIOBatch)
		accepted <- c
	}})
	const batch = `42["locations-updated",{"locations":[`
	q := f.poll()
	c := <-accepted
	positions(c, 0)
	status, body := f.do("GET", q, "")
	f.expect("polling", status, body, 200, batch+`0,1,2]}]`)
	ws := f.dial(strings.Replace(q, "polling", "websocket", 1))
	f.write(ws, "2probe")
	f.read(ws)
	f.write(ws, "5")
	f.until("the upgrade", func() bool { return !c.Polling() })
	positions(c, 3)
	if got := f.read(ws); got != batch+`3,4,5]}]` {
		t.Errorf("after the upgrade: %s", got)
	}

	ws = f.connect()
	positions(<-accepted, 6)
	if got := f.read(ws); got != batch+`6,7,8]}]` {
		t.Errorf("WebSocket: %s", got)
	}
}
