package sandbox

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where the kernel shows a system call to a filter: struct seccomp_data.
const (
	callOffset  = 0
	archOffset  = 4
	firstOffset = 16 // the low half of the first argument, on machines that are little-endian
)

// foreignCalls are the system calls of x32 and above, which an x86-64 kernel may know
// as well under other numbers.
const foreignCalls = 0x4000_0000

// architectures are those whose calls the filter knows.
var architectures = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// forbidNetwork makes this thread, and what it turns into, unable to make any socket
// but those of Unix. Landlock knows TCP, and that not as MPTCP does it; UDP it knows
// only of late. io_uring could make sockets past the filter, so it goes as well.
func forbidNetwork() error {
	arch, known := architectures[runtime.GOARCH]
	if !known {
		return fmt.Errorf("no filter of system calls for %s", runtime.GOARCH)
	}
	const load, equal, atLeast, answer = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K,
		unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	refuse := uint32(unix.SECCOMP_RET_ERRNO | unix.EACCES)
	// Jumps count from the line behind.
	filter := []unix.SockFilter{
		{Code: load, K: archOffset},
		{Code: equal, K: arch, Jt: 0, Jf: 6}, // else refuse
		{Code: load, K: callOffset},
		{Code: atLeast, K: foreignCalls, Jt: 4},          // refuse
		{Code: equal, K: unix.SYS_IO_URING_SETUP, Jt: 3}, // refuse
		{Code: equal, K: unix.SYS_SOCKET, Jt: 0, Jf: 3},  // else allow
		{Code: load, K: firstOffset},
		{Code: equal, K: unix.AF_UNIX, Jt: 1}, // allow
		{Code: answer, K: refuse},
		{Code: answer, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}                                   //nolint:gosec // it is short
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0) //nolint:gosec // the kernel wants a pointer
	runtime.KeepAlive(filter)
	if err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	return nil
}
