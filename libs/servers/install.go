package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// EnvNoInstall, when set to anything, keeps WeMaps from installing packages.
const EnvNoInstall = "WEMAPS_NO_INSTALL"

// ProvidePostgres is FindPostgres, then the system's package manager, then a container engine. say tells the user
// about everything that takes long or changes the machine.
func ProvidePostgres(ctx context.Context, say func(string)) (Origin, error) {
	return provide(ctx, say, provision{
		what: "Postgres 14 or newer", find: FindPostgres, image: PostgresImage, env: EnvPostgresBin,
		packages: map[string][]string{
			"apt-get": {"postgresql"}, "dnf": {"postgresql-server"}, "apk": {"postgresql"}, "brew": {"postgresql@17"},
		},
	})
}

// ProvideRedis is ProvidePostgres for Redis.
func ProvideRedis(ctx context.Context, say func(string)) (Origin, error) {
	return provide(ctx, say, provision{
		what: "Redis 7.0 or newer", find: FindRedis, image: RedisImage, env: EnvRedisServer,
		packages: map[string][]string{
			"apt-get": {"redis-server"}, "dnf": {"redis"}, "apk": {"redis"}, "brew": {"redis"},
		},
	})
}

type provision struct {
	what        string
	find        func(context.Context) (Origin, error)
	image       string
	env         string
	packages    map[string][]string // by package manager
	machineOnly bool                // no container will do
}

func provide(ctx context.Context, say func(string), p provision) (Origin, error) {
	o, err := p.find(ctx)
	if err == nil || !errors.Is(err, ErrNotFound) {
		return o, err
	}
	reasons := []error{err}
	if m, err := findManager(); err != nil {
		reasons = append(reasons, err)
	} else {
		say(fmt.Sprintf("%v; installing %s with %s", reasons[0], strings.Join(p.packages[m.name], " "), m.name))
		if err := m.install(ctx, p.packages[m.name]); err != nil {
			reasons = append(reasons, err)
		} else if o, err := p.find(ctx); err == nil {
			return o, nil
		} else {
			reasons = append(reasons, fmt.Errorf("after the installation: %w", err))
		}
	}
	if p.machineOnly {
		return Origin{}, fmt.Errorf("please install %s (%s), or name its binary with %s\n%w", p.what, hint(p.packages), p.env, errors.Join(reasons...))
	}
	docker, err := findDocker(ctx)
	if err == nil {
		say(fmt.Sprintf("%s runs in a container (%s)", p.what, p.image))
		return Origin{Image: p.image, Docker: docker, Version: p.image}, nil
	}
	reasons = append(reasons, err)
	return Origin{}, fmt.Errorf("please install %s (%s), or start Docker, or name its binary with %s\n%w",
		p.what, hint(p.packages), p.env, errors.Join(reasons...))
}

// Fallbacks says what would be done about a missing server.
func Fallbacks(ctx context.Context) string {
	ways := []string{}
	if m, err := findManager(); err == nil {
		ways = append(ways, "a missing server is installed with "+m.name)
	} else {
		ways = append(ways, err.Error())
	}
	if path, err := findDocker(ctx); err == nil {
		ways = append(ways, "containers run with "+path)
	} else {
		ways = append(ways, "Docker's engine does not answer")
	}
	return strings.Join(ways, "; ")
}

func hint(packages map[string][]string) string {
	var ways []string
	for _, m := range []string{"apt-get", "dnf", "apk", "brew"} {
		verb := "install"
		if m == "apk" {
			verb = "add"
		}
		ways = append(ways, strings.Join(append([]string{m, verb}, packages[m]...), " "))
	}
	return strings.Join(ways, " · ")
}

// manager is a system package manager that this process may use.
type manager struct {
	name   string
	prefix []string // sudo, when that needs no password
}

func findManager() (manager, error) {
	if os.Getenv(EnvNoInstall) != "" {
		return manager{}, errors.New(EnvNoInstall + " is set: installing nothing")
	}
	if _, err := exec.LookPath("brew"); err == nil && os.Geteuid() != 0 {
		return manager{name: "brew"}, nil
	}
	for _, name := range []string{"apt-get", "dnf", "apk"} {
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		if os.Geteuid() == 0 {
			return manager{name: name}, nil
		}
		if exec.Command("sudo", "-n", "true").Run() == nil {
			return manager{name: name, prefix: []string{"sudo", "-n"}}, nil
		}
		return manager{}, fmt.Errorf("%s needs root or a sudo without password", name)
	}
	return manager{}, errors.New("no package manager that WeMaps knows (apt-get, dnf, apk, brew)")
}

func (m manager) install(ctx context.Context, packages []string) error {
	switch m.name {
	case "apt-get":
		return m.installApt(ctx, packages)
	case "apk":
		return m.run(ctx, append([]string{"apk", "add", "--no-progress"}, packages...)...)
	case "dnf":
		return m.run(ctx, append([]string{"dnf", "install", "-y", "-q"}, packages...)...)
	default:
		return m.run(ctx, append([]string{"brew", "install", "-q"}, packages...)...)
	}
}

// installApt installs the binaries without the services around them: Debian's packages would create a cluster,
// start servers on the standard ports and enable them for the next boot.
func (m manager) installApt(ctx context.Context, packages []string) error {
	const clusterConf, policy = "/etc/postgresql-common/createcluster.d/wemaps.conf", "/usr/sbin/policy-rc.d"
	for _, p := range packages {
		if p != "postgresql" {
			continue
		}
		if err := m.write(ctx, clusterConf, "0644", "create_main_cluster = false\n"); err != nil {
			return err
		}
	}
	if _, err := os.Stat(policy); errors.Is(err, os.ErrNotExist) {
		if err := m.write(ctx, policy, "0755", "#!/bin/sh\nexit 101\n"); err != nil {
			return err
		}
		defer func() { _ = m.run(context.WithoutCancel(ctx), "rm", "-f", policy) }()
	}
	// A failed update still leaves older lists, which may do; the installation tells.
	update := m.run(ctx, "apt-get", "update", "-qq")
	args := append([]string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq",
		"--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"}, packages...)
	if err := m.run(ctx, args...); err != nil {
		return errors.Join(err, update)
	}
	if _, err := exec.LookPath("systemctl"); err == nil {
		for _, unit := range packages {
			// No harm when there is no such unit or no systemd at work.
			_ = m.run(ctx, "systemctl", "disable", unit)
		}
	}
	return nil
}

func (m manager) write(ctx context.Context, path, mode, text string) error {
	script := `mkdir -p "$(dirname "$1")" && printf %s "$3" >"$1" && chmod "$2" "$1"`
	return m.run(ctx, "sh", "-c", script, "sh", path, mode, text)
}

func (m manager) run(ctx context.Context, args ...string) error {
	args = append(append([]string(nil), m.prefix...), args...)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		const most = 800
		if len(out) > most {
			out = out[len(out)-most:]
		}
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

func clientEnv() []string { return os.Environ() }
