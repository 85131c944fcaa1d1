package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/services/auth/internal/keys"
)

// Config is the environment of the auth service.
type Config struct {
	config.Common
	config.Postgres
	KeySecret   string        `env:"AUTH_KEY_SECRET,required,notEmpty,unset"` // 32 bytes in base64
	TokenTTL    time.Duration `env:"AUTH_TOKEN_TTL" envDefault:"168h"`
	RefreshTTL  time.Duration `env:"AUTH_REFRESH_TTL" envDefault:"720h"`
	KeyRotation time.Duration `env:"AUTH_KEY_ROTATION" envDefault:"720h"`
	OpenNames   bool          `env:"AUTH_OPEN_NAMES" envDefault:"true"`
	NewAccounts int           `env:"AUTH_NEW_ACCOUNTS" envDefault:"300"` // from one public network in an hour
	HashWorkers int           `env:"AUTH_HASH_WORKERS" envDefault:"1"`
	HashQueue   int           `env:"AUTH_HASH_QUEUE" envDefault:"128"` // passwords that may wait
	HashNice    int           `env:"AUTH_HASH_NICE" envDefault:"10"`   // priority of hashing, 0 to 19; 0 = that of everybody else

	secret     []byte
	hashMemory uint32 // KiB; 0 = the default
}

// Validate checks ranges and decodes the secret.
func (c *Config) Validate() error {
	errs := []error{c.Common.Validate(), c.Postgres.Validate()}
	var err error
	if c.secret, err = keys.ParseSecret(c.KeySecret); err != nil {
		errs = append(errs, fmt.Errorf("AUTH_KEY_SECRET %w", err))
	}
	for _, d := range []struct {
		name       string
		value, min time.Duration
	}{{"AUTH_TOKEN_TTL", c.TokenTTL, time.Minute}, {"AUTH_REFRESH_TTL", c.RefreshTTL, time.Minute}, {"AUTH_KEY_ROTATION", c.KeyRotation, time.Hour}} {
		if d.value < d.min || d.value > 366*24*time.Hour {
			errs = append(errs, fmt.Errorf("%s must be %s to 8784h, got %s", d.name, d.min, d.value))
		}
	}
	if c.NewAccounts < 1 || c.NewAccounts > 1_000_000 {
		errs = append(errs, fmt.Errorf("AUTH_NEW_ACCOUNTS must be 1 to 1000000, got %d", c.NewAccounts))
	}
	if c.HashWorkers < 1 || c.HashWorkers > 64 {
		errs = append(errs, fmt.Errorf("AUTH_HASH_WORKERS must be 1 to 64, got %d", c.HashWorkers))
	}
	if c.HashQueue < 1 || c.HashQueue > 10_000 {
		errs = append(errs, fmt.Errorf("AUTH_HASH_QUEUE must be 1 to 10000, got %d", c.HashQueue))
	}
	if c.HashNice < 0 || c.HashNice > 19 {
		errs = append(errs, fmt.Errorf("AUTH_HASH_NICE must be 0 to 19, got %d", c.HashNice))
	}
	return errors.Join(errs...)
}
