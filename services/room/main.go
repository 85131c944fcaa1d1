// Command room is the service that owns rooms and their members.
package main

import (
	"context"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/run"
)

func main() {
	run.Main("room", func(ctx context.Context) error {
		var cfg Config
		if err := config.Load(&cfg); err != nil {
			return err
		}
		log, err := obs.Logger("room", cfg.LogLevel)
		if err != nil {
			return err
		}
		app, err := New(ctx, cfg, log)
		if err != nil {
			return err
		}
		return app.Run(ctx)
	})
}
