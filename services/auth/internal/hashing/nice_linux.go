package hashing

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// startNice starts cmd with a niceness. On Linux priority belongs to the
// thread and a child inherits that of the thread that forks it, so the child
// is never at normal priority, not even for its first moment. The thread cannot
// raise its own again and is given up: it ends with its locked goroutine.
//
// (A low-priority thread in this process would not do: argon2 hands its work to
// goroutines of its own, which run on any thread, and the garbage collector's
// share of 19 MiB per hash would stay at normal priority, too.)
func startNice(cmd *exec.Cmd, nice int) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice); err != nil {
			started <- fmt.Errorf("lower priority: %w", err)
			return
		}
		started <- cmd.Start()
	}()
	return <-started
}
