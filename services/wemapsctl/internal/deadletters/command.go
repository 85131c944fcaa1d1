// Package deadletters is `wemapsctl dead-letters`: it shows what services could
// not handle, and lets an operator try it again or forget it.
package deadletters

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

const usage = `usage: wemapsctl dead-letters list  [--service chat]
       wemapsctl dead-letters retry [--service chat] --all | <service>/<id> …
       wemapsctl dead-letters drop  [--service chat] --all --yes | <service>/<id> …
REDIS_URL says where Redis is.`

// Command is `wemapsctl dead-letters`.
func Command(ctx context.Context, args []string) error {
	address := os.Getenv("REDIS_URL")
	if address == "" {
		return errors.New("REDIS_URL is not set")
	}
	client, err := redisx.Open(ctx, address, "wemapsctl")
	if err != nil {
		return err
	}
	defer client.Close()
	return run(ctx, &Store{Client: client}, args, os.Stdout)
}

func run(ctx context.Context, store *Store, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(usage) //nolint:staticcheck // shown as it is
	}
	flags := flag.NewFlagSet("dead-letters "+args[0], flag.ContinueOnError)
	service := flags.String("service", "", "of one service only")
	all := flags.Bool("all", false, "all of them")
	yes := flags.Bool("yes", false, "really")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	services := Services
	if *service != "" {
		if !slices.Contains(Services, *service) {
			return fmt.Errorf("--service must be one of %v", Services)
		}
		services = []string{*service}
	}
	if args[0] == "list" {
		letters, err := store.List(ctx, services...)
		if err != nil {
			return err
		}
		show(out, letters)
		return nil
	}
	do, done := store.Retry, "appended again"
	switch {
	case args[0] == "drop":
		do, done = store.Drop, "dropped"
	case args[0] != "retry":
		return errors.New(usage) //nolint:staticcheck // shown as it is
	}
	letters, err := choose(ctx, store, services, *all, flags.Args())
	if err != nil {
		return err
	}
	if args[0] == "drop" && *all && !*yes {
		return fmt.Errorf("%d dead letters would be lost for good: say --yes as well", len(letters))
	}
	var errs []error
	for _, l := range letters {
		if err := do(ctx, l); err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(out, "%s %s\n", l.Name(), done)
	}
	return errors.Join(errs...)
}

func choose(ctx context.Context, store *Store, services []string, all bool, names []string) ([]Letter, error) {
	switch {
	case all && len(names) > 0, !all && len(names) == 0:
		return nil, errors.New("say either --all or which, as `list` names them")
	case all:
		return store.List(ctx, services...)
	}
	letters := make([]Letter, 0, len(names))
	for _, name := range names {
		l, err := store.Find(ctx, name)
		if err != nil {
			return nil, err
		}
		letters = append(letters, l)
	}
	return letters, nil
}

// show prints letters for people. A command's payload is what a user wrote, so
// it is shown only to whoever can read Redis anyway.
func show(out io.Writer, letters []Letter) {
	if len(letters) == 0 {
		fmt.Fprintln(out, "no dead letters")
		return
	}
	for _, l := range letters {
		fmt.Fprintf(out, "%s  given up %s\n  reason  %s\n  entry   %s of %s\n", l.Name(), l.At, l.Reason, l.EntryID, l.Stream)
		c, err := wire.ParseCommand(l.Value)
		if err != nil {
			fmt.Fprintf(out, "  value   %q\n", l.Value)
			continue
		}
		fmt.Fprintf(out, "  command %s in room %s by %s (%s), received %s\n", c.Type, c.RoomID, c.UserName, c.UserID, c.Received.Format(time.RFC3339Nano))
		if c.Origin.EdgeID != "" {
			fmt.Fprintf(out, "  origin  edge %s socket %s ref %s\n", c.Origin.EdgeID, c.Origin.SocketID, c.Origin.Ref)
		}
		fmt.Fprintf(out, "  data    %s\n", c.Data)
	}
}
