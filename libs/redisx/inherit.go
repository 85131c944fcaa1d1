package redisx

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// inherit takes over what others left. If exclusive it also trims what a former
// owner handled and did not get to trim: a stream that is full of that looks
// unread, so that its writers wait for a reader who waits for them.
func (c *Consumer) inherit(ctx context.Context) error {
	if !c.Exclusive {
		return c.takeOver(ctx, 0)
	}
	groups, err := c.Client.Do(ctx, c.Client.B().XinfoGroups().Key(c.Stream).Build()).ToArray()
	if err != nil {
		return fmt.Errorf("read the group: %w", err)
	}
	for _, g := range groups {
		info, err := g.AsMap()
		if err != nil {
			return fmt.Errorf("read the group: %w", err)
		}
		name, delivered := info["name"], info["last-delivered-id"]
		if n, err := name.ToString(); err != nil || n != c.Group {
			continue
		}
		id, err := delivered.ToString()
		if err != nil {
			return fmt.Errorf("read the group: %w", err)
		}
		// All up to here is handled, or is taken over now.
		if Later(id, c.handled) {
			c.handled = id
		}
	}
	return c.tidy(ctx)
}

func (c *Consumer) claimEvery() time.Duration {
	if c.Exclusive {
		return tidyEvery
	}
	return c.ClaimAfter
}

// tidy takes over what others left and, if exclusive, trims what was handled.
// The order matters: an entry that a former owner received is older than the
// newest that was handled, and must not be trimmed unhandled.
func (c *Consumer) tidy(ctx context.Context) error {
	if !c.Exclusive {
		return c.takeOver(ctx, c.ClaimAfter)
	}
	handled := c.handled
	if err := c.takeOver(ctx, 0); err != nil || handled == "" {
		return err
	}
	trim := c.Client.B().Xtrim().Key(c.Stream).Minid().Exact().Threshold(After(handled)).Build()
	if err := c.Client.Do(ctx, trim).Error(); err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	if c.handled == handled {
		c.handled = ""
	}
	return nil
}

// takeOver claims and handles what is pending, oldest first. On start that is
// this consumer's own leftovers and, when exclusive, everybody's.
func (c *Consumer) takeOver(ctx context.Context, minIdle time.Duration) error {
	if minIdle == 0 && !c.Exclusive {
		if err := c.own(ctx); err != nil {
			return err
		}
		minIdle = c.ClaimAfter
	}
	cursor := "0-0"
	for {
		claim := c.Client.B().Xautoclaim().Key(c.Stream).Group(c.Group).Consumer(c.Name).
			MinIdleTime(strconv.FormatInt(minIdle.Milliseconds(), 10)).Start(cursor).Count(c.Batch).Build()
		reply, err := c.Client.Do(ctx, claim).ToArray()
		if err != nil {
			return fmt.Errorf("take over: %w", err)
		}
		if len(reply) < 2 {
			return errors.New("take over: unexpected reply")
		}
		if cursor, err = reply[0].ToString(); err != nil {
			return fmt.Errorf("take over: %w", err)
		}
		slices, err := reply[1].AsXRangeSlices()
		if err != nil {
			return fmt.Errorf("take over: %w", err)
		}
		if err := c.retry(ctx, c.entries(slices)); err != nil {
			return err
		}
		if cursor == "0-0" {
			return nil
		}
	}
}

func (c *Consumer) own(ctx context.Context) error {
	for last := "0"; ; {
		read := c.Client.B().Xreadgroup().Group(c.Group, c.Name).Count(c.Batch).Streams().Key(c.Stream).Id(last).Build()
		streams, err := c.Client.Do(ctx, read).AsXReadSlices()
		if err != nil && !rueidis.IsRedisNil(err) {
			return fmt.Errorf("read own pending: %w", err)
		}
		batch := c.entries(streams[c.Stream])
		if len(batch) == 0 {
			return nil
		}
		if err := c.retry(ctx, batch); err != nil {
			return err
		}
		last = batch[len(batch)-1].ID
	}
}

// retry handles entries that were delivered before. One that has taken its
// consumer down again and again is poison and goes to the dead letters.
func (c *Consumer) retry(ctx context.Context, batch []Entry) error {
	if len(batch) == 0 {
		return nil
	}
	pending := c.Client.B().Xpending().Key(c.Stream).Group(c.Group).Start(batch[0].ID).End(batch[len(batch)-1].ID).Count(int64(len(batch)) + 1).Build()
	rows, err := c.Client.Do(ctx, pending).ToArray()
	if err != nil {
		return fmt.Errorf("read delivery counts: %w", err)
	}
	poison := map[string]bool{}
	for _, row := range rows {
		cols, err := row.ToArray()
		if err != nil || len(cols) < 4 {
			return fmt.Errorf("read delivery counts: unexpected reply (%w)", err)
		}
		id, _ := cols[0].ToString()
		if n, _ := cols[3].ToInt64(); n > maxDeliveries {
			poison[id] = true
		}
	}
	healthy := batch[:0:0]
	var rejects []Reject
	for _, e := range batch {
		if poison[e.ID] {
			rejects = append(rejects, Reject{e, fmt.Sprintf("delivered more than %d times", maxDeliveries)})
		} else {
			healthy = append(healthy, e)
		}
	}
	if err := c.settle(ctx, nil, rejects); err != nil {
		return err
	}
	return c.handle(ctx, healthy)
}
