package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/api"
	"github.com/wemaps/wemaps/services/chat/internal/consume"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
	"github.com/wemaps/wemaps/services/chat/internal/store"
)

const (
	lockRetry     = 250 * time.Millisecond // how soon a partition without owner is taken
	upkeepEvery   = 10 * time.Minute
	restPerSecond = 10 // messages over REST, by user
	restBurst     = 30
)

// App is the chat service.
type App struct {
	cfg      Config
	log      *zap.Logger
	registry *prometheus.Registry
	redis    rueidis.Client
	db       *sqlx.DB
	metrics  *consume.Metrics
	members  *store.Members
	list     *store.List
	archive  *store.Archive
	history  *message.History
	tallies  *store.Tallies
}

// New connects; it starts nothing.
func New(ctx context.Context, cfg Config, log *zap.Logger) (*App, error) {
	client, err := redisx.Open(ctx, cfg.RedisURL, "chat")
	if err != nil {
		return nil, err
	}
	db, err := pg.Open(cfg.DatabaseURL, cfg.MaxConns)
	if err != nil {
		client.Close()
		return nil, err
	}
	registry := obs.Registry()
	registry.MustRegister(redisx.NewBacklog(client, "chat", append(wire.StreamsOf(wire.ServiceChat, cfg.Partitions), wire.StreamDead(wire.ServiceChat))...))
	list := &store.List{Client: client}
	archive := &store.Archive{DB: db, Encode: publish.Encode}
	return &App{cfg: cfg, log: log, registry: registry, redis: client, db: db,
		metrics: consume.NewMetrics(registry),
		members: &store.Members{Client: client, Now: time.Now},
		list:    list, archive: archive,
		tallies: &store.Tallies{Client: client, Life: cfg.Retention},
		history: &message.History{Cache: list, Archive: archive, Retention: cfg.Retention, Now: time.Now},
	}, nil
}

// Run serves until ctx ends.
func (a *App) Run(ctx context.Context) error {
	defer a.redis.Close()
	defer func() { _ = a.db.Close() }()
	verifier := token.NewVerifier(a.redis)
	admin := obs.NewAdmin(a.cfg.AdminAddr, a.log, a.registry)
	admin.AddCheck("postgres", pg.Check(a.db))
	admin.AddCheck("redis", redisx.Check(a.redis))
	admin.AddCheck("keys", verifier.Check)
	commands := publish.NewCommands(a.redis, a.cfg.Partitions, a.cfg.InstanceID, a.warn("replies"))
	upkeep := store.NewPartitions(a.db, a.cfg.Retention, a.warn("upkeep"))
	e := httpx.New(httpx.Options{Service: "chat", Log: a.log, Registry: a.registry, MapError: api.MapError})
	api.Routes(e, api.Deps{Verifier: verifier, Members: a.members, Heads: a.archive, Reads: a.archive, Retention: a.cfg.Retention, History: a.history, Commands: commands,
		Limiter: &redisx.Limiter{Client: a.redis, Prefix: "limit:chat:", Rate: restPerSecond, Period: time.Second, Burst: restBurst}})
	server := httpx.NewServer(a.cfg.HTTPAddr, e, a.cfg.ShutdownTimeout)
	admin.AddCheck("http", server.Listening)

	var g run.Group
	g.Add("collector", run.Collect)
	g.Add("admin", admin.Run)
	g.Add("upkeep", func(ctx context.Context) error { return upkeep.Run(ctx, upkeepEvery) })
	g.Add("replies", commands.Run)
	g.Add("room events", func(ctx context.Context) error { return a.follow(ctx, commands) })
	g.Add("partitions", func(ctx context.Context) error {
		if !upkeep.Ready(ctx) {
			return nil
		}
		var all errgroup.Group // they end together: one at a time would make a stop slow
		for p := range a.cfg.Partitions {
			all.Go(func() error { return a.partition(p)(ctx) })
		}
		return all.Wait()
	})
	g.Add("http", server.Run)
	a.log.Info("chat starts", zap.String("instance", a.cfg.InstanceID), zap.Int("partitions", a.cfg.Partitions))
	return g.Run(ctx)
}

// partition competes for a partition and works it while the lock is held.
func (a *App) partition(p int) run.Func {
	warn := a.warn("partition", zap.Int("partition", p))
	deps := consume.Deps{
		Queue:     &consume.Stream{Client: a.redis, Name: wire.StreamCommands(wire.ServiceChat, p)},
		Members:   a.members,
		Publisher: &publish.Publisher{Client: a.redis, Lists: a.list},
		Pages:     a.history, Tallies: a.tallies, Metrics: a.metrics, Now: time.Now, OnError: warn,
	}
	return func(ctx context.Context) error {
		return pg.WhileLocked(ctx, a.db, fmt.Sprintf("chat:{%d}", p), lockRetry, func(ctx context.Context, conn *pg.Conn) error {
			writer, err := store.OpenWriter(ctx, conn, a.cfg.Retention)
			if err != nil {
				return err
			}
			defer writer.Close()
			a.metrics.Owned(1)
			defer a.metrics.Owned(-1)
			a.log.Info("partition taken", zap.Int("partition", p))
			defer a.log.Info("partition given up", zap.Int("partition", p))
			return consume.NewOwner(writer, deps).Run(ctx)
		}, warn)
	}
}

// follow follows the room events while no other replica does, so that rooms are
// told of them in their order. Under load many of them share a transaction.
func (a *App) follow(ctx context.Context, commands *publish.Commands) error {
	f := &consume.Follower{Rooms: a.archive, Cache: a.list, Tallies: a.tallies, Notes: commands, Now: time.Now}
	warn := a.warn("room events")
	return pg.WhileLocked(ctx, a.db, "chat room events", lockRetry, func(ctx context.Context, _ *pg.Conn) error {
		consumer := &redisx.Consumer{Client: a.redis, Stream: wire.StreamRoom, Field: wire.StreamField, Group: wire.ServiceChat, Name: a.cfg.InstanceID,
			Dead: wire.StreamDead(wire.ServiceChat), Handle: f.Handle, OnError: warn, Pace: redisx.Leisurely}
		return consumer.Run(ctx)
	}, warn)
}

// warn logs a part's failures, the first at once and then one every five
// seconds: during an outage each part fails several times a second.
func (a *App) warn(part string, fields ...zap.Field) func(error) {
	quiet := newQuiet(5 * time.Second)
	log := a.log.With(fields...)
	return func(err error) {
		if skipped, ok := quiet.next(time.Now()); ok {
			log.Warn("part failed and goes on", zap.String("part", part), zap.Error(err), zap.Int("failures_not_logged", skipped))
		}
	}
}
