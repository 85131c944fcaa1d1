// Chat stores what is said in rooms, in order, and never loses any of it.
package main

import (
	"context"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/obs"
	"github.com/wemaps/wemaps/libs/run"
)

func main() {
	run.Main("chat", func(ctx context.Context) error {
		var cfg Config
		if err := config.Load(&cfg); err != nil {
			return err
		}
		log, err := obs.Logger("chat", cfg.LogLevel)
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
