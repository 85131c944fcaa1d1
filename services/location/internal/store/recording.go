package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// Recording says how things are with a member. Since is zero for one who is not
// recorded.
type Recording struct {
	Allows bool
	Since  time.Time
}

const selectRecording = `SELECT EXISTS (SELECT FROM location.recording_rooms WHERE room_id = $1),
	(SELECT since FROM location.recordings WHERE room_id = $1 AND user_id = $2 AND until IS NULL)`

// Recording reads how things are with a member.
func (t *Tracks) Recording(ctx context.Context, room, user string) (r Recording, err error) {
	var since sql.NullTime
	if err := t.db.QueryRowContext(ctx, selectRecording, room, user).Scan(&r.Allows, &since); err != nil {
		return r, fmt.Errorf("read a recording: %w", err)
	}
	r.Since = since.Time
	return r, nil
}

// Allow lets a room record, or no longer. members are those of the room now, who
// may see each other's tracks from now on. When a room allows no more, nobody is
// recorded there, and everybody is asked again if it does later.
func (t *Tracks) Allow(ctx context.Context, room, by string, members []string, allow bool, now time.Time) error {
	return t.change(ctx, "let a room record", func(tx *sqlx.Tx) error {
		if !allow {
			return execAll(ctx, tx,
				statement{`DELETE FROM location.recording_rooms WHERE room_id = $1`, []any{room}},
				statement{`UPDATE location.recordings SET until = $2 WHERE room_id = $1 AND until IS NULL`, []any{room, now}})
		}
		return execAll(ctx, tx,
			statement{`INSERT INTO location.recording_rooms (room_id, allowed_by, allowed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, []any{room, by, now}},
			statement{`INSERT INTO location.track_viewers (room_id, user_id, since) SELECT $1, u, $3 FROM unnest($2::text[]) u ON CONFLICT DO NOTHING`,
				[]any{room, pq.Array(members), now}})
	})
}

// Agree lets a member be recorded, or no longer. The error is track.ErrNotAllowed
// in a room that does not.
func (t *Tracks) Agree(ctx context.Context, room, user string, agree bool, now time.Time) error {
	return t.change(ctx, "agree to be recorded", func(tx *sqlx.Tx) error {
		if !agree {
			return execAll(ctx, tx, statement{`UPDATE location.recordings SET until = $3 WHERE room_id = $1 AND user_id = $2 AND until IS NULL`, []any{room, user, now}})
		}
		// The lock keeps the room from changing its mind in between.
		var by string
		err := tx.GetContext(ctx, &by, `SELECT allowed_by FROM location.recording_rooms WHERE room_id = $1 FOR SHARE`, room)
		if errors.Is(err, sql.ErrNoRows) {
			return track.ErrNotAllowed
		}
		if err != nil {
			return err
		}
		return execAll(ctx, tx, statement{`INSERT INTO location.recordings AS r (room_id, user_id, since) VALUES ($1, $2, $3)
			ON CONFLICT (room_id, user_id) DO UPDATE SET since = $3, until = NULL WHERE r.until IS NOT NULL`, []any{room, user, now}})
	})
}

// Joined lets new members see what is recorded from then on.
func (t *Tracks) Joined(ctx context.Context, joined []track.Joined) error {
	rooms, users, since := make([]string, len(joined)), make([]string, len(joined)), make([]string, len(joined))
	for i, j := range joined {
		rooms[i], users[i], since[i] = j.Room, j.User, j.At.UTC().Format(time.RFC3339Nano)
	}
	if _, err := t.db.ExecContext(ctx, `INSERT INTO location.track_viewers (room_id, user_id, since)
		SELECT j.room_id, j.user_id, j.since FROM unnest($1::text[], $2::text[], $3::timestamptz[]) j (room_id, user_id, since)
		JOIN location.recording_rooms USING (room_id) ON CONFLICT DO NOTHING`,
		pq.StringArray(rooms), pq.StringArray(users), pq.StringArray(since)); err != nil {
		return fmt.Errorf("note who sees tracks: %w", err)
	}
	return nil
}

// Left ends the recording of a member who is none any more, and tells whether
// there was anything to end.
func (t *Tracks) Left(ctx context.Context, room, user string, at time.Time) (changed bool, err error) {
	err = t.change(ctx, "end a recording", func(tx *sqlx.Tx) (err error) {
		changed, err = changes(ctx, tx,
			statement{`DELETE FROM location.track_viewers WHERE room_id = $1 AND user_id = $2`, []any{room, user}},
			statement{`UPDATE location.recordings SET until = $3 WHERE room_id = $1 AND user_id = $2 AND until IS NULL`, []any{room, user, at}})
		return err
	})
	return changed, err
}

// Ended ends all recordings of a room that has ended. What was recorded stays its
// owners', for as long as the retention says.
func (t *Tracks) Ended(ctx context.Context, room string, at time.Time) (changed bool, err error) {
	err = t.change(ctx, "end the recordings of a room", func(tx *sqlx.Tx) (err error) {
		changed, err = changes(ctx, tx,
			statement{`DELETE FROM location.recording_rooms WHERE room_id = $1`, []any{room}},
			statement{`DELETE FROM location.track_viewers WHERE room_id = $1`, []any{room}},
			statement{`UPDATE location.recordings SET until = $2 WHERE room_id = $1 AND until IS NULL`, []any{room, at}})
		return err
	})
	return changed, err
}

// Erase deletes what was recorded of a user in a room, or with "" in all. What
// still waits to be stored will not be.
func (t *Tracks) Erase(ctx context.Context, user, room string, now time.Time) error {
	return t.change(ctx, "erase tracks", func(tx *sqlx.Tx) error {
		return execAll(ctx, tx,
			statement{`UPDATE location.recordings SET since = greatest(since, $3) WHERE user_id = $1 AND ($2 = '' OR room_id = $2)`, []any{user, room, now}},
			statement{`DELETE FROM location.track_points WHERE user_id = $1 AND ($2 = '' OR room_id = $2)`, []any{user, room}},
			statement{`DELETE FROM location.track_devices WHERE user_id = $1 AND ($2 = '' OR room_id = $2)`, []any{user, room}})
	})
}

// Forget deletes everything of a user whose account is gone.
func (t *Tracks) Forget(ctx context.Context, user string) error {
	return t.change(ctx, "forget a user's tracks", func(tx *sqlx.Tx) error {
		var all []statement
		// Without an agreement nothing of theirs is stored any more, so it goes first.
		for _, table := range []string{"recordings", "track_viewers", "track_points", "track_devices", "imported_tracks"} {
			all = append(all, statement{`DELETE FROM location.` + table + ` WHERE user_id = $1`, []any{user}})
		}
		return execAll(ctx, tx, all...)
	})
}

// Recorded gives fn who is recorded in a room, and lets nobody else do so until fn
// returns: of two projections the later one is the newer.
func (t *Tracks) Recorded(ctx context.Context, room string, fn func(users []string) error) error {
	return t.change(ctx, "read who is recorded", func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, pg.LockKey("location:recorded:"+room)); err != nil {
			return err
		}
		var users []string
		if err := tx.SelectContext(ctx, &users, `SELECT user_id FROM location.recordings WHERE room_id = $1 AND until IS NULL`, room); err != nil {
			return err
		}
		return fn(users)
	})
}

// RecordedRooms are rooms after one in which somebody is recorded, in their order.
func (t *Tracks) RecordedRooms(ctx context.Context, after string, limit int) (rooms []string, err error) {
	err = t.db.SelectContext(ctx, &rooms, `SELECT DISTINCT room_id FROM location.recordings WHERE until IS NULL AND room_id > $1 ORDER BY 1 LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read where somebody is recorded: %w", err)
	}
	return rooms, nil
}

type statement struct {
	query string
	args  []any
}

func execAll(ctx context.Context, tx *sqlx.Tx, all ...statement) error {
	_, err := changes(ctx, tx, all...)
	return err
}

// changes tells whether any of the statements has changed a row.
func changes(ctx context.Context, tx *sqlx.Tx, all ...statement) (changed bool, err error) {
	for _, s := range all {
		result, err := tx.ExecContext(ctx, s.query, s.args...)
		if err != nil {
			return false, err
		}
		if n, err := result.RowsAffected(); err == nil { // Postgres always knows
			changed = changed || n > 0
		}
	}
	return changed, nil
}

func (t *Tracks) change(ctx context.Context, what string, fn func(tx *sqlx.Tx) error) error {
	if err := pg.InTx(ctx, t.db, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
