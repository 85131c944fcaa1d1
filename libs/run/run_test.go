package run

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

func TestPartsStopInReverseOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var stopped []string
	var g Group
	for _, name := range []string{"pool", "consumer", "server"} {
		g.Add(name, func(ctx context.Context) error {
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			stopped = append(stopped, name)
			return nil
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if want := []string{"server", "consumer", "pool"}; !slices.Equal(stopped, want) {
		t.Fatalf("stopped %v, want %v", stopped, want)
	}
}

func TestOneFailureStopsAllAndIsNamed(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	var g Group
	g.Add("waits", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Add("fails", func(context.Context) error { return boom })
	err := g.Run(t.Context())
	if !errors.Is(err, boom) || err.Error() != "fails: boom" {
		t.Fatalf("got %v", err)
	}
}
