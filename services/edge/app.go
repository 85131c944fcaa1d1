package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/admin"
	"github.com/wemaps/wemaps/services/edge/internal/api"
	"github.com/wemaps/wemaps/services/edge/internal/bus"
	"github.com/wemaps/wemaps/services/edge/internal/door"
	"github.com/wemaps/wemaps/services/edge/internal/engineio"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/native"
	"github.com/wemaps/wemaps/services/edge/internal/outq"
	"github.com/wemaps/wemaps/services/edge/internal/poller"
	"github.com/wemaps/wemaps/services/edge/internal/presence"
	"github.com/wemaps/wemaps/services/edge/internal/proxy"
	"github.com/wemaps/wemaps/services/edge/internal/recovery"
	"github.com/wemaps/wemaps/services/edge/internal/session"
	"github.com/wemaps/wemaps/services/edge/internal/socketio"
	"github.com/wemaps/wemaps/services/edge/web"
)

// App is the edge, wired.
type App struct {
	cfg   Config
	log   *zap.Logger
	group run.Group
	redis []rueidis.Client
}

// New connects to Redis and wires; Run starts.
func New(ctx context.Context, cfg Config, log *zap.Logger) (*App, error) {
	app := &App{cfg: cfg, log: log}
	if err := app.wire(ctx); err != nil {
		app.close()
		return nil, err
	}
	return app, nil
}

// Run serves until ctx ends, and returns after every socket has gone.
func (a *App) Run(ctx context.Context) error {
	defer a.close()
	return a.group.Run(ctx)
}

func (a *App) close() {
	for _, c := range a.redis {
		c.Close()
	}
}

// core is what stands between the sockets and Redis.
type core struct {
	client   rueidis.Client
	registry *prometheus.Registry
	admin    *obs.Admin
	commands *bus.Commands
	flusher  *outq.Flusher
	entry    *poller.Turnstile
	bus      *bus.Bus
	presence *presence.Presence
	sessions *session.Manager
	recovery *recovery.Store
}

// front is what stands between HTTP and the sockets.
type front struct {
	admission *proxy.Admission
	peers     *proxy.Peers
	socketIO  *socketio.Server
	native    *native.Server
	handler   http.Handler
}

func (a *App) wire(ctx context.Context) error {
	c, err := a.newCore(ctx)
	if err != nil {
		return err
	}
	f, err := a.newFront(c)
	if err != nil {
		return err
	}
	a.watch(c)

	// Stopped from the last to the first: clients go before what carries them.
	a.group.Add("collector", run.Collect)
	a.group.Add("admin", c.admin.Run)
	a.group.Add("writers", c.flusher.Run)
	a.group.Add("bus", c.bus.Run)
	a.group.Add("presence", c.presence.Run)
	a.group.Add("peers", f.peers.Run)
	a.group.Add("recovery", c.recovery.Run)
	a.group.Add("sessions", c.sessions.Run)
	a.group.Add("socket.io", f.socketIO.Run)
	a.group.Add("native", f.native.Run)
	server := httpx.NewServer(a.cfg.HTTPAddr, f.handler, a.cfg.ShutdownTimeout/5)
	c.admin.AddCheck("http", server.Listening)
	a.group.Add("http", server.Run)
	a.group.Add("drain", func(ctx context.Context) error {
		<-ctx.Done()
		c.admin.Drain()
		f.admission.Drain()
		draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.DrainWindow+a.cfg.ShutdownTimeout/5)
		defer cancel()
		c.sessions.Drain(draining)
		return nil
	})
	return nil
}

func (a *App) newCore(ctx context.Context) (*core, error) {
	cfg, log := a.cfg, a.log
	for _, name := range []string{"edge", "edge-bus"} {
		client, err := redisx.Open(ctx, cfg.RedisURL, name)
		if err != nil {
			return nil, err
		}
		a.redis = append(a.redis, client)
	}
	client, listen := a.redis[0], a.redis[1]
	c := &core{client: client, registry: obs.Registry(), entry: poller.NewTurnstile()}
	verifier := token.NewVerifier(client)
	c.admin = obs.NewAdmin(cfg.AdminAddr, log, c.registry)
	c.admin.AddCheck("redis", redisx.Check(client))
	c.admin.AddCheck("keys", verifier.Check)
	admin.New(cfg.EdgeID, c.registry, c.admin.Failing, map[string]string{"auth": cfg.AuthAdminURL, "room": cfg.RoomAdminURL,
		"location": cfg.LocationAdminURL, "chat": cfg.ChatAdminURL}).Register(c.admin)

	c.flusher = outq.NewFlusher(outq.Config{WriteTimeout: 5 * time.Second})
	rooms := hub.New()
	metrics := bus.NewMetrics(c.registry, rooms)
	c.commands = bus.NewCommands(client, cfg.Partitions, cfg.CommandBound, c.entry.Wait, metrics,
		func(err error) { log.Warn("commands", zap.Error(err)) })
	c.bus = bus.New(bus.Config{EdgeID: cfg.EdgeID}, client, listen, rooms, c.commands, metrics, log)
	c.presence = presence.New(presence.Config{EdgeID: cfg.EdgeID, Grace: cfg.PresenceGrace, Lease: cfg.PresenceLease, Heartbeat: cfg.PresenceLease / 3},
		client, seats{rooms}, log)
	c.recovery = recovery.New(client, cfg.RecoveryWindow, log)
	c.sessions = session.New(session.Config{EdgeID: cfg.EdgeID, DrainWindow: cfg.DrainWindow}, session.Deps{
		Door: door.New(client, verifier, c.presence, c.bus), Rooms: c.bus, Commands: c.commands, Presence: c.presence, Recovery: c.recovery, Viewers: viewers{c.bus}, Log: log, Registry: c.registry})
	c.bus.Attach(c.sessions)
	c.admin.AddCheck("rooms", c.bus.Check)
	return c, nil
}

func (a *App) newFront(c *core) (*front, error) {
	cfg := a.cfg
	addresses, err := proxy.NewAddresses(cfg.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("TRUSTED_PROXIES: %w", err)
	}
	cors, err := proxy.NewCORS(cfg.CORSOrigins)
	if err != nil {
		return nil, fmt.Errorf("CORS_ORIGINS: %w", err)
	}
	limiter := proxy.NewLimiter(cfg.AddressRate, 10*cfg.AddressRate)
	f := &front{peers: proxy.NewPeers(c.client, cfg.EdgeID, cfg.AdvertiseURL, a.log)}
	f.admission = proxy.NewAdmission(addresses, limiter, c.sessions.Count, cfg.MaxSockets, cfg.HandshakeRate, c.registry)
	if f.socketIO, err = a.socketIO(c, addresses, cors, f); err != nil {
		return nil, err
	}
	f.native = native.New(native.Config{Flusher: c.flusher, Handler: nativeApp{c.sessions}, Log: a.log, CheckOrigin: cors.Check,
		Turnstile: c.entry, Admit: f.admission.Admit, RemoteIP: addresses.Client})
	rest, err := a.rest(c, addresses, limiter)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/ws", f.native)
	mux.Handle("/socket.io/", f.socketIO)
	mux.Handle("/", rest)
	f.handler = cors.Handler(proxy.Secure(mux))
	return f, nil
}

func (a *App) socketIO(c *core, addresses *proxy.Addresses, cors *proxy.CORS, f *front) (*socketio.Server, error) {
	server, err := socketio.New(socketio.Config{
		Engine: engineio.Config{
			EdgeID:      a.cfg.EdgeID,
			PingTimeout: 60 * time.Second, // what existing apps were told
			Turnstile:   c.entry,
			CORS:        cors.Apply,
			Admit:       f.admission.Admit,
			Forward:     f.peers.Forward,
			Panic: func(v any, stack []byte) {
				a.log.Error("panic in a socket", zap.Any("panic", v), zap.ByteString("stack", stack))
			},
		},
		Events: []string{wire.EventLocationUpdate, wire.EventSendMessage, wire.EventJoinRoom, wire.EventLeaveRoom,
			wire.EventRequestChatHistory, wire.EventPing},
		ClientIP: addresses.Client,
	}, c.flusher, map[string]socketio.Namespace{socketio.MainNamespace: socketio.NewApp(socketIOApp{c.sessions})})
	if err != nil {
		return nil, fmt.Errorf("socket.io: %w", err)
	}
	return server, nil
}

func (a *App) rest(c *core, addresses *proxy.Addresses, limiter *proxy.Limiter) (http.Handler, error) {
	e := httpx.New(httpx.Options{Service: "edge", Log: a.log, Registry: c.registry})
	services := proxy.New(proxy.Services{Auth: a.cfg.AuthURL, Room: a.cfg.RoomURL, Location: a.cfg.LocationURL, Chat: a.cfg.ChatURL}, addresses, limiter, a.log)
	if err := services.Register(e); err != nil {
		return nil, err
	}
	health := api.NewHealth(map[string]api.Check{
		"redis":    redisx.Check(c.client),
		"auth":     api.Probe(a.cfg.AuthAdminURL),
		"room":     api.Probe(a.cfg.RoomAdminURL),
		"location": api.Probe(a.cfg.LocationAdminURL),
		"chat":     api.Probe(a.cfg.ChatAdminURL),
	})
	var late fs.FS
	if a.cfg.PageDir != "" {
		late = os.DirFS(a.cfg.PageDir)
	}
	err := api.Register(e, api.Deps{Health: health, Sockets: c.sessions.Count, OpenAPI: wire.OpenAPI(), AsyncAPI: wire.AsyncAPI(),
		App: web.Dist(), Late: late, Page: api.AppConfig{StyleURL: a.cfg.MapStyleURL, Attribution: a.cfg.MapAttribution, Origins: a.cfg.mapOrigins()}})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// watch shows what the writers count, and what overload does.
func (a *App) watch(c *core) {
	r, f := c.registry, c.flusher
	for name, stat := range map[string]struct {
		help  string
		value func(outq.Stats) uint64
	}{
		"socket_writes_total":       {"System calls that wrote to sockets.", func(s outq.Stats) uint64 { return s.Writes }},
		"socket_frames_total":       {"Frames that those calls carried.", func(s outq.Stats) uint64 { return s.Frames }},
		"socket_bytes_total":        {"Bytes that those calls carried.", func(s outq.Stats) uint64 { return s.Bytes }},
		"socket_stalls_total":       {"Writes that a slow client did not take whole.", func(s outq.Stats) uint64 { return s.Stalls }},
		"socket_write_errors_total": {"Sockets that failed while being written to.", func(s outq.Stats) uint64 { return s.Errors }},
	} {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "wemaps", Subsystem: "edge", Name: name, Help: stat.help},
			func() float64 { return float64(stat.value(f.Stats())) }))
	}
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "wemaps", Subsystem: "edge", Name: name, Help: help}, value))
	}
	gauge("slow_sockets", "Sockets that are being waited for.", func() float64 { return float64(f.Stats().Blocked) })
	gauge("positions_share", "Part of the people who may send positions at present; below 1 under overload.", c.commands.Share)
	gauge("entry_wait_seconds", "How long what clients send waits for its turn, of late.", func() float64 { return c.entry.Wait().Seconds() })
}
