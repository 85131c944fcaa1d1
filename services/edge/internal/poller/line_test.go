package poller

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// echo is a User that says what it hears.
type echo struct {
	line Line
	nc   net.Conn
	busy bool // not to be parked
	end  chan error
}

func (e *echo) Feed(chunk []byte) error {
	if string(chunk) == "enough, says the user" {
		return errEnough
	}
	_, err := e.nc.Write(chunk)
	return err
}

var errEnough = errors.New("enough")

func (e *echo) Parkable() bool { return !e.busy }

func (e *echo) Ended(err error) {
	e.end <- err
	e.line.Drain()
}

type fixture struct {
	*testing.T
	poller *Poller
}

func start(t *testing.T) *fixture {
	t.Helper()
	return startWith(t, nil)
}

func startWith(t *testing.T, stile *Turnstile) *fixture {
	t.Helper()
	f := &fixture{t, New(stile)}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { f.poller.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return f
}

// connect returns both ends of a connection; the user's line is running.
func (f *fixture) connect(p *Poller) (*echo, net.Conn) {
	f.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = client.Close() })
	_ = client.SetDeadline(time.Now().Add(10 * time.Second))
	nc, err := ln.Accept()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = nc.Close() })
	e := &echo{nc: nc, end: make(chan error, 2)}
	e.line.Attach(p, nc, e)
	go e.line.Run()
	return e, client
}

func (f *fixture) talk(client net.Conn, times int) {
	f.Helper()
	for range times {
		if _, err := io.WriteString(client, "a long message"); err != nil {
			f.Fatal(err)
		}
		got := make([]byte, len("a long message"))
		if _, err := io.ReadFull(client, got); err != nil || string(got) != "a long message" {
			f.Fatalf("%q, %v", got, err)
		}
	}
}

func (f *fixture) until(reason string, ok func() bool) {
	f.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	f.Fatal("not within 10 s: " + reason)
}

func (f *fixture) ends(e *echo, want error) {
	f.Helper()
	select {
	case err := <-e.end:
		if !errors.Is(err, want) {
			f.Errorf("ended with %v, want %v", err, want)
		}
	case <-time.After(10 * time.Second):
		f.Fatal("did not end")
	}
}

func needPoller(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("lines are parked on Linux only")
	}
}

func TestLinesParkUnlessTheyAreBusy(t *testing.T) {
	t.Parallel()
	needPoller(t)
	f := start(t)
	e, client := f.connect(f.poller)
	f.until("the silent line is parked", e.line.Parked)
	f.talk(client, 1)
	f.until("a word does not keep it up", e.line.Parked)
	f.talk(client, hot)
	if e.line.Parked() || !e.line.awake.Load() {
		t.Error("a busy line is parked")
	}
	f.talk(client, hot)
	e.line.Kick()
	f.talk(client, 1)
	if e.line.Parked() {
		t.Error("a line is parked before it has cooled")
	}
	e.line.last.Add(-coolAfter.Milliseconds())
	e.line.Kick()
	f.until("silent again, it is parked", e.line.Parked)
	f.talk(client, 2*hot)
	_ = client.Close()
	f.ends(e, io.EOF)
}

func TestLinesEnd(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, p := range map[string]*Poller{"parked": f.poller, "alone": nil} {
		t.Run(name, func(t *testing.T) {
			f := &fixture{t, p}
			settle := func(e *echo) {
				if p != nil {
					f.until("it is parked", e.line.Parked)
				}
			}
			e, client := f.connect(p)
			settle(e)
			_ = client.Close()
			f.ends(e, io.EOF)

			e, client = f.connect(p)
			settle(e)
			_ = client.(*net.TCPConn).SetLinger(0)
			_ = client.Close()
			f.ends(e, syscall.ECONNRESET)

			e, client = f.connect(p)
			settle(e)
			f.talk(client, 1)
			if _, err := io.WriteString(client, "enough, says the user"); err != nil {
				t.Fatal(err)
			}
			f.ends(e, errEnough)
		})
	}
}

// An interrupted line is read to its end, so that last words are heard, and its
// user hears of it once.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, before := range map[string]func(*echo, net.Conn){
		"at once": func(*echo, net.Conn) {},
		"parked": func(e *echo, _ net.Conn) {
			if f.poller != nil {
				f.until("it is parked", e.line.Parked)
			}
		},
		"busy":   func(_ *echo, client net.Conn) { f.talk(client, 2*hot) },
		"kicked": func(e *echo, client net.Conn) { f.talk(client, 2*hot); e.line.last.Store(-1e9); e.line.Kick() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fixture{t, f.poller}
			e, client := f.connect(f.poller)
			before(e, client)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(e.line.Interrupt)
			}
			wg.Wait()
			select {
			case <-e.end:
			case <-time.After(10 * time.Second):
				t.Fatal("did not end")
			}
			if err := e.line.SetDeadline(time.Time{}); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(client, strings.Repeat("nobody listens", 10_000))
			if _, err := io.WriteString(e.nc, "last words"); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len("last words"))
			if _, err := io.ReadFull(client, got); err != nil || string(got) != "last words" {
				t.Errorf("%q, %v", got, err)
			}
			if len(e.end) > 0 {
				t.Error("ended twice")
			}
		})
	}
}

// Without a Poller that runs, or without a descriptor, lines work all the same.
func TestLinesKeepGoroutinesWhereTheyMust(t *testing.T) {
	t.Parallel()
	closed := New(nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	closed.Run(ctx)
	f := &fixture{t, closed}
	e, client := f.connect(closed)
	f.talk(client, 3)
	e.line.Interrupt()
	f.ends(e, os.ErrDeadlineExceeded)

	server, client := net.Pipe()
	piped := &echo{nc: server, end: make(chan error, 1)}
	piped.line.Attach(nil, server, piped)
	go piped.line.Run()
	f.talk(client, 3)
	_ = client.Close()
	f.ends(piped, io.EOF)
}

// Many lines at once, parked and not, interrupted while they talk: each ends once.
func TestManyLines(t *testing.T) {
	t.Parallel()
	f := start(t)
	var wg sync.WaitGroup
	for i := range 64 {
		e, client := f.connect(f.poller)
		wg.Go(func() {
			for range i % 5 {
				_, _ = io.WriteString(client, "a long message")
				time.Sleep(time.Duration(i%3) * time.Millisecond) // so that some are parked meanwhile
			}
			e.line.Interrupt()
		})
		wg.Go(func() {
			select {
			case <-e.end:
			case <-time.After(10 * time.Second):
				t.Error("did not end")
			}
			_ = client.Close()
		})
	}
	wg.Wait()
}
