//go:build unix

package load

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// options are the flags that are not part of Config.
type options struct {
	protocol, pids, redis string
	json, find, floors    bool
	targets, curve        bool
	passes                passes
}

// Command is `wemapsctl load [flags]`.
func Command(ctx context.Context, args []string) error {
	var cfg Config
	var opt options
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.StringVar(&cfg.Base, "url", "http://localhost:"+env("WEMAPS_PORT", "8080"), "base URL of the edge")
	flags.StringVar(&opt.protocol, "protocol", string(client.Native), "native or socketio")
	flags.IntVar(&cfg.Rooms, "rooms", 70, "busy rooms")
	flags.IntVar(&cfg.Members, "members", 8, "members of each, one socket each")
	flags.Float64Var(&cfg.Positions, "rate", 1, "positions per member and second, at most 10")
	flags.Float64Var(&cfg.Chats, "chat", 0, "chat messages per member and second")
	flags.IntVar(&cfg.Idle, "idle", 0, "sockets that are only connected, five of each user")
	flags.BoolVar(&cfg.Storm, "storm", false, "connect the idle sockets during the measurement")
	flags.IntVar(&cfg.Slow, "slow", 0, "members that never read")
	flags.IntVar(&cfg.REST, "rest", 0, "workers that read rooms over REST meanwhile")
	flags.IntVar(&cfg.SignIns, "sign-ins", 0, "workers that sign in with passwords meanwhile")
	flags.IntVar(&cfg.Connects, "connects", 64, "parallel connects")
	flags.IntVar(&cfg.Sample, "sample", 32, "sockets that are checked event by event")
	flags.DurationVar(&cfg.Sweep, "sweep", 100*time.Millisecond, "between two reads of each other socket")
	flags.DurationVar(&cfg.Warm, "warm", 2*time.Second, "warm-up")
	flags.DurationVar(&cfg.Duration, "duration", 10*time.Second, "measurement")
	flags.BoolVar(&opt.find, "find", false, "search for the highest rate with p99 below 200 ms, beginning at --rate")
	flags.BoolVar(&opt.floors, "floors", true, "measure the floors in the same run")
	flags.StringVar(&opt.redis, "redis", os.Getenv("REDIS_URL"), "Redis for the bare path, e.g. redis://localhost:16379; default: that of the edge")
	flags.StringVar(&opt.pids, "pids", "", "processes to watch, name=pid,…; default: those of `up`")
	flags.BoolVar(&opt.targets, "targets", false, "measure all that is promised, and print the table")
	flags.IntVar(&opt.passes.count, "passes", 3, "how often, with --targets; medians are reported")
	flags.StringVar(&opt.passes.file, "append", "", "with --targets, a file that collects the passes of several runs")
	flags.StringVar(&opt.passes.only, "only", "", "with --targets, a regular expression that selects scenarios by name")
	flags.BoolVar(&opt.curve, "curve", false, "double rooms, members and idle sockets, and print the table")
	flags.BoolVar(&opt.json, "json", false, "print the report as JSON, progress on standard error")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := prepare(&cfg, &opt); err != nil {
		return err
	}
	return execute(ctx, cfg, opt)
}

func prepare(cfg *Config, opt *options) error {
	var err error
	if cfg.Protocol, err = client.ParseProtocol(opt.protocol); err != nil {
		return err
	}
	switch {
	case cfg.Rooms < 1 || cfg.Members < 2 || cfg.Members > idleRoomSize:
		return errors.New("--rooms must be at least 1, --members 2 to 50")
	case cfg.Positions < 0 || cfg.Chats < 0 || cfg.Positions+cfg.Chats == 0 || opt.find && cfg.Positions == 0:
		return errors.New("--rate and --chat must not be negative, nor both 0")
	case opt.passes.count < 0 || opt.passes.count == 0 && opt.passes.file == "":
		return errors.New("--passes must be at least 1, or 0 to print what --append names")
	case cfg.Idle < 0 || cfg.Slow < 0 || cfg.REST < 0 || cfg.SignIns < 0 || cfg.Sample < 1 || cfg.Connects < 1:
		return errors.New("counts must not be negative; --sample and --connects at least 1")
	case cfg.Sweep < time.Millisecond || cfg.Duration < time.Second:
		return errors.New("--sweep must be at least 1ms, --duration at least 1s")
	}
	var limit syscall.Rlimit
	need := uint64(cfg.Rooms*cfg.Members+cfg.Idle) + 2*floorSockets + 200
	if opt.targets || opt.curve {
		need += idleSockets
	}
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && limit.Cur < need {
		return fmt.Errorf("%d file descriptors are needed, the limit is %d: raise it with ulimit -n", need, limit.Cur)
	}
	out := io.Writer(os.Stdout)
	if opt.json {
		out = os.Stderr
	}
	cfg.Say = func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	dir := ""
	if root, err := workspace.Root(); err == nil {
		dir = filepath.Join(workspace.DataDir(root), "run")
	}
	if cfg.Processes, err = findProcesses(opt.pids, dir); err != nil {
		return err
	}
	if opt.redis == "" {
		opt.redis = setting(cfg.Processes, "edge", "REDIS_URL")
	}
	return nil
}

func execute(ctx context.Context, cfg Config, opt options) error {
	var floors *Floors
	if opt.floors && (!opt.targets || opt.passes.count > 0) {
		var err error
		if floors, err = measureFloors(ctx, opt.redis); err != nil {
			return err
		}
		cfg.Say("%s", floors)
	}
	switch {
	case opt.targets:
		opt.passes.json = opt.json
		return measureTargets(ctx, cfg, floors, opt.passes, os.Stdout)
	case opt.curve:
		return curve(ctx, cfg, os.Stdout)
	}
	report, err := Run(ctx, cfg, opt.find)
	if err != nil {
		return err
	}
	report.Floors = floors
	if opt.json {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	if !opt.find && len(report.Runs) > 0 {
		last := report.Runs[len(report.Runs)-1]
		fmt.Println(last)
		if floors != nil && floors.WritesPerSecond > 0 {
			fmt.Printf("deliveries are %.2f × what one write each would allow\n", last.DeliveriesPerSecond/floors.WritesPerSecond)
		}
	}
	if opt.find {
		fmt.Printf("best: %.0f updates/s, %.0f deliveries/s\n", report.Best, report.Best*float64(cfg.Members-1))
	}
	return nil
}

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
