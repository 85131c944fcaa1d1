// Command edge is the front door of WeMaps: it ends the clients' sockets, passes
// REST requests to their services, and hands on what rooms are to hear.
package main

import (
	"context"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/run"
)

func main() {
	run.Main("edge", func(ctx context.Context) error {
		var cfg Config
		if err := config.Load(&cfg); err != nil {
			return err
		}
		log, err := obs.Logger("edge", cfg.LogLevel)
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
