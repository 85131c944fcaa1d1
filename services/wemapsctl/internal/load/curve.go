//go:build unix

package load

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// curve doubles the rooms, then the members of a room, then the sockets that only exist, and prints what a delivery
// costs at each point.
func curve(ctx context.Context, cfg Config, out io.Writer) error {
	s, err := newSuite(cfg)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("| rooms × members, idle sockets | updates/s | deliveries/s | p50, p99 ms | µs per delivery: edge | location | Redis |\n|---|---|---|---|---|---|---|\n")
	point := func(rooms, members, idle int, rate float64) error {
		name := fmt.Sprintf("%d × %d, %d", rooms, members, idle)
		s.cfg.Say("%s", name)
		if err := s.scenario(name, func(c *Config) { c.Rooms, c.Members, c.Idle, c.Positions = rooms, members, idle, rate })(ctx); err != nil {
			return err
		}
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.1f, %.1f | %.2f | %.2f | %.2f |\n", name, s.median(name+" updates"), s.median(name+" deliveries"),
			s.median(name+" p50"), s.median(name+" p99"), s.median(name+" µs edge"), s.median(name+" µs location"), s.median(name+" µs redis"))
		return nil
	}
	for rooms := 25; rooms <= 200; rooms *= 2 {
		if err := point(rooms, 8, 0, 7.5); err != nil {
			return err
		}
	}
	for members := 6; members <= 48; members *= 2 {
		if err := point(10, members, 0, 9.8); err != nil {
			return err
		}
	}
	for idle := 1250; idle <= 10_000; idle *= 2 {
		if err := point(70, 8, idle, 1); err != nil {
			return err
		}
	}
	_, err = io.WriteString(out, b.String())
	return err
}
