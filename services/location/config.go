package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/config"
)

// Config is the environment of the location service.
type Config struct {
	config.Common
	config.Postgres
	// TTL is how long a position lives without a newer one.
	TTL time.Duration `env:"LOCATION_TTL" envDefault:"5m"`
	// CommandBound is how many unread commands of a partition are too many for phones to add to; the edge has the same.
	CommandBound int64 `env:"COMMAND_BOUND" envDefault:"100000"`
	// PublicURL is where phones find this deployment; empty = where the request for a set-up went.
	PublicURL string `env:"PUBLIC_URL"`
}

// Validate checks ranges.
func (c *Config) Validate() error {
	if c.TTL < time.Second || c.TTL > 24*time.Hour {
		return fmt.Errorf("LOCATION_TTL must be 1s to 24h, got %s", c.TTL)
	}
	if c.CommandBound < 1 {
		return errors.New("COMMAND_BOUND must be at least 1")
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("PUBLIC_URL must be of the form https://host")
		}
		c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	}
	return errors.Join(c.Common.Validate(), c.Postgres.Validate())
}
