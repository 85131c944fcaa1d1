package engineio

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// poller waits for all WebSockets that say little, so that they need no goroutine:
// a goroutine's stack is 4 KiB for good once a handler has been deep, and that is
// half of what an idle socket may cost. Those that say much keep a goroutine
// (link.heat), as the poller costs two system calls more per message.
//
// A link is parked (here, waiting for bytes) or with exactly one goroutine, which
// has got it from take. Watches are one-shot and level-triggered: parking a link
// that has unread bytes, or whose client is gone, brings it back at once.
type poller struct {
	epoll *os.File // is itself watched by the runtime's poller: no thread blocks in it
	raw   syscall.RawConn
	fd    int
	jobs  chan *link // unbuffered: taken by a waiting worker or by none
	done  chan struct{}
	spare atomic.Int32 // workers that wait

	mu     sync.Mutex
	parked []*link // by file descriptor
	closed bool
}

const (
	// maxSpare workers stay when there is nothing to do; their stacks have grown
	// to what handlers need.
	maxSpare   = 64
	pollEvents = 128
	watchFlags = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT
)

// newPoller returns nil when the system has none; then every link has a goroutine.
func newPoller() *poller {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return nil
	}
	p := &poller{fd: fd, epoll: os.NewFile(uintptr(fd), "epoll"), jobs: make(chan *link), done: make(chan struct{})}
	if p.raw, err = p.epoll.SyscallConn(); err != nil {
		_ = p.epoll.Close()
		return nil
	}
	return p
}

// run brings back links that have something to read, until ctx ends. Links that
// are parked then stay parked: close them first.
func (p *poller) run(ctx context.Context) {
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

func (p *poller) close() {
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
// the poller is closed, or the connection has ended.
func (p *poller) park(l *link, fd int) bool {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return false
	}
	op := syscall.EPOLL_CTL_MOD
	if !l.watched {
		l.watched, l.fd, op = true, fd, syscall.EPOLL_CTL_ADD
	}
	for len(p.parked) <= fd {
		p.parked = append(p.parked, nil)
	}
	p.parked[fd] = l
	p.mu.Unlock()
	// From here on l may be taken at any time.
	event := syscall.EpollEvent{Events: watchFlags, Fd: int32(fd)}
	err := syscall.EpollCtl(p.fd, op, fd, &event)
	// Whoever ended the connection before l was parked has not found it here.
	if err != nil || l.c.isEnded() {
		return !p.take(l)
	}
	return true
}

// take makes the caller the one who has l, if it was parked.
func (p *poller) take(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !l.watched || p.parked[l.fd] != l {
		return false
	}
	p.parked[l.fd] = nil
	return true
}

// takeFD is take for an event. An event that was meant for an earlier connection
// with the same descriptor brings a link back for nothing, which is harmless.
func (p *poller) takeFD(fd int) *link {
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
func (p *poller) resume(l *link) {
	if p.take(l) {
		p.dispatch(l)
	}
}

func (p *poller) dispatch(l *link) {
	select {
	case p.jobs <- l:
	default:
		go p.work(l)
	}
}

func (p *poller) work(l *link) {
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
