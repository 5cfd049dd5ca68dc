//go:build unix

package room

import (
	"errors"
	"syscall"
)

// readable reports whether there is something to read from a socket, be it its
// end or an error.
func readable(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR)
}
