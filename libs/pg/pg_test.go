package pg_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/testenv"
)

func open(t *testing.T, url string) *sqlx.DB {
	t.Helper()
	db, err := pg.Open(url, 5)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestInTxRollsBackOnErrorAndPanic(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.AdminPostgres(t))
	db.MustExec(`CREATE TABLE things (id int PRIMARY KEY)`)
	boom := errors.New("boom")
	insert := func(tx *sqlx.Tx) { tx.MustExec(`INSERT INTO things VALUES (1)`) }
	if err := pg.InTx(t.Context(), db, func(tx *sqlx.Tx) error { insert(tx); return boom }); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = pg.InTx(t.Context(), db, func(tx *sqlx.Tx) error { insert(tx); panic("at the worst moment") })
	}()
	var n int
	if err := db.Get(&n, `SELECT count(*) FROM things`); err != nil || n != 0 {
		t.Fatalf("%d rows stayed (%v)", n, err)
	}
	if err := pg.InTx(t.Context(), db, func(tx *sqlx.Tx) error { insert(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	err := pg.InTx(t.Context(), db, func(tx *sqlx.Tx) error { _, err := tx.Exec(`INSERT INTO things VALUES (1)`); return err })
	if !pg.IsUnique(err, "things_pkey") || pg.IsUnique(err, "other") {
		t.Fatalf("a duplicate is %v", err)
	}
}

func TestInTxRepeatsSerializationFailures(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.AdminPostgres(t))
	tries := 0
	err := pg.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		tries++
		if tries < 3 {
			_, err := tx.Exec(`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`)
			return err
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Fatalf("%d tries, %v", tries, err)
	}
}

func TestQueriesAreBounded(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.AdminPostgres(t)+"&statement_timeout=50")
	if _, err := db.ExecContext(t.Context(), `SELECT pg_sleep(10)`); err == nil || !strings.Contains(err.Error(), "statement timeout") {
		t.Fatalf("got %v", err)
	}
}

func TestListenWakesAndComesBack(t *testing.T) {
	t.Parallel()
	url := testenv.AdminPostgres(t)
	db := open(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	var woken atomic.Int32
	done := make(chan error, 1)
	go func() { done <- pg.Listen(ctx, url, "bell", func() { woken.Add(1) }) }()
	rings := func(reason string) {
		t.Helper()
		before := woken.Load()
		testenv.Eventually(t, 10*time.Second, reason, func() bool {
			db.MustExec(`NOTIFY bell`)
			return woken.Load() > before
		})
	}
	rings("the first notification did not arrive")
	db.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database() AND pid <> pg_backend_pid()`)
	rings("no notification after the connection was cut")
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// The lock passes on as soon as its holder's connection dies, and the holder
// cannot write any more with the connection that it lost.
func TestALockDiesWithItsConnection(t *testing.T) {
	t.Parallel()
	url := testenv.AdminPostgres(t)
	admin := open(t, url)
	type hold struct {
		who  string
		conn *pg.Conn
	}
	held := make(chan hold, 10)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for _, who := range []string{"a", "b"} {
		db := open(t, url)
		go func() {
			defer func() { done <- struct{}{} }()
			_ = pg.WhileLocked(ctx, db, "partition", 50*time.Millisecond, func(ctx context.Context, conn *pg.Conn) error {
				held <- hold{who, conn}
				for {
					if _, err := conn.ExecContext(ctx, `SELECT 1`); err != nil {
						return err
					}
					time.Sleep(5 * time.Millisecond)
				}
			}, func(error) {})
		}()
	}
	first := <-held
	select {
	case second := <-held:
		t.Fatalf("%s and %s hold the lock at once", first.who, second.who)
	case <-time.After(300 * time.Millisecond):
	}
	admin.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	select {
	case <-held:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody took the lock over")
	}
	cancel()
	<-done
	<-done
}

func TestMigrateIsIdempotentAndSafeTogether(t *testing.T) {
	t.Parallel()
	url := testenv.AdminPostgres(t)
	db := open(t, url)
	db.MustExec(`CREATE SCHEMA garden`)
	files := fstest.MapFS{
		"00001_beds.sql":  {Data: []byte("-- +goose Up\nCREATE TABLE beds (id int);\n-- +goose Down\nDROP TABLE beds;\n")},
		"00002_seeds.sql": {Data: []byte("-- +goose Up\nCREATE TABLE seeds (id int);\n-- +goose Down\nDROP TABLE seeds;\n")},
	}
	type result struct {
		n   int
		err error
	}
	results := make(chan result, 4)
	for range cap(results) {
		go func() {
			n, err := pg.Migrate(t.Context(), url, files, "garden")
			results <- result{n, err}
		}()
	}
	applied := 0
	for range cap(results) {
		r := <-results
		if r.err != nil {
			t.Fatal(r.err)
		}
		applied += r.n
	}
	if applied != 2 {
		t.Fatalf("%d migrations applied, want 2", applied)
	}
	var n int
	if err := db.Get(&n, `SELECT count(*) FROM information_schema.tables WHERE table_schema = 'garden'`); err != nil || n != 3 {
		t.Fatalf("%d tables in the schema (%v), want 3", n, err)
	}
}
