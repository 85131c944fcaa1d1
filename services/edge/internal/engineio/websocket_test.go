package engineio

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

func TestWebSocketEchoes(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	ws := f.connect()
	big := strings.Repeat("ä", 200_000)
	for _, s := range []string{"hello", "", big} {
		f.write(ws, "4"+s)
		if got := f.read(ws); got != "4"+s {
			t.Errorf("%.20q came back as %.20q", s, got)
		}
	}
	if err := ws.WriteMessage(websocket.BinaryMessage, []byte{0, 1, 0xff}); err != nil {
		t.Fatal(err)
	}
	if op, b, err := ws.ReadMessage(); err != nil || op != websocket.BinaryMessage || string(b) != "\x00\x01\xff" {
		t.Errorf("%d %q %v", op, b, err)
	}
}

func TestWebSocketEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do     func(f *fixture, ws *websocket.Conn)
		reason string
		code   int
	}{
		"close packet": {func(f *fixture, ws *websocket.Conn) { f.write(ws, "1") }, ReasonTransportClose, websocket.CloseNoStatusReceived},
		"close frame": {func(f *fixture, ws *websocket.Conn) {
			_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4321, ""), time.Now().Add(time.Second))
		}, ReasonTransportClose, 4321},
		"gone":         {func(f *fixture, ws *websocket.Conn) { _ = ws.NetConn().Close() }, ReasonTransportClose, 0},
		"unknown type": {func(f *fixture, ws *websocket.Conn) { f.write(ws, "abc") }, ReasonParseError, websocket.CloseAbnormalClosure},
		"empty":        {func(f *fixture, ws *websocket.Conn) { f.write(ws, "") }, ReasonParseError, websocket.CloseAbnormalClosure},
		"client pings": {func(f *fixture, ws *websocket.Conn) { f.write(ws, "2") }, ReasonTransportError, websocket.CloseAbnormalClosure},
		"too big":      {func(f *fixture, ws *websocket.Conn) { f.write(ws, "4"+strings.Repeat("x", 1000)) }, ReasonTransportError, websocket.CloseMessageTooBig},
		"not UTF-8":    {func(f *fixture, ws *websocket.Conn) { f.write(ws, "4\xff") }, ReasonTransportError, websocket.CloseInvalidFramePayloadData},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, Config{MaxPayload: 1000}, &app{})
			ws := f.connect()
			tc.do(f, ws)
			f.closedWith(tc.reason)
			_, _, err := ws.ReadMessage()
			var closed *websocket.CloseError
			if tc.code != 0 && (!errors.As(err, &closed) || closed.Code != tc.code) {
				t.Errorf("the client sees %v, want %d", err, tc.code)
			}
			f.until("forgotten", func() bool { return f.server.Len() == 0 })
		})
	}
}

func TestServerCloseTellsTheCode(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{onMessage: func(c *Conn, _ []byte, _ bool) error {
		_ = c.SendText([]byte("bye"))
		c.Close(4007, ReasonForcedClose)
		return c.SendText([]byte("too late")) // closes nothing twice
	}})
	ws := f.connect()
	f.write(ws, "4x")
	if got := f.read(ws); got != "4bye" {
		t.Errorf("%q", got)
	}
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4007) {
		t.Errorf("%v", err)
	}
	f.closedWith(ReasonForcedClose)
}

func TestWebSocketPingIsAnswered(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	ws := f.connect()
	var pong atomic.Pointer[string]
	ws.SetPongHandler(func(s string) error { pong.Store(&s); return nil })
	if err := ws.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	f.write(ws, "4x")
	f.read(ws)
	if p := pong.Load(); p == nil || *p != "are you there" {
		t.Errorf("pong: %v", p)
	}
}

func TestWebSocketHeartbeat(t *testing.T) {
	t.Parallel()
	f := start(t, Config{PingInterval: 60 * time.Millisecond, PingTimeout: time.Second}, &app{})
	ws := f.connect()
	for range 3 {
		if got := f.read(ws); got != "2" {
			t.Errorf("%q", got)
		}
		f.write(ws, "3")
	}
	f.closedWith(ReasonPingTimeout)
}

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{onAccept: func(c *Conn) { c.SetIdleTimeout(30 * time.Millisecond) }})
	ws := f.connect()
	f.closedWith(ReasonIdle)
	if _, _, err := ws.ReadMessage(); err == nil {
		t.Error("still open")
	}
}

func TestPanicClosesOneConnection(t *testing.T) {
	t.Parallel()
	var told atomic.Int32
	f := start(t, Config{Panic: func(any, []byte) { told.Add(1) }}, &app{onMessage: func(c *Conn, data []byte, _ bool) error {
		if string(data) == "panic" {
			panic("on purpose")
		}
		return c.SendText(data)
	}})
	other, ws, q := f.connect(), f.connect(), f.poll()
	f.write(ws, "4panic")
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 1011) {
		t.Errorf("%v", err)
	}
	f.do("POST", q, "4panic")
	f.until("both are told", func() bool { return told.Load() == 2 && len(f.app.reasons()) == 2 })
	f.write(other, "4alive")
	if got := f.read(other); got != "4alive" {
		t.Errorf("%q", got)
	}
}

func TestShutdownClosesAll(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	ws, q := f.connect(), f.poll()
	answer := f.get(q)
	f.stop()
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("WebSocket: %v", err)
	}
	if got := <-answer; got != "200 1" {
		t.Errorf("polling: %q", got)
	}
	if got := f.app.reasons(); len(got) != 2 || got[0] != ReasonShutdown {
		t.Errorf("when Run returns all must have heard: %q", got)
	}
	if status, _ := f.do("GET", pollingQuery, ""); status != 503 {
		t.Errorf("new: %d", status)
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	q := f.poll()
	wsQuery := strings.Replace(q, "polling", "websocket", 1)
	answer := f.get(q)
	ws := f.dial(wsQuery)
	f.write(ws, "2probe")
	if got := f.read(ws); got != "3probe" {
		t.Fatalf("%q", got)
	}
	if got := <-answer; got != "200 6" {
		t.Errorf("the pending GET: %q", got)
	}
	f.do("POST", q, "4before")
	f.write(ws, "5")
	f.write(ws, "4after")
	if got := f.read(ws) + f.read(ws); got != "4before4after" {
		t.Errorf("%q", got)
	}
	status, body := f.do("GET", q, "")
	f.expect("GET", status, body, 400, `{"code":3,"message":"Bad request"}`)
	status, body = f.do("POST", q, "4x")
	f.expect("POST", status, body, 400, `{"code":3,"message":"Bad request"}`)
	if _, _, err := f.dial(wsQuery).ReadMessage(); err == nil {
		t.Error("a second WebSocket stays open")
	}
	f.write(ws, "4alive")
	if got := f.read(ws); got != "4alive" {
		t.Errorf("%q", got)
	}
}

func TestFailedUpgradeLeavesPolling(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(f *fixture, ws *websocket.Conn){
		"gone":         func(f *fixture, ws *websocket.Conn) { _ = ws.Close() },
		"no probe":     func(f *fixture, ws *websocket.Conn) { f.write(ws, "4x") },
		"second probe": func(f *fixture, ws *websocket.Conn) { f.write(ws, "2probe"); f.write(ws, "2probe") },
		"timeout":      func(*fixture, *websocket.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, Config{UpgradeTimeout: 100 * time.Millisecond}, &app{})
			q := f.poll()
			c := f.conn(q)
			fail(f, f.dial(strings.Replace(q, "polling", "websocket", 1)))
			f.until("the attempt is over", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.probe == nil })
			f.do("POST", q, "4alive")
			f.until("the echo comes", func() bool {
				status, body := f.do("GET", q, "")
				return status == 200 && body == "4alive" // a noop may come before
			})
		})
	}
}

func TestCloseDuringUpgradeReachesTheClient(t *testing.T) {
	t.Parallel()
	f := start(t, Config{}, &app{})
	q := f.poll()
	c := f.conn(q)
	ws := f.dial(strings.Replace(q, "polling", "websocket", 1))
	f.write(ws, "2probe")
	f.read(ws)
	_ = c.SendText([]byte("bye")) // the client has stopped polling by now
	c.Close(4000, ReasonForcedClose)
	f.closedWith(ReasonForcedClose)
	f.write(ws, "5")
	if got := f.read(ws); got != "4bye" {
		t.Errorf("%q", got)
	}
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4000) {
		t.Errorf("%v", err)
	}
}

// TestOrderAcrossUpgrade sends all the time in both directions.
func TestOrderAcrossUpgrade(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: &outq.Limits{Count: 10_000, Bytes: 1 << 20}}, &app{})
	q := f.poll()
	c := f.conn(q)
	const total = 3000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range total {
			if err := c.SendText([]byte(fmt.Sprint(i))); err != nil {
				t.Errorf("message %d: %v", i, err)
				return
			}
			if i%10 == 0 {
				time.Sleep(50 * time.Microsecond) // spread over the upgrade
			}
		}
	})
	next := 0
	take := func(payload string) {
		for _, p := range strings.Split(payload, "\x1e") {
			if p == "6" {
				continue
			}
			if p != fmt.Sprint(4, next)[:1]+fmt.Sprint(next) {
				t.Fatalf("got %q, want message %d", p, next)
			}
			next++
		}
	}
	for range 3 {
		_, body := f.do("GET", q, "")
		take(body)
	}
	ws := f.dial(strings.Replace(q, "polling", "websocket", 1))
	f.write(ws, "2probe")
	f.read(ws)
	_, body := f.do("GET", q, "") // as clients do: one last, then they upgrade
	take(body)
	f.write(ws, "5")
	for next < total {
		take(f.read(ws))
	}
	wg.Wait()
}

// TestStorm opens, uses and closes many connections at once in all ways, and holds
// that every Receiver hears of its end exactly once.
func TestStorm(t *testing.T) {
	t.Parallel()
	f := start(t, Config{PingInterval: 50 * time.Millisecond, PingTimeout: 5 * time.Second}, &app{})
	const clients = 150
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			ws := f.connect()
			for range 10 {
				f.write(ws, "4x")
				for f.read(ws) == "2" {
					f.write(ws, "3")
				}
			}
			switch i % 3 {
			case 0:
				_ = ws.Close()
			case 1:
				f.write(ws, "1")
			} // else: the ping timeout
		})
	}
	wg.Wait()
	f.until("all are closed", func() bool { return len(f.app.reasons()) == clients && f.server.Len() == 0 })
}

// TestLatePong holds that a pong later than the next ping's time does not put off
// that ping until the pong's deadline.
func TestLatePong(t *testing.T) {
	t.Parallel()
	f := start(t, Config{PingInterval: 50 * time.Millisecond, PingTimeout: 5 * time.Second}, &app{})
	ws := f.connect()
	began := time.Now()
	for range 3 {
		f.read(ws)
		time.Sleep(80 * time.Millisecond) // the late pong itself, not a wait for something
		f.write(ws, "3")
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("three pings took %v", took)
	}
}
