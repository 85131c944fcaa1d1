//go:build !linux

package poller

import "context"

// Poller exists on Linux only; elsewhere every Line has a goroutine.
type Poller struct{}

// New returns nil, which may be used like any Poller.
func New(*Turnstile) *Poller { return nil }

// Run waits for the end of ctx.
func (*Poller) Run(ctx context.Context) { <-ctx.Done() }

func (*Poller) turnstileOf() *Turnstile { return nil }
func (*Poller) now() int64              { return 0 }
func (*Poller) park(*Line, int) bool    { return false }
func (*Poller) isParked(*Line) bool     { return false }
func (*Poller) resume(*Line)            {}
