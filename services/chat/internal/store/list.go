package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

const (
	listSlack = 50 // trimming at every push would cost a command per message
	// ListLife is how long a list outlives its newest message.
	ListLife = 24 * time.Hour
	// EndedListLife is how long the list of an ended room stays.
	EndedListLife = 10 * time.Minute
)

// List is the Redis list of a room's newest messages, newest first. It may be
// lost at any time, lag by a moment, or hold a message twice after a failure;
// readers check numbers (message.History) and never trust its length. A change
// of a message begins a new list under the room's new change number.
type List struct {
	Client rueidis.Client
}

// Range implements message.Cache.
func (l *List) Range(ctx context.Context, roomID string, rev, from, to int64) ([]message.Item, error) {
	values, err := l.Client.Do(ctx, l.Client.B().Lrange().Key(wire.KeyMessagesAt(roomID, rev)).Start(from).Stop(to).Build()).AsStrSlice()
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	items := make([]message.Item, len(values))
	for i, v := range values {
		var m struct {
			Seq       int64     `json:"seq"`
			Timestamp wire.Time `json:"timestamp"`
			Kind      string    `json:"kind"`
		}
		if err := json.Unmarshal([]byte(v), &m); err != nil {
			return nil, fmt.Errorf("read list: %w", err)
		}
		items[i] = message.Item{Seq: m.Seq, At: m.Timestamp.Time, System: m.Kind != "", JSON: []byte(v)}
	}
	return items, nil
}

// Push are the commands that put messages, the JSON of consecutive seqs with
// the oldest first, at the head of a room's list.
func (l *List) Push(roomID string, rev, first int64, values []string) rueidis.Commands {
	key := wire.KeyMessagesAt(roomID, rev)
	cmds := rueidis.Commands{
		l.Client.B().Lpush().Key(key).Element(values...).Build(),
		l.Client.B().Expire().Key(key).Seconds(int64(ListLife / time.Second)).Build(),
	}
	if last := first + int64(len(values)) - 1; last/listSlack != (first-1)/listSlack {
		cmds = append(cmds, l.Client.B().Ltrim().Key(key).Start(0).Stop(message.CacheLength-1).Build())
	}
	return cmds
}

// Forget is the command that drops a room's list, for when its content is in doubt.
func (l *List) Forget(roomID string, rev int64) rueidis.Completed {
	return l.Client.B().Del().Key(wire.KeyMessagesAt(roomID, rev)).Build()
}

// Rebuild implements message.Cache.
func (l *List) Rebuild(ctx context.Context, roomID string, rev int64, newestFirst []message.Item) error {
	key := wire.KeyMessagesAt(roomID, rev)
	cmds := rueidis.Commands{l.Client.B().Multi().Build(), l.Client.B().Del().Key(key).Build()}
	if len(newestFirst) > 0 {
		values := make([]string, len(newestFirst))
		for i, item := range newestFirst {
			values[i] = string(item.JSON)
		}
		cmds = append(cmds, l.Client.B().Rpush().Key(key).Element(values...).Build(),
			l.Client.B().Expire().Key(key).Seconds(int64(ListLife/time.Second)).Build())
	}
	cmds = append(cmds, l.Client.B().Exec().Build())
	for _, r := range l.Client.DoMulti(ctx, cmds...) {
		if err := r.Error(); err != nil {
			return fmt.Errorf("rebuild list: %w", err)
		}
	}
	return nil
}

// Age shortens the life of an ended room's list.
func (l *List) Age(ctx context.Context, roomID string, rev int64) error {
	cmd := l.Client.B().Expire().Key(wire.KeyMessagesAt(roomID, rev)).Seconds(int64(EndedListLife / time.Second)).Build()
	if err := l.Client.Do(ctx, cmd).Error(); err != nil {
		return fmt.Errorf("shorten list's life: %w", err)
	}
	return nil
}
