package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Process is a program that runs under rules, with the children it has, which are
// a process group.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu     sync.Mutex
	reaped bool // so its number may be somebody else's
}

// Start starts a program under rules, in the folder that it may write. It is killed
// when ctx ends, and when this process does. Whoever starts it waits for Ended.
func Start(ctx context.Context, rules Rules, program Program) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args, err := helperArgs(rules, program.Path, program.Args)
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: exec.CommandContext(ctx, self, args...), ended: make(chan struct{})} //nolint:gosec // it is this program
	p.cmd.Env = append([]string{}, program.Env...)                                          // nil would mean our own
	p.cmd.Dir = rules.Write
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = program.Stdin, program.Stdout, program.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.wait()
	return p, nil
}

// wait kills the children that the program leaves behind. They keep the number of its
// group from being given to others only while it has not been reaped.
func (p *Process) wait() {
	defer close(p.ended)
	err := error(unix.EINTR)
	for errors.Is(err, unix.EINTR) {
		err = unix.Waitid(unix.P_PID, p.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	}
	p.Kill()
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	_ = p.cmd.Wait() // says that it was killed
}

// Ended is closed when the program has ended and was told to leave no children.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Kill ends the program and its children. It does not wait.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // fails when there is nothing left to kill
	}
}

// Memory is how much the program and its children have in memory, in bytes. What they
// share is counted for each.
func (p *Process) Memory() (int64, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var pages int64
	for _, path := range stats {
		n, err := p.residentPages(path)
		if err != nil {
			return 0, err
		}
		pages += n
	}
	return pages * int64(os.Getpagesize()), nil
}

// Where fields are in /proc/PID/stat, counted from the one behind the name.
const (
	groupField    = 2
	residentField = 21
)

// residentPages reads the size of a process, which is 0 if it is not one of ours.
func (p *Process) residentPages(path string) (int64, error) {
	stat, err := os.ReadFile(path) //nolint:gosec // a file of /proc
	if err != nil {
		return 0, nil //nolint:nilerr // it has ended meanwhile
	}
	name := strings.LastIndexByte(string(stat), ')') // it may hold anything
	fields := strings.Fields(string(stat[name+1:]))
	if len(fields) <= residentField {
		return 0, fmt.Errorf("%s has %d fields", path, len(fields))
	}
	if fields[groupField] != strconv.Itoa(p.cmd.Process.Pid) {
		return 0, nil
	}
	return strconv.ParseInt(fields[residentField], 10, 64)
}
