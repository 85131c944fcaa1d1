//go:build !linux

package outq

import "syscall"

// limitUnsent has no portable counterpart.
func limitUnsent(syscall.RawConn, int) {}
