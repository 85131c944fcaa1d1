package main

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/services/auth/internal/account"
	"github.com/wemaps/wemaps/services/auth/internal/api"
	"github.com/wemaps/wemaps/services/auth/internal/hashing"
	"github.com/wemaps/wemaps/services/auth/internal/keys"
	"github.com/wemaps/wemaps/services/auth/internal/publish"
	"github.com/wemaps/wemaps/services/auth/internal/store"
	"github.com/wemaps/wemaps/services/auth/internal/throttle"
	"github.com/wemaps/wemaps/services/auth/internal/username"
)

// App is the wired service.
type App struct {
	cfg    Config
	db     *sqlx.DB
	redis  rueidis.Client
	admin  *obs.Admin
	hashes *hashing.Pool
	keeper *publish.Keeper
	server *httpx.Server
}

// New connects and wires; Run starts.
func New(ctx context.Context, cfg Config) (*App, error) {
	log, err := obs.Logger("auth", cfg.LogLevel)
	if err != nil {
		return nil, err
	}
	db, err := pg.Open(cfg.DatabaseURL, cfg.MaxConns)
	if err != nil {
		return nil, err
	}
	client, err := redisx.Open(ctx, cfg.RedisURL, "auth")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	registry := obs.Registry()
	st := store.New(db)
	ring, err := keys.NewRing(keys.Schedule{Rotation: cfg.KeyRotation, TokenTTL: cfg.TokenTTL}, cfg.secret, st, time.Now)
	if err != nil {
		return nil, err
	}
	domainSecret, err := keys.Derive(cfg.secret, "addresses and refresh tokens")
	if err != nil {
		return nil, err
	}
	publisher := publish.NewPublisher(client, log, time.Now)
	hashes := hashing.NewPool(hashing.Config{Workers: cfg.HashWorkers, Queue: cfg.HashQueue, Nice: cfg.HashNice, Memory: cfg.hashMemory}, registry)
	accounts := account.NewService(
		account.Config{OpenNames: cfg.OpenNames, TokenTTL: cfg.TokenTTL, RefreshTTL: cfg.RefreshTTL, Secret: domainSecret},
		account.Deps{Store: st, Hashes: hashes, Throttle: throttle.New(client, cfg.NewAccounts, log), Issuer: ring, Announcer: publisher,
			ParseName: username.Parse, NewID: httpx.NewID, Now: now})

	verifier := token.NewVerifier(client)
	admin := obs.NewAdmin(cfg.AdminAddr, log, registry)
	admin.AddCheck("postgres", pg.Check(db))
	admin.AddCheck("redis", redisx.Check(client))
	admin.AddCheck("signing_keys", ring.Check)
	admin.AddCheck("published_keys", verifier.Check)

	e := httpx.New(httpx.Options{Service: "auth", Log: log, Registry: registry, MapError: api.MapError})
	api.Routes(e, accounts, verifier, log)
	server := httpx.NewServer(cfg.HTTPAddr, e, cfg.ShutdownTimeout)
	admin.AddCheck("http", server.Listening)
	return &App{cfg: cfg, db: db, redis: client, admin: admin, hashes: hashes,
		keeper: publish.NewKeeper(ring, st, publisher, log), server: server}, nil
}

// Run serves until ctx ends.
func (a *App) Run(ctx context.Context) error {
	var g run.Group
	g.Add("connections", a.connections)
	g.Add("collector", run.Collect)
	g.Add("admin", a.admin.Run)
	g.Add("keeper", a.keeper.Run)
	g.Add("outbox listener", func(ctx context.Context) error {
		return pg.Listen(ctx, a.cfg.DatabaseURL, store.OutboxChannel, a.keeper.Wake)
	})
	g.Add("hash workers", a.hashes.Run)
	g.Add("http", a.server.Run)
	g.Add("readiness", func(ctx context.Context) error {
		<-ctx.Done()
		a.admin.Drain() // first of all, so that no new requests come
		return nil
	})
	return g.Run(ctx)
}

// connections closes what New opened, after everybody who uses it has stopped.
func (a *App) connections(ctx context.Context) error {
	<-ctx.Done()
	a.redis.Close()
	return a.db.Close()
}

// now is in milliseconds, as answers are: what is stored is what was told.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
