// Package config turns environment variables into a checked struct. A missing
// or wrong variable is named in the error; secrets have no defaults anywhere.
package config

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Common is what every service is configured with.
type Common struct {
	LogLevel        string        `env:"LOG_LEVEL" envDefault:"info"`
	HTTPAddr        string        `env:"HTTP_ADDR,required,notEmpty"`
	AdminAddr       string        `env:"ADMIN_ADDR,required,notEmpty"`
	RedisURL        string        `env:"REDIS_URL,required,notEmpty"`
	Partitions      int           `env:"STREAM_PARTITIONS" envDefault:"4"`
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"10s"`
	InstanceID      string        `env:"INSTANCE_ID"`
}

// Validate checks ranges and fills in InstanceID.
func (c *Common) Validate() error {
	if c.Partitions < 1 || c.Partitions > 256 {
		return fmt.Errorf("STREAM_PARTITIONS must be 1 to 256, got %d", c.Partitions)
	}
	if c.ShutdownTimeout <= 0 || c.ShutdownTimeout > 5*time.Minute {
		return fmt.Errorf("SHUTDOWN_TIMEOUT must be above 0 and at most 5m, got %s", c.ShutdownTimeout)
	}
	if c.InstanceID == "" {
		c.InstanceID = newInstanceID()
	}
	if strings.ContainsAny(c.InstanceID, "\t\n {}") || len(c.InstanceID) > 64 {
		return errors.New("INSTANCE_ID must be at most 64 characters without spaces or braces")
	}
	return nil
}

// Postgres is what a service with tables adds.
type Postgres struct {
	DatabaseURL string `env:"DATABASE_URL,required,notEmpty,unset"`
	MaxConns    int    `env:"DATABASE_MAX_CONNS" envDefault:"10"`
}

// Validate checks ranges.
func (p *Postgres) Validate() error {
	if p.MaxConns < 2 || p.MaxConns > 500 {
		return fmt.Errorf("DATABASE_MAX_CONNS must be 2 to 500, got %d", p.MaxConns)
	}
	return nil
}

// Load fills cfg, a pointer to a struct with `env` tags, from the environment
// and validates it.
func Load(cfg interface{ Validate() error }) error {
	if err := env.Parse(cfg); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}

func newInstanceID() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "host"
	}
	host = strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, host)
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails since Go 1.24
	return fmt.Sprintf("%.40s-%s", host, hex.EncodeToString(random))
}
