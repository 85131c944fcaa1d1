// Package workspace knows where the project is and how its binaries are built.
package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Root is the nearest directory at or above the working directory that holds go.work.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.work")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no go.work at or above %s: run this inside a clone of WeMaps", dir)
		}
	}
}

// Quick are flags of Build for a start that somebody waits for: no tables for debuggers, and the Redis client's ten thousand generated
// functions, which put words into a slice, are not inlined. Together a tenth of the work; what runs is as fast.
var Quick = []string{"-ldflags=-s -w", "-gcflags=github.com/redis/rueidis/internal/cmds=-l -dwarf=false"}

// Build compiles the named services into dir, as many at a time as the machine has processors.
func Build(ctx context.Context, root, dir string, services []string, flags ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	args := append([]string{"build", "-o", dir + string(filepath.Separator)}, flags...)
	for _, s := range services {
		args = append(args, "./services/"+s)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = roomy(cmd.Environ())
	// An interrupt lets go remove its temporary files.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// roomy lets compilers collect only what does not fit into a gibibyte, unless env says something else about it: a quarter of a
// first build is spent on collecting.
func roomy(env []string) []string {
	for _, v := range env {
		if strings.HasPrefix(v, "GOGC=") || strings.HasPrefix(v, "GOMEMLIMIT=") {
			return env
		}
	}
	return append(env, "GOGC=off", "GOMEMLIMIT=1GiB")
}

// ReadEnv reads a file of NAME=value lines; blank lines and lines that start with # are skipped, and quotes around
// a value are removed. A missing file is empty.
func ReadEnv(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	vars := map[string]string{}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok || strings.ContainsAny(name, " \t") || name == "" {
			return nil, fmt.Errorf("%s:%d: not of the form NAME=value", path, i+1)
		}
		value = strings.TrimSpace(value)
		if n := len(value); n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
			value = value[1 : n-1]
		}
		vars[name] = value
	}
	return vars, nil
}

// Enter is Root, with the variables of the project's .env in the environment.
func Enter() (root string, err error) {
	if root, err = Root(); err != nil {
		return "", err
	}
	return root, LoadDotEnv(root)
}

// LoadDotEnv puts the variables of the project's .env into the environment; what is set already stays.
func LoadDotEnv(root string) error {
	vars, err := ReadEnv(filepath.Join(root, ".env"))
	if err != nil {
		return err
	}
	for name, value := range vars {
		if _, set := os.LookupEnv(name); set || value == "" {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf(".env: %w", err)
		}
	}
	return nil
}

// DataDir is where `up` keeps its state: WEMAPS_DATA, relative to root, default .data.
func DataDir(root string) string {
	dir := os.Getenv("WEMAPS_DATA")
	if dir == "" {
		dir = ".data"
	}
	if filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	return filepath.Join(root, dir)
}
