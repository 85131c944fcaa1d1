package publish

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
)

const (
	trimEvery = 10 * time.Second
	// trimAbove is the length that the event stream may have anyway. Beyond it what all followers have handled goes.
	trimAbove = 100_000
	// trimMost is what Redis must hold at most: a follower that is that far behind loses events, and that is told.
	trimMost = 1_000_000
	// trimLinger is how long what was handled stays, for edges, which read without a group.
	trimLinger = time.Minute
)

// trimmer shortens a stream that several groups read, without taking from any of them what it has not handled.
type trimmer struct {
	client      rueidis.Client
	stream      string
	above, most int64
	linger      time.Duration
	now         func() time.Time
}

// trim returns how many entries were dropped although some group has not handled them.
func (t *trimmer) trim(ctx context.Context) (dropped int64, err error) {
	b := t.client.B
	length, err := t.client.Do(ctx, b().Xlen().Key(t.stream).Build()).AsInt64()
	if err != nil || length <= t.above {
		return 0, err //nolint:wrapcheck // the caller says what was attempted
	}
	unhandled, err := t.unhandled(ctx)
	if err != nil {
		return 0, err
	}
	first := strconv.FormatInt(t.now().Add(-t.linger).UnixMilli(), 10) + "-0"
	if unhandled != "" && redisx.Later(first, unhandled) {
		first = unhandled
	}
	for _, id := range []string{first, unhandled} {
		if id == "" {
			continue
		}
		removed, err := t.client.Do(ctx, b().Xtrim().Key(t.stream).Minid().Exact().Threshold(id).Build()).AsInt64()
		if length -= removed; err != nil || length <= t.most {
			return 0, err //nolint:wrapcheck // see above
		}
	}
	return t.client.Do(ctx, b().Xtrim().Key(t.stream).Maxlen().Exact().Threshold(strconv.FormatInt(t.most, 10)).Build()).AsInt64() //nolint:wrapcheck // see above
}

// unhandled is the id from which on some group has not handled everything; "" if there are no groups.
func (t *trimmer) unhandled(ctx context.Context) (oldest string, err error) {
	groups, err := t.client.Do(ctx, t.client.B().XinfoGroups().Key(t.stream).Build()).ToArray()
	if err != nil {
		return "", err //nolint:wrapcheck // the caller says what was attempted
	}
	for _, g := range groups {
		info, err := g.AsMap()
		if err != nil {
			return "", fmt.Errorf("read a group: %w", err)
		}
		name, delivered := info["name"], info["last-delivered-id"]
		group, err := name.ToString()
		if err != nil {
			return "", fmt.Errorf("read a group: %w", err)
		}
		last, err := delivered.ToString()
		if err != nil {
			return "", fmt.Errorf("read a group: %w", err)
		}
		next := redisx.After(last)
		pending, err := t.client.Do(ctx, t.client.B().Xpending().Key(t.stream).Group(group).Build()).ToArray()
		if err != nil || len(pending) < 2 {
			return "", fmt.Errorf("read what is pending: %w", err)
		}
		if first, err := pending[1].ToString(); err == nil { // else nothing is
			next = first
		}
		if oldest == "" || redisx.Later(oldest, next) {
			oldest = next
		}
	}
	return oldest, nil
}
