package servers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/libs/servers/proc"
)

// Images of the servers when a container engine has to run them; the same tags as in docker-compose.yml.
const (
	PostgresImage = "postgres:17.6-alpine"
	RedisImage    = "redis:7.4.5-alpine"
)

// findDocker returns the client of a container engine that answers.
func findDocker(ctx context.Context) (string, error) {
	path, err := exec.LookPath("docker")
	if err != nil {
		return "", fmt.Errorf("no Docker: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, path, "info", "--format", "{{.ServerVersion}}").CombinedOutput(); err != nil {
		return "", fmt.Errorf("the Docker engine does not answer: %w: %.200s", err, out)
	}
	return path, nil
}

// container is what differs between the two servers.
type container struct {
	name   string
	port   int      // inside
	mount  string   // where the data is, inside
	env    []string // names only: values go through the client's environment, not its command line
	values []string
	cmd    []string
}

func postgresContainer(cfg Config) container {
	c := container{
		name: containerName("postgres", cfg.Dir), port: 5432, mount: "/var/lib/postgresql/data",
		env:    []string{"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "PGDATA"},
		values: []string{Superuser, cfg.Password, "postgres", "/var/lib/postgresql/data/pgdata"},
		cmd:    []string{"postgres", "-c", "max_connections=300"},
	}
	if cfg.Throwaway {
		c.cmd = append(c.cmd, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	return c
}

func redisContainer(cfg Config) container {
	c := container{name: containerName("redis", cfg.Dir), port: 6379, mount: "/data",
		cmd: []string{"redis-server", "--save", ""}}
	if !cfg.Throwaway {
		c.cmd = append(c.cmd, redisDurable...)
	}
	return c
}

// containerName is the same for the same data directory, so that the next start finds what a crash left.
func containerName(server, dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "wemaps-" + server + "-" + hex.EncodeToString(sum[:5])
}

func (c container) args(cfg Config, port int) []string {
	args := []string{"run", "--rm", "--name", c.name,
		"--publish", loopback + ":" + strconv.Itoa(port) + ":" + strconv.Itoa(c.port)}
	if cfg.Throwaway {
		args = append(args, "--tmpfs", c.mount)
	} else {
		args = append(args, "--volume", c.name+":"+c.mount)
	}
	for _, name := range c.env {
		args = append(args, "--env", name)
	}
	return append(append(args, cfg.Origin.Image), c.cmd...)
}

// runContainer runs the client in the foreground: its end, which the kernel brings about when the parent dies, is
// passed on to the container, and --rm removes it.
func runContainer(ctx context.Context, cfg Config, c container, port int, probe func(context.Context) error) (*Server, error) {
	remove := func() { _ = exec.Command(cfg.Origin.Docker, "rm", "--force", c.name).Run() }
	remove() // left by a client that was killed
	log, logPath, err := openLog(cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	env := clientEnv()
	for i, name := range c.env {
		env = append(env, name+"="+c.values[i])
	}
	p, err := proc.Start(proc.Spec{Path: cfg.Origin.Docker, Args: c.args(cfg, port), Env: env, Output: log,
		PidFile: cfg.PidFile, DeathSignal: syscall.SIGTERM})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	s := &Server{Host: loopback, Port: port, name: c.name, process: p, stop: syscall.SIGTERM, cleanup: remove}
	if err := awaitReady(ctx, c.name, logPath, p, probe); err != nil {
		_ = p.Kill()
		remove()
		return nil, err
	}
	return s, nil
}
