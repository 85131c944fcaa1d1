package api

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
)

// unreadTimeout: a list of rooms does not wait for what it can do without.
const unreadTimeout = 150 * time.Millisecond

// Unread tells how much chat somebody has not read, from what the chat service
// keeps in Redis.
type Unread struct{ Client rueidis.Client }

// Count returns the number for each room, in their order; nil where it is not
// known, which is everywhere while Redis is away.
func (u *Unread) Count(ctx context.Context, userID string, rooms []string) []*int64 {
	counts := make([]*int64, len(rooms))
	if len(rooms) == 0 {
		return counts
	}
	ctx, cancel := context.WithTimeout(ctx, unreadTimeout)
	defer cancel()
	cmds := make(rueidis.Commands, len(rooms))
	for i, id := range rooms {
		cmds[i] = u.Client.B().Hmget().Key(wire.KeyTally(id)).Field(wire.TallyAll, wire.TallyOf(userID)).Build()
	}
	for i, r := range u.Client.DoMulti(ctx, cmds...) {
		fields, err := r.ToArray()
		if err != nil || len(fields) != 2 {
			continue
		}
		all, err := fields[0].AsInt64()
		if err != nil {
			continue
		}
		own, err := fields[1].AsInt64()
		if err != nil && !rueidis.IsRedisNil(err) {
			continue
		}
		n := min(max(all-own, 0), wire.MaxUnread)
		counts[i] = &n
	}
	return counts
}
