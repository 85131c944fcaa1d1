// Package throwaway is `wemapsctl exec`: it runs a command with a throw-away Postgres and the means to start
// throw-away Redis servers, and leaves nothing of them behind.
package throwaway

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/servers/proc"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/migrations"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/migrate"
)

// ExitError is the command's own failure; the servers did their part.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

const (
	template = "wemaps_template"
	pidFile  = "exec.pid"
)

// Run brings the servers up, runs args with the WEMAPS_TEST_* variables, and takes everything down again.
func Run(ctx context.Context, args []string, say func(string)) (err error) {
	if len(args) == 0 {
		return errors.New("no command given, as in: wemapsctl exec -- go test work")
	}
	removeStale(say)
	dir, err := servers.ScratchDir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := proc.WriteSelf(filepath.Join(dir, pidFile)); err != nil {
		return err
	}
	redis, err := servers.ProvideRedis(ctx, say)
	if err != nil {
		return err
	}
	postgres, err := servers.ProvidePostgres(ctx, say)
	if err != nil {
		return err
	}
	password := rand.Text()
	server, err := servers.StartPostgres(ctx, servers.Config{Dir: filepath.Join(dir, "postgres"),
		PidFile: filepath.Join(dir, "postgres.pid"), Password: password, Throwaway: true, Origin: postgres})
	if err != nil {
		return err
	}
	defer func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, server.Stop(stopCtx))
	}()
	if err := buildTemplate(ctx, server, password); err != nil {
		return err
	}
	env := append(os.Environ(),
		testenv.EnvDatabaseURL+"="+server.PostgresURL(password, "postgres"),
		testenv.EnvTemplate+"="+template,
		testenv.EnvDir+"="+dir,
	)
	if redis.Path != "" {
		env = append(env, servers.EnvRedisServer+"="+redis.Path)
	}
	return command(ctx, args, env)
}

// buildTemplate migrates the database that every test database is a copy of.
func buildTemplate(ctx context.Context, server *servers.Server, password string) error {
	db, err := sql.Open("postgres", server.PostgresURL(password, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, `CREATE DATABASE `+template); err != nil {
		return fmt.Errorf("create the test template: %w", err)
	}
	passwords := migrate.Passwords{}
	for _, service := range migrations.Services() {
		passwords[service] = password // one for all: the cluster lives for this run only
	}
	if _, err := migrate.All(ctx, server.PostgresURL(password, template), passwords); err != nil {
		return err
	}
	// Postgres copies only databases that nobody is connected to.
	if _, err := db.ExecContext(ctx, `ALTER DATABASE `+template+` WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`); err != nil {
		return fmt.Errorf("seal the test template: %w", err)
	}
	return nil
}

func command(ctx context.Context, args, env []string) error {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	p, err := proc.Start(proc.Spec{Path: path, Args: args[1:], Env: env, Output: os.Stdout, Errors: os.Stderr,
		Foreground: true, DeathSignal: syscall.SIGTERM})
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = p.Stop(grace, syscall.SIGTERM)
	}
	var exit *exec.ExitError
	if err := p.Err(); errors.As(err, &exit) {
		return &ExitError{Code: max(exit.ExitCode(), 1)} // -1 when a signal ended it
	} else if err != nil {
		return err
	}
	return ctx.Err()
}

// removeStale ends and removes what an exec that was killed has left. Only directories of this very user count:
// anybody may put a pid file into the temporary directory.
func removeStale(say func(string)) {
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		found, err := filepath.Glob(filepath.Join(parent, "wemaps-*", pidFile))
		if err != nil {
			continue
		}
		for _, file := range found {
			dir := filepath.Dir(file)
			info, err := os.Lstat(dir)
			if err != nil {
				continue
			}
			if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Geteuid() {
				continue
			}
			if _, alive := proc.Read(file); alive {
				continue
			}
			_ = os.Remove(file) // only the owner's record; the servers' follow
			if _, err := proc.EndStaleIn(dir, syscall.SIGQUIT, 5*time.Second); err != nil {
				say(err.Error())
				continue
			}
			if err := os.RemoveAll(dir); err == nil {
				say("removed " + dir + ", left by a run that was killed")
			}
		}
	}
}
