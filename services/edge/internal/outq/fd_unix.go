//go:build unix

package outq

import "syscall"

// fdWriter makes single non-blocking writes. It belongs to one worker; keeping
// the callback spares an allocation per write.
type fdWriter struct {
	p        []byte
	n        int
	err      error
	callback func(fd uintptr) bool
}

func (f *fdWriter) init() { f.callback = f.writeOnce }

// write returns how much the kernel took at once, perhaps nothing.
func (f *fdWriter) write(raw syscall.RawConn, p []byte) (int, error) {
	f.p, f.n, f.err = p, 0, nil
	err := raw.Write(f.callback)
	f.p = nil
	if err == nil {
		err = f.err
	}
	return f.n, err
}

// writeOnce always reports that it is done, so RawConn never waits.
func (f *fdWriter) writeOnce(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), f.p)
		switch err {
		case nil:
			f.n = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			f.err = err
		}
		return true
	}
}
