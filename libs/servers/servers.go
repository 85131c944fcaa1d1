// Package servers finds, installs and runs a private Postgres and a private Redis on this machine: real servers as
// child processes, bound to the loopback interface, ended with their parent. It never touches a server that
// somebody else runs.
package servers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lib/pq"

	"github.com/wemaps/wemaps/libs/servers/proc"
)

// Config says where and how a server runs.
type Config struct {
	Dir       string // its data; created when missing
	Port      int    // on the loopback interface; 0 takes a free one
	PidFile   string // see proc.Spec; optional
	LogFile   string // the server's own log; default: <Dir>.log
	Password  string // Postgres only: the superuser's password, used when the data directory is created
	Throwaway bool   // trades durability for speed; for tests
	Origin    Origin // where the binaries come from, see FindPostgres and FindRedis
}

// Server is a running Postgres or Redis.
type Server struct {
	Host string
	Port int

	name    string
	process *proc.Process
	stop    syscall.Signal // the server's orderly and quick way out
	once    sync.Once
	stopErr error
	cleanup func() // what must follow the process's end; may be nil
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Pid is the server's process id.
func (s *Server) Pid() int { return s.process.Pid }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Stop ends the server in an orderly way, by force when ctx is done first. Stopping twice is harmless.
func (s *Server) Stop(ctx context.Context) error {
	s.once.Do(func() {
		if err := s.process.Stop(ctx, s.stop); err != nil {
			s.stopErr = fmt.Errorf("stop %s: %w", s.name, err)
		}
		if s.cleanup != nil {
			s.cleanup()
		}
	})
	return s.stopErr
}

const loopback = "127.0.0.1"

// startTimeout bounds every start: crash recovery of a large database or the first pull of an image takes longest.
const startTimeout = 3 * time.Minute

// Place returns where the data wanted at dir can be: dir itself, or, when we are root and the servers' users may not
// pass through its parents (a clone in /root), a directory of its own under /var/lib/wemaps.
func Place(dir string) (string, error) {
	user, err := proc.Unprivileged("postgres", "redis", "nobody")
	if err != nil {
		return "", err
	}
	if _, ok := user.Reaches(filepath.Dir(dir)); ok {
		return dir, nil
	}
	sum := sha256.Sum256([]byte(filepath.Dir(dir)))
	return filepath.Join("/var/lib/wemaps", hex.EncodeToString(sum[:5]), filepath.Base(dir)), nil
}

// ScratchDir makes a temporary directory that the servers' unprivileged users can pass through. The caller removes it.
func ScratchDir() (string, error) {
	user, err := proc.Unprivileged("postgres", "redis", "nobody")
	if err != nil {
		return "", err
	}
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if _, ok := user.Reaches(parent); !ok {
			continue
		}
		dir, err := os.MkdirTemp(parent, "wemaps-")
		if err != nil {
			continue
		}
		if err := os.Chmod(dir, 0o755); err != nil { // MkdirTemp's 0700 would bar the servers' users
			return "", errors.Join(err, os.Remove(dir))
		}
		return dir, nil
	}
	return "", fmt.Errorf("no temporary directory in %s, /tmp or /var/tmp that other users may pass through", os.TempDir())
}

// PortInUseError says that a port that was asked for is taken.
type PortInUseError struct{ Port int }

func (e *PortInUseError) Error() string { return fmt.Sprintf("port %d is in use", e.Port) }

// Ports lie below the range from which systems take the ports of outgoing connections, so that nothing takes one before
// the process that it is for is there, or while that is started again.
const firstPort, lastPort = 20_000, 32_000

// handedOut are the ports that this process has given away. Ports belong to the whole machine, so there is one list: one
// that is given away is not bound yet.
var handedOut sync.Map

// FreePort returns a port of the loopback interface that was free a moment ago, and that this process gives to nobody else.
func FreePort() (int, error) {
	var last error
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if _, taken := handedOut.LoadOrStore(port, true); taken {
			continue
		}
		if last = CheckPort(port); last == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port: %w", last)
}

// FreeAddr is FreePort as an address to listen on.
func FreeAddr() (string, error) {
	port, err := FreePort()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(loopback, strconv.Itoa(port)), nil
}

// FreePorts returns n different ports; see FreePort.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		var err error
		if ports[i], err = FreePort(); err != nil {
			return nil, err
		}
	}
	return ports, nil
}

// CheckPort returns a *PortInUseError when something listens on the loopback port.
func CheckPort(port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		return &PortInUseError{Port: port}
	}
	return l.Close()
}

// withPort calls start with the wanted port, or with free ones until one works: between finding a free port and
// the server's bind somebody else may have taken it.
func withPort(ctx context.Context, wanted int, start func(context.Context, int) (*Server, error)) (*Server, error) {
	if wanted != 0 {
		if err := CheckPort(wanted); err != nil {
			return nil, err
		}
		return start(ctx, wanted)
	}
	const attempts = 5
	var last error
	for range attempts {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		s, err := start(ctx, port)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
		if last = err; !strings.Contains(strings.ToLower(err.Error()), "already in use") {
			break
		}
	}
	return nil, last
}

// awaitReady polls probe until it succeeds, the process ends or ctx is done. The error carries the end of the log,
// which is where the reason is.
func awaitReady(ctx context.Context, name, logFile string, p *proc.Process, probe func(context.Context) error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		last = probe(attempt)
		cancel()
		if last == nil {
			return nil
		}
		var refused *pq.Error
		if errors.As(last, &refused) && refused.Code == "28P01" { // wrong password: waiting does not help
			return last
		}
		select {
		case <-p.Done():
			return fmt.Errorf("%s ended while starting: %w\n%s", name, p.Err(), tail(logFile))
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready: %w (last answer: %w)\n%s", name, ctx.Err(), last, tail(logFile))
		case <-tick.C:
		}
	}
}

// tail returns the last lines of a log.
func tail(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	const most = 1500
	if len(data) > most {
		data = data[len(data)-most:]
		if _, rest, ok := strings.Cut(string(data), "\n"); ok {
			data = []byte(rest)
		}
	}
	return strings.TrimSpace(string(data))
}

// openLog opens the server's log for appending, as the parent: the child inherits the descriptor and needs no
// rights on the file.
func openLog(cfg Config) (*os.File, string, error) {
	path := cfg.LogFile
	if path == "" {
		path = strings.TrimSuffix(cfg.Dir, "/") + ".log"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, "", fmt.Errorf("open server log: %w", err)
	}
	// One start per log keeps it short and its tail about this start.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, "", fmt.Errorf("open server log: %w", err)
	}
	return f, path, nil
}
