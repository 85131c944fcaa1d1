// Package testenv gives every test its own real Postgres database and its own real Redis server. The Postgres
// behind it is brought up by `wemapsctl exec`, which also migrates the template that test databases are copied from.
package testenv

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/lib/pq" // Postgres driver

	"github.com/wemaps/wemaps/libs/servers"
)

// Environment variables by which `wemapsctl exec` hands its servers to the tests.
const (
	EnvDatabaseURL = "WEMAPS_TEST_DATABASE_URL" // superuser; every service's role has the same password
	EnvTemplate    = "WEMAPS_TEST_TEMPLATE"     // database with all schemas migrated
	EnvDir         = "WEMAPS_TEST_DIR"          // scratch directory that is removed after the run
)

const howToRun = "no test servers: run `go tool task test`, or `go tool task test:env -- go test ./...` for a part"

// Database is a fresh database with the schemas of all services, dropped when the test ends.
type Database struct {
	t     testing.TB
	admin url.URL
}

// NewDatabase copies the migrated template into a database for this test alone.
func NewDatabase(t testing.TB) *Database {
	t.Helper()
	admin := adminURL(t)
	template := os.Getenv(EnvTemplate)
	if template == "" {
		t.Fatalf("testenv: %s is not set: %s", EnvTemplate, howToRun)
	}
	name := "t_" + randomHex(t)
	adminExec(t, admin, `CREATE DATABASE `+name+` TEMPLATE `+template)
	t.Cleanup(func() {
		// FORCE: a pool that the test forgot to close must not keep the database, nor the next test from running.
		adminExec(t, admin, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
	})
	own := admin
	own.Path = "/" + name
	return &Database{t: t, admin: own}
}

// AdminURL is the superuser's URL of the database.
func (d *Database) AdminURL() string { return d.admin.String() }

// URL is the database's URL for a service ("auth", "room", "location", "chat"), which logs in as the service's own
// role and sees only its own schema.
func (d *Database) URL(service string) string {
	d.t.Helper()
	password, ok := d.admin.User.Password()
	if !ok {
		d.t.Fatalf("testenv: %s has no password", EnvDatabaseURL)
	}
	own := d.admin
	own.User = url.UserPassword("wemaps_"+service, password)
	return own.String()
}

// Postgres is the URL of a fresh database for one service; see Database.URL.
func Postgres(t testing.TB, service string) string {
	t.Helper()
	return NewDatabase(t).URL(service)
}

// AdminPostgres is the superuser's URL of a fresh database.
func AdminPostgres(t testing.TB) string {
	t.Helper()
	return NewDatabase(t).AdminURL()
}

// Redis is the host:port of a fresh Redis server for this test alone.
func Redis(t testing.TB) string {
	t.Helper()
	return RedisServer(t).Addr()
}

// RedisServer is Redis for tests that want to end the server themselves.
func RedisServer(t testing.TB) *servers.Server {
	t.Helper()
	return RedisServerAt(t, 0)
}

// RedisServerAt is RedisServer on a given port, for an empty Redis that takes the place of one that was ended; 0 is
// any free port.
func RedisServerAt(t testing.TB, port int) *servers.Server {
	t.Helper()
	ctx := context.Background()
	origin, err := servers.FindRedis(ctx)
	if err != nil {
		t.Fatalf("testenv: %v: %s", err, howToRun)
	}
	s, err := servers.StartRedis(ctx, servers.Config{Dir: filepath.Join(scratch(t), "redis"), Port: port, Throwaway: true, Origin: origin})
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Errorf("testenv: %v", err)
		}
	})
	return s
}

// Address is one of the loopback interface for a server that the test is about to start.
func Address(t testing.TB) string {
	t.Helper()
	addr, err := servers.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// patience is how many times longer than on an idle machine something may take before its test fails: how fast a busy
// one is says nothing about the program.
const patience = 4

// Eventually polls condition until it holds. within is what it takes at most on an idle machine: what takes longer is noted
// in the test's log, and what has not happened after four times that fails the test with reason.
func Eventually(t testing.TB, within time.Duration, reason string, condition func() bool) {
	t.Helper()
	began := time.Now()
	for wait := time.Millisecond; !condition(); wait = min(wait*2, 50*time.Millisecond) {
		if time.Since(began) > patience*within {
			t.Fatalf("not within %v: %s", patience*within, reason)
		}
		time.Sleep(wait)
	}
	if took := time.Since(began); took > within {
		t.Logf("%v passed, and not %v at most, while it was: %s", took.Round(time.Millisecond), within, reason)
	}
}

// scratch is a directory of the test's own that the servers' users may enter, unlike t.TempDir's.
func scratch(t testing.TB) string {
	t.Helper()
	var dir string
	var err error
	if root := os.Getenv(EnvDir); root != "" {
		if dir, err = os.MkdirTemp(root, "t-"); err == nil {
			err = os.Chmod(dir, 0o755)
		}
	} else {
		dir, err = servers.ScratchDir()
	}
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func adminURL(t testing.TB) url.URL {
	t.Helper()
	raw := os.Getenv(EnvDatabaseURL)
	if raw == "" {
		t.Fatalf("testenv: %s", howToRun)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("testenv: %s: %v", EnvDatabaseURL, err)
	}
	return *u
}

func adminExec(t testing.TB, admin url.URL, query string) {
	t.Helper()
	db, err := sql.Open("postgres", admin.String())
	if err != nil {
		t.Fatalf("testenv: %v", err)
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := db.ExecContext(ctx, query); err != nil {
		t.Fatalf("testenv: %s: %v", query, err)
	}
}

func randomHex(t testing.TB) string {
	t.Helper()
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatalf("testenv: %v", err)
	}
	return hex.EncodeToString(b[:])
}
