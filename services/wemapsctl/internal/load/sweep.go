//go:build unix

package load

import (
	"slices"
	"sync"
	"time"
)

// sweep reads all other sockets from time to time, in big chunks, and only
// counts: one system call per socket and round instead of one per frame.
type sweep struct {
	every time.Duration

	mu            sync.Mutex
	sockets, idle []*socket
}

// idleRounds is after how many rounds sockets are looked at that hear hardly anything: thousands of reads that find nothing
// would be most of what the generator does.
const idleRounds = 20

func (s *sweep) add(sockets ...*socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = append(s.sockets, sockets...)
}

func (s *sweep) addIdle(socket *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, socket)
}

func (s *sweep) all() []*socket { return slices.Concat(s.sockets, s.idle) }

func (s *sweep) run(stop <-chan struct{}) {
	buf := make([]byte, 256<<10)
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for round := 1; ; round++ {
		select {
		case <-stop:
			return
		case <-ticker.C:
			s.mu.Lock()
			sockets, idle := s.sockets, s.idle // only grow
			s.mu.Unlock()
			s.once(sockets, buf)
			if round%idleRounds == 0 {
				s.once(idle, buf)
			}
		}
	}
}

func (s *sweep) once(sockets []*socket, buf []byte) {
	for len(sockets) > 0 {
		n := min(len(sockets), 256)
		s.mu.Lock() // in parts, so that counting need not wait for a whole round
		for _, socket := range sockets[:n] {
			if !socket.slow {
				socket.drain(buf)
			}
		}
		s.mu.Unlock()
		sockets = sockets[n:]
	}
}

// total counts what has arrived so far, and the sockets that were lost.
func (s *sweep) total() (c counts, dead int, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return total(s.all())
}

func (s *sample) total() (c counts, dead int, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return total(s.sockets)
}

func total(sockets []*socket) (c counts, dead int, why error) {
	for _, socket := range sockets {
		c.add(socket.parser.counts)
		if socket.dead.Load() {
			dead++
			why = socket.why
		}
	}
	return c, dead, why
}
