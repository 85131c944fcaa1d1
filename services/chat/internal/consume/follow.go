package consume

import (
	"context"
	"encoding/json"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

// Ender notes that a room has ended; see store.Archive.
type Ender interface {
	End(ctx context.Context, roomID string, at time.Time) (rev int64, err error)
}

// Ager shortens the life of what is cached of a room; see store.List.
type Ager interface {
	Age(ctx context.Context, roomID string, rev int64) error
}

// Follower follows what happens to rooms. Its handling may be repeated.
type Follower struct {
	Rooms Ender
	Cache Ager
}

// Handle is a redisx.Handler for the room event stream.
func (f *Follower) Handle(ctx context.Context, batch []redisx.Entry) ([]redisx.Reject, error) {
	var rejects []redisx.Reject
	for _, entry := range batch {
		var e wire.RoomEvent
		if err := json.Unmarshal([]byte(entry.Value), &e); err != nil || e.RoomID == "" {
			rejects = append(rejects, redisx.Reject{Entry: entry, Reason: "not a room event"})
			continue
		}
		if e.Type != wire.RoomEventClosed && e.Type != wire.RoomEventExpired {
			continue
		}
		// Its messages stay for as long as the retention says.
		rev, err := f.Rooms.End(ctx, e.RoomID, e.At.Time)
		if err != nil {
			return nil, err
		}
		if err := f.Cache.Age(ctx, e.RoomID, rev); err != nil {
			return nil, err
		}
	}
	return rejects, nil
}
