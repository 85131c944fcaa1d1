// Package store keeps messages in Postgres, and reads what Redis caches: the
// newest messages of a room, and who is in which room.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

// Writer is the one writer of a partition's rooms. It writes on the very
// connection that holds the partition's advisory lock, so that a lost lock
// means failed writes. Behind that stands a second fence: every write compares
// the room's last_seq with the one it was planned from.
//
// A Writer belongs to one goroutine and lives as long as the lock.
type Writer struct {
	conn      *pg.Conn // locked while it is used
	retention time.Duration
	find      *sqlx.Stmt
	insert    *sqlx.Stmt
	newest    *sqlx.Stmt
	last      map[string]int64 // newest seq by room; forgotten after any failure
	revs      map[string]int64 // newest change number by room, for the rooms in last
	floor     map[string]int64 // oldest existing seq by room, as far as known
}

// rememberedRooms bounds the writer's memory; past it all is forgotten and
// read again on demand.
const rememberedRooms = 100_000

// session prepares the connection for its one use. Its statements are always to
// be answered from indexes; a plan that was made while the day's partition was
// small must not scan it when it is not.
const session = `
SET enable_seqscan = off;
SET jit = off;
SET plan_cache_mode = force_generic_plan`

// OpenWriter prepares the statements on conn.
func OpenWriter(ctx context.Context, conn *pg.Conn, retention time.Duration) (*Writer, error) {
	conn.Lock()
	defer conn.Unlock()
	if _, err := conn.ExecContext(ctx, session); err != nil {
		return nil, fmt.Errorf("prepare the writer's session: %w", err)
	}
	w := &Writer{conn: conn, retention: retention}
	w.forget()
	var err error
	if w.find, err = conn.PreparexContext(ctx, sqlFind); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if w.insert, err = conn.PreparexContext(ctx, sqlInsert); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if w.newest, err = conn.PreparexContext(ctx, sqlLast); err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	return w, nil
}

// Close gives the connection back. What it was set to is for its owner to reset.
func (w *Writer) Close() {
	w.conn.Lock()
	defer w.conn.Unlock()
	_ = w.find.Close()
	_ = w.insert.Close()
	_ = w.newest.Close()
}

// Alive fails when the connection, and with it the lock, is gone.
func (w *Writer) Alive(ctx context.Context) error {
	w.conn.Lock()
	defer w.conn.Unlock()
	var one int
	if err := w.conn.GetContext(ctx, &one, `SELECT 1`); err != nil {
		return fmt.Errorf("the writer's connection: %w", err)
	}
	return nil
}

func (w *Writer) forget() {
	w.last, w.revs, w.floor = map[string]int64{}, map[string]int64{}, map[string]int64{}
}

// Append makes drafts into messages, in their order, all or none. After an
// error nothing is known about the outcome; the same drafts may be appended
// again, and those that were stored come back as Redelivered. The error wraps
// message.ErrUnstorable when Postgres refuses a value.
func (w *Writer) Append(ctx context.Context, drafts []message.Draft) ([]message.Stored, error) {
	w.conn.Lock()
	defer w.conn.Unlock()
	stored, err := w.append(ctx, drafts)
	if err != nil {
		w.forget()
		return nil, err
	}
	return stored, nil
}

func (w *Writer) append(ctx context.Context, drafts []message.Draft) ([]message.Stored, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	existing, err := w.existing(ctx, drafts, now)
	if err != nil {
		return nil, err
	}
	rooms := make([]string, 0, len(drafts))
	for _, d := range drafts {
		rooms = append(rooms, d.RoomID)
	}
	if err := w.load(ctx, rooms); err != nil {
		return nil, err
	}
	quoted, err := w.quoted(ctx, drafts, now)
	if err != nil {
		return nil, err
	}
	plan := message.Assign(drafts, message.Known{Existing: existing, Quoted: quoted, Last: w.last}, now, func() string { return uuid.Must(uuid.NewV7()).String() })
	for i := range plan.Stored {
		plan.Stored[i].RoomRev = w.revs[plan.Stored[i].RoomID]
	}
	if len(plan.Insert) == 0 {
		return plan.Stored, nil
	}
	n, err := w.commit(ctx, plan, now)
	if err != nil {
		return nil, classify(fmt.Errorf("store messages: %w", err))
	}
	if n != int64(len(plan.Insert)) {
		return nil, fmt.Errorf("store messages: %d of %d rows: %w", n, len(plan.Insert), message.ErrMoved)
	}
	for _, b := range plan.Bumps {
		w.last[b.RoomID] = b.To
	}
	return plan.Stored, nil
}

// sqlFind looks every identity up by index. LATERAL with LIMIT keeps the
// planner from hashing whole partitions, which it likes on tables that have no
// statistics yet. The bounds skip partitions that are empty by definition.
const sqlFind = `
SELECT ` + columns + `
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (room_id, sender_id, client_key)
CROSS JOIN LATERAL (
    SELECT * FROM chat.messages m
    WHERE m.room_id = k.room_id AND m.sender_id = k.sender_id AND m.client_key = k.client_key
      AND m.created_at >= $4 AND m.created_at < $5
    LIMIT 1
) m`

func (w *Writer) existing(ctx context.Context, drafts []message.Draft, now time.Time) (map[message.Identity]message.Message, error) {
	rooms, users, keys := make([]string, len(drafts)), make([]string, len(drafts)), make([]string, len(drafts))
	for i, d := range drafts {
		rooms[i], users[i], keys[i] = d.RoomID, d.UserID, d.Key
	}
	// Whole days: as long as a partition is there its unique index refuses the
	// key, so the row must be found, too. An hour ahead: another replica's clock.
	from, to := now.Add(-w.retention).Truncate(day), now.Add(time.Hour)
	var rows []row
	if err := w.find.SelectContext(ctx, &rows, pq.StringArray(rooms), pq.StringArray(users), pq.StringArray(keys), from, to); err != nil {
		return nil, classify(fmt.Errorf("look for repeated messages: %w", err))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	found := make(map[message.Identity]message.Message, len(rows))
	for _, r := range rows {
		m := r.message()
		found[message.Identity{RoomID: m.RoomID, UserID: m.UserID, Key: m.Key}] = m
	}
	return found, nil
}

// quoted looks up what the drafts reply to.
func (w *Writer) quoted(ctx context.Context, drafts []message.Draft, now time.Time) (map[message.Target]message.Message, error) {
	var targets []message.Target
	for _, d := range drafts {
		if d.ReplyTo != "" {
			targets = append(targets, message.Target{RoomID: d.RoomID, ID: d.ReplyTo})
		}
	}
	if len(targets) == 0 {
		return nil, nil
	}
	return w.targets(ctx, targets, now)
}

// sqlInsert is the whole transaction: a room's messages are inserted only if
// its numbering moved from where the plan says (compare and set), so that the
// two can never part. One round trip, one commit for the batch.
const sqlInsert = `
WITH bump AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS b (room_id, from_seq, to_seq)
), moved AS (
    INSERT INTO chat.rooms AS r (room_id, last_seq)
    SELECT room_id, to_seq FROM bump
    ON CONFLICT (room_id) DO UPDATE SET last_seq = EXCLUDED.last_seq
    WHERE r.last_seq = (SELECT b.from_seq FROM bump b WHERE b.room_id = r.room_id)
    RETURNING r.room_id
)
INSERT INTO chat.messages (room_id, seq, id, sender_id, sender_name, client_key, entry, content, reply_to, kind, data, mentions, created_at)
SELECT m.room_id, m.seq, m.id, m.sender_id, m.sender_name, m.client_key, m.entry, m.content, m.reply_to, m.kind, m.data,
    string_to_array(m.mentions, ' '), $16
FROM unnest($4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::text[]) AS m (room_id, seq, id, sender_id, sender_name, client_key, entry, content, reply_to, kind, data, mentions)
JOIN moved USING (room_id)`

func (w *Writer) commit(ctx context.Context, plan message.Plan, now time.Time) (int64, error) {
	nb, n := len(plan.Bumps), len(plan.Insert)
	bumped, from, to := make([]string, nb), make([]int64, nb), make([]int64, nb)
	for i, b := range plan.Bumps {
		bumped[i], from[i], to[i] = b.RoomID, b.From, b.To
	}
	var text [11][]string
	for i := range text {
		text[i] = make([]string, n)
	}
	seqs := make([]int64, n)
	for i, m := range plan.Insert {
		seqs[i] = m.Seq
		for c, v := range [...]string{m.RoomID, m.ID, m.UserID, m.UserName, m.Key, m.Entry, m.Content, m.ReplyTo,
			m.Kind, m.Data, strings.Join(m.Mentions, " ")} {
			text[c][i] = v
		}
	}
	result, err := w.insert.ExecContext(ctx, pq.StringArray(bumped), pq.Int64Array(from), pq.Int64Array(to),
		pq.StringArray(text[0]), pq.Int64Array(seqs), pq.StringArray(text[1]), pq.StringArray(text[2]), pq.StringArray(text[3]),
		pq.StringArray(text[4]), pq.StringArray(text[5]), pq.StringArray(text[6]), pq.StringArray(text[7]),
		pq.StringArray(text[8]), pq.StringArray(text[9]), pq.StringArray(text[10]), now)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

const sqlLast = `SELECT room_id, last_seq, last_rev FROM chat.rooms WHERE room_id = ANY ($1)`

// load makes sure that the newest seq of every room is in memory.
func (w *Writer) load(ctx context.Context, rooms []string) error {
	if len(w.last) > rememberedRooms {
		w.forget()
	}
	var missing []string
	for _, room := range rooms {
		if _, ok := w.last[room]; !ok {
			missing = append(missing, room)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var rows []struct {
		RoomID  string `db:"room_id"`
		LastSeq int64  `db:"last_seq"`
		LastRev int64  `db:"last_rev"`
	}
	if err := w.newest.SelectContext(ctx, &rows, pq.StringArray(missing)); err != nil {
		return classify(fmt.Errorf("read numbering: %w", err))
	}
	for _, room := range missing {
		w.last[room], w.revs[room] = 0, 0
	}
	for _, r := range rows {
		w.last[r.RoomID], w.revs[r.RoomID] = r.LastSeq, r.LastRev
	}
	return nil
}

// Head is the truth about a room's numbering, for as long as the lock is held.
func (w *Writer) Head(ctx context.Context, roomID string) (message.Head, error) {
	w.conn.Lock()
	defer w.conn.Unlock()
	if err := w.load(ctx, []string{roomID}); err != nil {
		w.forget()
		return message.Head{}, err
	}
	return message.Head{Last: w.last[roomID], Floor: w.floor[roomID], Rev: w.revs[roomID]}, nil
}

// Floor remembers the oldest seq that still exists in a room.
func (w *Writer) Floor(roomID string, seq int64) { w.floor[roomID] = seq }

// classify marks errors that come from the values (class 22, data exception,
// and violations of a table's check) and those that mean that the database is away, going,
// or out of resources (classes 08, 53, 57).
func classify(err error) error {
	var pqErr *pq.Error
	if !errors.As(err, &pqErr) {
		if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
			return fmt.Errorf("%w: %w", message.ErrUnavailable, err)
		}
		return err
	}
	switch class := pqErr.Code.Class(); {
	case class == "22", pqErr.Code == "23514" && pqErr.Constraint != "":
		// Without a name it is a partition's bound: the day's partition was attached
		// during the write, which works the next time.
		return fmt.Errorf("%w: %w", message.ErrUnstorable, err)
	case class == "08", class == "53", class == "57":
		return fmt.Errorf("%w: %w", message.ErrUnavailable, err)
	}
	return err
}
