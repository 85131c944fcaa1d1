// Package run owns the life of a process: it starts named parts together,
// stops them in reverse order, and waits for every one of them.
package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Func runs until ctx ends or it fails. It must return after cleaning up.
type Func func(ctx context.Context) error

type part struct {
	name string
	fn   Func
}

// Group runs parts together. Parts added later depend on those added earlier,
// so they are stopped first.
type Group struct {
	parts []part
}

// Add registers a part; it is not started before Run.
func (g *Group) Add(name string, fn Func) { g.parts = append(g.parts, part{name, fn}) }

// Run starts all parts and blocks until all have returned. The end of ctx or
// the return of any part, with or without an error, stops the others, last
// added first. It returns the first failure, named; a part that ends because
// it was told to is not a failure.
func (g *Group) Run(ctx context.Context) error {
	type ended struct {
		i   int
		err error
	}
	results := make(chan ended, len(g.parts))
	cancels := make([]context.CancelFunc, len(g.parts))
	dones := make([]chan struct{}, len(g.parts))
	base := context.WithoutCancel(ctx)
	for i, p := range g.parts {
		partCtx, cancel := context.WithCancel(base)
		cancels[i], dones[i] = cancel, make(chan struct{})
		go func() {
			defer close(dones[i])
			results <- ended{i, p.fn(partCtx)}
		}()
	}
	var first error
	if len(g.parts) > 0 {
		select {
		case <-ctx.Done():
		case r := <-results:
			first = g.failure(r.i, r.err)
		}
	}
	for i := len(g.parts) - 1; i >= 0; i-- {
		cancels[i]()
		<-dones[i]
	}
	close(results)
	for r := range results {
		if first == nil {
			first = g.failure(r.i, r.err)
		}
	}
	return first
}

func (g *Group) failure(i int, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("%s: %w", g.parts[i].name, err)
}

// Main runs fn with a context that ends on SIGINT or SIGTERM, and exits the
// process with status 1 when fn fails, after printing why.
func Main(name string, fn Func) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := fn(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Go runs fns as helpers of one owner and returns a function that waits for
// them; use it where a full Group would be too much.
func Go(fns ...func()) (wait func()) {
	var wg sync.WaitGroup
	for _, fn := range fns {
		wg.Go(fn)
	}
	return wg.Wait
}
