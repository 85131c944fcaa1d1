package hashing

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// slice is how long a hash may keep a processor while somebody else waits for it. A
// low priority says how much of a processor hashes get, but not how soon they make
// room: without this, each step of a position on its way may wait for some
// milliseconds. (Linux 6.12 and newer: sched_attr.sched_runtime of ordinary tasks,
// 0.1 to 100 ms.)
const slice = 100 * time.Microsecond

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
		// Older kernels ignore the slice, and without it hashing is as good.
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: int32(nice), Runtime: uint64(slice)}, 0)
		started <- cmd.Start()
	}()
	return <-started
}
