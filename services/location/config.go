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
	// TrackRetention is how long recorded tracks are kept; as long as rooms are after their end.
	TrackRetention time.Duration `env:"TRACK_RETENTION" envDefault:"720h"`
	// CommandBound is how many unread commands of a partition are too many for phones to add to; the edge has the same.
	CommandBound int64 `env:"COMMAND_BOUND" envDefault:"100000"`
	// PublicURL is where phones find this deployment; empty = where the request for a set-up went.
	PublicURL string `env:"PUBLIC_URL"`
	// RoutingURL is a routing engine that speaks OSRM's table API, such as http://osrm:5000; empty = none.
	RoutingURL     string        `env:"ROUTING_URL"`
	RoutingProfile string        `env:"ROUTING_PROFILE" envDefault:"driving"`
	RoutingTimeout time.Duration `env:"ROUTING_TIMEOUT" envDefault:"3s"`
}

// Validate checks ranges.
func (c *Config) Validate() error {
	if c.TTL < time.Second || c.TTL > 24*time.Hour {
		return fmt.Errorf("LOCATION_TTL must be 1s to 24h, got %s", c.TTL)
	}
	if c.TrackRetention < time.Hour || c.TrackRetention > 10*365*24*time.Hour {
		return fmt.Errorf("TRACK_RETENTION must be 1h to ten years, got %s", c.TrackRetention)
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
	if c.RoutingURL != "" {
		u, err := url.Parse(c.RoutingURL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("ROUTING_URL must be of the form http://host:port") // without it: it may hold a password
		}
		c.RoutingURL = strings.TrimRight(c.RoutingURL, "/")
		if c.RoutingProfile == "" || c.RoutingTimeout < 100*time.Millisecond || c.RoutingTimeout > time.Minute {
			return errors.New("ROUTING_PROFILE must not be empty, and ROUTING_TIMEOUT 100ms to 1m")
		}
	}
	return errors.Join(c.Common.Validate(), c.Postgres.Validate())
}
