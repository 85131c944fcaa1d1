// Conformance serves the bare Engine.IO and Socket.IO protocols for their test
// suites. It is not part of any deployment.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/services/edge/internal/conformance"
)

func main() {
	addr := flag.String("address", "localhost:3000", "`host:port` to listen at")
	ms := func(name string, value int, usage string) *int {
		return flag.Int(name, value, usage+", in `ms`")
	}
	interval := ms("pingInterval", 300, "time between two pings")
	timeout := ms("pingTimeout", 200, "how long a pong may take")
	connect := ms("connectTimeout", 1000, "how long a client may take to connect to a namespace")
	payload := flag.Int("maxPayload", 1_000_000, "most `bytes` of one message")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := serve(ctx, conformance.Config{
		Addr: *addr, MaxPayload: *payload, ConnectTimeout: time.Duration(*connect) * time.Millisecond,
		PingInterval: time.Duration(*interval) * time.Millisecond, PingTimeout: time.Duration(*timeout) * time.Millisecond,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, cfg conformance.Config) error {
	s, err := conformance.New(cfg)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
