package main

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/api"
	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/ingest"
	"github.com/wemaps/wemaps/services/location/internal/inlet"
	"github.com/wemaps/wemaps/services/location/internal/keep"
	"github.com/wemaps/wemaps/services/location/internal/publish"
	"github.com/wemaps/wemaps/services/location/internal/record"
	"github.com/wemaps/wemaps/services/location/internal/store"
)

// boardLimit bounds the members that a partition remembers: about 500 bytes
// each, and at most twice as many.
const boardLimit = 50_000

// changesPerMinute is how often one user may change what the others see.
const changesPerMinute = 60

// App is the location service.
type App struct {
	group  run.Group
	client rueidis.Client
	db     *sqlx.DB
}

// New wires the service; it waits for Redis, and starts nothing.
func New(ctx context.Context, cfg Config, log *zap.Logger) (*App, error) {
	client, err := redisx.Open(ctx, cfg.RedisURL, "location")
	if err != nil {
		return nil, err
	}
	db, err := pg.Open(cfg.DatabaseURL, cfg.MaxConns)
	if err != nil {
		client.Close()
		return nil, err
	}
	registry := obs.Registry()
	registry.MustRegister(redisx.NewBacklog(client, "location", streams(cfg.Partitions)...))
	metrics := consume.NewMetrics(registry)
	rooms, positions := store.NewRooms(client), store.NewPositions(client, cfg.TTL)
	ways, archive := store.NewWays(client), store.NewArchive(db)
	projection := &keep.Projection{Archive: archive, Client: client, Partitions: cfg.Partitions}
	tracks, waiting := store.NewTracks(db, cfg.TrackRetention), publish.NewTracks(client, cfg.Partitions, publish.MaxWaiting, registry)
	recording := &record.Switch{Archive: tracks, Client: client, Partitions: cfg.Partitions}
	verifier := token.NewVerifier(client)
	onError := func(err error) { log.Warn("working on streams", zap.Error(err)) }

	admin := obs.NewAdmin(cfg.AdminAddr, log, registry)
	admin.AddCheck("redis", redisx.Check(client))
	admin.AddCheck("keys", verifier.Check)
	admin.AddNotice("postgres", pg.Check(db)) // live positions go on without it

	engine := newEngine(cfg, registry, log)
	partitions := &consume.Partitions{Client: client, Partitions: cfg.Partitions, Instance: cfg.InstanceID, Metrics: metrics, OnError: onError,
		New: func() *consume.Commands {
			return consume.NewCommands(consume.Config{Rooms: rooms, Positions: positions, Ways: ways, TTL: cfg.TTL, Limit: boardLimit, Metrics: metrics, Router: engine.router(),
				Effects: publish.NewBatch(client, cfg.Partitions, cfg.TTL, metrics.Sent).Recording(waiting)})
		}, Record: (&record.Writer{Archive: tracks, Stored: metrics.Recorded}).Handle}

	echo := httpx.New(httpx.Options{Service: "location", Log: log, Registry: registry, MapError: api.MapError})
	rest := api.API{Rooms: rooms, Positions: positions, Journeys: ways}
	rest.Register(echo, verifier)
	(&api.Privacy{API: rest, Wishes: projection, Said: store.NewSharing(client), Zones: archive, Shares: store.NewShares(client),
		Changes: &redisx.Limiter{Client: client, Prefix: "limit:location:sharing:", Rate: changesPerMinute, Period: time.Minute, Burst: changesPerMinute}}).Register(echo, verifier)
	(&api.Tracks{API: rest, Archive: tracks, Switch: recording,
		Changes: &redisx.Limiter{Client: client, Prefix: "limit:location:tracks:", Rate: changesPerMinute, Period: time.Minute, Burst: changesPerMinute}}).Register(echo, verifier)
	a := &App{client: client, db: db}
	shared := a.addShared(cfg, log, rooms, positions, echo, rest, verifier)
	inletCommands := inlet.NewCommands(client, cfg.Partitions, cfg.CommandBound)
	(&api.Phones{Devices: inlet.NewDevices(client), Rooms: rooms, Positions: positions, Commands: inletCommands, Shared: shared, PublicURL: cfg.PublicURL,
		Limiter: ingest.NewLimiter(api.IngestRate, api.IngestBurst), Metrics: api.NewPhoneMetrics(registry)}).Register(echo, verifier)

	a.group.Add("routing", engine.run)
	a.group.Add("collector", run.Collect)
	a.group.Add("admin", admin.Run)
	a.group.Add("room events", consume.RoomEvents(client, cfg.InstanceID, positions, projection, onError).Run)
	a.group.Add("partitions", partitions.Run)
	a.group.Add("sharing", (&keep.Keeper{Projection: projection, Instance: cfg.InstanceID, OnError: onError}).Run)
	a.group.Add("sharing of rooms", keep.RoomEvents(projection, cfg.InstanceID, onError).Run)
	a.group.Add("sharing of users", keep.AuthEvents(projection, cfg.InstanceID, onError).Run)
	a.group.Add("waiting tracks", waiting.Run)
	a.group.Add("recording", (&record.Keeper{Switch: recording, OnError: onError}).Run)
	a.group.Add("recording of rooms", recording.RoomEvents(cfg.InstanceID, onError).Run)
	a.group.Add("recording of users", recording.AuthEvents(cfg.InstanceID, onError).Run)
	a.group.Add("inlet", inletCommands.Run)
	server := httpx.NewServer(cfg.HTTPAddr, echo, cfg.ShutdownTimeout)
	admin.AddCheck("http", server.Listening)
	a.group.Add("http", server.Run)
	return a, nil
}

// streams are all that this service works on.
func streams(partitions int) []string {
	all := append(wire.StreamsOf(wire.ServiceLocation, partitions), wire.StreamCommands(wire.ServiceSOS, 0), wire.StreamDead(wire.ServiceLocation))
	for p := range partitions {
		all = append(all, wire.StreamTracks(p))
	}
	return all
}

// Run blocks until ctx ends and everything in flight is done.
func (a *App) Run(ctx context.Context) error {
	defer a.client.Close()
	defer func() { _ = a.db.Close() }()
	return a.group.Run(ctx)
}
