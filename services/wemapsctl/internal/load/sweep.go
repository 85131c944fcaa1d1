//go:build unix

package load

import (
	"sync"
	"time"
)

// sweep reads all other sockets from time to time, in big chunks, and only
// counts: one system call per socket and round instead of one per frame.
type sweep struct {
	every time.Duration

	mu      sync.Mutex
	sockets []*socket
}

func (s *sweep) add(sockets ...*socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = append(s.sockets, sockets...)
}

func (s *sweep) run(stop <-chan struct{}) {
	buf := make([]byte, 256<<10)
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			s.once(buf)
		}
	}
}

func (s *sweep) once(buf []byte) {
	s.mu.Lock()
	sockets := s.sockets // only grows
	s.mu.Unlock()
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
	return total(s.sockets)
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
