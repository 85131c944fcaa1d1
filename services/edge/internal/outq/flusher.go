package outq

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Config of a Flusher. Zero fields get the defaults named here.
type Config struct {
	// Workers write; default GOMAXPROCS, at most 4.
	Workers int
	// Window is the most a socket that was just written to waits for company;
	// default 50 ms, which only a worker on a full machine with hundreds of sockets
	// to serve takes.
	Window time.Duration
	// MaxWindow replaces Window when a single run takes longer than that, which
	// means that there are too many sockets for it; default 80 ms.
	MaxWindow time.Duration
	// WriteTimeout ends a socket that takes no bytes; default 10 s.
	WriteTimeout time.Duration
	// Linger is how long a closed socket may still send, so that its close frame
	// is not destroyed by a reset; default 1 s.
	Linger time.Duration
	// Unsent is how many bytes the kernel may hold unsent per socket before a
	// write counts as blocked; default 32 KiB, Linux only.
	Unsent int
}

func (c Config) withDefaults() Config {
	setDefault(&c.Workers, min(runtime.GOMAXPROCS(0), 4))
	setDefault(&c.Window, 50*time.Millisecond)
	setDefault(&c.MaxWindow, max(c.Window, 80*time.Millisecond))
	setDefault(&c.WriteTimeout, 10*time.Second)
	setDefault(&c.Linger, time.Second)
	setDefault(&c.Unsent, 32<<10)
	return c
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Stats count since the start, except Blocked, which is now.
type Stats struct {
	Writes  uint64 // system calls by workers
	Frames  uint64 // messages that those carried
	Bytes   uint64
	Stalls  uint64 // writes that the kernel did not take whole
	Errors  uint64 // sockets that failed while writing
	Blocked int64  // goroutines that wait for a slow socket
}

// Flusher owns the few goroutines that write to all sockets.
type Flusher struct {
	cfg     Config
	workers []*worker
	next    atomic.Uint32 // round robin of NewWriter
	blocked sync.WaitGroup

	stalls, errors atomic.Uint64
	blockedNow     atomic.Int64
}

// NewFlusher starts nothing.
func NewFlusher(cfg Config) *Flusher {
	f := &Flusher{cfg: cfg.withDefaults()}
	for range f.cfg.Workers {
		f.workers = append(f.workers, newWorker(f.cfg))
	}
	return f
}

// Run writes until ctx ends, then writes what is due once more and waits for
// blocked sockets, at most WriteTimeout.
func (f *Flusher) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, k := range f.workers {
		wg.Go(func() { k.run(ctx) })
	}
	wg.Wait()
	f.blocked.Wait()
	return nil
}

// NewWriter makes the outgoing side of conn. From then on nobody else may write
// to conn. onError is called at most once, on its own goroutine, when a write
// fails; the connection is closed by then. A conn without a file descriptor
// (net.Pipe, TLS) is written to by a goroutine that lives while q is not empty.
func (f *Flusher) NewWriter(conn net.Conn, q *Queue, enc Encoding, onError func(error)) *Writer {
	w := &Writer{conn: conn, q: q, onError: onError, flusher: f}
	w.SetEncoding(enc)
	w.worker = f.workers[int(f.next.Add(1))%len(f.workers)]
	if sc, ok := conn.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			w.raw = raw
			limitUnsent(raw, f.cfg.Unsent)
		}
	}
	return w
}

// Stats may be called at any time.
func (f *Flusher) Stats() Stats {
	s := Stats{Stalls: f.stalls.Load(), Errors: f.errors.Load(), Blocked: f.blockedNow.Load()}
	for _, k := range f.workers {
		s.Writes += k.writes.Load()
		s.Frames += k.frames.Load()
		s.Bytes += k.bytes.Load()
	}
	return s
}
