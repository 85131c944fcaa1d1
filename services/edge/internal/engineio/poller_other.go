//go:build !linux

package engineio

import "context"

// poller exists on Linux only; elsewhere every link has a goroutine.
type poller struct{}

func newPoller() *poller                { return nil }
func (*poller) run(ctx context.Context) { <-ctx.Done() }
func (*poller) close()                  {}
func (*poller) park(*link, int) bool    { return false }
func (*poller) resume(*link)            {}
