package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// Sharing reads what members want to be shown of them, from the projection of
// what Postgres has. It is safe for concurrent use.
type Sharing struct{ client rueidis.Client }

// NewSharing starts nothing.
func NewSharing(client rueidis.Client) *Sharing { return &Sharing{client: client} }

// Wishes are what is known of members.
type Wishes struct {
	Said map[string]privacy.Wish // by user, of those who have said something
	// Certain is false while the projection is being rebuilt: whoever is not in
	// Said may have said something.
	Certain bool
}

// nobody may be shown.
var nobody = &privacy.Policy{}

// Policy of a member; see privacy.Policy.
func (w *Wishes) Policy(user string) *privacy.Policy {
	if wish, ok := w.Said[user]; ok {
		return wish.Policy()
	}
	if !w.Certain {
		return nobody
	}
	return nil
}

// Of reads the wishes of a room's members, with their zones.
func (s *Sharing) Of(ctx context.Context, room string, members []string) (Wishes, error) {
	cmds := appendReads(s.client, nil, room, members)
	return wishesOf(s.client.DoMulti(ctx, cmds...), members)
}

// appendReads appends what wishesOf understands.
func appendReads(client rueidis.Client, cmds rueidis.Commands, room string, members []string) rueidis.Commands {
	// The sentinel first: what is read after it was there is complete.
	cmds = append(cmds, client.B().Exists().Key(wire.KeySharingCaches).Build(), client.B().Hgetall().Key(wire.KeySharing(room)).Build(),
		client.B().Hgetall().Key(wire.KeyLeft(room)).Build())
	for _, user := range members {
		cmds = append(cmds, client.B().Get().Key(wire.KeyZones(user)).Build())
	}
	return cmds
}

func wishReads(members int) int { return 3 + members }

func wishesOf(results []rueidis.RedisResult, members []string) (w Wishes, err error) {
	if w.Certain, err = results[0].AsBool(); err != nil {
		return w, fmt.Errorf("look for the projection of sharing: %w", err)
	}
	fields, err := results[1].AsStrMap()
	if err != nil {
		return w, fmt.Errorf("read sharing: %w", err)
	}
	said := func(user string) privacy.Wish {
		if w.Said == nil {
			w.Said = map[string]privacy.Wish{}
		}
		if wish, ok := w.Said[user]; ok {
			return wish
		}
		return privacy.Unsaid()
	}
	for field, value := range fields {
		user, kind, _ := strings.Cut(field, ":")
		wish := said(user)
		if kind == "" {
			wish.Sharing = publish.SharingOf(value)
		} else {
			wish.Held, _ = strconv.ParseInt(value, 10, 64) // else 0, which holds who has said nothing
		}
		w.Said[user] = wish
	}
	left, err := results[2].AsStrMap()
	if err != nil {
		return w, fmt.Errorf("read who has left: %w", err)
	}
	for user, value := range left {
		if ms, err := strconv.ParseInt(value, 10, 64); err == nil {
			wish := said(user)
			wish.Left = time.UnixMilli(ms).UTC()
			w.Said[user] = wish
		}
	}
	for i, user := range members {
		raw, err := results[3+i].ToString()
		if rueidis.IsRedisNil(err) {
			continue
		}
		if err != nil {
			return w, fmt.Errorf("read privacy zones: %w", err)
		}
		wish := said(user)
		zones, ok := publish.ZonesOf(raw)
		if wish.Zones = zones; !ok {
			wish.Sharing.Level = privacy.Hidden
		}
		w.Said[user] = wish
	}
	return w, nil
}
