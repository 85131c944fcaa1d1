package outq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// startFlusher runs a flusher for the length of the test.
func startFlusher(t testing.TB, cfg Config) *Flusher {
	t.Helper()
	f := NewFlusher(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = f.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return f
}

// tcpPair returns both ends of a loopback connection.
func tcpPair(t testing.TB) (server, client *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dialed, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return accepted.(*net.TCPConn), dialed.(*net.TCPConn)
}

func text(format string, args ...any) *Message {
	return NewRaw(fmt.Appendf(nil, format, args...), false)
}

func expect(t *testing.T, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %q (%v), want %q", got, err, want)
	}
}

// Whatever the connection is, what concurrent senders say arrives once and in
// each sender's order.
func TestWriterKeepsOrder(t *testing.T) {
	t.Parallel()
	conns := map[string]func(*testing.T) (net.Conn, net.Conn){
		"tcp":  func(t *testing.T) (net.Conn, net.Conn) { s, c := tcpPair(t); return s, c },
		"pipe": func(*testing.T) (net.Conn, net.Conn) { return net.Pipe() },
	}
	for name, pair := range conns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const senders, each = 4, 2000
			server, client := pair(t)
			w := startFlusher(t, Config{}).NewWriter(server, NewQueue(&Limits{senders * each, 1 << 30}), Native, nil)
			for s := range senders {
				go func() {
					for i := range each {
						if err := w.Send(text("%d %04d", s, i)); err != nil {
							t.Error(err)
						}
					}
				}()
			}
			var next [senders]int
			frame := make([]byte, 2+6)
			for range senders * each {
				if _, err := io.ReadFull(client, frame); err != nil {
					t.Fatal(err)
				}
				var s, i int
				if _, err := fmt.Sscanf(string(frame[2:]), "%d %d", &s, &i); err != nil || i != next[s] {
					t.Fatalf("got %q, want message %d of %d", frame[2:], next[s], s)
				}
				next[s]++
			}
			w.Close()
		})
	}
}

func TestCloseAfterFlushesFirst(t *testing.T) {
	t.Parallel()
	server, client := tcpPair(t)
	w := startFlusher(t, Config{Linger: 10 * time.Millisecond}).NewWriter(server, &Queue{}, Native, func(err error) {
		t.Errorf("a wanted close is no error: %v", err)
	})
	bye := NewClose(4000, "bye")
	_ = w.q.Push(text("last words"))
	w.CloseAfter(bye)
	w.CloseAfter(NewClose(4001, "twice"))
	if err := w.Send(text("too late")); !errors.Is(err, ErrClosed) {
		t.Errorf("send after close: %v", err)
	}
	got, err := io.ReadAll(client)
	if want := append(bytes.Clone(text("last words").Frame(Native)), bye.Frame(Native)...); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %q (%v), want %q", got, err, want)
	}
	eventually(t, "the rest of the connection is closed after the linger time", func() bool {
		_, err := server.Read(make([]byte, 1))
		return errors.Is(err, net.ErrClosed)
	})
}

// A peer that does not read must cost one goroutine and a bounded queue, must see
// the newest positions when it reads again, and must not stop its neighbours.
func TestSlowSocketConflates(t *testing.T) {
	t.Parallel()
	f := startFlusher(t, Config{Workers: 1, Unsent: 4096})
	server, client := tcpPair(t)
	_ = server.SetWriteBuffer(4096)
	_ = client.SetReadBuffer(4096)
	slow := f.NewWriter(server, NewQueue(&Limits{Count: 64, Bytes: 1 << 20}), Native, nil)
	pad := bytes.Repeat([]byte(" "), 4000)
	sent := 0
	position := func() {
		sent++
		m := NewEvent(Position, "u", "p", append(fmt.Appendf(nil, "%06d", sent), pad...))
		if err := slow.Send(m); err != nil {
			t.Error(err)
		}
	}
	eventually(t, "the kernel's buffers fill up", func() bool {
		position()
		return f.Stats().Blocked == 1
	})
	for range 1000 {
		position()
	}
	if n := slow.q.Len(); n > 1 {
		t.Fatalf("%d positions of one member are waiting", n)
	}

	other, reader := tcpPair(t)
	neighbour := f.NewWriter(other, &Queue{}, Native, nil)
	_ = neighbour.Send(text("hello"))
	expect(t, reader, text("hello").Frame(Native))

	_ = slow.q.Push(text("end"))
	slow.CloseAfter(nil)
	got, err := io.ReadAll(client)
	if err != nil {
		t.Fatal(err)
	}
	newest := NewEvent(Position, "u", "p", append(fmt.Appendf(nil, "%06d", sent), pad...)).Frame(Native)
	if !bytes.HasSuffix(got, append(bytes.Clone(newest), text("end").Frame(Native)...)) {
		t.Errorf("the newest position and the end are not the last things read: …%q", got[len(got)-20:])
	}
	if frames := len(got) / len(newest); frames >= sent {
		t.Errorf("%d of %d positions were written to a slow socket", frames, sent)
	}
	eventually(t, "the blocked goroutine ends", func() bool { return f.Stats().Blocked == 0 })
}

func TestSlowSocketTimesOut(t *testing.T) {
	t.Parallel()
	f := startFlusher(t, Config{WriteTimeout: 20 * time.Millisecond})
	server, _ := tcpPair(t)
	var failed atomic.Int32
	w := f.NewWriter(server, &Queue{}, Native, func(error) { failed.Add(1) })
	eventually(t, "a socket that takes nothing fails", func() bool {
		_ = w.Send(NewRaw(make([]byte, 100_000), true))
		return failed.Load() > 0
	})
	if err := w.q.Push(text("x")); err == nil {
		t.Error("the queue of a failed socket takes messages")
	}
	eventually(t, "goroutines end", func() bool { return f.Stats().Blocked == 0 })
	if n := failed.Load(); n != 1 {
		t.Errorf("onError was called %d times", n)
	}
}

func TestPeerGone(t *testing.T) {
	t.Parallel()
	server, client := tcpPair(t)
	_ = client.SetLinger(0)
	_ = client.Close()
	failed := make(chan error, 1)
	w := startFlusher(t, Config{}).NewWriter(server, &Queue{}, Native, func(err error) { failed <- err })
	eventually(t, "a write to a socket that was reset fails", func() bool {
		_ = w.Send(text("anybody?"))
		return len(failed) == 1
	})
}

// Under load frames share writes; the count of both is what the window is for.
func TestLoadSharesWrites(t *testing.T) {
	t.Parallel()
	const sockets, rounds = 200, 50
	f := startFlusher(t, Config{Workers: 1})
	var readers sync.WaitGroup
	writers := make([]*Writer, sockets)
	m := NewEvent(Ordered, "", "e", make([]byte, 300))
	for i := range writers {
		server, client := tcpPair(t)
		writers[i] = f.NewWriter(server, &Queue{}, Native, nil)
		readers.Go(func() { _, _ = io.CopyN(io.Discard, client, int64(rounds*len(m.Frame(Native)))) })
	}
	for range rounds {
		for _, w := range writers {
			if err := w.Send(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	readers.Wait()
	s := f.Stats()
	if s.Frames != sockets*rounds || s.Bytes != s.Frames*uint64(len(m.Frame(Native))) {
		t.Errorf("%+v, want %d frames", s, sockets*rounds)
	}
	if s.Writes*2 > s.Frames {
		t.Errorf("%d writes for %d frames", s.Writes, s.Frames)
	}
}
