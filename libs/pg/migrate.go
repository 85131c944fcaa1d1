package pg

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"

	_ "github.com/lib/pq" // the driver "postgres"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate applies the goose migrations in files to schema, as the role of
// databaseURL, and returns how many it applied. The version table lives in
// the schema itself. Several processes may call it at once: one works, the
// others wait.
func Migrate(ctx context.Context, databaseURL string, files fs.FS, schema string) (int, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return 0, fmt.Errorf("migrate %s: the database URL cannot be parsed", schema)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		return 0, fmt.Errorf("migrate %s: %w", schema, err)
	}
	defer func() { _ = db.Close() }()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(LockKey("migrate:"+schema)),
		lock.WithLockTimeout(1, 120), lock.WithUnlockTimeout(1, 10)) // seconds between tries, tries
	if err != nil {
		return 0, fmt.Errorf("migrate %s: %w", schema, err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithTableName(schema+".schema_version"))
	if err != nil {
		return 0, fmt.Errorf("migrate %s: %w", schema, err)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate %s: %w", schema, err)
	}
	return len(done), nil
}
