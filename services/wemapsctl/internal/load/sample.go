//go:build unix

package load

import (
	"bytes"
	mathbits "math/bits"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// sample reads some sockets as soon as anything arrives, and checks every
// event on them: how old it is, whether one is missing or came twice.
type sample struct {
	mu        sync.Mutex
	sockets   []*socket
	positions stream
	chat      stream
	errors    []string // the first few
}

// stream is what was seen of one kind of event.
type stream struct {
	latencies []time.Duration
	seen      map[pair]*bits
	doubled   int64
	last      map[pair]int64
	reordered int64
}

// pair is a receiver and a sender.
type pair struct {
	to   *socket
	from int
}

// bits is a set of small numbers.
type bits struct {
	words []uint64
	n     int64
}

func (b *bits) add(i int64) (fresh bool) {
	for int64(len(b.words)) <= i/64 {
		b.words = append(b.words, 0)
	}
	mask := uint64(1) << (i % 64)
	if b.words[i/64]&mask != 0 {
		return false
	}
	b.words[i/64] |= mask
	b.n++
	return true
}

func newSample(sockets []*socket) *sample {
	s := &sample{sockets: sockets}
	s.reset()
	for _, socket := range sockets {
		socket.parser.whole = func(payload []byte) { s.take(socket, payload) }
	}
	return s
}

// reset begins a measurement.
func (s *sample) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions = stream{seen: map[pair]*bits{}, last: map[pair]int64{}}
	s.chat = stream{seen: map[pair]*bits{}, last: map[pair]int64{}}
}

// run reads until stop closes.
func (s *sample) run(stop <-chan struct{}) {
	fds := make([]unix.PollFd, len(s.sockets))
	for i, socket := range s.sockets {
		fds[i] = unix.PollFd{Fd: int32(socket.fd), Events: unix.POLLIN}
	}
	buf := make([]byte, 32<<10)
	for {
		select {
		case <-stop:
			return
		default:
		}
		if len(fds) == 0 {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if n, err := unix.Poll(fds, 100); err != nil || n == 0 {
			continue // interrupted, or nothing for now
		}
		s.mu.Lock()
		for i := range fds {
			if fds[i].Revents != 0 {
				s.sockets[i].drain(buf)
				if s.sockets[i].dead.Load() {
					fds[i].Fd = -1 // ignored from now on
				}
			}
		}
		s.mu.Unlock()
	}
}

var (
	markPosition = []byte(`"deviceModel":"load.`)
	markChat     = []byte(`"content":"load.`)
	markError    = []byte(`error"`)
)

const maxErrors = 3

func (s *sample) take(to *socket, payload []byte) {
	if i := bytes.Index(payload, markPosition); i >= 0 {
		s.positions.take(to, payload[i+len(markPosition):])
		return
	}
	if i := bytes.Index(payload, markChat); i >= 0 {
		s.chat.take(to, payload[i+len(markChat):])
		return
	}
	if i := bytes.Index(payload[:min(len(payload), prefixBytes)], markError); i >= 0 && len(s.errors) < maxErrors {
		s.errors = append(s.errors, string(payload[:min(len(payload), 200)]))
	}
}

// take reads "<sender>.<number>.<µs>"; a negative number is of the warm-up.
func (st *stream) take(to *socket, mark []byte) {
	var fields [3]int64
	for i := range fields {
		end := bytes.IndexAny(mark, `."`)
		if end < 0 {
			return
		}
		v, err := strconv.ParseInt(string(mark[:end]), 10, 64)
		if err != nil {
			return
		}
		fields[i], mark = v, mark[end+1:]
	}
	if fields[1] < 0 {
		return // of the warm-up
	}
	p := pair{to, int(fields[0])}
	set := st.seen[p]
	if set == nil {
		set = &bits{}
		st.seen[p] = set
	}
	if !set.add(fields[1]) {
		st.doubled++
		return
	}
	if last, ok := st.last[p]; ok && fields[1] < last {
		st.reordered++
	}
	st.last[p] = fields[1]
	st.latencies = append(st.latencies, time.Since(time.UnixMicro(fields[2])))
}

// unheard splits what the sender sent, numbered from 0, and the receiver did not hear: lost is what came after the last
// one heard, superseded what came before.
func (st *stream) unheard(to *socket, from int, sent int64) (lost, superseded int64) {
	set := st.seen[pair{to, from}]
	if set == nil {
		return sent, 0
	}
	newest := set.newest()
	return max(0, sent-newest-1), newest + 1 - set.n
}

// newest is the largest number in the set; -1 if it is empty.
func (b *bits) newest() int64 {
	for i := len(b.words) - 1; i >= 0; i-- {
		if w := b.words[i]; w != 0 {
			return int64(i)*64 + 63 - int64(mathbits.LeadingZeros64(w))
		}
	}
	return -1
}
