package redisx

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// Depth is what waits in a stream whose entries are trimmed away as they are
// handled.
type Depth struct {
	Entries int64
	Oldest  time.Duration // how long the oldest of them has waited, by Redis' clock
}

// Depths looks at streams, in their order.
func Depths(ctx context.Context, client rueidis.Client, streams ...string) ([]Depth, error) {
	cmds := make(rueidis.Commands, 0, 1+2*len(streams))
	cmds = append(cmds, client.B().Time().Build())
	for _, s := range streams {
		cmds = append(cmds, client.B().Xlen().Key(s).Build(), client.B().Xrange().Key(s).Start("-").End("+").Count(1).Build())
	}
	results := client.DoMulti(ctx, cmds...)
	now, err := results[0].AsIntSlice()
	if err != nil || len(now) != 2 {
		return nil, fmt.Errorf("read the time: %w", err)
	}
	depths := make([]Depth, len(streams))
	for i, s := range streams {
		if depths[i].Entries, err = results[1+2*i].AsInt64(); err != nil {
			return nil, fmt.Errorf("length of %s: %w", s, err)
		}
		first, err := results[2+2*i].AsXRange()
		if err != nil {
			return nil, fmt.Errorf("oldest of %s: %w", s, err)
		}
		if len(first) > 0 {
			ms, _ := splitID(first[0].ID)
			depths[i].Oldest = max(0, time.UnixMicro(now[0]*1e6+now[1]).Sub(time.UnixMilli(int64(ms)))) //nolint:gosec // milliseconds of this age
		}
	}
	return depths, nil
}
