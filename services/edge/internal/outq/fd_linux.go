package outq

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// limitUnsent makes the kernel report a socket as full when that many bytes are
// still unsent, instead of hoarding megabytes of positions nobody wants by then.
// It is a refinement: a socket that refuses it works as well.
func limitUnsent(raw syscall.RawConn, bytes int) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, bytes)
	})
}
