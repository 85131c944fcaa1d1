package poller

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Poller waits for all parked Lines.
//
// Watches are one-shot and level-triggered: parking a Line that has unread bytes,
// or whose client is gone, brings it back at once.
type Poller struct {
	epoll *os.File // is itself watched by the runtime's poller: no thread blocks in it
	raw   syscall.RawConn
	fd    int
	jobs  chan *Line // unbuffered: taken by a waiting worker or by none
	done  chan struct{}
	spare atomic.Int32 // workers that wait
	start time.Time

	turnstile *Turnstile // nil: none

	mu     sync.Mutex
	parked []*Line // by file descriptor
	closed bool
}

const (
	// maxSpare workers stay when there is nothing to do; their stacks have grown
	// to what handlers need.
	maxSpare   = 64
	pollEvents = 128
	watchFlags = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT
)

// New starts nothing. It returns nil when the system has no such poller, which may
// be used like any other: then every Line has a goroutine. turnstile may be nil.
func New(turnstile *Turnstile) *Poller {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return nil
	}
	p := &Poller{fd: fd, epoll: os.NewFile(uintptr(fd), "epoll"), start: time.Now(), turnstile: turnstile,
		jobs: make(chan *Line), done: make(chan struct{})}
	if p.raw, err = p.epoll.SyscallConn(); err != nil {
		_ = p.epoll.Close()
		return nil
	}
	return p
}

func (p *Poller) turnstileOf() *Turnstile {
	if p == nil {
		return nil
	}
	return p.turnstile
}

// now is in milliseconds since the poller was made.
func (p *Poller) now() int64 { return time.Since(p.start).Milliseconds() }

// Run brings back Lines that have something to read, until ctx ends. Lines that
// are parked then stay parked: close them first.
func (p *Poller) Run(ctx context.Context) {
	if p == nil {
		<-ctx.Done()
		return
	}
	stop := context.AfterFunc(ctx, p.close)
	defer stop()
	events := make([]syscall.EpollEvent, pollEvents)
	var n int
	wait := func(fd uintptr) bool {
		var err error
		if n, err = syscall.EpollWait(int(fd), events, 0); err == syscall.EINTR {
			n = 0
			return true
		}
		return n != 0
	}
	for {
		if err := p.raw.Read(wait); err != nil {
			p.close()
			return
		}
		for _, e := range events[:max(n, 0)] {
			if l := p.takeFD(int(e.Fd)); l != nil {
				p.dispatch(l)
			}
		}
	}
}

func (p *Poller) close() {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if !again {
		close(p.done)
		_ = p.epoll.Close()
	}
}

// park watches fd, which is l's, and reports false when the caller has to keep l:
// the poller is closed, or l was interrupted, or its connection closed.
func (p *Poller) park(l *Line, fd int) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	op := syscall.EPOLL_CTL_MOD
	if !l.watched {
		l.watched, l.fd, op = true, int32(fd), syscall.EPOLL_CTL_ADD
	}
	for len(p.parked) <= fd {
		p.parked = append(p.parked, nil)
	}
	p.parked[fd] = l
	p.mu.Unlock()
	// From here on l may be taken at any time.
	event := syscall.EpollEvent{Events: watchFlags, Fd: int32(fd)}
	err := syscall.EpollCtl(p.fd, op, fd, &event)
	// Whoever interrupted l before it was parked has not found it here.
	if err != nil || l.isInterrupted() {
		return !p.take(l)
	}
	return true
}

// take makes the caller the one who has l, if it was parked.
func (p *Poller) take(l *Line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.has(l) {
		return false
	}
	p.parked[l.fd] = nil
	return true
}

// has needs mu.
func (p *Poller) has(l *Line) bool { return l.watched && p.parked[l.fd] == l }

func (p *Poller) isParked(l *Line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.has(l)
}

// takeFD is take for an event. An event that was meant for an earlier connection
// with the same descriptor brings a Line back for nothing, which is harmless.
func (p *Poller) takeFD(fd int) *Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fd >= len(p.parked) {
		return nil
	}
	l := p.parked[fd]
	p.parked[fd] = nil
	return l
}

// resume brings l back although there is nothing to read.
func (p *Poller) resume(l *Line) {
	if p.take(l) {
		p.dispatch(l)
	}
}

func (p *Poller) dispatch(l *Line) {
	select {
	case p.jobs <- l:
	default:
		go p.work(l)
	}
}

func (p *Poller) work(l *Line) {
	var r reader
	r.init()
	for {
		l.serve(&r)
		if p.spare.Add(1) > maxSpare {
			p.spare.Add(-1)
			return
		}
		select {
		case l = <-p.jobs:
			p.spare.Add(-1)
		case <-p.done:
			return
		}
	}
}
