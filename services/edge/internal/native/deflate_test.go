package native

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

func TestOffersOfDeflate(t *testing.T) {
	t.Parallel()
	for offer, want := range map[string]bool{
		"":                   false,
		"permessage-deflate": true,
		"permessage-deflate; client_max_window_bits":                                             true, // Chrome, npm's ws
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover":             true, // gorilla
		"permessage-deflate; client_max_window_bits=10":                                          true,
		`permessage-deflate;client_max_window_bits="15"`:                                         true,
		"permessage-deflate; client_max_window_bits=16":                                          false,
		"permessage-deflate; client_max_window_bits=x":                                           false,
		"permessage-deflate; server_max_window_bits=10":                                          false,
		"permessage-deflate; server_max_window_bits=10, permessage-deflate":                      true,
		"permessage-deflate; server_no_context_takeover=1":                                       false,
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover":             false,
		"permessage-deflate; unknown":                                                            false,
		"permessage-deflate;":                                                                    true,
		"x-webkit-deflate-frame":                                                                 false,
		"permessage-bzip2; x=\"permessage-deflate\", permessage-deflate; client_max_window_bits": true,
	} {
		if got := wantsDeflate(http.Header{"Sec-Websocket-Extensions": {offer}}); got != want {
			t.Errorf("%q: %v", offer, got)
		}
	}
}

// counted counts what a client reads.
type counted struct {
	net.Conn
	read atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// dialDeflate connects a client that offers compression and uses it.
func (f *fixture) dialDeflate(t *testing.T, query string) (*websocket.Conn, *counted) {
	t.Helper()
	raw := &counted{}
	dialer := websocket.Dialer{EnableCompression: true, NetDial: func(network, addr string) (net.Conn, error) {
		var err error
		raw.Conn, err = net.Dial(network, addr)
		return raw, err
	}}
	conn, resp, err := dialer.Dial(f.url+query, bearer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	const want = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	if got := resp.Header.Get("Sec-Websocket-Extensions"); got != want {
		t.Fatalf("accepted %q, want %q", got, want)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	expect(t, conn, `{"v":1,"type":"hello"}`)
	return conn, raw
}

func TestDeflate(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	conn, raw := f.dialDeflate(t, "")
	for _, n := range []int{0, 1, 60, 100, 1000, 16<<10 - 28} {
		frame := `{"v":1,"type":"x","data":"` + strings.Repeat("x", n) + `"}`
		before := raw.read.Load()
		for _, compress := range []bool{true, false} {
			conn.EnableWriteCompression(compress)
			send(t, conn, frame)
			expect(t, conn, frame)
		}
		if got := raw.read.Load() - before; n >= 1000 && got > 200 || n < 100 && got != 2*int64(len(frame)+2) {
			t.Errorf("%d bytes were answered with %d", len(frame), got)
		}
	}
	plain, _ := f.dial(t, bearer, "")
	expect(t, plain, `{"v":1,"type":"hello"}`)
	if _, err := plain.NetConn().Write([]byte{0xc1, 0x80, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	expectClose(t, plain, 1002)
}

// Both ways at once: many clients with and without compression share a broadcast.
func TestDeflateIsShared(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	plain := f.welcome(t)
	first := f.last()
	deflating, _ := f.dialDeflate(t, "")
	second := f.last()
	m := outq.NewEvent(outq.Ordered, "", "x", []byte(`"`+strings.Repeat("wide ", 100)+`"`))
	for range 3 {
		_ = first.conn.Send(m)
		_ = second.conn.Send(m)
	}
	want, _ := m.Payload(outq.Native | outq.Deflate)
	for range 3 {
		expect(t, plain, string(want))
		expect(t, deflating, string(want))
	}
	if a, b := m.Frame(outq.Native|outq.Deflate), m.Frame(outq.Native|outq.Deflate); &a[0] != &b[0] {
		t.Error("compressed twice")
	}
}

func TestDeflatedBatches(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	conn, raw := f.dialDeflate(t, "?batch=1")
	c := f.last().conn
	before := raw.read.Load()
	var want []string
	for i := range 50 {
		want = append(want, position(i))
		_ = c.queue.Push(outq.NewEvent(outq.Position, strconv.Itoa(i), wire.EventLocationUpdated, []byte(position(i))))
	}
	c.writer.Wake()
	all := `{"v":1,"type":"locations-updated","data":{"locations":[` + strings.Join(want, ",") + `]}}`
	expect(t, conn, all)
	if got := raw.read.Load() - before; got > int64(len(all)/3) {
		t.Errorf("%d bytes came as %d", len(all), got)
	}
}

// position is what a room hears of member i.
func position(i int) string {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	return fmt.Sprintf(`{"userId":"0197b0a0-7c3e-7d2a-8f00-%012x","userName":"Member %d","latitude":%.6f,"longitude":%.6f,`+
		`"accuracy":%.1f,"speed":%.2f,"bearing":%.1f,"heading":%.1f,"altitude":%.1f,"batteryLevel":%d,"deviceModel":"Pixel %d",`+
		`"timestamp":"2025-07-01T10:11:%02d.%03dZ","isLive":true,"roomId":"0197b0a0-7c3e-7d2a-8f00-0123456789ab",`+
		`"recordedAt":"2025-07-01T10:11:%02d.%03dZ","distanceToDestination":%d,"eta":%d,"arrived":false}`,
		r.Uint64()>>16, i, 52+r.Float64(), 13+r.Float64(), r.Float64()*30, r.Float64()*40, r.Float64()*360, r.Float64()*360,
		r.Float64()*100, r.IntN(100), r.IntN(10), r.IntN(60), r.IntN(1000), r.IntN(60), r.IntN(1000), r.IntN(100_000), r.IntN(10_000))
}

// A few bytes that would become many end their connection, and nobody else's.
func TestZipBomb(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	neighbour, _ := f.dialDeflate(t, "")
	for name, size := range map[string]int{"just too big": 16<<10 + 1, "bomb": 10 << 20} {
		conn, _ := f.dialDeflate(t, "")
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is known
		data, _ := json.Marshal(strings.Repeat("x", size-len(`{"type":"x","data":""}`)))
		_, _ = w.Write([]byte(`{"type":"x","data":` + string(data) + `}`))
		_ = w.Flush()
		squeezed := bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
		if _, err := conn.NetConn().Write(clientFrame(squeezed)); err != nil {
			t.Fatal(name, err)
		}
		expectError(t, conn, wire.CodePayloadTooLarge, "")
		expectClose(t, conn, 1009)
	}
	broken, _ := f.dialDeflate(t, "")
	if _, err := broken.NetConn().Write(clientFrame([]byte("\xff\xff\xff"))); err != nil {
		t.Fatal(err)
	}
	expectClose(t, broken, 1007)
	send(t, neighbour, `{"type":"x"}`)
	expect(t, neighbour, `{"v":1,"type":"x"}`)
}

// clientFrame is a compressed text message.
func clientFrame(squeezed []byte) []byte {
	frame := []byte{0xc1, 0x80 | 126, byte(len(squeezed) >> 8), byte(len(squeezed)), 0, 0, 0, 0}
	return append(frame, squeezed...)
}
