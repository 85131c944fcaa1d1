package consume

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
)

// Log is where messages become durable; see store.Writer.
type Log interface {
	Append(ctx context.Context, drafts []message.Draft) ([]message.Stored, error)
	Change(ctx context.Context, changes []message.Change) ([]message.Changed, error)
	MarkRead(ctx context.Context, reads []message.Read) ([]message.Read, error)
	Head(ctx context.Context, roomID string) (message.Head, error)
	Floor(roomID string, seq int64)
	Tally(ctx context.Context, rooms []string) (map[string]*message.Tally, error)
	Alive(ctx context.Context) error
}

// Members answers who may do what; see store.Members.
type Members interface {
	Standings(ctx context.Context, asks []message.Ask) ([]message.Standing, error)
}

// Publisher tells clients; see publish.Publisher.
type Publisher interface {
	Batch(ctx context.Context, sent []publish.Sent, refusals []publish.Refusal) error
	Changes(ctx context.Context, changes []publish.Change) error
	Reads(ctx context.Context, reads []publish.Read) error
	Page(ctx context.Context, origin wire.Origin, userID, roomID string, page message.Page) error
}

// Pages answers history queries and can fill the cache again.
type Pages interface {
	Page(ctx context.Context, q message.Query, head message.Head) (page message.Page, fromCache bool, err error)
	Refill(ctx context.Context, roomID string, head message.Head) (floor int64, err error)
}

// patience is how long a batch waits for the room caches to be rebuilt before
// its senders are told to try again.
const patience = 5 * time.Second

// handler handles one partition's batches while the lock is held. All of its
// steps may be repeated: see Append and publish.Publisher.Batch.
type handler struct {
	log       Log
	members   Members
	publisher Publisher
	pages     *pages
	metrics   *Metrics
	now       func() time.Time
	tallies   *tallies

	unknownSince time.Time // when membership could first not be told
}

// handle decides, stores and publishes a batch, in the order of its entries.
func (h *handler) handle(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
	requests := make([]request, 0, len(batch))
	var rejects []redisx.Reject
	for _, entry := range batch {
		r, err := decode(entry)
		if err != nil {
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: err.Error()})
			continue
		}
		requests = append(requests, r)
	}
	if err := h.judge(ctx, requests); err != nil {
		return nil, err
	}
	sent, unstorable, err := h.store(ctx, requests)
	if err != nil {
		return nil, err
	}
	changed, err := h.change(ctx, requests)
	if err != nil {
		return nil, err
	}
	if err := h.publisher.Batch(ctx, sent, h.refusals(requests)); err != nil {
		return nil, err
	}
	if len(changed) > 0 {
		if err := h.publisher.Changes(ctx, changed); err != nil {
			return nil, err
		}
	}
	h.metrics.batch(sent)
	h.tallies.said(sent)
	h.tallies.changed(changed)
	if err := h.read(ctx, requests); err != nil {
		return nil, err
	}
	err = h.histories(ctx, requests)
	h.tallies.after(ctx, len(batch))
	return append(rejects, unstorable...), err
}

// wait fails, so that the batch is tried again, while some answer is unknown
// and patience lasts.
func (h *handler) wait(standings []message.Standing) error {
	unknown := false
	for _, s := range standings {
		unknown = unknown || errors.Is(s.Err, message.ErrUnknown)
	}
	if !unknown {
		h.unknownSince = time.Time{}
		return nil
	}
	if h.unknownSince.IsZero() {
		h.unknownSince = h.now()
	}
	if h.now().Sub(h.unknownSince) < patience {
		return message.ErrUnknown
	}
	return nil
}

// store appends what was not refused. A value that Postgres refuses must not
// hold up its neighbours: then each message is stored by itself.
func (h *handler) store(ctx context.Context, requests []request) ([]publish.Sent, []redisx.Reject, error) {
	var drafts []message.Draft
	var owners []int
	for i := range requests {
		if r := &requests[i]; r.refused == nil && r.send != nil {
			drafts = append(drafts, *r.send)
			owners = append(owners, i)
		}
	}
	if len(drafts) == 0 {
		return nil, nil, nil
	}
	start := h.now()
	stored, err := h.log.Append(ctx, drafts)
	if err == nil {
		h.metrics.commit(len(drafts), h.now().Sub(start))
		sent := make([]publish.Sent, 0, len(stored))
		for i, s := range stored {
			sent = h.take(sent, s, &requests[owners[i]])
		}
		return sent, nil, nil
	}
	if !errors.Is(err, message.ErrUnstorable) {
		return nil, nil, err
	}
	var sent []publish.Sent
	var rejects []redisx.Reject
	for i := range drafts {
		r := &requests[owners[i]]
		stored, err := h.log.Append(ctx, drafts[i:i+1])
		switch {
		case err == nil:
			sent = h.take(sent, stored[0], r)
		case errors.Is(err, message.ErrUnstorable):
			r.refused = err
			rejects = append(rejects, redisx.Reject{Entry: r.entry, Reason: err.Error()})
		default:
			return nil, nil, err
		}
	}
	return sent, rejects, nil
}

// take appends what was stored, or refuses what was not.
func (h *handler) take(sent []publish.Sent, s message.Stored, r *request) []publish.Sent {
	if r.refused = s.Err; s.Err != nil {
		return sent
	}
	return append(sent, publish.Sent{Stored: s, Origin: r.cmd.Origin})
}

func (h *handler) refusals(requests []request) []publish.Refusal {
	var refusals []publish.Refusal
	for i := range requests {
		if r := &requests[i]; r.refused != nil {
			refusals = append(refusals, h.refusal(r, r.refused))
		}
	}
	return refusals
}

func (h *handler) refusal(r *request, err error) publish.Refusal {
	event, denied := r.event()
	we := publish.Error(err, denied)
	if we == nil {
		we = wire.NewError(wire.CodeUnavailable).Because(err).After(2 * time.Second)
	}
	h.metrics.refused(we.Code)
	return publish.Refusal{Origin: r.cmd.Origin, UserID: r.cmd.UserID, RoomID: r.cmd.RoomID, Event: event, Err: we}
}

// histories answers the batch's history commands after its messages, so that
// everybody finds what they have just sent. A page that cannot be read is an
// error to its asker and no reason to publish the batch's messages again.
func (h *handler) histories(ctx context.Context, requests []request) error {
	var failed []publish.Refusal
	var rooms []string
	for i := range requests {
		r := &requests[i]
		if r.refused != nil || r.history == nil {
			continue
		}
		if !slices.Contains(rooms, r.cmd.RoomID) {
			rooms = append(rooms, r.cmd.RoomID)
		}
		page, err := h.pages.answer(ctx, h.log, *r.history)
		if err != nil {
			failed = append(failed, h.refusal(r, err))
			continue
		}
		if err := h.publisher.Page(ctx, r.cmd.Origin, r.cmd.UserID, r.cmd.RoomID, page); err != nil {
			return err
		}
	}
	h.tallies.asked(ctx, rooms)
	if len(failed) == 0 {
		return nil
	}
	return h.publisher.Batch(ctx, nil, failed)
}

// pages answers queries on behalf of a room's writer.
type pages struct {
	source   Pages
	metrics  *Metrics
	now      func() time.Time
	refilled map[string]time.Time
}

const (
	refillPause = 10 * time.Second // between two refills of one room
	refillRooms = 10_000           // remembered for that
)

func (p *pages) answer(ctx context.Context, log Log, q message.Query) (message.Page, error) {
	head, err := log.Head(ctx, q.RoomID)
	if err != nil {
		return message.Page{}, fmt.Errorf("answer history: %w", err)
	}
	page, fromCache, err := p.source.Page(ctx, q, head)
	if err != nil {
		return message.Page{}, err
	}
	p.metrics.history(fromCache)
	if fromCache || p.now().Sub(p.refilled[q.RoomID]) < refillPause {
		return page, nil
	}
	if low, _ := q.Window(head); head.Last-low >= message.CacheLength {
		return page, nil // deeper than the cache will ever be
	}
	if len(p.refilled) > refillRooms {
		clear(p.refilled)
	}
	p.refilled[q.RoomID] = p.now()
	if floor, err := p.source.Refill(ctx, q.RoomID, head); err == nil && floor > 0 {
		log.Floor(q.RoomID, floor) // failing costs nothing but the next cache miss
	}
	return page, nil
}
