package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/pg"
)

const (
	day       = 24 * time.Hour
	daysAhead = 2
	dayLayout = "20060102"
	dayPrefix = "messages_d"
)

// Partitions makes the daily partitions of chat.messages ahead of time and
// drops those whose every message is older than Retention. Any number of
// replicas may do so; an advisory lock lets one at a time.
type Partitions struct {
	DB        *sqlx.DB
	Retention time.Duration
	Now       func() time.Time
	OnError   func(error)
	ready     chan struct{}
}

// NewPartitions starts nothing; Run does.
func NewPartitions(db *sqlx.DB, retention time.Duration, onError func(error)) *Partitions {
	return &Partitions{DB: db, Retention: retention, Now: time.Now, OnError: onError, ready: make(chan struct{})}
}

// Ready waits until today's partition is there, and tells whether ctx is still
// alive. Nobody should write before: attaching a day that has messages already
// moves them, and who reads meanwhile finds nothing.
func (p *Partitions) Ready(ctx context.Context) bool {
	select {
	case <-p.ready:
		return true
	case <-ctx.Done():
		return false
	}
}

// Run maintains now and then every interval until ctx ends. Until it has
// succeeded once it tries every second.
func (p *Partitions) Run(ctx context.Context, interval time.Duration) error {
	succeeded := false
	for {
		wait := interval
		switch err := p.Maintain(ctx); {
		case err == nil && !succeeded:
			succeeded = true
			close(p.ready)
		case err != nil && ctx.Err() == nil:
			p.OnError(err)
			wait = min(interval, 30*time.Second)
			if !succeeded {
				wait = time.Second
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// Maintain does one round. Each step is a transaction that waits for locks
// for 2 s at most, so that writers never queue behind it for long.
func (p *Partitions) Maintain(ctx context.Context) error {
	now := p.Now().UTC()
	today := now.Truncate(day)
	for d := range daysAhead + 1 {
		if err := p.step(ctx, func(tx *sqlx.Tx) error { return makeDay(ctx, tx, today.Add(time.Duration(d)*day)) }); err != nil {
			return err
		}
	}
	return p.step(ctx, func(tx *sqlx.Tx) error { return dropOld(ctx, tx, now.Add(-p.Retention)) })
}

func (p *Partitions) step(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	err := pg.InTx(ctx, p.DB, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SET LOCAL lock_timeout = '2s'`); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, pg.LockKey("chat:partitions")); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		return fmt.Errorf("maintain partitions: %w", err)
	}
	return nil
}

// makeDay attaches the day's partition. Messages that the default partition
// caught meanwhile are moved first: Postgres would refuse the partition else.
func makeDay(ctx context.Context, tx *sqlx.Tx, start time.Time) error {
	name := dayPrefix + start.Format(dayLayout)
	var exists bool
	if err := tx.GetContext(ctx, &exists, `SELECT to_regclass($1) IS NOT NULL`, "chat."+name); err != nil {
		return err
	}
	if exists {
		return nil
	}
	const layout = "2006-01-02 15:04:05Z07:00"
	from, to := pq.QuoteLiteral(start.Format(layout)), pq.QuoteLiteral(start.Add(day).Format(layout))
	statement := strings.NewReplacer("NAME", name, "FROM_TIME", from, "TO_TIME", to).Replace(`
LOCK TABLE chat.messages_default IN ACCESS EXCLUSIVE MODE;
CREATE TABLE chat.NAME (LIKE chat.messages INCLUDING ALL);
WITH caught AS (DELETE FROM chat.messages_default WHERE created_at >= FROM_TIME AND created_at < TO_TIME RETURNING *)
INSERT INTO chat.NAME SELECT * FROM caught;
CREATE UNIQUE INDEX NAME_seq ON chat.NAME (room_id, seq);
CREATE UNIQUE INDEX NAME_key ON chat.NAME (room_id, sender_id, client_key);
ALTER TABLE chat.messages ATTACH PARTITION chat.NAME FOR VALUES FROM (FROM_TIME) TO (TO_TIME);`)
	if _, err := tx.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	return nil
}

const sqlDays = `
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'chat.messages'::regclass AND c.relname LIKE 'messages\_d________'`

// dropOld drops the days that ended before oldest, and forgets the numbering
// of rooms that have ended and have no messages left.
func dropOld(ctx context.Context, tx *sqlx.Tx, oldest time.Time) error {
	var names []string
	if err := tx.SelectContext(ctx, &names, sqlDays); err != nil {
		return err
	}
	for _, name := range names {
		start, err := time.Parse(dayLayout, strings.TrimPrefix(name, dayPrefix))
		if err != nil || start.Add(day).After(oldest) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DROP TABLE chat.`+pq.QuoteIdentifier(name)); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM chat.messages_default WHERE created_at < $1`, oldest.Truncate(day)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM chat.rooms r WHERE r.ended_at < $1
		AND NOT EXISTS (SELECT FROM chat.messages m WHERE m.room_id = r.room_id)`, oldest)
	return err
}
