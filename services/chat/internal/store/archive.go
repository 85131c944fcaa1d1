package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Archive reads messages from Postgres, on any replica.
type Archive struct {
	DB     *sqlx.DB
	Encode func(message.Message) []byte // the JSON form, the same everywhere
}

const (
	sqlColumns  = `SELECT ` + columns + ` FROM chat.messages m `
	sqlBackward = sqlColumns + `WHERE room_id = $1 AND seq < $2 AND seq > $3 AND created_at >= $4 AND ($6 OR kind = '') ORDER BY seq DESC LIMIT $5`
	sqlForward  = sqlColumns + `WHERE room_id = $1 AND seq < $2 AND seq > $3 AND created_at >= $4 AND ($6 OR kind = '') ORDER BY seq LIMIT $5`
)

// Select implements message.Archive.
func (a *Archive) Select(ctx context.Context, q message.Query, limit int, oldest time.Time) ([]message.Item, error) {
	query, before := sqlBackward, q.Before
	if q.Forward() {
		query = sqlForward
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	var rows []row
	if err := a.DB.SelectContext(ctx, &rows, query, q.RoomID, before, max(q.After, 0), oldest, limit, q.System); err != nil {
		return nil, classify(fmt.Errorf("select messages: %w", err))
	}
	return a.items(rows), nil
}

func (a *Archive) items(rows []row) []message.Item {
	items := make([]message.Item, len(rows))
	for i, r := range rows {
		m := r.message()
		items[i] = message.Item{Seq: m.Seq, Rev: m.Rev, At: m.At, System: m.System(), JSON: a.Encode(m)}
	}
	return items
}

const sqlHead = `SELECT last_seq, last_rev FROM chat.rooms WHERE room_id = $1`

// Head reads a room's numbering; a room without messages has none.
func (a *Archive) Head(ctx context.Context, roomID string) (message.Head, error) {
	var head message.Head
	if err := a.DB.QueryRowxContext(ctx, sqlHead, roomID).Scan(&head.Last, &head.Rev); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return message.Head{}, classify(fmt.Errorf("read numbering: %w", err))
	}
	return head, nil
}

const sqlEnd = `UPDATE chat.rooms SET ended_at = coalesce(ended_at, $2) WHERE room_id = $1 RETURNING last_rev`

// End notes that a room has ended: its numbering may go once its messages have.
// It returns the room's newest change number.
func (a *Archive) End(ctx context.Context, roomID string, at time.Time) (rev int64, err error) {
	if err := a.DB.GetContext(ctx, &rev, sqlEnd, roomID, at); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, classify(fmt.Errorf("note the end of a room: %w", err))
	}
	return rev, nil
}
