// Package migrate creates the services' database roles and schemas and applies their migrations.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/migrations"
)

// Passwords maps a service to the password of its database role.
type Passwords map[string]string

// All bootstraps every service and applies its migrations, each as the service's own role, so that the role owns
// what it uses. It returns how many migrations were applied.
func All(ctx context.Context, adminURL string, passwords Passwords) (int, error) {
	if err := Bootstrap(ctx, adminURL, passwords); err != nil {
		return 0, err
	}
	counts := make([]int, len(migrations.Services()))
	g, ctx := errgroup.WithContext(ctx)
	for i, service := range migrations.Services() {
		g.Go(func() error {
			own, err := ServiceURL(adminURL, service, passwords[service])
			if err != nil {
				return err
			}
			counts[i], err = One(ctx, own, service)
			return err
		})
	}
	err := g.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total, err
}

// One applies the migrations of a service through a URL that logs in as the service's role.
func One(ctx context.Context, serviceURL, service string) (int, error) {
	files, err := migrations.Files(service)
	if err != nil {
		return 0, err
	}
	if found, err := fs.Glob(files, "*.sql"); err != nil || len(found) == 0 {
		return 0, err
	}
	return pg.Migrate(ctx, serviceURL, files, service)
}

// ServiceURL is adminURL with the service's role and password in place of the administrator's.
func ServiceURL(adminURL, service, password string) (string, error) {
	u, err := url.Parse(adminURL)
	if err != nil || u.Host == "" {
		return "", errors.New("DATABASE_URL must be a postgres:// URL")
	}
	u.User = url.UserPassword(migrations.Role(service), password)
	return u.String(), nil
}

// Bootstrap creates, for every service with a password, its login role and its schema, which only that role may
// enter. It is repeatable, and sets the passwords again.
func Bootstrap(ctx context.Context, adminURL string, passwords Passwords) error {
	db, err := sql.Open("postgres", adminURL)
	if err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	// Two deployments may start at once.
	statements := []string{
		fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, pg.LockKey("bootstrap")),
		`REVOKE CREATE ON SCHEMA public FROM PUBLIC`, // the default since Postgres 15
	}
	for _, service := range migrations.Services() {
		if password := passwords[service]; password != "" {
			statements = append(statements, bootstrapService(service, password)...)
		}
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("bootstrap: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	return nil
}

func bootstrapService(service, password string) []string {
	name := migrations.Role(service)
	role, schema := pq.QuoteIdentifier(name), pq.QuoteIdentifier(service)
	return []string{
		fmt.Sprintf(`DO $do$ BEGIN
			IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %s) THEN CREATE ROLE %s; END IF;
		END $do$`, pq.QuoteLiteral(name), role),
		fmt.Sprintf(`ALTER ROLE %s WITH LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD %s`, role, pq.QuoteLiteral(password)),
		fmt.Sprintf(`ALTER ROLE %s SET search_path = %s`, role, schema),
		// An administrator who is no superuser (managed Postgres) may only give a schema to a role that it belongs to.
		fmt.Sprintf(`DO $do$ BEGIN
			IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN GRANT %s TO current_user; END IF;
		END $do$`, role),
		fmt.Sprintf(`CREATE SCHEMA IF NOT EXISTS %s AUTHORIZATION %s`, schema, role),
		fmt.Sprintf(`REVOKE ALL ON SCHEMA %s FROM PUBLIC`, schema),
	}
}
