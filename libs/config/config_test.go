package config

import (
	"errors"
	"strings"
	"testing"
)

type sample struct {
	Common
	Postgres
	Key string `env:"SAMPLE_KEY,required,notEmpty"`
}

func (s *sample) Validate() error { return errors.Join(s.Common.Validate(), s.Postgres.Validate()) }

func TestLoad(t *testing.T) {
	t.Setenv("HTTP_ADDR", "127.0.0.1:0")
	t.Setenv("ADMIN_ADDR", "127.0.0.1:0")
	t.Setenv("REDIS_URL", "redis://127.0.0.1:1")
	t.Setenv("DATABASE_URL", "postgres://x")
	if err := Load(&sample{}); err == nil || !strings.Contains(err.Error(), "SAMPLE_KEY") {
		t.Fatalf("a missing secret must be named, got %v", err)
	}
	t.Setenv("SAMPLE_KEY", "k")
	t.Setenv("DATABASE_URL", "postgres://x")
	var s sample
	if err := Load(&s); err != nil {
		t.Fatal(err)
	}
	if s.InstanceID == "" || s.Partitions != 4 {
		t.Fatalf("defaults not filled: %+v", s.Common)
	}
	t.Setenv("DATABASE_URL", "postgres://x")
	t.Setenv("STREAM_PARTITIONS", "0")
	if err := Load(&sample{}); err == nil {
		t.Fatal("0 partitions must be refused")
	}
}
