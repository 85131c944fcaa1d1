package up

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// Services in the order in which they are listed; they stop the other way round, the edge first.
var serviceOrder = []string{"auth", "room", "location", "chat", "edge"}

// config is what one `up` runs with.
type config struct {
	root, data  string
	host        string // interface of the edge
	ports       map[string]ports
	postgres    int    // port
	redis       int    // port
	databaseURL string // administrator's; empty runs a private Postgres
	redisURL    string // empty runs a private Redis
	only        []string
	claims      *claims
}

// ports of one service: its own and the admin server's.
type ports struct{ http, admin int }

func (c config) runDir() string { return filepath.Join(c.data, "run") }
func (c config) binDir() string { return filepath.Join(c.data, "bin") }

func (c config) edgeURL() string { return fmt.Sprintf("http://localhost:%d", c.ports["edge"].http) }

func loadConfig(args []string) (config, error) {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	only := flags.String("only", "", "run these services only, e.g. auth,room")
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	root, err := workspace.Enter()
	if err != nil {
		return config{}, err
	}
	c := config{
		root: root, data: workspace.DataDir(root), host: envOr("WEMAPS_HOST", "127.0.0.1"),
		databaseURL: os.Getenv("DATABASE_URL"), redisURL: os.Getenv("REDIS_URL"),
		only: serviceOrder, ports: map[string]ports{}, claims: &claims{},
	}
	if *only != "" {
		c.only = strings.Split(*only, ",")
		for _, s := range c.only {
			if !slices.Contains(serviceOrder, s) {
				return config{}, fmt.Errorf("--only: no service %q, there are %s", s, strings.Join(serviceOrder, ", "))
			}
		}
	}
	return c, nil
}

func envOr(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
