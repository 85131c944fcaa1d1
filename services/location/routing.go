package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/services/location/internal/consume"
	"github.com/wemaps/wemaps/services/location/internal/routing"
)

const (
	routingWorkers = 4                // requests at once
	routingPause   = 15 * time.Second // that an engine which fails is left alone
)

// engine is the routing engine of a deployment that has one; else it is nothing.
type engine struct{ advisor *routing.Advisor }

func newEngine(cfg Config, registry prometheus.Registerer, log *zap.Logger) engine {
	if cfg.RoutingURL == "" {
		return engine{}
	}
	warn := func(err error) {
		log.Warn("the built-in estimates count", zap.String("part", "routing"), zap.Error(err))
	}
	return engine{routing.New(routing.Config{URL: cfg.RoutingURL, Profile: cfg.RoutingProfile, Timeout: cfg.RoutingTimeout,
		Workers: routingWorkers, Pause: routingPause}, routing.NewMetrics(registry), warn)}
}

// router is nil without an engine: then an update costs nothing for it.
func (e engine) router() consume.Router {
	if e.advisor == nil {
		return nil
	}
	return e.advisor
}

func (e engine) run(ctx context.Context) error {
	if e.advisor == nil {
		<-ctx.Done()
		return nil
	}
	return e.advisor.Run(ctx)
}
