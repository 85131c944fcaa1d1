package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/apidoc"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/chaos"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/deadletters"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/doctor"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/down"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/load"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/migrate"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/replay"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/throwaway"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/up"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// command is one subcommand. Its run gets the arguments after its name.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string) error
}

func commands(stderr io.Writer) []command {
	say := func(text string) { fmt.Fprintln(stderr, "wemapsctl: "+text) }
	return []command{
		{"up", "run all of WeMaps on this machine until Ctrl-C", up.Command},
		{"down", "stop an up that runs elsewhere, clean up after a killed one", down.Command},
		{"web", "build the page that the edge serves, which needs Node", workspace.PageCommand},
		{"doctor", "say what this machine has, what is missing, what is in use", doctor.Command},
		{"secrets", "generate the secrets for Compose or Kubernetes", up.SecretsCommand},
		{"replay", "drive members along GPX tracks: replay --speed 60 walk.gpx", replay.Command},
		{"chaos", "break everything on a seeded schedule and prove that nothing is lost: chaos --list", chaos.Command},
		{"dead-letters", "list, retry or drop what services could not handle", deadletters.Command},
		{"apidoc", "write libs/wire/openapi.json and asyncapi.json from the YAML beside them", apidoc.Command},
		{"load", "load a running WeMaps and print what it bears: load --rooms 100 --rate 1", load.Command},
		{"migrate", "create roles and schemas and apply migrations to DATABASE_URL", migrate.Command},
		{"exec", "run a command with throw-away test servers: exec -- go test ./...", func(ctx context.Context, args []string) error {
			if len(args) > 0 && args[0] == "--" {
				args = args[1:]
			}
			return throwaway.Run(ctx, args, say)
		}},
	}
}

// run dispatches and returns the exit status: 2 for a wrong call, the command's own for exec.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	all := commands(stderr)
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprintln(stdout, "usage: wemapsctl <command> [arguments]")
		for _, c := range all {
			fmt.Fprintf(stdout, "  %-12s %s\n", c.name, c.summary)
		}
		return 0
	}
	for _, c := range all {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, args[1:])
		var exit *throwaway.ExitError
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &exit):
			return exit.Code
		default:
			fmt.Fprintf(stderr, "wemapsctl %s: %v\n", c.name, err)
			return 1
		}
	}
	fmt.Fprintf(stderr, "wemapsctl: unknown command %q, see wemapsctl help\n", args[0])
	return 2
}
