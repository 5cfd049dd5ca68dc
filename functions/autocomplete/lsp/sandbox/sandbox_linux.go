package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	landlocksys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// tcpVersion is the first version of Landlock that knows TCP.
const tcpVersion = 4

// What every program reads of the system. The folders of libraries are links into
// /usr on most systems.
var (
	systemFolders = []string{"/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32"}
	systemFiles   = []string{"/etc/ld.so.cache"}
	devices       = []string{"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"}
)

// writable is what may be done in the folder that is written: all but executing what
// was written there, devices and sockets.
const writable = landlocksys.AccessFSReadFile | landlocksys.AccessFSReadDir | landlocksys.AccessFSWriteFile |
	landlocksys.AccessFSTruncate | landlocksys.AccessFSMakeReg | landlocksys.AccessFSMakeDir | landlocksys.AccessFSMakeSym |
	landlocksys.AccessFSRemoveFile | landlocksys.AccessFSRemoveDir

// Check fails with ErrWeak where the kernel cannot do what Command asks of it.
func Check() error {
	version, err := landlocksys.LandlockGetABIVersion()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrWeak, err)
	}
	if version < tcpVersion {
		return fmt.Errorf("%w: its version is %d", ErrWeak, version)
	}
	return nil
}

// become gives up rights and turns into a program. It returns only errors.
func become(rules Rules, program []string) error {
	// Without Landlock only this thread gets no_new_privs, and it is the one that executes.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if err := restrict(rules); err != nil {
		return err
	}
	if err := limit(rules); err != nil {
		return err
	}
	if err := forbidNetwork(); err != nil && !rules.Weak {
		return err
	}
	err := syscall.Exec(program[0], program, os.Environ()) //nolint:gosec // that is what it is for
	return fmt.Errorf("%s: %w", program[0], err)
}

func restrict(rules Rules) error {
	if err := Check(); err != nil && !rules.Weak {
		return err
	}
	folders, files := slices.Clone(systemFolders), slices.Clone(systemFiles)
	for _, path := range rules.Read {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			folders = append(folders, path)
		} else {
			files = append(files, path)
		}
	}
	err := landlock.V11.BestEffort().Restrict(
		landlock.RODirs(folders...).IgnoreIfMissing(),
		landlock.ROFiles(files...).IgnoreIfMissing(),
		landlock.RWFiles(devices...).IgnoreIfMissing(),
		landlock.PathAccess(writable, rules.Write),
	)
	if err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	return nil
}

// limit sets limits that the program cannot raise. There is none on its CPU time,
// which adds up over the life of a server that does no wrong.
func limit(rules Rules) error {
	limits := map[int]uint64{syscall.RLIMIT_CORE: 0, syscall.RLIMIT_NOFILE: maxOpenFiles}
	if rules.Memory > 0 {
		limits[syscall.RLIMIT_DATA] = rules.Memory
	}
	for resource, most := range limits {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit %d of %d: %w", most, resource, err)
		}
	}
	return nil
}
