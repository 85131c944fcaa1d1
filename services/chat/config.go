package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/wemaps/wemaps/libs/config"
)

// Config is chat's configuration.
type Config struct {
	config.Common
	config.Postgres
	Retention time.Duration `env:"CHAT_RETENTION" envDefault:"24h"` // how long messages are kept
}

// spareConns are for reading and upkeep, beside one connection per partition.
const spareConns = 6

// Validate checks ranges.
func (c *Config) Validate() error {
	if err := errors.Join(c.Common.Validate(), c.Postgres.Validate()); err != nil {
		return err
	}
	if c.Retention < time.Hour || c.Retention > 10*365*24*time.Hour {
		return fmt.Errorf("CHAT_RETENTION must be 1h to ten years, got %s", c.Retention)
	}
	c.MaxConns = max(c.MaxConns, c.Partitions+spareConns) // the locks alone hold one each
	return nil
}
