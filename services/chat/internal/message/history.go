package message

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// MaxPageBytes bounds one history answer, whatever its messages hold: five
// long texts once made a packet of 4.5 MB.
const MaxPageBytes = 256 << 10

// CacheLength is how many of a room's newest messages the cache keeps.
const CacheLength = 500

// Item is a message as it is shown: JSON, with what a page is cut by.
type Item struct {
	Seq    int64
	Rev    int64
	At     time.Time
	System bool
	JSON   []byte
}

// Query asks for the newest Limit messages, for those before a seq, or for
// those after one (oldest first from there). Zero means "not given": seq
// starts at 1, and nothing comes before it.
type Query struct {
	RoomID string
	Before int64 // only below this; 0 = no bound
	After  int64 // only above this, from there on; -1 = not given
	Limit  int

	AfterRev int64 // also what was changed after this change; -1 = not asked

	System bool // also what nobody has said
}

// Forward tells whether the page starts at its oldest message.
func (q Query) Forward() bool { return q.After >= 0 }

// Window is the first range of seqs to look for the page in, one more than its
// limit so as to know HasMore; empty when high < low.
func (q Query) Window(head Head) (low, high int64) {
	high, low = head.Last, max(1, head.Floor)
	if q.Before > 0 {
		high = min(high, q.Before-1)
	}
	span := int64(q.Limit) + 1
	if q.Forward() {
		return q.After + 1, min(high, q.After+span)
	}
	return max(low, high-span+1), high
}

// Page is the answer, oldest first. HasMore tells of more messages in the
// direction of reading: older ones, or newer ones after After.
type Page struct {
	Items   []Item
	HasMore bool

	// Changed are the messages that were changed after AfterRev, as they are now,
	// by rev. Whoever has them knows of every change up to Rev.
	Changed        []Item
	HasMoreChanged bool
	Rev            int64
}

// Head is what is known for certain of a room: its newest seq, and the oldest
// one that still exists (0 = not known), and its newest change number.
type Head struct{ Last, Floor, Rev int64 }

// Cache holds a room's newest messages, newest first, as of a change number.
type Cache interface {
	// Range returns the items from index from to index to, both included, of
	// which there may be fewer.
	Range(ctx context.Context, roomID string, rev, from, to int64) ([]Item, error)
	// Rebuild replaces all items. Only the room's writer may, between its own
	// pushes; anybody else could overwrite a newer cache with an older one.
	Rebuild(ctx context.Context, roomID string, rev int64, newestFirst []Item) error
}

// Archive is where all messages are.
type Archive interface {
	// Select returns up to limit items of the query's range that are not older
	// than oldest: from the newest down, or from the oldest up when forward.
	Select(ctx context.Context, q Query, limit int, oldest time.Time) ([]Item, error)
	// Changed returns up to limit messages with a rev above afterRev that are not
	// older than oldest, by rev.
	Changed(ctx context.Context, roomID string, afterRev int64, limit int, oldest time.Time) ([]Item, error)
}

// History answers from the cache when the cache provably has the page, and
// from the archive otherwise; the answer is the same.
type History struct {
	Cache     Cache
	Archive   Archive
	Retention time.Duration
	Now       func() time.Time
}

// Page answers q. head must be true at the time of the call. fromCache tells
// who answered.
func (h *History) Page(ctx context.Context, q Query, head Head) (page Page, fromCache bool, err error) {
	oldest := h.Now().Add(-h.Retention)
	page, fromCache, err = h.said(ctx, q, head, oldest)
	if err != nil {
		return Page{}, false, err
	}
	page.Rev = head.Rev
	if q.AfterRev < 0 || q.AfterRev >= head.Rev {
		return page, fromCache, nil
	}
	items, err := h.Archive.Changed(ctx, q.RoomID, q.AfterRev, q.Limit+1, oldest)
	if err != nil {
		return Page{}, false, fmt.Errorf("read changes: %w", err)
	}
	changed := cut(items, Query{Limit: q.Limit}) // After 0: forward
	page.Changed, page.HasMoreChanged = changed.Items, changed.HasMore
	if page.HasMoreChanged {
		page.Rev = page.Changed[len(page.Changed)-1].Rev
	}
	return page, fromCache, nil
}

// said is the page's part without changes.
func (h *History) said(ctx context.Context, q Query, head Head, oldest time.Time) (page Page, fromCache bool, err error) {
	if items, ok := h.cached(ctx, q, head, oldest); ok {
		return cut(items, q), true, nil
	}
	items, err := h.Archive.Select(ctx, q, q.Limit+1, oldest)
	if err != nil {
		return Page{}, false, fmt.Errorf("read history: %w", err)
	}
	return cut(items, q), false, nil
}

// Refill makes the cache hold what the archive has. floor is the room's oldest
// existing seq if it is known now, else 0.
func (h *History) Refill(ctx context.Context, roomID string, head Head) (floor int64, err error) {
	q := Query{RoomID: roomID, After: -1, AfterRev: -1, System: true}
	items, err := h.Archive.Select(ctx, q, CacheLength, h.Now().Add(-h.Retention))
	if err != nil {
		return 0, fmt.Errorf("refill cache: %w", err)
	}
	if err := h.Cache.Rebuild(ctx, roomID, head.Rev, items); err != nil {
		return 0, fmt.Errorf("refill cache: %w", err)
	}
	switch {
	case len(items) == 0:
		return head.Last + 1, nil
	case len(items) < CacheLength:
		return items[len(items)-1].Seq, nil
	}
	return 0, nil
}

// cached looks through the cache, window after window, until the page is full;
// one is enough unless system messages are left out.
func (h *History) cached(ctx context.Context, q Query, head Head, oldest time.Time) ([]Item, bool) {
	low, high := q.Window(head)
	span := int64(max(q.Limit+1, minWindow))
	var out []Item
	for high >= low { // else nothing is there to be had
		items, ok := h.stretch(ctx, q.RoomID, head, low, high)
		if !ok {
			return nil, false
		}
		aged := slices.IndexFunc(items, func(i Item) bool { return i.At.Before(oldest) })
		if aged >= 0 && q.Forward() {
			return nil, false // the page would start later; let the archive find where
		}
		if aged >= 0 {
			items = items[:aged]
		}
		if q.Forward() {
			slices.Reverse(items)
		}
		for _, item := range items {
			if (q.System || !item.System) && len(out) <= q.Limit {
				out = append(out, item)
			}
		}
		if len(out) > q.Limit || aged >= 0 {
			break
		}
		if q.Forward() {
			low, high = high+1, min(head.Last, high+span)
			if q.Before > 0 {
				high = min(high, q.Before-1)
			}
		} else {
			low, high = max(1, head.Floor, low-span), low-1
		}
	}
	return out, true
}

// minWindow is how many items are fetched at least when a window was not enough.
const minWindow = 50

// stretch returns the items from high down to low if the cache provably has
// them. It proves that by numbers: the list is newest first and the room has no
// gaps, so the message with seq s must be at index Last-s. An item that is not
// there, or is another one, means that the list was lost, is behind, or was
// pushed to twice, and nothing of it is believed.
func (h *History) stretch(ctx context.Context, roomID string, head Head, low, high int64) ([]Item, bool) {
	items, err := h.Cache.Range(ctx, roomID, head.Rev, head.Last-high, head.Last-low)
	if err != nil || int64(len(items)) != high-low+1 {
		return nil, false
	}
	for i, item := range items {
		if item.Seq != high-int64(i) {
			return nil, false
		}
	}
	return items, true
}

// cut makes a page of up to Limit+1 items in reading order.
func cut(items []Item, q Query) Page {
	page := Page{HasMore: len(items) > q.Limit}
	if page.HasMore {
		items = items[:q.Limit]
	}
	size := 0
	for i, item := range items {
		// The first always fits: one message is far smaller than a page.
		if size += len(item.JSON) + 1; size > MaxPageBytes && i > 0 {
			items, page.HasMore = items[:i], true
			break
		}
	}
	page.Items = make([]Item, len(items))
	for i, item := range items {
		if q.Forward() {
			page.Items[i] = item
		} else {
			page.Items[len(items)-1-i] = item
		}
	}
	return page
}
