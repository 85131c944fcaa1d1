package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func scratch(t *testing.T) string {
	t.Helper()
	dir, err := ScratchDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestPostgresKeepsItsData(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	origin, err := FindPostgres(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: filepath.Join(scratch(t), "postgres"), Password: "p'a ss", Origin: origin}
	query := func(s *Server, q string) (n int, err error) {
		db, err := sql.Open("postgres", s.PostgresURL(cfg.Password, "postgres"))
		if err != nil {
			return 0, err
		}
		defer func() { _ = db.Close() }()
		return n, db.QueryRowContext(ctx, q).Scan(&n)
	}
	first, err := StartPostgres(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := query(first, `CREATE TABLE kept AS SELECT 41 AS n; SELECT 1`); err != nil {
		t.Error(err)
	}
	stop(t, first)
	second, err := StartPostgres(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, second)
	if n, err := query(second, `SELECT n + 1 FROM kept`); err != nil || n != 42 {
		t.Errorf("after a restart: %d, %v", n, err)
	}
	wrong := cfg
	wrong.Dir, wrong.Password = cfg.Dir, "other"
	if err := probePostgres(wrong, second.Port)(ctx); err == nil {
		t.Error("a wrong password opens the server")
	}
}

func TestRedisKeepsItsDataUnlessThrowaway(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	origin, err := FindRedis(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, throwaway := range []bool{false, true} {
		cfg := Config{Dir: filepath.Join(scratch(t), "redis"), Throwaway: throwaway, Origin: origin}
		s, err := StartRedis(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		stop(t, s)
		_, err = os.Stat(filepath.Join(cfg.Dir, "appendonlydir"))
		if kept := err == nil; kept == throwaway {
			t.Errorf("throwaway %v: append-only file kept %v", throwaway, kept)
		}
	}
}

func TestTakenPortIsNamed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	origin, err := FindRedis(ctx)
	if err != nil {
		t.Fatal(err)
	}
	dir := scratch(t)
	s, err := StartRedis(ctx, Config{Dir: filepath.Join(dir, "one"), Throwaway: true, Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	_, err = StartRedis(ctx, Config{Dir: filepath.Join(dir, "two"), Port: s.Port, Throwaway: true, Origin: origin})
	var taken *PortInUseError
	if !errors.As(err, &taken) || taken.Port != s.Port {
		t.Errorf("got %v, want a PortInUseError for %d", err, s.Port)
	}
	if err := probeRedis(s.Port, s.Pid()+1)(ctx); err == nil {
		t.Error("the probe takes a stranger's Redis for ours")
	}
}

func script(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64": "7.0.15",
		"Valkey server v=8.1.1 sha=00000000:0":                               "8.1.1",
		"Redis server v=6.0.16 sha=00000000:0":                               "",
		"postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)":               "15.13",
		"postgres (PostgreSQL) 18beta1":                                      "18",
		"no version at all":                                                  "",
	} {
		path := script(t, filepath.Join(t.TempDir(), "server"), fmt.Sprintf("echo '%s'", text))
		o, err := checkRedis(context.Background(), path)
		if o.Version != want || (err == nil) != (want != "") {
			t.Errorf("%q: version %q, %v; want %q", text, o.Version, err, want)
		}
	}
}

func TestMissingServerSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	missing := func(context.Context) (Origin, error) { return Origin{}, ErrNotFound }
	_, err := provide(context.Background(), func(string) {}, provision{
		what: "Redis 7.0 or newer", find: missing, env: EnvRedisServer,
		packages: map[string][]string{"apt-get": {"redis-server"}, "dnf": {"redis"}, "apk": {"redis"}, "brew": {"redis"}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"apt-get install redis-server", "apk add redis", "start Docker", EnvRedisServer} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not mention %q", err, part)
		}
	}
}

func TestInstallationIsUsedBeforeContainers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the fake apt-get is only used by root")
	}
	bin := t.TempDir()
	log := filepath.Join(bin, "calls")
	script(t, filepath.Join(bin, "apt-get"), `echo "$@" >>`+log)
	script(t, filepath.Join(bin, "docker"), "exit 0")
	t.Setenv("PATH", bin+":/bin:/usr/bin")
	t.Setenv(EnvNoInstall, "")
	calls := 0
	find := func(context.Context) (Origin, error) {
		if calls++; calls == 1 {
			return Origin{}, ErrNotFound
		}
		return Origin{Path: "/installed"}, nil
	}
	var said []string
	o, err := provide(context.Background(), func(s string) { said = append(said, s) }, provision{
		what: "Thing 1", find: find, packages: map[string][]string{"apt-get": {"thing"}}})
	if err != nil || o.Path != "/installed" {
		t.Fatalf("got %+v, %v", o, err)
	}
	data, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(data), "install") || !strings.Contains(string(data), "thing") {
		t.Errorf("apt-get was called with %q, %v", data, err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "installing thing with apt-get") {
		t.Errorf("said %q", said)
	}
}

// A client that runs the real server instead of a container shows the whole way: arguments, readiness, end, removal.
func TestContainerRunsAndIsRemoved(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	origin, err := FindRedis(ctx)
	if err != nil {
		t.Fatal(err)
	}
	dir := scratch(t)
	log := filepath.Join(dir, "calls")
	client := script(t, filepath.Join(dir, "docker"), `echo "$@" >>`+log+`
[ "$1" = run ] || exit 0
for a; do case "$a" in 127.0.0.1:*:6379) p=${a#127.0.0.1:}; p=${p%%:*};; esac; done
exec `+origin.Path+` --port $p --bind 127.0.0.1 --save ""`)
	s, err := StartRedis(ctx, Config{Dir: filepath.Join(dir, "redis"), Throwaway: true, Origin: Origin{Image: RedisImage, Docker: client}})
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	name := containerName("redis", filepath.Join(dir, "redis"))
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 3 || lines[0] != "rm --force "+name || lines[2] != lines[0] || !strings.Contains(lines[1], "--rm --name "+name) {
		t.Errorf("the client was called with %q", lines)
	}
}

func TestContainerPasswordStaysOffTheCommandLine(t *testing.T) {
	t.Parallel()
	cfg := Config{Dir: "/data/postgres", Password: "geheim", Origin: Origin{Image: PostgresImage}}
	c := postgresContainer(cfg)
	if slices.ContainsFunc(c.args(cfg, 1), func(a string) bool { return strings.Contains(a, cfg.Password) }) {
		t.Error("the password is on the command line, where every user can read it")
	}
	if !slices.Contains(c.values, cfg.Password) {
		t.Error("the password does not reach the container")
	}
}
