// Package consume follows what the other services tell.
package consume

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

// SeenStore moves last-seen times forward.
type SeenStore interface {
	Seen(ctx context.Context, userIDs []string, at []time.Time) error
}

// Seen follows who comes online and goes offline, and keeps when members were last seen.
type Seen struct {
	Client  rueidis.Client
	Store   SeenStore
	Name    string // of this consumer
	OnError func(error)
}

// seenGather is what a storm of connects waits for, so that many share a statement. Nobody waits for a last-seen time.
const seenGather = 100 * time.Millisecond

// Run consumes until ctx ends.
func (s *Seen) Run(ctx context.Context) error {
	consumer := redisx.Consumer{Client: s.Client, Stream: wire.StreamSeen, Field: wire.StreamField, Group: "room", Name: s.Name,
		Dead: wire.StreamDead("room"), Gather: seenGather, Handle: s.handle, OnError: s.OnError}
	if err := consumer.Run(ctx); err != nil {
		return fmt.Errorf("follow presence: %w", err)
	}
	return nil
}

// handle stores a batch with one statement: the newest time of each user, in a fixed order, so that two processes
// never wait for each other's rows.
func (s *Seen) handle(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
	newest := map[string]time.Time{}
	var rejects []redisx.Reject
	for _, e := range batch {
		var event wire.SeenEvent
		switch err := json.Unmarshal([]byte(e.Value), &event); {
		case err != nil:
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: err.Error()})
		case event.UserID == "" || len(event.UserID) > wire.MaxIDBytes || event.At.IsZero():
			rejects = append(rejects, redisx.Reject{Entry: e, Reason: "user id or time is missing or out of bounds"})
		case event.At.After(newest[event.UserID]):
			newest[event.UserID] = event.At.Time
		}
	}
	if len(newest) == 0 {
		return rejects, nil
	}
	ids := make([]string, 0, len(newest))
	for id := range newest {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	at := make([]time.Time, len(ids))
	for i, id := range ids {
		at[i] = newest[id]
	}
	if err := s.Store.Seen(ctx, ids, at); err != nil {
		return nil, fmt.Errorf("store last seen: %w", err)
	}
	return rejects, nil
}
