package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	_ "github.com/lib/pq" // the readiness probe logs in

	"github.com/wemaps/wemaps/libs/servers/proc"
)

// Superuser is the name of the generated administrator of a private Postgres.
const Superuser = "wemaps_admin"

// PostgresURL is the superuser's URL of a database of the server.
func (s *Server) PostgresURL(password, database string) string {
	u := url.URL{
		Scheme: "postgres", Host: s.Addr(), Path: "/" + database,
		User: url.UserPassword(Superuser, password), RawQuery: "sslmode=disable",
	}
	return u.String()
}

// StartPostgres creates the data directory when it is new and runs Postgres on it. It returns when the server
// answers a query by the superuser; ctx bounds the start only.
func StartPostgres(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Password == "" {
		return nil, errors.New("start Postgres: no superuser password")
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if cfg.Origin.Image != "" {
		return withPort(ctx, cfg.Port, func(ctx context.Context, port int) (*Server, error) {
			return runContainer(ctx, cfg, postgresContainer(cfg), port, probePostgres(cfg, port))
		})
	}
	user, err := proc.Unprivileged("postgres", "nobody")
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	if barred, ok := user.Reaches(filepath.Dir(cfg.Dir)); !ok {
		return nil, fmt.Errorf("start Postgres: it runs as user %s, who may not pass through %s to reach %s", user.Name, barred, cfg.Dir)
	}
	if err := initPostgres(ctx, cfg, user); err != nil {
		return nil, fmt.Errorf("create the Postgres data directory %s: %w", cfg.Dir, err)
	}
	removeForeignLock(cfg.Dir)
	return withPort(ctx, cfg.Port, func(ctx context.Context, port int) (*Server, error) {
		return runPostgres(ctx, cfg, user, port)
	})
}

func runPostgres(ctx context.Context, cfg Config, user *proc.Identity, port int) (*Server, error) {
	log, logPath, err := openLog(cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p, err := proc.Start(proc.Spec{
		Path: filepath.Join(cfg.Origin.Path, "postgres"), Args: postgresArgs(cfg, port),
		Env: serverEnv(), Dir: "/", Output: log, User: user, PidFile: cfg.PidFile,
		DeathSignal: syscall.SIGINT, // fast shutdown with a checkpoint
	})
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	s := &Server{Host: loopback, Port: port, name: "Postgres", process: p, stop: syscall.SIGINT}
	if cfg.Throwaway {
		s.stop = syscall.SIGQUIT // immediate: nobody reads the data again
	}
	if err := awaitReady(ctx, "Postgres", logPath, p, probePostgres(cfg, port)); err != nil {
		_ = p.Kill()
		return nil, err
	}
	return s, nil
}

// probePostgres succeeds only on our own server: a stranger's does not know the generated password.
func probePostgres(cfg Config, port int) func(context.Context) error {
	s := &Server{Host: loopback, Port: port}
	return func(ctx context.Context) error {
		db, err := sql.Open("postgres", s.PostgresURL(cfg.Password, "postgres"))
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		return db.PingContext(ctx)
	}
}

func postgresArgs(cfg Config, port int) []string {
	settings := []string{
		"listen_addresses=" + loopback, "port=" + strconv.Itoa(port), "unix_socket_directories=",
		"max_connections=300", "shared_buffers=128MB", "logging_collector=off", "log_timezone=UTC", "timezone=UTC",
		"password_encryption=scram-sha-256",
	}
	if cfg.Throwaway {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "max_wal_size=2GB")
	}
	args := []string{"-D", cfg.Dir}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// initPostgres runs initdb beside the target and renames, so that an interrupted first start leaves no half cluster.
func initPostgres(ctx context.Context, cfg Config, user *proc.Identity) error {
	if _, err := os.Stat(filepath.Join(cfg.Dir, "PG_VERSION")); err == nil {
		return nil
	}
	fresh := cfg.Dir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	// An empty target (made by an earlier version of the path, or by hand) would bar the rename.
	if err := os.Remove(cfg.Dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("it exists and holds something other than a Postgres cluster: %w", err)
	}
	if err := user.Own(fresh); err != nil {
		return err
	}
	pwfile, err := passwordFile(cfg.Password, user)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(pwfile) }()
	args := []string{"-D", fresh, "-U", Superuser, "--pwfile", pwfile, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"}
	if cfg.Throwaway {
		args = append(args, "--no-sync")
	}
	var out strings.Builder
	p, err := proc.Start(proc.Spec{Path: filepath.Join(cfg.Origin.Path, "initdb"), Args: args,
		Env: serverEnv(), Dir: "/", Output: &out, User: user})
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.Kill())
	}
	if err := p.Err(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, strings.TrimSpace(out.String()))
	}
	return os.Rename(fresh, cfg.Dir)
}

func passwordFile(password string, user *proc.Identity) (string, error) {
	f, err := os.CreateTemp("", "wemaps-pw-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(password + "\n")
	if err = errors.Join(err, f.Close()); err == nil && user != nil {
		err = os.Chown(f.Name(), int(user.UID), int(user.GID))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// removeForeignLock removes a postmaster.pid whose process is something else by now. Postgres would refuse to start
// when a container or a reboot has given its old pid to another process of the same user.
func removeForeignLock(dir string) {
	path := filepath.Join(dir, "postmaster.pid")
	data, err := os.ReadFile(path)
	if err != nil {
		return
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return
	}
	cmdline, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		out, psErr := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
		if psErr != nil {
			return // gone, which Postgres sees by itself
		}
		cmdline = out
	}
	if !strings.Contains(string(cmdline), "postgres") && !strings.Contains(string(cmdline), "postmaster") {
		_ = os.Remove(path)
	}
}

// serverEnv keeps the user's own PG* and locale variables away from a server that is not theirs.
func serverEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "HOME=/"}
}
