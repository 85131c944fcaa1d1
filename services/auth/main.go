// Command auth is the service that knows who somebody is.
package main

import (
	"context"
	"os"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/services/auth/internal/hashing"
)

func main() {
	run.Main("auth", func(ctx context.Context) error {
		if hashing.IsWorker() {
			return hashing.Work(os.Stdin, os.Stdout)
		}
		var cfg Config
		if err := config.Load(&cfg); err != nil {
			return err
		}
		app, err := New(ctx, cfg)
		if err != nil {
			return err
		}
		return app.Run(ctx)
	})
}
