package servers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/wemaps/wemaps/libs/servers/proc"
)

// RedisURL is the server's URL.
func (s *Server) RedisURL() string { return "redis://" + s.Addr() }

// StartRedis runs Redis on its data directory and returns when it answers; ctx bounds the start only.
func StartRedis(ctx context.Context, cfg Config) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if cfg.Origin.Image != "" {
		return withPort(ctx, cfg.Port, func(ctx context.Context, port int) (*Server, error) {
			return runContainer(ctx, cfg, redisContainer(cfg), port, probeRedis(port, 0))
		})
	}
	// Redis itself would run as root; but it has no password here, so that any local user could make it write
	// files with root's rights.
	user, err := proc.Unprivileged("redis", "valkey", "nobody")
	if err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	if barred, ok := user.Reaches(filepath.Dir(cfg.Dir)); !ok {
		return nil, fmt.Errorf("start Redis: it runs as user %s, who may not pass through %s to reach %s", user.Name, barred, cfg.Dir)
	}
	if err := user.Own(cfg.Dir); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	return withPort(ctx, cfg.Port, func(ctx context.Context, port int) (*Server, error) {
		return runRedis(ctx, cfg, user, port)
	})
}

func runRedis(ctx context.Context, cfg Config, user *proc.Identity, port int) (*Server, error) {
	log, logPath, err := openLog(cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p, err := proc.Start(proc.Spec{
		Path: cfg.Origin.Path, Args: redisArgs(cfg, port, cfg.Dir), Env: serverEnv(), Dir: "/", Output: log, User: user,
		PidFile: cfg.PidFile, DeathSignal: syscall.SIGTERM, // flushes the append-only file
	})
	if err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	s := &Server{Host: loopback, Port: port, name: "Redis", process: p, stop: syscall.SIGTERM}
	if cfg.Throwaway {
		s.stop = syscall.SIGKILL // nobody reads the data again
	}
	if err := awaitReady(ctx, "Redis", logPath, p, probeRedis(port, p.Pid)); err != nil {
		_ = p.Kill()
		return nil, err
	}
	return s, nil
}

// redisDurable keeps Redis's data on disk. Its log is rewritten at 1 GB, not at
// the 64 MB of the default: under load that would be every few seconds, and a
// rewrite takes a core away from everything else.
var redisDurable = []string{"--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-min-size", "1gb"}

func redisArgs(cfg Config, port int, dir string) []string {
	args := []string{
		"--bind", loopback, "--port", strconv.Itoa(port), "--protected-mode", "yes", "--daemonize", "no",
		"--dir", dir, "--maxmemory-policy", "noeviction", "--save", "",
	}
	if cfg.Throwaway {
		return append(args, "--appendonly", "no")
	}
	return append(args, redisDurable...)
}

// probeRedis asks for the process id, since a stranger's server on the port would answer a ping just as well;
// pid 0 skips that (inside a container the pid is another one).
func probeRedis(port, pid int) func(context.Context) error {
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if deadline, ok := ctx.Deadline(); ok {
			_ = conn.SetDeadline(deadline)
		}
		if _, err := io.WriteString(conn, "PING\r\nINFO server\r\nQUIT\r\n"); err != nil {
			return err
		}
		answer, err := io.ReadAll(bufio.NewReader(conn))
		if err != nil {
			return err
		}
		text := string(answer)
		if !strings.HasPrefix(text, "+PONG") {
			line, _, _ := strings.Cut(text, "\r\n")
			return errors.New(line) // e.g. -LOADING
		}
		if pid != 0 && !strings.Contains(text, fmt.Sprintf("process_id:%d\r\n", pid)) {
			return errors.New("another Redis answers, address already in use")
		}
		return nil
	}
}
