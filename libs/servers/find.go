package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Origin is where a server comes from: a directory or file on this machine, or a container image.
type Origin struct {
	Path    string // Postgres: the directory with initdb and postgres. Redis: the server's binary.
	Image   string // set instead of Path when a container engine runs the server
	Docker  string // the engine's client, with Image
	Version string // as the binary tells it, e.g. "15.13"
}

// Found says whether the origin can run a server.
func (o Origin) Found() bool { return o.Path != "" || o.Image != "" }

func (o Origin) String() string {
	if o.Image != "" {
		return "container " + o.Image
	}
	return o.Path + " (" + o.Version + ")"
}

// The oldest versions that have what WeMaps uses; Redis 7.0 brought sharded Pub/Sub.
const (
	minPostgres = 14.0
	minRedis    = 7.0
)

// Environment variables that name the binaries when they are in an unusual place.
const (
	EnvPostgresBin = "WEMAPS_POSTGRES_BIN" // directory that holds initdb and postgres
	EnvRedisServer = "WEMAPS_REDIS_SERVER" // the redis-server binary itself
)

// ErrNotFound says that no fitting binary is on this machine.
var ErrNotFound = errors.New("not found on this machine")

// FindPostgres looks for Postgres 14 or newer: the environment variable, PATH, the distributions' directories.
func FindPostgres(ctx context.Context) (Origin, error) {
	if dir := os.Getenv(EnvPostgresBin); dir != "" {
		o, err := checkPostgres(ctx, dir)
		if err != nil {
			return Origin{}, fmt.Errorf("%s=%s: %w", EnvPostgresBin, dir, err)
		}
		return o, nil
	}
	var dirs []string
	for _, name := range []string{"postgres", "initdb"} {
		if path, err := exec.LookPath(name); err == nil {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				dirs = append(dirs, filepath.Dir(real))
			}
		}
	}
	dirs = append(dirs, newestFirst(
		"/usr/lib/postgresql/*/bin",           // Debian, Ubuntu
		"/usr/pgsql-*/bin",                    // postgresql.org packages for Fedora, RHEL
		"/usr/libexec/postgresql*",            // Alpine
		"/usr/lib/postgresql*/bin",            // openSUSE, Gentoo
		"/usr/local/pgsql/bin",                // from source
		"/usr/local/opt/postgresql*/bin",      // Homebrew on Intel
		"/opt/homebrew/opt/postgresql*/bin",   // Homebrew on Apple silicon
		"/Applications/Postgres.app/*/*/*bin", // Postgres.app
	)...)
	return firstFitting(ctx, "Postgres 14 or newer", dirs, checkPostgres)
}

// FindRedis looks for Redis 7.0 or newer (or Valkey, its continuation under another name) like FindPostgres.
func FindRedis(ctx context.Context) (Origin, error) {
	if path := os.Getenv(EnvRedisServer); path != "" {
		o, err := checkRedis(ctx, path)
		if err != nil {
			return Origin{}, fmt.Errorf("%s=%s: %w", EnvRedisServer, path, err)
		}
		return o, nil
	}
	var paths []string
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			paths = append(paths, path)
		}
		for _, dir := range []string{"/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
			"/usr/local/opt/redis/bin", "/opt/homebrew/opt/redis/bin", "/opt/homebrew/bin", "/snap/bin"} {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return firstFitting(ctx, "Redis 7.0 or newer", paths, checkRedis)
}

// firstFitting reports the nearest miss as well: "too old" helps more than "not found".
func firstFitting(ctx context.Context, what string, paths []string, check func(context.Context, string) (Origin, error)) (Origin, error) {
	var miss error
	seen := map[string]bool{}
	for _, path := range paths {
		if seen[path] {
			continue
		}
		seen[path] = true
		o, err := check(ctx, path)
		if err == nil {
			return o, nil
		}
		if miss == nil && !errors.Is(err, os.ErrNotExist) {
			miss = err
		}
	}
	if miss != nil {
		return Origin{}, fmt.Errorf("%s %w: %w", what, ErrNotFound, miss)
	}
	return Origin{}, fmt.Errorf("%s %w", what, ErrNotFound)
}

func checkPostgres(ctx context.Context, dir string) (Origin, error) {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return Origin{}, err
		}
	}
	return checkVersion(ctx, filepath.Join(dir, "postgres"), dir, minPostgres)
}

func checkRedis(ctx context.Context, path string) (Origin, error) {
	if _, err := os.Stat(path); err != nil {
		return Origin{}, err
	}
	return checkVersion(ctx, path, path, minRedis)
}

// "postgres (PostgreSQL) 15.13 (Debian…)", "Redis server v=7.0.15 sha=…", "Valkey server v=8.1.1 …", "17beta1"
var versionPattern = regexp.MustCompile(`(?:\(PostgreSQL\) |v=)((\d+)(?:\.(\d+))?[.\d]*)`)

func checkVersion(ctx context.Context, binary, path string, oldest float64) (Origin, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "--version").CombinedOutput()
	if err != nil {
		return Origin{}, fmt.Errorf("%s --version: %w", binary, err)
	}
	m := versionPattern.FindStringSubmatch(string(out))
	if m == nil {
		return Origin{}, fmt.Errorf("%s does not tell its version", binary)
	}
	version, err := strconv.ParseFloat(m[2]+"."+m[3]+"0", 64)
	if err != nil || version < oldest {
		return Origin{}, fmt.Errorf("%s is version %s, older than %.0f", binary, m[1], oldest)
	}
	return Origin{Path: path, Version: m[1]}, nil
}

// newestFirst expands the patterns in order, the highest number in a path first within each.
func newestFirst(patterns ...string) []string {
	digits := regexp.MustCompile(`\d+`)
	number := func(path string) int {
		n, err := strconv.Atoi(digits.FindString(strings.TrimPrefix(path, "/usr/lib")))
		if err != nil {
			return 0
		}
		return n
	}
	var all []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil {
			continue
		}
		sort.SliceStable(found, func(i, j int) bool { return number(found[i]) > number(found[j]) })
		all = append(all, found...)
	}
	return all
}
