package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/services/chat/internal/message"
)

const sqlRead = `
INSERT INTO chat.reads AS r (room_id, user_id, seq, entry, read_at)
SELECT k.room_id, k.user_id, k.seq, k.entry, $5
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) AS k (room_id, user_id, seq, entry)
ON CONFLICT (room_id, user_id) DO UPDATE SET seq = EXCLUDED.seq, entry = EXCLUDED.entry, read_at = EXCLUDED.read_at
WHERE r.seq < EXCLUDED.seq`

const readColumns = `SELECT room_id, user_id, seq, entry, read_at FROM chat.reads `

const sqlReads = readColumns + `WHERE (room_id, user_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`

// MarkRead moves readers forward and returns, for each of reads, where its reader
// is now: with the read's own entry if that one counted. It may be repeated.
func (w *Writer) MarkRead(ctx context.Context, reads []message.Read) ([]message.Read, error) {
	w.conn.Lock()
	defer w.conn.Unlock()
	now, err := w.markRead(ctx, reads)
	if err != nil {
		w.forget()
		return nil, classify(fmt.Errorf("store reads: %w", err))
	}
	return now, nil
}

func (w *Writer) markRead(ctx context.Context, reads []message.Read) ([]message.Read, error) {
	rooms, users := make([]string, len(reads)), make([]string, len(reads))
	for i, r := range reads {
		rooms[i], users[i] = r.RoomID, r.UserID
	}
	if err := w.load(ctx, rooms); err != nil {
		return nil, err
	}
	if furthest := message.Furthest(reads, w.last); len(furthest) > 0 {
		n := len(furthest)
		inRooms, by, seqs, entries := make([]string, n), make([]string, n), make([]int64, n), make([]string, n)
		for i, r := range furthest {
			inRooms[i], by[i], seqs[i], entries[i] = r.RoomID, r.UserID, r.Seq, r.Entry
		}
		if _, err := w.conn.ExecContext(ctx, sqlRead, pq.StringArray(inRooms), pq.StringArray(by), pq.Int64Array(seqs), pq.StringArray(entries),
			time.Now().UTC().Truncate(time.Millisecond)); err != nil {
			return nil, err
		}
	}
	var rows []readRow
	if err := sqlx.SelectContext(ctx, w.conn, &rows, sqlReads, pq.StringArray(rooms), pq.StringArray(users)); err != nil {
		return nil, err
	}
	found := make(map[message.Reader]message.Read, len(rows))
	for _, r := range rows {
		found[message.Reader{RoomID: r.RoomID, UserID: r.UserID}] = r.read()
	}
	now := make([]message.Read, len(reads))
	for i, r := range reads {
		var ok bool
		if now[i], ok = found[r.Reader()]; !ok {
			now[i] = message.Read{RoomID: r.RoomID, UserID: r.UserID}
		}
	}
	return now, nil
}

type readRow struct {
	RoomID string    `db:"room_id"`
	UserID string    `db:"user_id"`
	Seq    int64     `db:"seq"`
	Entry  string    `db:"entry"`
	ReadAt time.Time `db:"read_at"`
}

func (r readRow) read() message.Read {
	return message.Read{RoomID: r.RoomID, UserID: r.UserID, Seq: r.Seq, Entry: r.Entry, At: r.ReadAt.UTC()}
}

// Receipts tells how far everybody has read in a room.
func (a *Archive) Receipts(ctx context.Context, roomID string) ([]message.Read, error) {
	var rows []readRow
	if err := a.DB.SelectContext(ctx, &rows, readColumns+`WHERE room_id = $1 ORDER BY user_id`, roomID); err != nil {
		return nil, classify(fmt.Errorf("select receipts: %w", err))
	}
	reads := make([]message.Read, len(rows))
	for i, r := range rows {
		reads[i] = r.read()
	}
	return reads, nil
}

const sqlUnread = `SELECT count(*) FROM chat.messages
WHERE room_id = $1 AND seq > $2 AND sender_id <> $3 AND kind = '' AND deleted_at IS NULL AND created_at >= $4`

// Unread counts what others wrote, after what the user has read, since oldest.
func (a *Archive) Unread(ctx context.Context, roomID, userID string, oldest time.Time) (unread, readSeq int64, err error) {
	err = a.DB.GetContext(ctx, &readSeq, `SELECT seq FROM chat.reads WHERE room_id = $1 AND user_id = $2`, roomID, userID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, 0, classify(fmt.Errorf("read receipt: %w", err))
	}
	if err := a.DB.GetContext(ctx, &unread, sqlUnread, roomID, readSeq, userID, oldest); err != nil {
		return 0, 0, classify(fmt.Errorf("count unread: %w", err))
	}
	return unread, readSeq, nil
}
