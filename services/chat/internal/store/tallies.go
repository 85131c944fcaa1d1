package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/lib/pq"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// sqlTally counts, over each room's newest messages, what everybody has said
// and what those who have read something have not read.
const sqlTally = `
WITH said AS MATERIALIZED (
    SELECT k.room_id, m.seq, m.sender_id FROM unnest($1::text[]) AS k (room_id)
    CROSS JOIN LATERAL (
        SELECT seq, sender_id FROM chat.messages m
        WHERE m.room_id = k.room_id AND m.kind = '' AND m.deleted_at IS NULL AND m.created_at >= $2
        ORDER BY seq DESC LIMIT $3
    ) m
)
SELECT room_id, sender_id AS user_id, count(*) AS said, NULL::bigint AS unread FROM said GROUP BY room_id, sender_id
UNION ALL
SELECT r.room_id, r.user_id, 0, count(s.seq) FROM chat.reads r
LEFT JOIN said s ON s.room_id = r.room_id AND s.seq > r.seq AND s.sender_id <> r.user_id
WHERE r.room_id = ANY ($1) GROUP BY r.room_id, r.user_id`

// Tally counts rooms afresh.
func (w *Writer) Tally(ctx context.Context, rooms []string) (map[string]*message.Tally, error) {
	w.conn.Lock()
	defer w.conn.Unlock()
	now := time.Now()
	tallies := make(map[string]*message.Tally, len(rooms))
	for _, id := range rooms {
		tallies[id] = &message.Tally{RoomID: id, Known: map[string]int64{}, Made: now}
	}
	var rows []struct {
		RoomID string `db:"room_id"`
		UserID string `db:"user_id"`
		Said   int64  `db:"said"`
		Unread *int64 `db:"unread"`
	}
	if err := w.conn.SelectContext(ctx, &rows, sqlTally, pq.StringArray(rooms), now.Add(-w.retention), message.TallyDepth); err != nil {
		return nil, classify(fmt.Errorf("count unread messages: %w", err))
	}
	for _, r := range rows {
		tallies[r.RoomID].All += r.Said
		if r.Unread == nil {
			tallies[r.RoomID].Known[r.UserID] = r.Said
		}
	}
	for _, r := range rows {
		if t := tallies[r.RoomID]; r.Unread != nil {
			t.Known[r.UserID] = t.All - *r.Unread
		}
	}
	return tallies, nil
}

// Tallies shows rooms' tallies to the room service, in Redis. A tally lives as
// long as the messages that it counts.
type Tallies struct {
	Client rueidis.Client
	Life   time.Duration
}

// Write shows whole tallies, and of the others what was said or read by users.
// It returns those of the others of which Redis had nothing any more, and so
// does not have the rest of them now.
func (t *Tallies) Write(ctx context.Context, whole []*message.Tally, others map[*message.Tally][]string) (lost []*message.Tally, err error) {
	cmds := make(rueidis.Commands, 0, 3*len(whole)+len(others))
	b := t.Client.B
	for _, m := range whole {
		key := wire.KeyTally(m.RoomID)
		set := b().Hset().Key(key).FieldValue().FieldValue(wire.TallyAll, strconv.FormatInt(m.All, 10)).
			FieldValue(wire.TallyMade, strconv.FormatInt(m.Made.UnixMilli(), 10))
		for user, n := range m.Known {
			set = set.FieldValue(wire.TallyOf(user), strconv.FormatInt(n, 10))
		}
		cmds = append(cmds, b().Del().Key(key).Build(), set.Build(), b().Pexpire().Key(key).Milliseconds(t.Life.Milliseconds()).Build())
	}
	order := make([]*message.Tally, 0, len(others))
	for m, users := range others {
		order = append(order, m)
		set := b().Hset().Key(wire.KeyTally(m.RoomID)).FieldValue().FieldValue(wire.TallyAll, strconv.FormatInt(m.All, 10)).
			FieldValue(wire.TallyMade, strconv.FormatInt(m.Made.UnixMilli(), 10))
		for _, user := range users {
			set = set.FieldValue(wire.TallyOf(user), strconv.FormatInt(m.Known[user], 10))
		}
		cmds = append(cmds, set.Build())
	}
	results := t.Client.DoMulti(ctx, cmds...)
	if err := redisx.FirstError(results); err != nil {
		return nil, fmt.Errorf("show tallies: %w", err)
	}
	for i, m := range order {
		// Only users can be new fields of a hash that was there.
		if n, _ := results[3*len(whole)+i].AsInt64(); n > int64(len(others[m])) {
			lost = append(lost, m)
		}
	}
	return lost, nil
}

// Made tells when each room's tally was made; zero if there is none.
func (t *Tallies) Made(ctx context.Context, rooms []string) ([]time.Time, error) {
	cmds := make(rueidis.Commands, len(rooms))
	for i, id := range rooms {
		cmds[i] = t.Client.B().Hget().Key(wire.KeyTally(id)).Field(wire.TallyMade).Build()
	}
	made := make([]time.Time, len(rooms))
	for i, r := range t.Client.DoMulti(ctx, cmds...) {
		ms, err := r.AsInt64()
		switch {
		case err == nil:
			made[i] = time.UnixMilli(ms)
		case !rueidis.IsRedisNil(err):
			return nil, fmt.Errorf("look at tallies: %w", err)
		}
	}
	return made, nil
}

// Begin shows empty tallies of new rooms, unless their writer has shown some.
func (t *Tallies) Begin(ctx context.Context, rooms ...string) error {
	cmds := make(rueidis.Commands, 0, 2*len(rooms))
	for _, id := range rooms {
		key := wire.KeyTally(id)
		cmds = append(cmds, t.Client.B().Hsetnx().Key(key).Field(wire.TallyAll).Value("0").Build(),
			t.Client.B().Pexpire().Key(key).Milliseconds(t.Life.Milliseconds()).Build())
	}
	if err := redisx.FirstError(t.Client.DoMulti(ctx, cmds...)); err != nil {
		return fmt.Errorf("begin tallies: %w", err)
	}
	return nil
}

// End takes away the tally of a room that has ended.
func (t *Tallies) End(ctx context.Context, roomID string) error {
	if err := t.Client.Do(ctx, t.Client.B().Del().Key(wire.KeyTally(roomID)).Build()).Error(); err != nil {
		return fmt.Errorf("end a tally: %w", err)
	}
	return nil
}
