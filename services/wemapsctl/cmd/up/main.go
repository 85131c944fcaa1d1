// Command up runs all of WeMaps on this machine. It is next to nothing, so that it is compiled in a moment: command system, which
// installs, compiles and runs the rest, is compiled by it while the packages of the page come.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:])
	stop()
	var ended *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &ended): // it has said why
		os.Exit(max(ended.ExitCode(), 1))
	default:
		fmt.Fprintln(os.Stderr, "up:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	root, err := workspace.Enter()
	if err != nil {
		return err
	}
	var packages sync.WaitGroup
	defer packages.Wait()
	if len(args) == 0 { // else the page may not be wanted
		// Whatever keeps them from coming is said by who builds the page, and waits for them, or tries again.
		packages.Go(func() { _ = workspace.PreparePage(ctx, root) })
	}
	bin := filepath.Join(workspace.DataDir(root), "bin")
	if err := workspace.Build(ctx, root, bin, []string{"wemapsctl/cmd/system"}, workspace.Quick...); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	system := exec.Command(filepath.Join(bin, "system"), args...)
	system.Stdin, system.Stdout, system.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := system.Start(); err != nil {
		return fmt.Errorf("start what runs WeMaps: %w", err)
	}
	// The end of ctx is told to it, which then stops everything in order: that takes its time.
	told := context.AfterFunc(ctx, func() { _ = system.Process.Signal(os.Interrupt) })
	defer told()
	return system.Wait()
}
