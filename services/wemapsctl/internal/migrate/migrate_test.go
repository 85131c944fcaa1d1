package migrate

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/migrations"
)

// ownServer is a Postgres for this test alone: roles belong to the whole server and would reach other tests.
func ownServer(t *testing.T) (s *servers.Server, password string) {
	t.Helper()
	ctx := context.Background()
	origin, err := servers.FindPostgres(ctx)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := servers.ScratchDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s, err = servers.StartPostgres(ctx, servers.Config{Dir: filepath.Join(dir, "postgres"), Password: "admin", Throwaway: true, Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s, "admin"
}

func exec(t *testing.T, url string, statements ...string) {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// On a managed Postgres the administrator is no superuser; deployments start at once and again and again.
func TestAllAsPlainAdministratorConcurrentlyAndRepeatedly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, password := ownServer(t)
	exec(t, s.PostgresURL(password, "postgres"), `CREATE ROLE boss LOGIN CREATEROLE PASSWORD 'boss'`, `CREATE DATABASE maps OWNER boss`)
	u, err := url.Parse(s.PostgresURL(password, "maps"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("boss", "boss")
	passwords := Passwords{}
	for _, service := range migrations.Services() {
		passwords[service] = `it's "` + service + `"; \ %`
	}
	counts := make([]int, 2)
	var g errgroup.Group
	for i := range counts {
		g.Go(func() (err error) {
			counts[i], err = All(ctx, u.String(), passwords)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		t.Error("no migration was applied")
	}
	if n, err := All(ctx, u.String(), passwords); err != nil || n != 0 {
		t.Errorf("once more: %d applied, %v; want none", n, err)
	}
	for _, service := range migrations.Services() {
		own, err := ServiceURL(u.String(), service, passwords[service])
		if err != nil {
			t.Fatal(err)
		}
		if n, err := One(ctx, own, service); err != nil || n != 0 {
			t.Errorf("%s with its own role: %d applied, %v", service, n, err)
		}
	}
	if _, err := One(ctx, u.String(), "edge"); err == nil {
		t.Error("the edge owns no schema, yet it can be migrated")
	}
}

func TestMissingPasswordsAreNamed(t *testing.T) {
	t.Setenv("ROOM_DB_PASSWORD", "x")
	t.Setenv("CHAT_DB_PASSWORD", "")
	_, err := passwordsFromEnv([]string{"room", "chat"})
	if err == nil || !strings.Contains(err.Error(), "CHAT_DB_PASSWORD") || strings.Contains(err.Error(), "ROOM_DB_PASSWORD") {
		t.Errorf("got %v", err)
	}
}

func TestServiceURLSwapsTheRoleOnly(t *testing.T) {
	t.Parallel()
	got, err := ServiceURL("postgres://boss:secret@db:5432/maps?sslmode=require", "room", "p@ss/word")
	if want := "postgres://wemaps_room:p%40ss%2Fword@db:5432/maps?sslmode=require"; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if _, err := ServiceURL("host=db user=boss", "room", "x"); err == nil || strings.Contains(err.Error(), "boss") {
		t.Errorf("got %v; want an error that repeats nothing of the URL", err)
	}
}
