package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/room/internal/api"
	"github.com/wemaps/wemaps/services/room/internal/consume"
	"github.com/wemaps/wemaps/services/room/internal/publish"
	"github.com/wemaps/wemaps/services/room/internal/room"
	"github.com/wemaps/wemaps/services/room/internal/store"
)

// Config comes from the environment.
type Config struct {
	config.Common
	config.Postgres
	Retention time.Duration `env:"ROOM_RETENTION" envDefault:"720h"` // of rooms that have ended
}

// Validate checks ranges.
func (c *Config) Validate() error {
	errs := []error{c.Common.Validate(), c.Postgres.Validate()}
	if c.Retention < time.Hour {
		errs = append(errs, fmt.Errorf("ROOM_RETENTION must be at least 1h, got %s", c.Retention))
	}
	return errors.Join(errs...)
}

// App is the service: HTTP in front, Postgres below, and the parts that keep Redis true to it.
type App struct {
	cfg     Config
	log     *zap.Logger
	admin   *obs.Admin
	db      *sqlx.DB
	redis   rueidis.Client
	server  *httpx.Server
	store   *store.Store
	relay   *publish.Relay
	keeper  *publish.Keeper
	expirer *room.Expirer
	seen    *consume.Seen
	people  *consume.Accounts
	purger  *room.Purger
}

// New wires the service. Of what it makes only the connection to Redis is open already.
func New(ctx context.Context, cfg Config, log *zap.Logger) (*App, error) {
	databaseURL, err := store.URL(cfg.DatabaseURL)
	if err != nil {
		return nil, err
	}
	db, err := pg.Open(databaseURL, cfg.MaxConns)
	if err != nil {
		return nil, err
	}
	redis, err := redisx.Open(ctx, cfg.RedisURL, "room")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	registry := obs.Registry()
	registry.MustRegister(redisx.NewBacklog(redis, "room", wire.StreamDead("room")))
	metrics := publish.NewMetrics(registry)
	a := &App{cfg: cfg, log: log, db: db, redis: redis, admin: obs.NewAdmin(cfg.AdminAddr, log, registry)}
	a.admin.AddCheck("postgres", pg.Check(db))
	a.admin.AddCheck("redis", redisx.Check(redis))
	verifier := token.NewVerifier(redis)
	a.admin.AddCheck("keys", verifier.Check)

	cache := &publish.Cache{Client: redis, Metrics: metrics, Now: time.Now, OnError: a.warn("cache")}
	a.store = store.New(db, cache.Committed)
	a.relay = publish.NewRelay(publish.Relay{Rooms: a.store, Cache: cache, Client: redis, Metrics: metrics, OnError: a.warn("relay")})
	a.keeper = &publish.Keeper{Rooms: a.store, Cache: cache, Client: redis, Metrics: metrics, OnError: a.warn("keeper")}
	a.expirer = &room.Expirer{Store: a.store, Now: time.Now, OnError: a.warn("expirer"),
		OnDone: func(late time.Duration) { metrics.ExpiryLate.Observe(late.Seconds()) }}
	a.seen = &consume.Seen{Client: redis, Store: a.store, Name: cfg.InstanceID, OnError: a.warn("presence")}
	a.people = &consume.Accounts{Client: redis, Rooms: &room.Accounts{Store: a.store, Now: time.Now}, Name: cfg.InstanceID, OnError: a.warn("accounts")}
	a.purger = &room.Purger{Store: a.store, Retention: cfg.Retention, Now: time.Now, OnError: a.warn("purger")}

	rooms := &room.Service{Store: a.store, Shares: a.store, ShareCache: cache, Guard: api.NewGuard(redis, a.warn("guard")),
		NewID: httpx.NewID, Code: room.NewCode, Now: time.Now}
	e := httpx.New(httpx.Options{Service: "room", Log: log, Registry: registry, MapError: api.MapError})
	api.Register(e, rooms, &api.Unread{Client: redis}, verifier)
	a.server = httpx.NewServer(cfg.HTTPAddr, e, cfg.ShutdownTimeout)
	a.admin.AddCheck("http", a.server.Listening)
	return a, nil
}

// Run blocks until ctx ends or a part fails.
func (a *App) Run(ctx context.Context) error {
	defer func() {
		a.redis.Close()
		_ = a.db.Close()
	}()
	var g run.Group
	g.Add("collector", run.Collect)
	g.Add("admin", a.admin.Run)
	g.Add("notify", a.store.Notify)
	g.Add("listen", func(ctx context.Context) error { return pg.Listen(ctx, a.cfg.DatabaseURL, store.Channel, a.relay.Wake) })
	g.Add("leader", func(ctx context.Context) error { return a.store.WhileLeader(ctx, a.lead, a.warn("leader")) })
	g.Add("expirer", a.expirer.Run)
	g.Add("presence", a.seen.Run)
	g.Add("accounts", a.people.Run)
	g.Add("purger", a.purger.Run)
	g.Add("http", a.server.Run)
	return g.Run(ctx)
}

// lead does what only one process may do: relay the outbox and keep the caches.
func (a *App) lead(ctx context.Context, outbox *store.Outbox) error {
	ctx, cancel := context.WithCancel(ctx)
	wait := run.Go(func() { a.keeper.Run(ctx) })
	err := a.relay.Run(ctx, outbox)
	cancel()
	wait()
	return err
}

// warn logs what a part of the background could not do now and will try again.
func (a *App) warn(part string) func(error) {
	return func(err error) { a.log.Warn("will be tried again", zap.String("part", part), zap.Error(err)) }
}
