package httpx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Server serves one handler on one address.
type Server struct {
	Handler   http.Handler
	addr      string
	drain     time.Duration
	listening atomic.Bool
}

// NewServer starts nothing; Run does. drain is how long requests in flight may take
// once it is to stop.
func NewServer(addr string, h http.Handler, drain time.Duration) *Server {
	return &Server{Handler: h, addr: addr, drain: drain}
}

// Run listens and serves until ctx ends; then it stops accepting, gives requests in
// flight their time to finish, and closes.
func (s *Server) Run(ctx context.Context) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return s.Serve(ctx, ln)
}

// Listening is a readiness check: it fails before and after the time in which
// connections are accepted.
func (s *Server) Listening(context.Context) error {
	if !s.listening.Load() {
		return errors.New("not listening")
	}
	return nil
}

// Serve is Run on a listener that is open already.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	s.listening.Store(true)
	defer s.listening.Store(false)
	srv := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.listening.Store(false)
	drainCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	if err := srv.Shutdown(drainCtx); err != nil {
		_ = srv.Close()
	}
	<-served
	return nil
}
