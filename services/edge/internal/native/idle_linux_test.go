package native

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// idleEnv makes this test binary the clients of the idle benchmark, so that their
// memory is not ours.
const idleEnv = "WEMAPS_IDLE_CLIENTS"

const idleSockets = 15_000

func TestMain(m *testing.M) {
	if addr := os.Getenv(idleEnv); addr != "" {
		if err := idleClients(addr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// idleClients connects, says one thing on every connection, and stays until its
// standard input ends.
func idleClients(addr string) error {
	conns := make([]net.Conn, idleSockets)
	for i := range conns {
		conn, err := shake(addr)
		if err != nil {
			return err
		}
		conns[i] = conn
	}
	fmt.Println("connected")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		for _, conn := range conns {
			if err := speak(conn); err != nil {
				return err
			}
		}
		fmt.Println("said")
	}
	return nil
}

// shake connects without keeping a goroutine or a buffer.
func shake(addr string) (net.Conn, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"User-Agent: Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36\r\nAccept-Encoding: gzip, deflate, br\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer good.token\r\n\r\n")
	if err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(conn, 512)
	for line := "-"; line != "\r\n"; {
		if line, err = r.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	return conn, nil
}

// speak sends one event.
func speak(conn net.Conn) error {
	const event = `{"v":1,"type":"ping","id":"1"}`
	_, err := conn.Write(append([]byte{0x81, 0x80 | byte(len(event)), 0, 0, 0, 0}, event...))
	return err
}

// Connections that say something now and then have no goroutine of their own: one poller and one timer wheel look after
// all of them. (Not parallel: it counts the goroutines of the process.)
func TestIdleConnectionsHaveNoGoroutine(t *testing.T) {
	const connections, others = 300, 90 // others: workers of the poller that wait for the next who speaks
	flusher := outq.NewFlusher(outq.Config{})
	s := New(Config{Flusher: flusher, Handler: &room{hub.New()}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = flusher.Run(ctx) }()
	go func() { _ = s.Run(ctx) }()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()
	before := runtime.NumGoroutine()
	for i := range connections {
		conn, err := shake(ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := speak(conn); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	testenv.Eventually(t, 10*time.Second, "connections keep goroutines", func() bool {
		return flusher.Stats().Frames >= connections && runtime.NumGoroutine() <= before+others
	})
	if s.Len() != connections {
		t.Errorf("%d connections are left", s.Len())
	}
}

// room keeps sessions as light as the transport's share of an edge.
type room struct{ hub *hub.Hub }

func (r *room) Open(_ context.Context, c *Conn, _ Handshake) (Session, error) {
	r.hub.Join(c.ID()[:2], c)
	return &pad{desk: &desk{}, conn: c}, nil
}

// BenchmarkIdle reports what 15,000 connections add to the process: as they are
// after connecting, after each has sent an event and got its answer, and after a
// garbage collection that gives memory back.
func BenchmarkIdle(b *testing.B) {
	flusher := outq.NewFlusher(outq.Config{})
	s := New(Config{Flusher: flusher, Handler: &room{hub.New()}})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { _ = flusher.Run(ctx) }()
	go func() { _ = s.Run(ctx) }()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), idleEnv+"="+ln.Addr().String())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	before, began := measure(), time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = in.Close()
		_ = cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "connected" || s.Len() != idleSockets {
		b.Fatalf("%q, %d connections", lines.Text(), s.Len())
	}
	b.ReportMetric(idleSockets/time.Since(began).Seconds(), "connects/s")
	b.ReportMetric(measure().rss.since(before.rss), "KiB-rss-connected")
	fmt.Fprintln(in, "speak")
	lines.Scan()
	for written := flusher.Stats().Frames; written < idleSockets; written = flusher.Stats().Frames {
		runtime.Gosched() // until all are answered
	}
	b.ReportMetric(measure().rss.since(before.rss), "KiB-rss-spoken")
	for range 3 {
		debug.FreeOSMemory() // stacks shrink by half in each collection
	}
	after := measure()
	b.ReportMetric(after.rss.since(before.rss), "KiB-rss-settled")
	b.ReportMetric(after.heap.since(before.heap), "KiB-heap")
	b.ReportMetric(after.stacks.since(before.stacks), "KiB-stacks")
	b.ReportMetric(0, "ns/op")
}

type bytesUsed uint64

// since is in KiB per connection.
func (u bytesUsed) since(before bytesUsed) float64 {
	return (float64(u) - float64(before)) / idleSockets / 1024
}

type memory struct{ rss, heap, stacks bytesUsed }

func measure() memory {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return memory{}
	}
	pages, _ := strconv.ParseUint(strings.Fields(string(status))[1], 10, 64)
	return memory{bytesUsed(pages * uint64(os.Getpagesize())), bytesUsed(m.HeapAlloc), bytesUsed(m.StackInuse)}
}
