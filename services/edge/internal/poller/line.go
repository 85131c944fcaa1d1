package poller

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// User is what a Line reads for. Its methods are called one after the other.
type User interface {
	// Feed gets what was read; chunk may be modified, and is valid only until Feed
	// returns. An error ends the reading.
	Feed(chunk []byte) error
	// Parkable reports whether the Line may wait without a goroutine. It must be
	// false while a deadline is set.
	Parkable() bool
	// Ended is called once, last, when reading has ended for good.
	Ended(err error)
}

// Line is the reading half of one connection. Attach comes first.
type Line struct {
	user   User
	nc     net.Conn
	raw    syscall.RawConn // nil: no file descriptor
	poller *Poller
	last   atomic.Int64 // time of the last message

	mu          sync.Mutex // guards deadlines and what follows, up to the gap
	interrupted bool
	draining    bool
	kicked      bool // woken only to be parked

	awake   atomic.Bool // heat is hot
	heat    uint8       // messages in quick succession, up to hot
	watched bool        // by the poller, which guards this and fd
	fd      int32
}

// A Line with so many messages, none of them later than coolAfter after the one
// before, keeps a goroutine: for those who say much, parking after every message
// would cost more than it saves.
const (
	hot       = 8
	coolAfter = 10 * time.Second
)

// heartbeat is the most that an answer to a ping takes, which is no message.
const heartbeat = 7

// drainTimeout bounds how long a closed Line is read on.
const drainTimeout = 15 * time.Second

var (
	errInterrupted = errors.New("reading was interrupted")
	errParked      = errors.New("the line is parked")
)

// Attach makes l the reading half of nc. p may be nil.
func (l *Line) Attach(p *Poller, nc net.Conn, user User) {
	l.poller, l.nc, l.user = p, nc, user
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			l.raw = raw
		}
	}
}

// Run makes the caller the one who has l, from the start. It returns when reading
// has ended, and also when l is parked, which is for others to continue.
func (l *Line) Run() {
	var r reader
	r.init()
	l.serve(&r)
}

func (l *Line) serve(r *reader) {
	if err := l.read(r); !errors.Is(err, errParked) {
		l.user.Ended(err)
	}
}

// read feeds what comes to the user, until reading fails or l is parked: then it
// belongs to somebody else.
func (l *Line) read(r *reader) error {
	alone := l.poller == nil || l.raw == nil
	for {
		wait := alone || l.heat == hot || !l.user.Parkable()
		chunk, err := r.read(l, wait)
		switch {
		case chunk != nil:
			full := len(*chunk) == chunkSize
			l.warm(len(*chunk))
			err := l.feed(chunk)
			if err != nil {
				return err
			}
			// A short read has emptied the socket, and the poller looks again anyway.
			if wait || full || !l.user.Parkable() {
				continue
			}
		case errors.Is(err, syscall.EAGAIN):
		case l.cool():
			continue
		default:
			return err
		}
		if r.park(l) {
			return errParked
		}
		if l.isInterrupted() {
			return errInterrupted
		}
		alone = true // the poller has closed
	}
}

// feed hands the chunk to the user when it is l's turn. A user that has a deadline
// goes first: its session is being opened, which waits for others.
func (l *Line) feed(chunk *[]byte) error {
	turnstile := l.poller.turnstileOf()
	if turnstile == nil || !l.user.Parkable() {
		return l.consume(chunk)
	}
	if !turnstile.tryEnter() {
		chunk = shrink(chunk) // many may wait
		if !turnstile.enter() {
			return l.consume(chunk)
		}
	}
	defer turnstile.leave()
	return l.consume(chunk)
}

// consume gives the chunk back even when the user panics.
func (l *Line) consume(chunk *[]byte) error {
	defer putChunk(chunk)
	return l.user.Feed(*chunk)
}

// warm notes that the client has said something.
func (l *Line) warm(size int) {
	if size <= heartbeat || l.poller == nil {
		return
	}
	now := l.poller.now()
	if now-l.last.Swap(now) > coolAfter.Milliseconds() {
		l.heat = 0
	}
	if l.heat < hot {
		l.heat++
		l.awake.Store(l.heat == hot)
	}
}

// Kick has l parked if it has kept a goroutine and is silent. It is to be called
// now and then, and cheap.
func (l *Line) Kick() {
	if l.poller == nil || !l.awake.Load() || l.poller.now()-l.last.Load() < coolAfter.Milliseconds() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kicked || l.interrupted {
		return
	}
	l.kicked = true
	_ = l.nc.SetReadDeadline(past) // fails when it is closed
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

// cool reports whether the owner was woken by Kick, and undoes it.
func (l *Line) cool() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.kicked || l.interrupted {
		return false
	}
	l.kicked, l.heat = false, 0
	l.awake.Store(false)
	return l.nc.SetReadDeadline(time.Time{}) == nil
}

// SetDeadline bounds the reading; the zero time lifts the bound. It is the owner's
// to call, and never undoes an Interrupt. The error says that l is closed.
func (l *Line) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.interrupted || l.draining {
		return nil
	}
	return l.nc.SetReadDeadline(t)
}

// Interrupt ends the reading for good, wherever l waits. It is to be called, by
// anybody, after the connection was closed or is about to be: the close of a
// parked connection is noticed by nobody else.
func (l *Line) Interrupt() {
	l.mu.Lock()
	if !l.interrupted && !l.draining {
		_ = l.nc.SetReadDeadline(past) // fails when it is closed, which does the same
	}
	l.interrupted = true
	l.mu.Unlock()
	if l.poller != nil {
		l.poller.resume(l)
	}
}

func (l *Line) isInterrupted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.interrupted
}

// Parked reports whether l waits without a goroutine.
func (l *Line) Parked() bool { return l.poller != nil && l.poller.isParked(l) }

// Drain reads on, for nobody, until somebody has closed the connection, at most
// 15 s, and closes it. Unread bytes would make the kernel reset the connection,
// which destroys what is on its way to the client, such as a close frame. It is
// for Ended to call.
func (l *Line) Drain() {
	defer func() { _ = l.nc.Close() }()
	l.mu.Lock()
	l.draining = true // from here on Interrupt leaves the deadline alone
	err := l.nc.SetReadDeadline(time.Now().Add(drainTimeout))
	l.mu.Unlock()
	if err != nil {
		return
	}
	chunk := chunks.Get().(*[]byte)
	defer chunks.Put(chunk)
	for {
		if _, err := l.nc.Read(*chunk); err != nil {
			return
		}
	}
}
