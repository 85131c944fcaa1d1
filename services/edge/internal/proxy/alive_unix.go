//go:build unix

package proxy

import (
	"errors"
	"net"
	"syscall"
)

// alive tells whether an idle connection is open at both ends: a read that would
// have to wait says so.
func alive(c net.Conn) bool {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	var b [1]byte
	var got error
	err = raw.Read(func(fd uintptr) bool {
		_, got = syscall.Read(int(fd), b[:]) //nolint:gosec // descriptors are small; anything read means that the connection is out of step
		return true
	})
	return err == nil && errors.Is(got, syscall.EAGAIN)
}
