package consume

import (
	"context"
	"errors"
	"math"

	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// change makes the batch's changes, after its messages, and refuses those that
// may not be made.
func (h *handler) change(ctx context.Context, requests []request) ([]publish.Change, error) {
	var changes []message.Change
	var owners []*request
	for i := range requests {
		if r := &requests[i]; r.refused == nil && r.change != nil {
			changes = append(changes, *r.change)
			owners = append(owners, r)
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	changed, err := h.apply(ctx, changes)
	if err != nil {
		return nil, err
	}
	var made []publish.Change
	for i, c := range changed {
		if owners[i].refused = c.Err; c.Err == nil {
			made = append(made, publish.Change{Changed: c, Origin: owners[i].cmd.Origin})
		}
	}
	h.metrics.changed(made)
	return made, nil
}

// apply makes changes; like in store, a value that Postgres refuses must not
// hold up its neighbours.
func (h *handler) apply(ctx context.Context, changes []message.Change) ([]message.Changed, error) {
	changed, err := h.log.Change(ctx, changes)
	switch {
	case err == nil || !errors.Is(err, message.ErrUnstorable):
		return changed, err
	case len(changes) == 1:
		return []message.Changed{{Change: changes[0], Err: err}}, nil
	}
	changed = nil
	for i := range changes {
		one, err := h.apply(ctx, changes[i:i+1])
		if err != nil {
			return nil, err
		}
		changed = append(changed, one...)
	}
	return changed, nil
}

// read stores and tells how far members have read. It comes after the batch's
// messages, so that one can have read those, and it is told once per reader.
func (h *handler) read(ctx context.Context, requests []request) error {
	var reads []message.Read
	var owners []*request
	for i := range requests {
		if r := &requests[i]; r.refused == nil && r.read != nil {
			reads = append(reads, *r.read)
			owners = append(owners, r)
		}
	}
	if len(reads) == 0 {
		return nil
	}
	now, err := h.log.MarkRead(ctx, reads)
	if err != nil && !errors.Is(err, message.ErrUnstorable) {
		return err
	}
	if err != nil {
		return h.publisher.Batch(ctx, nil, h.unreadable(owners, err))
	}
	told := make([]publish.Read, len(now))
	for i, r := range now {
		told[i] = publish.Read{Read: r, Moved: r.Entry == reads[i].Entry, Origin: owners[i].cmd.Origin}
	}
	h.tallies.read(told, func(roomID string) int64 {
		head, err := h.log.Head(ctx, roomID)
		if err != nil {
			return math.MaxInt64 // then it is counted afresh
		}
		return head.Last
	})
	return h.publisher.Reads(ctx, told)
}

// unreadable refuses reads: they are worth no second attempt one by one.
func (h *handler) unreadable(owners []*request, err error) []publish.Refusal {
	refusals := make([]publish.Refusal, len(owners))
	for i, r := range owners {
		refusals[i] = h.refusal(r, err)
	}
	return refusals
}
