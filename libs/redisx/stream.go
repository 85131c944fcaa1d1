package redisx

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/run"
)

// Entry is one stream entry: the value of the consumer's field.
type Entry struct {
	ID    string
	Value string
}

// Reject says that an entry can never be handled, and why.
type Reject struct {
	Entry  Entry
	Reason string
}

// Handler handles a batch in order. Entries that can never succeed are
// returned as rejects and go to the dead-letter stream. An error means that
// nothing is known about the batch: it is handed over again after a pause, so
// handling must be idempotent.
type Handler func(ctx context.Context, batch []Entry) ([]Reject, error)

// Consumer reads one stream through a consumer group and acknowledges an entry
// only after its handler returned, so a crash repeats entries but loses none.
type Consumer struct {
	Client  rueidis.Client
	Stream  string
	Field   string // the field of an entry that holds its value
	Group   string
	Name    string // of this consumer, unique among the group's
	Dead    string // dead-letter stream
	Batch   int64  // most entries of one batch; 0 = 256
	Handle  Handler
	OnError func(error) // must not block

	// Exclusive says that the caller holds the stream's lease: whatever is with
	// another consumer is an orphan, taken over at once and looked for every
	// second, since a former owner's blocked read can still receive entries.
	// Handled entries are trimmed away then. Otherwise entries of a consumer that
	// has been silent for ClaimAfter are taken over, and nothing is trimmed.
	Exclusive  bool
	ClaimAfter time.Duration // 0 = 5 s
	// FromNow makes a new group start at the stream's end, not its beginning.
	FromNow bool

	// Gather is the most that a busy consumer waits between two reads, so that more
	// entries share a round trip; 0 = never. Below busyRate it does not wait.
	Gather time.Duration

	// Pace is from the beginning of one batch to that of the next: a lone entry is
	// handled at once, and what follows closely shares the next batch; 0 = none.
	// It is for what nobody waits for.
	Pace time.Duration

	handled string // id of the newest handled entry that was not trimmed yet
	pace    pace
}

// Leisurely is a Pace of what nobody waits for, such as what is noted or forgotten
// because of a room's events: most are of no concern, and many share what the
// others cost.
const Leisurely = 50 * time.Millisecond

// WriteDeadLetters puts the rejects of stream into the dead-letter stream dead,
// with their reasons. It keeps about the newest 10,000.
func WriteDeadLetters(ctx context.Context, client rueidis.Client, dead, stream string, rejects []Reject) error {
	for _, r := range rejects {
		letter := client.B().Xadd().Key(dead).Maxlen().Almost().Threshold(strconv.Itoa(deadLetterMax)).Id("*").FieldValue().
			FieldValue("stream", stream).FieldValue("id", r.Entry.ID).FieldValue("reason", r.Reason).
			FieldValue("value", r.Entry.Value).FieldValue("at", time.Now().UTC().Format(time.RFC3339Nano)).Build()
		if err := client.Do(ctx, letter).Error(); err != nil {
			return fmt.Errorf("write dead letter: %w", err)
		}
	}
	return nil
}

const (
	blockFor      = 2 * time.Second
	tidyEvery     = time.Second            // for an exclusive consumer
	longestPause  = 500 * time.Millisecond // after failures
	maxDeliveries = 5
	deadLetterMax = 10_000
)

// Run consumes until ctx ends. It returns nil; failures go to OnError and are
// retried, with pauses that grow to half a second.
func (c *Consumer) Run(ctx context.Context) error {
	if c.Batch == 0 {
		c.Batch = 256
	}
	if c.ClaimAfter == 0 {
		c.ClaimAfter = 5 * time.Second
	}
	pause := 50 * time.Millisecond
	for ctx.Err() == nil {
		err := c.consume(ctx)
		if err == nil || ctx.Err() != nil {
			pause = 50 * time.Millisecond
			continue
		}
		c.OnError(fmt.Errorf("consume %s: %w", c.Stream, err))
		if !run.Pause(ctx, pause) {
			break
		}
		pause = min(2*pause, longestPause)
	}
	return nil
}

// consume makes sure of the group, takes over what others left, and reads new
// entries until something fails.
func (c *Consumer) consume(ctx context.Context) error {
	start := "0"
	if c.FromNow {
		start = "$"
	}
	create := c.Client.B().XgroupCreate().Key(c.Stream).Group(c.Group).Id(start).Mkstream().Build()
	if err := c.Client.Do(ctx, create).Error(); err != nil && !rueidis.IsRedisBusyGroup(err) {
		return fmt.Errorf("create group: %w", err)
	}
	if err := c.inherit(ctx); err != nil {
		return err
	}
	lastClaim := time.Now()
	for ctx.Err() == nil {
		c.gather(ctx)
		if time.Since(lastClaim) >= c.claimEvery() {
			if err := c.tidy(ctx); err != nil {
				return err
			}
			lastClaim = time.Now()
		}
		read := c.Client.B().Xreadgroup().Group(c.Group, c.Name).Count(c.Batch).Block(min(blockFor, c.claimEvery()).Milliseconds()).Streams().Key(c.Stream).Id(">").Build()
		streams, err := c.Client.Do(ctx, read).AsXReadSlices()
		if rueidis.IsRedisNil(err) {
			c.pace.busy = false
			continue
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		began, batch := time.Now(), c.entries(streams[c.Stream])
		if err := c.handle(ctx, batch); err != nil {
			return err
		}
		c.pace.count(len(batch), time.Now(), time.Since(began))
		if int64(len(batch)) < c.Batch {
			run.Pause(ctx, c.Pace-time.Since(began))
		}
	}
	return nil
}

// handle gives the batch to the handler until it succeeds, then settles it.
func (c *Consumer) handle(ctx context.Context, batch []Entry) error {
	if len(batch) == 0 {
		return nil
	}
	pause := 20 * time.Millisecond
	for {
		rejects, err := c.Handle(ctx, batch)
		if err == nil {
			return c.settle(ctx, batch, rejects)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.OnError(fmt.Errorf("handle a batch of %s: %w", c.Stream, err))
		if !run.Pause(ctx, pause) {
			return ctx.Err()
		}
		pause = min(2*pause, longestPause)
	}
}

// settle acknowledges batch and rejects, writing the latter to the dead
// letters first.
func (c *Consumer) settle(ctx context.Context, batch []Entry, rejects []Reject) error {
	ids := make([]string, 0, len(batch)+len(rejects))
	for _, e := range batch {
		ids = append(ids, e.ID)
	}
	for _, r := range rejects {
		ids = append(ids, r.Entry.ID) // acknowledging twice does no harm
	}
	if err := WriteDeadLetters(ctx, c.Client, c.Dead, c.Stream, rejects); err != nil {
		return err
	}
	if len(ids) == 0 {
		return nil
	}
	ack := c.Client.B().Xack().Key(c.Stream).Group(c.Group).Id(ids...).Build()
	// A stop must not leave handled entries unacknowledged if it can be helped.
	settleCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := c.Client.Do(settleCtx, ack).Error(); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	if len(batch) > 0 {
		if newest := batch[len(batch)-1].ID; Later(newest, c.handled) {
			c.handled = newest
		}
	}
	return nil
}

func (c *Consumer) entries(slices []rueidis.XRangeSlice) []Entry {
	entries := make([]Entry, 0, len(slices))
	for _, s := range slices {
		e := Entry{ID: s.ID}
		for _, fv := range s.FieldValues {
			if fv.Field == c.Field {
				e.Value = fv.Value
			}
		}
		entries = append(entries, e)
	}
	return entries
}
