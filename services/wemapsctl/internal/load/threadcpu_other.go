//go:build unix && !linux

package load

import "time"

// threadCPU is the CPU time of the process, where that of a thread cannot be
// had: an upper bound.
func threadCPU() time.Duration { return ownCPU() }
