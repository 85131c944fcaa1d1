package main

import (
	"fmt"
	"time"

	"github.com/wemaps/wemaps/libs/config"
)

// Config is the environment of the location service.
type Config struct {
	config.Common
	// TTL is how long a position lives without a newer one.
	TTL time.Duration `env:"LOCATION_TTL" envDefault:"5m"`
}

// Validate checks ranges.
func (c *Config) Validate() error {
	if c.TTL < time.Second || c.TTL > 24*time.Hour {
		return fmt.Errorf("LOCATION_TTL must be 1s to 24h, got %s", c.TTL)
	}
	return c.Common.Validate()
}
