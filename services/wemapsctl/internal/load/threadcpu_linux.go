package load

import (
	"syscall"
	"time"
)

// threadCPU is the CPU time of the calling thread.
func threadCPU() time.Duration { return rusage(syscall.RUSAGE_THREAD) }
