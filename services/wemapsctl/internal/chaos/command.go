package chaos

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

// ErrBroken says that a promise was broken; the report has been printed.
var ErrBroken = errors.New("promises were broken")

// Command is `wemapsctl chaos`.
func Command(ctx context.Context, args []string) error {
	opt := Options{Out: os.Stderr}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&opt.Seed, "seed", uint64(time.Now().Unix()), "of the schedule: the same seed plays the same faults")
	flags.DurationVar(&opt.Duration, "duration", 2*time.Minute, "how long faults are played")
	flags.IntVar(&opt.Rooms, "rooms", 24, "rooms")
	flags.IntVar(&opt.Clients, "clients", 72, "clients, two per room at least")
	flags.DurationVar(&opt.Every, "every", 1500*time.Millisecond, "mean time between a client's messages")
	flags.StringVar(&opt.Faults, "faults", "", "comma-separated; all by default, see --list")
	flags.StringVar(&opt.LogDir, "logs", "", "keep the logs of processes and servers in this folder")
	flags.StringVar(&opt.BinDir, "bin", "", "take the services' binaries from this folder instead of building them")
	flags.BoolVar(&opt.Verbose, "v", false, "tell of every connection that ended")
	list := flags.Bool("list", false, "list the faults")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *list {
		for _, f := range faults() {
			fmt.Printf("%-17s %s\n", f.name, f.about)
		}
		return nil
	}
	report, err := Run(ctx, opt)
	if err != nil {
		return err
	}
	fmt.Print(report.Markdown())
	if !report.Passed() {
		return fmt.Errorf("%d %w, seed %d", len(report.Violations), ErrBroken, report.Seed)
	}
	return nil
}
