package socketio

import (
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/engineio"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

type nothing struct{}

func (nothing) Open(context.Context, AppConn, AppHandshake) (AppSession, error) {
	return nothing{}, nil
}
func (nothing) Event(context.Context, string, json.RawMessage, string) {}
func (nothing) Closed(string)                                          {}

// maskedText is a client's frame of at most 65,535 bytes.
func maskedText(s string) []byte {
	b := []byte{0x81, 0x80 | byte(len(s))}
	if len(s) > 125 {
		b = []byte{0x81, 0x80 | 126, byte(len(s) >> 8), byte(len(s))}
	}
	return append(append(b, 0, 0, 0, 0), s...)
}

// connectRaw connects without anything of Go on the client's side, so that what
// is measured is the server's.
func connectRaw(b *testing.B, port int) (fd int) {
	b.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		b.Fatal(err)
	}
	const request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/124 Mobile\r\n\r\n"
	send(b, fd, []byte(request), "maxPayload")
	send(b, fd, maskedText(`40{"token":"eyJhbGciOiJFZERTQSJ9"}`), `40{"sid"`)
	return fd
}

// send writes p and reads until the server has said want.
func send(b *testing.B, fd int, p []byte, want string) {
	b.Helper()
	if _, err := syscall.Write(fd, p); err != nil {
		b.Fatal(err)
	}
	var all []byte
	buf := make([]byte, 1024)
	for !strings.Contains(string(all), want) {
		n, err := syscall.Read(fd, buf)
		if err != nil || n == 0 {
			b.Fatalf("read %d, %v after %q", n, err, all)
		}
		all = append(all, buf[:n]...)
	}
}

func startServer(b *testing.B, app App) (port int) {
	b.Helper()
	flusher := outq.NewFlusher(outq.Config{})
	s, err := New(Config{Engine: engineio.Config{}}, flusher, map[string]Namespace{MainNamespace: NewApp(app)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _ = flusher.Run(ctx) }()
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	h := httptest.NewServer(s)
	b.Cleanup(func() { cancel(); <-done; h.Close() })
	return h.Listener.Addr().(*net.TCPAddr).Port
}

func memory() (heap, stacks float64) {
	var m runtime.MemStats
	for range 3 { // stacks shrink by half each time
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc), float64(m.StackInuse)
}

// BenchmarkIdleSocket reports what one connected client costs that says nothing.
func BenchmarkIdleSocket(b *testing.B) {
	const clients = 3000
	port := startServer(b, nothing{})
	for b.Loop() {
		heap, stacks := memory()
		fds := make([]int, clients)
		for i := range fds {
			fds[i] = connectRaw(b, port)
		}
		time.Sleep(100 * time.Millisecond) // goroutines of net/http end after the answer
		heapAfter, stacksAfter := memory()
		b.ReportMetric((heapAfter-heap)/clients, "heap-B/socket")
		b.ReportMetric((stacksAfter-stacks)/clients, "stack-B/socket")
		for _, fd := range fds {
			_ = syscall.Close(fd)
		}
	}
}

type counting struct {
	nothing
	got chan struct{}
}

func (c counting) Open(context.Context, AppConn, AppHandshake) (AppSession, error) { return c, nil }
func (c counting) Event(context.Context, string, json.RawMessage, string)          { c.got <- struct{}{} }

const update = `{"roomId":"0190b2a0-0000-7000-8000-000000000000","latitude":52.520008,"longitude":13.404954,` +
	`"accuracy":5.2,"speed":13.1,"bearing":270.5,"heading":271,"batteryLevel":88,"deviceModel":"Pixel 8"}`

// BenchmarkEvent is one location update from the socket to the application, one
// at a time; sending it is included.
func BenchmarkEvent(b *testing.B) {
	app := counting{got: make(chan struct{}, 1)}
	port := startServer(b, app)
	fd := connectRaw(b, port)
	frame := maskedText(`42["location-update",` + update + `]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := syscall.Write(fd, frame); err != nil {
			b.Fatal(err)
		}
		<-app.got
	}
}

// BenchmarkEventBatch has many updates waiting, as on a loaded machine.
func BenchmarkEventBatch(b *testing.B) {
	const batch = 20
	app := counting{got: make(chan struct{}, batch)}
	port := startServer(b, app)
	fd := connectRaw(b, port)
	var frames []byte
	for range batch {
		frames = append(frames, maskedText(`42["location-update",`+update+`]`)...)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%batch == 0 {
			if _, err := syscall.Write(fd, frames); err != nil {
				b.Fatal(err)
			}
		}
		<-app.got
	}
}

func BenchmarkDecode(b *testing.B) {
	packet := []byte(`2["location-update",` + update + `]`)
	limits := Config{}.withDefaults().Limits
	var mem scratch
	b.ReportAllocs()
	b.SetBytes(int64(len(packet)))
	for b.Loop() {
		if _, err := decode(packet, mem.args[:0], &limits); err != nil {
			b.Fatal(err)
		}
	}
}
