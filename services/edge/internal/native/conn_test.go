package native

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

func TestEventsAndReplies(t *testing.T) {
	t.Parallel()
	conn := start(t, nil).welcome(t)
	send(t, conn, `{"v":1,"type":"ping","id":"a\"1","data":{"x":[1,2]}}`)
	expect(t, conn, `{"v":1,"type":"ping","id":"a\"1","data":{"x":[1,2]}}`)
	send(t, conn, `{"type":"ping"}`)
	expect(t, conn, `{"v":1,"type":"ping"}`)
	for i := range 500 {
		send(t, conn, `{"type":"n","data":`+strconv.Itoa(i)+`}`)
	}
	for i := range 500 {
		expect(t, conn, `{"v":1,"type":"n","data":`+strconv.Itoa(i)+`}`)
	}
}

func TestInvalidFrames(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	tests := map[string]struct {
		frame string
		code  wire.Code
		id    string
	}{
		"no JSON":     {`{"v":1`, wire.CodeInvalidJSON, ""},
		"no object":   {`[1]`, wire.CodeInvalidFrame, ""},
		"no type":     {`{"v":1,"id":"7"}`, wire.CodeInvalidFrame, "7"},
		"other v":     {`{"v":2,"type":"x","id":"7"}`, wire.CodeInvalidFrame, "7"},
		"number type": {`{"type":5}`, wire.CodeInvalidFrame, ""},
		"long id":     {`{"type":"x","id":"` + strings.Repeat("x", 65) + `"}`, wire.CodeInvalidFrame, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := f.welcome(t)
			send(t, conn, tc.frame)
			expectError(t, conn, tc.code, tc.id)
			send(t, conn, `{"type":"still here"}`)
			expect(t, conn, `{"v":1,"type":"still here"}`)
			if err := conn.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"x"}`)); err != nil {
				t.Fatal(err)
			}
			expectError(t, conn, wire.CodeInvalidFrame, "")
			send(t, conn, tc.frame)
			expectError(t, conn, tc.code, tc.id)
			expectClose(t, conn, wire.CloseAbuse.Code)
		})
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	t.Run("too big", func(t *testing.T) {
		t.Parallel()
		conn := f.welcome(t)
		send(t, conn, `{"type":"x","data":"`+strings.Repeat("x", 16<<10)+`"}`)
		expectError(t, conn, wire.CodePayloadTooLarge, "")
		expectClose(t, conn, 1009)
	})
	t.Run("just not too big", func(t *testing.T) {
		t.Parallel()
		conn := f.welcome(t)
		frame := `{"v":1,"type":"x","data":"` + strings.Repeat("x", 16<<10-28) + `"}`
		send(t, conn, frame)
		expect(t, conn, frame)
	})
	t.Run("not UTF-8", func(t *testing.T) {
		t.Parallel()
		conn := f.welcome(t)
		send(t, conn, "\xff")
		expectClose(t, conn, 1007)
	})
	t.Run("no mask", func(t *testing.T) {
		t.Parallel()
		conn := f.welcome(t)
		if _, err := conn.NetConn().Write([]byte{0x81, 1, 'x'}); err != nil {
			t.Fatal(err)
		}
		expectClose(t, conn, 1002)
	})
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		conn := f.welcome(t)
		send(t, conn, `{"type":"panic"}`)
		expectClose(t, conn, 1011)
	})
}

func TestPingFromClient(t *testing.T) {
	t.Parallel()
	conn := start(t, nil).welcome(t)
	pong := ""
	conn.SetPongHandler(func(data string) error {
		pong = data
		return nil
	})
	if err := conn.WriteControl(websocket.PingMessage, []byte("beat"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	send(t, conn, `{"type":"x"}`)
	expect(t, conn, `{"v":1,"type":"x"}`)
	if pong != "beat" {
		t.Errorf("pong %q", pong)
	}
}

func TestClosing(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	t.Run("by the client", func(t *testing.T) {
		conn := f.welcome(t)
		session := f.last()
		if err := conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4999, "bye"), time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		expectClose(t, conn, 4999)
		_ = conn.Close()
		eventually(t, "the session hears of it once", func() bool { return session.closed() == "closed by the client (4999)" })
	})
	t.Run("by the network", func(t *testing.T) {
		conn := f.welcome(t)
		session := f.last()
		_ = conn.NetConn().(*net.TCPConn).SetLinger(0)
		_ = conn.NetConn().Close()
		eventually(t, "the session hears of it once", func() bool { return session.closed() == "connection lost" })
		if err := session.conn.Send(outq.NewEvent(outq.Ordered, "", "x", nil)); !errors.Is(err, outq.ErrClosed) {
			t.Errorf("send: %v", err)
		}
	})
	t.Run("by us, with the last words first", func(t *testing.T) {
		conn := f.welcome(t)
		session := f.last()
		session.conn.Reply("", "last", []byte(`"words"`))
		session.conn.Close(wire.CloseRevoked)
		session.conn.Close(wire.CloseNormal)
		expect(t, conn, `{"v":1,"type":"last","data":"words"}`)
		expectClose(t, conn, wire.CloseRevoked.Code)
		eventually(t, "the session hears of it once", func() bool { return session.closed() == "session ended (4004)" })
	})
	eventually(t, "no connection is left", func() bool { return f.server.Len() == 0 })
}

// A client that does not read is closed for it, and its session ends, while its
// neighbour is served.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *Config) { c.Limits = &outq.Limits{Count: 16, Bytes: 1 << 16} })
	slow := f.welcome(t)
	session := f.last()
	neighbour := f.welcome(t)
	big := outq.NewEvent(outq.Ordered, "", "x", []byte(`"`+strings.Repeat("x", 20_000)+`"`))
	eventually(t, "the queue overflows", func() bool {
		return errors.Is(session.conn.Send(big), outq.ErrOverflow)
	})
	send(t, neighbour, `{"type":"x"}`)
	expect(t, neighbour, `{"v":1,"type":"x"}`)
	for {
		if _, _, err := slow.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, wire.CloseSlow.Code) {
				t.Fatal(err)
			}
			break
		}
	}
	eventually(t, "the session ends", func() bool { return session.closed() == "slow consumer (4007)" })
}

// Who answers pings lives; who is silent is closed, even when it keeps the bytes of
// one frame trickling.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *Config) { c.PingEvery, c.DeadAfter = 80*time.Millisecond, 400*time.Millisecond })
	alive := f.welcome(t)
	pings := 0
	answer := alive.PingHandler()
	alive.SetPingHandler(func(data string) error {
		pings++
		return answer(data)
	})
	dead, _ := f.dial(t, bearer, "")
	go func() {
		rest := append([]byte{0x81, 0xfe, 0x3e, 0x80, 0, 0, 0, 0}, make([]byte, 16_000)...)
		for ; len(rest) > 0; rest = rest[1:] {
			if _, err := dead.NetConn().Write(rest[:1]); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond) // the pace of the attack
		}
	}()
	dead.SetPingHandler(func(string) error { return nil })
	go func() {
		for {
			if _, _, err := dead.ReadMessage(); err != nil {
				return
			}
		}
	}()
	session := f.last()
	began := time.Now()
	go func() {
		eventually(t, "the silent client is closed", func() bool { return session.closed() != "" })
		f.sessions[0].conn.Reply("", "enough", nil)
	}()
	expect(t, alive, `{"v":1,"type":"enough"}`)
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("closed after %v", took)
	}
	if pings < 3 {
		t.Errorf("%d pings", pings)
	}
}

func TestRunClosesAllAndReturns(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	conn := f.welcome(t)
	stubborn, _ := f.dial(t, bearer, "")
	pending, _ := f.dial(t, nil, "")
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.stop()
	}()
	expectClose(t, conn, wire.CloseGoingAway.Code)
	expectClose(t, pending, wire.CloseGoingAway.Code)
	<-done
	_ = stubborn.Close()
	if n := f.server.Len(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	if _, _, err := websocket.DefaultDialer.Dial(f.url, bearer); err == nil {
		t.Error("a connection after the end")
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	conn, _ := f.dial(t, bearer, "?batch=1")
	expect(t, conn, `{"v":1,"type":"hello"}`)
	c := f.last().conn
	for i := range 3 {
		_ = c.queue.Push(outq.NewEvent(outq.Position, strconv.Itoa(i), wire.EventLocationUpdated, []byte(strconv.Itoa(i))))
	}
	c.writer.Wake()
	expect(t, conn, `{"v":1,"type":"locations-updated","data":{"locations":[0,1,2]}}`)
}
