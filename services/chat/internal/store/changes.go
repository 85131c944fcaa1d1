package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Change applies changes, in their order, all that are allowed or none. After
// an error nothing is known about the outcome; the same changes may be applied
// again, and those that were come back as Redelivered.
func (w *Writer) Change(ctx context.Context, changes []message.Change) ([]message.Changed, error) {
	w.conn.Lock()
	defer w.conn.Unlock()
	changed, err := w.change(ctx, changes)
	if err != nil {
		w.forget()
		return nil, err
	}
	return changed, nil
}

func (w *Writer) change(ctx context.Context, changes []message.Change) ([]message.Changed, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	rooms, targets := make([]string, 0, len(changes)), make([]message.Target, 0, len(changes))
	for _, c := range changes {
		rooms, targets = append(rooms, c.RoomID), append(targets, c.Target())
	}
	found, err := w.targets(ctx, targets, now)
	if err != nil {
		return nil, err
	}
	if err := w.load(ctx, rooms); err != nil {
		return nil, err
	}
	plan := message.Apply(changes, found, w.revs, now)
	if len(plan.Update) == 0 {
		return plan.Changed, nil
	}
	if err := w.commitChanges(ctx, plan); err != nil {
		return nil, classify(fmt.Errorf("store changes: %w", err))
	}
	for _, b := range plan.Bumps {
		w.revs[b.RoomID] = b.To
	}
	return plan.Changed, nil
}

const sqlTargets = `
SELECT m.* FROM unnest($1::text[], $2::uuid[]) AS k (room_id, id)
CROSS JOIN LATERAL (
    SELECT ` + columns + ` FROM chat.messages m
    WHERE m.room_id = k.room_id AND m.id = k.id AND m.created_at >= $3
    LIMIT 1
) m`

func (w *Writer) targets(ctx context.Context, targets []message.Target, now time.Time) (map[message.Target]message.Message, error) {
	rooms, ids := make([]string, len(targets)), make([]string, len(targets))
	for i, t := range targets {
		rooms[i], ids[i] = t.RoomID, t.ID
	}
	var rows []row
	if err := w.conn.SelectContext(ctx, &rows, sqlTargets, pq.StringArray(rooms), pq.StringArray(ids), now.Add(-w.retention)); err != nil {
		return nil, classify(fmt.Errorf("look for messages by id: %w", err))
	}
	found := make(map[message.Target]message.Message, len(rows))
	for _, r := range rows {
		found[message.Target{RoomID: r.RoomID, ID: r.ID}] = r.message()
	}
	return found, nil
}

const sqlMoveRevs = `
UPDATE chat.rooms r SET last_rev = b.to_rev
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS b (room_id, from_rev, to_rev)
WHERE r.room_id = b.room_id AND r.last_rev = b.from_rev`

const sqlUpdate = `
UPDATE chat.messages m SET content = $4, rev = $5, changed_entry = $6, edited_at = $7, deleted_at = $8, deleted_by = $9, reactions = $10,
    mentions = CASE WHEN $8::timestamptz IS NULL THEN m.mentions ELSE '{}' END
WHERE m.room_id = $1 AND m.seq = $2 AND m.created_at = $3`

// commitChanges is all or nothing over all rooms: a number without its change
// would be a gap that clients ask after for ever.
func (w *Writer) commitChanges(ctx context.Context, plan message.ChangePlan) error {
	tx, err := w.conn.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	n := len(plan.Bumps)
	rooms, from, to := make([]string, n), make([]int64, n), make([]int64, n)
	for i, b := range plan.Bumps {
		rooms[i], from[i], to[i] = b.RoomID, b.From, b.To
	}
	moved, err := tx.ExecContext(ctx, sqlMoveRevs, pq.StringArray(rooms), pq.Int64Array(from), pq.Int64Array(to))
	if err := exactly(moved, err, n); err != nil {
		return err
	}
	for _, m := range plan.Update {
		reactions, err := json.Marshal(append([]message.Reaction{}, m.Reactions...))
		if err != nil {
			return fmt.Errorf("encode reactions: %w", err)
		}
		updated, err := tx.ExecContext(ctx, sqlUpdate, m.RoomID, m.Seq, m.At, m.Content, m.Rev, m.ChangeEntry,
			nullTime(m.EditedAt), nullTime(m.DeletedAt), m.DeletedBy, reactions)
		if err := exactly(updated, err, 1); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func exactly(result sql.Result, err error, want int) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n != int64(want) {
		err = fmt.Errorf("%d of %d rows: %w", n, want, message.ErrMoved)
	}
	return err
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

const sqlChanged = `SELECT ` + columns + ` FROM chat.messages m WHERE room_id = $1 AND rev > $2 AND created_at >= $3 ORDER BY rev LIMIT $4`

// Changed implements message.Archive.
func (a *Archive) Changed(ctx context.Context, roomID string, afterRev int64, limit int, oldest time.Time) ([]message.Item, error) {
	var rows []row
	if err := a.DB.SelectContext(ctx, &rows, sqlChanged, roomID, afterRev, oldest, limit); err != nil {
		return nil, classify(fmt.Errorf("select changed messages: %w", err))
	}
	return a.items(rows), nil
}
