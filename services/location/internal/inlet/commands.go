// Package inlet is how the phones of other apps come in: whose they are, by their
// device tokens, and the way into the command streams, which is the same as for
// what comes from sockets.
package inlet

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
)

const (
	watchEvery = 500 * time.Millisecond
	pipeline   = 512 // commands that are written at once
)

// ErrBehind says that a partition has too many unread commands already.
var ErrBehind = errors.New("too many commands are unread")

// Commands appends to the location command streams what comes by REST, as the
// edge does with what comes from sockets: one way in, one order.
type Commands struct {
	client rueidis.Client
	bound  int64 // unread commands of a partition past which more are refused
	behind []atomic.Bool
}

// NewCommands starts nothing.
func NewCommands(client rueidis.Client, partitions int, bound int64) *Commands {
	return &Commands{client: client, bound: bound, behind: make([]atomic.Bool, partitions)}
}

// Append writes commands in order, in one pipeline. After an error some of them
// may have been written; repeating them does no harm. ErrBehind means none was.
func (c *Commands) Append(ctx context.Context, commands []wire.Command) error {
	cmds := make(rueidis.Commands, 0, len(commands))
	for i := range commands {
		p := wire.Partition(commands[i].RoomID, len(c.behind))
		if c.behind[p].Load() {
			return ErrBehind
		}
		cmds = append(cmds, c.client.B().Xadd().Key(wire.StreamCommands(wire.ServiceLocation, p)).Id("*").
			FieldValue().FieldValue(wire.CommandField, commands[i].String()).Build())
	}
	for len(cmds) > 0 {
		n := min(len(cmds), pipeline)
		if err := redisx.FirstError(c.client.DoMulti(ctx, cmds[:n]...)); err != nil {
			return fmt.Errorf("append commands: %w", err)
		}
		cmds = cmds[n:]
	}
	return nil
}

// Run looks after the streams' lengths until ctx ends.
func (c *Commands) Run(ctx context.Context) error {
	for {
		c.look(ctx)
		if !run.Pause(ctx, watchEvery) {
			return nil
		}
	}
}

func (c *Commands) look(ctx context.Context) {
	cmds := make(rueidis.Commands, 0, len(c.behind))
	for p := range c.behind {
		cmds = append(cmds, c.client.B().Xlen().Key(wire.StreamCommands(wire.ServiceLocation, p)).Build())
	}
	for p, r := range c.client.DoMulti(ctx, cmds...) {
		if length, err := r.AsInt64(); err == nil { // else appending fails by itself
			c.behind[p].Store(length > c.bound)
		}
	}
}
