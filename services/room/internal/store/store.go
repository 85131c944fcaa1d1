// Package store keeps rooms in Postgres. It holds all of the service's SQL.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/services/room/internal/room"
)

// Store implements the interfaces of package room, and those of publish and consume.
type Store struct {
	db        *sqlx.DB
	prepared  prepared
	committed func(context.Context, ...room.Change)
	changed   chan struct{} // capacity 1: there is something in the outbox

	gets    *loader[string, *room.Room]
	lists   *loader[string, []room.Summary]
	creates *loader[*draft, error]
	byID    *combiner
	byCode  *combiner
}

// New starts nothing. committed is called after each commit and before its caller gets the answer.
func New(db *sqlx.DB, committed func(context.Context, ...room.Change)) *Store {
	s := &Store{db: db, prepared: prepared{db: db, stmts: map[string]*sql.Stmt{}}, committed: committed, changed: make(chan struct{}, 1)}
	s.gets = &loader[string, *room.Room]{fetch: s.fetchRooms}
	s.lists = &loader[string, []room.Summary]{fetch: s.fetchLists}
	s.creates = &loader[*draft, error]{fetch: s.createAll}
	s.byID = newCombiner(func(groups []*group) { s.changeAll(byID, groups) })
	s.byCode = newCombiner(func(groups []*group) { s.changeAll(byCode, groups) })
	return s
}

// URL adds to a database URL how this service's statements are planned. All of them are look-ups by index, prepared
// once: without this, a plan made while the tables were young would be a scan, and be kept while they grow.
func URL(databaseURL string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("DATABASE_URL must be a postgres:// URL") // without the URL: it holds a password
	}
	q := u.Query()
	for _, off := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"} {
		q.Set(off, "off")
	}
	q.Set("plan_cache_mode", "force_generic_plan")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// prepared holds the prepared statements, made at their first use.
type prepared struct {
	db    *sqlx.DB
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

func (p *prepared) get(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt := p.stmts[query]
	p.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.stmts[query]; other != nil {
		_ = stmt.Close() //nolint:sqlclosecheck // a second one, made at the same moment
		return other, nil
	}
	p.stmts[query] = stmt
	return stmt, nil
}

func (s *Store) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := s.prepared.get(ctx, query) //nolint:sqlclosecheck // kept for the next use
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...) //nolint:wrapcheck // the caller says what was attempted
}

func (s *Store) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := s.prepared.get(ctx, query) //nolint:sqlclosecheck // kept for the next use
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...) //nolint:wrapcheck // the caller says what was attempted
}

// done tells the world outside of a commit.
func (s *Store) done(ctx context.Context, changes ...room.Change) {
	s.committed(ctx, changes...)
	s.wake()
}

func (s *Store) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Channel is notified when there is something in the outbox.
const Channel = "room_outbox"

// notifyPause bounds how often Channel is notified: the relay's work has a price per batch, and under load a batch of
// this long serves many. The first after a quiet moment goes at once.
const notifyPause = 20 * time.Millisecond

// Notify tells Channel about commits until ctx ends. It does so beside the transactions, not in them: a transaction
// that notifies holds a lock of the whole database over the flush of its commit, so that no two could commit
// together. What a crash keeps from being told, the relay finds by its own clock.
func (s *Store) Notify(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.changed:
		}
		// A failure is the relay's clock's business, too.
		_, _ = s.db.ExecContext(ctx, `NOTIFY `+Channel)
		timer := time.NewTimer(notifyPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// detached is the context of work that several callers wait for: no single one's going may end it.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), pg.QueryTimeout)
}
