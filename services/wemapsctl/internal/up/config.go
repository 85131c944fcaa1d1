package up

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/wemaps/wemaps/libs/servers"
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
	root, err := workspace.Root()
	if err != nil {
		return config{}, err
	}
	if err := workspace.LoadDotEnv(root); err != nil {
		return config{}, err
	}
	c := config{
		root: root, data: workspace.DataDir(root), host: envOr("WEMAPS_HOST", "127.0.0.1"),
		databaseURL: os.Getenv("DATABASE_URL"), redisURL: os.Getenv("REDIS_URL"),
		only: serviceOrder, ports: map[string]ports{},
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

// PortVariables name the environment variables that fix the ports of `up`.
func PortVariables() []string {
	names := []string{"WEMAPS_PORT", "WEMAPS_ADMIN_PORT", "WEMAPS_POSTGRES_PORT", "WEMAPS_REDIS_PORT"}
	for _, service := range []string{"AUTH", "ROOM", "LOCATION", "CHAT"} {
		names = append(names, "WEMAPS_"+service+"_PORT", "WEMAPS_"+service+"_ADMIN_PORT")
	}
	return names
}

// choosePorts takes the usual ports. One that is taken is replaced by a free one unless it was asked for by name;
// only the edge's must be what people expect.
func (c *config) choosePorts() error {
	var err error
	pick := func(name string, usual int) int {
		port, e := choosePort(name, usual)
		err = errors.Join(err, e)
		return port
	}
	for i, service := range []string{"auth", "room", "location", "chat"} {
		name := "WEMAPS_" + strings.ToUpper(service)
		c.ports[service] = ports{http: pick(name+"_PORT", 8081+i), admin: pick(name+"_ADMIN_PORT", 9081+i)}
	}
	edge, e := envPort("WEMAPS_PORT", 8080)
	err = errors.Join(err, e)
	c.ports["edge"] = ports{http: edge, admin: pick("WEMAPS_ADMIN_PORT", 9080)}
	if c.databaseURL == "" {
		c.postgres = pick("WEMAPS_POSTGRES_PORT", 15432)
	}
	if c.redisURL == "" {
		c.redis = pick("WEMAPS_REDIS_PORT", 16379)
	}
	return err
}

func choosePort(name string, usual int) (int, error) {
	port, err := envPort(name, usual)
	if err != nil || servers.CheckPort(port) == nil {
		return port, err
	}
	if os.Getenv(name) != "" {
		return 0, fmt.Errorf("port %d is in use, set %s to another one", port, name)
	}
	return servers.FreePort()
}

func envPort(name string, usual int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return usual, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("%s=%q is no port (1 to 65535)", name, text)
	}
	return port, nil
}

func envOr(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
