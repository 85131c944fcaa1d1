package up

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/servers"
)

const databaseName = "wemaps"

// databases are the servers that the services use: private ones or those named by DATABASE_URL and REDIS_URL.
type databases struct {
	cfg     config
	out     *console
	secrets map[string]string

	pgConfig, redisConfig servers.Config
	postgres, redis       *servers.Server // nil when external

	adminURL, redisURL string
}

// start runs both servers at once and returns when they answer.
func (d *databases) start(ctx context.Context) error {
	d.adminURL, d.redisURL = d.cfg.databaseURL, d.cfg.redisURL
	// The installation of packages must not run twice at a time: package managers lock.
	var pg, redis servers.Origin
	var err error
	if d.adminURL == "" {
		if pg, err = servers.ProvidePostgres(ctx, func(s string) { d.out.say("%s", s) }); err != nil {
			return err
		}
	}
	if d.redisURL == "" {
		if redis, err = servers.ProvideRedis(ctx, func(s string) { d.out.say("%s", s) }); err != nil {
			return err
		}
	}
	var g errgroup.Group
	if d.adminURL == "" {
		g.Go(func() error { return d.startPostgres(ctx, pg) })
	}
	if d.redisURL == "" {
		g.Go(func() error { return d.startRedis(ctx, redis) })
	}
	return g.Wait()
}

func (d *databases) startPostgres(ctx context.Context, origin servers.Origin) error {
	dir, err := servers.Place(filepath.Join(d.cfg.data, "postgres"))
	if err != nil {
		return err
	}
	d.pgConfig = servers.Config{Dir: dir, Port: d.cfg.postgres, Password: d.secrets[secretPostgres],
		PidFile: filepath.Join(d.cfg.runDir(), "postgres.pid"), LogFile: filepath.Join(d.cfg.data, "postgres.log"), Origin: origin}
	d.postgres, err = servers.StartPostgres(ctx, d.pgConfig)
	var pqErr *pq.Error
	if errors.As(err, &pqErr) && pqErr.Code == "28P01" {
		return fmt.Errorf("the password in %s does not open the database in %s: restore the file, or remove both to start afresh",
			filepath.Join(d.cfg.data, secretsFile), dir)
	}
	if err != nil {
		return err
	}
	if err := createDatabase(ctx, d.postgres.PostgresURL(d.pgConfig.Password, "postgres")); err != nil {
		return err
	}
	d.adminURL = d.postgres.PostgresURL(d.pgConfig.Password, databaseName)
	d.out.say("postgres ready on %s, %s, data in %s", d.postgres.Addr(), origin, dir)
	return nil
}

func createDatabase(ctx context.Context, url string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, `CREATE DATABASE `+databaseName)
	var pqErr *pq.Error
	if errors.As(err, &pqErr) && pqErr.Code.Name() == "duplicate_database" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return nil
}

func (d *databases) startRedis(ctx context.Context, origin servers.Origin) error {
	dir, err := servers.Place(filepath.Join(d.cfg.data, "redis"))
	if err != nil {
		return err
	}
	d.redisConfig = servers.Config{Dir: dir, Port: d.cfg.redis, PidFile: filepath.Join(d.cfg.runDir(), "redis.pid"),
		LogFile: filepath.Join(d.cfg.data, "redis.log"), Origin: origin}
	if d.redis, err = servers.StartRedis(ctx, d.redisConfig); err != nil {
		return err
	}
	d.redisURL = d.redis.RedisURL()
	d.out.say("redis ready on %s, %s, data in %s", d.redis.Addr(), origin, dir)
	return nil
}

// watch restarts a server that ends by itself, on the port that the services know, until ctx ends; then it stops
// the servers that run, Postgres last.
func (d *databases) watch(ctx context.Context) {
	var g errgroup.Group
	if d.postgres != nil {
		g.Go(func() error { keep(ctx, d.out, "postgres", &d.postgres, d.pgConfig, servers.StartPostgres); return nil })
	}
	if d.redis != nil {
		g.Go(func() error { keep(ctx, d.out, "redis", &d.redis, d.redisConfig, servers.StartRedis); return nil })
	}
	_ = g.Wait()
}

func keep(ctx context.Context, out *console, name string, server **servers.Server, cfg servers.Config,
	start func(context.Context, servers.Config) (*servers.Server, error),
) {
	cfg.Port = (*server).Port
	pause := backoff{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-(*server).Done():
		}
		wait := pause.next()
		out.say("%s has ended by itself, starting it again in %v; see %s", name, wait, cfg.LogFile)
		if !run.Pause(ctx, wait) {
			return
		}
		s, err := start(ctx, cfg)
		if err != nil {
			out.say("%s: %s", name, firstLine(err))
			continue
		}
		*server = s
		out.say("%s is back", name)
	}
}

// stop ends the servers, Redis before Postgres. It must not run beside watch.
func (d *databases) stop(ctx context.Context) error {
	var errs []error
	for _, s := range []*servers.Server{d.redis, d.postgres} {
		if s == nil {
			continue
		}
		grace, cancel := context.WithTimeout(ctx, 20*time.Second)
		errs = append(errs, s.Stop(grace))
		cancel()
	}
	return errors.Join(errs...)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
