// Package process runs the programs of Tutti, and Redis, as processes of this
// machine: to break them (package chaos) and to measure them (command bench).
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// StartLimit is how long a process may take until it is ready, on a machine
// that is busy with others.
const StartLimit = 20 * time.Second

// StopLimit is within how long a process has to end that was asked to.
const StopLimit = 9 * time.Second

// Process is a program that runs.
type Process struct {
	Name string
	Addr string // where it listens

	cmd  *exec.Cmd
	log  processLog
	done chan struct{}
	err  error // how it ended; set before done is closed

	mu       sync.Mutex
	expected bool // it was told to end
}

// Start runs a program and waits until a line of its output says where
// it listens.
func Start(ctx context.Context, name string, cmd *exec.Cmd, listens func(line string) (addr string)) (*Process, error) {
	p := &Process{Name: name, cmd: cmd, done: make(chan struct{})}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = in, in
	err = cmd.Start()
	if err := errors.Join(err, in.Close()); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	addr := make(chan string, 1)
	go func() {
		defer close(p.done)
		p.log.read(out, func(line string) {
			if a := listens(line); a != "" {
				select {
				case addr <- a:
				default: // it said so before
				}
			}
		})
		p.err = errors.Join(cmd.Wait(), out.Close())
	}()
	limit := time.NewTimer(StartLimit)
	defer limit.Stop()
	select {
	case p.Addr = <-addr:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended: %w\n%s", name, p.err, p.log.tail())
	case <-limit.C:
		err = fmt.Errorf("%s was not ready within %v", name, StartLimit)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	p.Kill()
	return nil, err
}

// Signal sends a signal, which a process that has ended does not mind.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// expect notes that the process is about to be ended.
func (p *Process) expect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = true
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// HasEnded reports whether the process has.
func (p *Process) HasEnded() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Kill ends the process at once and waits until it has.
func (p *Process) Kill() {
	p.expect()
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Stop asks the process to end, and returns how long it took. A process that
// ends with an error, or too late, is one.
func (p *Process) Stop() (time.Duration, error) {
	p.expect()
	start := time.Now()
	p.Signal(syscall.SIGTERM)
	limit := time.NewTimer(StopLimit)
	defer limit.Stop()
	select {
	case <-p.done:
		if p.err != nil {
			return time.Since(start), fmt.Errorf("%s ended with %w", p.Name, p.err)
		}
		return time.Since(start), nil
	case <-limit.C:
		p.Kill()
		return StopLimit, fmt.Errorf("%s did not end within %v", p.Name, StopLimit)
	}
}

// Complaint is what is wrong with the process: that it ended by itself, or what
// it said that nothing may make it say.
func (p *Process) Complaint() string {
	p.mu.Lock()
	expected := p.expected
	p.mu.Unlock()
	if p.HasEnded() && !expected {
		return fmt.Sprintf("%s ended by itself: %v\n%s", p.Name, p.err, p.log.tail())
	}
	if said := p.log.scandal(); said != "" {
		return p.Name + " said: " + said
	}
	return ""
}

// Errors tells how many lines of its log tell of errors, and the first of them.
func (p *Process) Errors() (n int, first string) {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	return p.log.errors, p.log.firstError
}
