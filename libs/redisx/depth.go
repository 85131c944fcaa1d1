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
			depths[i].Oldest = age(now, first[0].ID)
		}
	}
	return depths, nil
}

// Progress is how far a stream's only group has come.
type Progress struct {
	Given  string        // the newest entry that its consumers have been given
	Behind time.Duration // how long the oldest of those that they have not has waited, by Redis' clock
}

// Progresses looks at the groups of streams, in their order. A stream without a
// group has the zero Progress. (Redis' own count of what a group has not been
// given is wrong once entries have been trimmed.)
func Progresses(ctx context.Context, client rueidis.Client, streams ...string) ([]Progress, error) {
	cmds := make(rueidis.Commands, len(streams))
	for i, s := range streams {
		cmds[i] = client.B().XinfoGroups().Key(s).Build()
	}
	all := make([]Progress, len(streams))
	next := rueidis.Commands{client.B().Time().Build()}
	var at []int
	for i, r := range client.DoMulti(ctx, cmds...) {
		groups, err := r.ToArray()
		if err != nil || len(groups) == 0 {
			continue // a stream that is not there is an error, too
		}
		info, err := groups[0].AsMap()
		if err != nil {
			return nil, fmt.Errorf("group of %s: %w", streams[i], err)
		}
		given := info["last-delivered-id"]
		if all[i].Given, err = given.ToString(); err != nil {
			return nil, fmt.Errorf("group of %s: %w", streams[i], err)
		}
		next = append(next, client.B().Xrange().Key(streams[i]).Start("("+all[i].Given).End("+").Count(1).Build())
		at = append(at, i)
	}
	results := client.DoMulti(ctx, next...)
	now, err := results[0].AsIntSlice()
	if err != nil || len(now) != 2 {
		return nil, fmt.Errorf("read the time: %w", err)
	}
	for k, i := range at {
		oldest, err := results[k+1].AsXRange()
		if err != nil {
			return nil, fmt.Errorf("what %s holds: %w", streams[i], err)
		}
		if len(oldest) > 0 {
			all[i].Behind = age(now, oldest[0].ID)
		}
	}
	return all, nil
}

// age of an entry at a time as Redis tells it.
func age(now []int64, id string) time.Duration {
	ms, _ := splitID(id)
	return max(0, time.UnixMicro(now[0]*1e6+now[1]).Sub(time.UnixMilli(int64(ms))))
}
