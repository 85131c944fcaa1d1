package store

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
)

const (
	week       = 7 * 24 * time.Hour
	weekLayout = "20060102"
	weekPrefix = "track_points_w"
)

// weeks are the partitions of track_points that are known to be there. They are
// made when the first fix of a week comes: there is no default partition, whose
// rows would have to be moved, so attaching one stops nobody.
type weeks struct {
	mu    sync.Mutex
	known map[int64]bool
}

// weekOf is when the week of a time begins: a Monday, UTC.
func weekOf(ms int64) int64 {
	return time.UnixMilli(ms).UTC().Truncate(week).UnixMilli() // year 1 began with a Monday
}

// make sees to it that there are partitions for all times.
func (w *weeks) make(ctx context.Context, db *sqlx.DB, at []int64) error {
	var missing []int64
	w.mu.Lock()
	for _, ms := range at {
		if start := weekOf(ms); !w.known[start] {
			missing = append(missing, start)
		}
	}
	w.mu.Unlock()
	done := map[int64]bool{}
	for _, start := range missing {
		if done[start] {
			continue
		}
		done[start] = true
		if err := pg.InTx(ctx, db, func(tx *sqlx.Tx) error { return makeWeek(ctx, tx, time.UnixMilli(start).UTC()) }); err != nil {
			return fmt.Errorf("make a week of tracks: %w", err)
		}
		w.mu.Lock()
		w.known[start] = true
		w.mu.Unlock()
	}
	return nil
}

func (w *weeks) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.known)
}

func makeWeek(ctx context.Context, tx *sqlx.Tx, start time.Time) error {
	if err := lockWeeks(ctx, tx); err != nil {
		return err
	}
	name := weekPrefix + start.Format(weekLayout)
	var exists bool
	if err := tx.GetContext(ctx, &exists, `SELECT to_regclass($1) IS NOT NULL`, "location."+name); err != nil || exists {
		return err
	}
	const layout = "2006-01-02 15:04:05Z07:00"
	statement := strings.NewReplacer("NAME", name, "FROM_TIME", pq.QuoteLiteral(start.Format(layout)), "TO_TIME", pq.QuoteLiteral(start.Add(week).Format(layout))).Replace(`
		CREATE TABLE location.NAME (LIKE location.track_points INCLUDING ALL);
		ALTER TABLE location.track_points ATTACH PARTITION location.NAME FOR VALUES FROM (FROM_TIME) TO (TO_TIME)`)
	_, err := tx.ExecContext(ctx, statement)
	return err
}

// lockWeeks lets one replica at a time change the partitions, and none wait long.
func lockWeeks(ctx context.Context, tx *sqlx.Tx) error {
	if _, err := tx.ExecContext(ctx, `SET LOCAL lock_timeout = '2s'`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, pg.LockKey("location:weeks"))
	return err
}

const selectWeeks = `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
	WHERE i.inhparent = 'location.track_points'::regclass AND c.relname LIKE '` + weekPrefix + `%' ORDER BY 1`

// Purge drops the weeks whose every point is older than the retention, and what
// tells of them.
func (t *Tracks) Purge(ctx context.Context) error {
	oldest := t.oldest().UTC()
	err := pg.InTx(ctx, t.db, func(tx *sqlx.Tx) error {
		if err := lockWeeks(ctx, tx); err != nil {
			return err
		}
		var names []string
		if err := tx.SelectContext(ctx, &names, selectWeeks); err != nil {
			return err
		}
		for _, name := range names {
			start, err := time.Parse(weekLayout, strings.TrimPrefix(name, weekPrefix))
			if err != nil || start.Add(week).After(oldest) {
				continue
			}
			if _, err := tx.ExecContext(ctx, `DROP TABLE location.`+pq.QuoteIdentifier(name)); err != nil {
				return fmt.Errorf("drop %s: %w", name, err)
			}
		}
		for _, statement := range []string{
			`DELETE FROM location.track_devices WHERE last_at < $1`,
			`DELETE FROM location.recordings WHERE until < $1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, oldest); err != nil {
				return err
			}
		}
		return nil
	})
	t.weeks.forget()
	if err != nil {
		return fmt.Errorf("purge tracks: %w", err)
	}
	return nil
}
