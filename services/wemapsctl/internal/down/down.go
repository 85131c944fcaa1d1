// Package down is `wemapsctl down`: it stops an `up` that runs elsewhere and what a killed one has left.
package down

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/wemaps/wemaps/libs/servers/proc"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/up"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// Command is `wemapsctl down`. Nothing to stop is a success.
func Command(_ context.Context, _ []string) error {
	root, err := workspace.Enter()
	if err != nil {
		return err
	}
	data := workspace.DataDir(root)
	// Longer than up needs for its own orderly end.
	running, err := proc.EndStale(filepath.Join(data, up.PidFile), syscall.SIGTERM, 60*time.Second)
	left, err2 := proc.EndStaleIn(filepath.Join(data, up.RunDir), syscall.SIGINT, 10*time.Second)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	switch {
	case running:
		fmt.Println("WeMaps is stopped")
	case left > 0:
		fmt.Printf("ended %d processes left by an up that was killed\n", left)
	default:
		fmt.Println("WeMaps was not running")
	}
	return nil
}
