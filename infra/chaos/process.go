package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// startLimit is how long a process may take until it is ready, on a machine
// that is busy with other worlds.
const startLimit = 20 * time.Second

// stopLimit is within how long a process has to end that was asked to.
const stopLimit = 9 * time.Second

// process is a program that runs.
type process struct {
	name string
	cmd  *exec.Cmd
	addr string // where it listens
	log  processLog
	done chan struct{}
	err  error // how it ended; set before done is closed

	mu       sync.Mutex
	expected bool // it was told to end
}

// startProcess runs a program and waits until a line of its output says where
// it listens.
func startProcess(ctx context.Context, name string, cmd *exec.Cmd, listens func(line string) (addr string)) (*process, error) {
	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
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
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case p.addr = <-addr:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended: %w\n%s", name, p.err, p.log.tail())
	case <-limit.C:
		err = fmt.Errorf("%s was not ready within %v", name, startLimit)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	p.kill()
	return nil, err
}

// saysListening reads the address from the log of a program of ours.
func saysListening(line string) string {
	var said struct{ Message, Address string }
	if json.Unmarshal([]byte(line), &said) != nil || said.Message != "listening" {
		return ""
	}
	return "127.0.0.1" + said.Address[strings.LastIndex(said.Address, ":"):]
}

// signal sends a signal, which a process that has ended does not mind.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// expect notes that the process is about to be ended.
func (p *process) expect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = true
}

// kill ends the process at once and waits until it has.
func (p *process) kill() {
	p.expect()
	p.signal(syscall.SIGKILL)
	<-p.done
}

// stop asks the process to end, and returns how long it took. A process that
// ends with an error, or too late, is one.
func (p *process) stop() (time.Duration, error) {
	p.expect()
	start := time.Now()
	p.signal(syscall.SIGTERM)
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-p.done:
		if p.err != nil {
			return time.Since(start), fmt.Errorf("%s ended with %w", p.name, p.err)
		}
		return time.Since(start), nil
	case <-limit.C:
		p.kill()
		return stopLimit, fmt.Errorf("%s did not end within %v", p.name, stopLimit)
	}
}

// complaint is what is wrong with the process: that it ended by itself, or what
// it said that nothing may make it say.
func (p *process) complaint() string {
	p.mu.Lock()
	expected := p.expected
	p.mu.Unlock()
	select {
	case <-p.done:
		if !expected {
			return fmt.Sprintf("%s ended by itself: %v\n%s", p.name, p.err, p.log.tail())
		}
	default:
	}
	if said := p.log.scandal(); said != "" {
		return p.name + " said: " + said
	}
	return ""
}

const (
	// tailLines is how much of a log is kept to explain a failure.
	tailLines = 40

	// maxLineBytes is the longest line of a log that is read as one: above any
	// stack trace in a JSON string.
	maxLineBytes = 1 << 20
)

// processLog keeps the end of what a process said, and the worst of it.
type processLog struct {
	mu    sync.Mutex
	last  []string
	worst string
}

// read takes in all that comes, so that the process can go on writing.
func (l *processLog) read(r io.Reader, each func(line string)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	for lines.Scan() {
		l.add(lines.Text())
		each(lines.Text())
	}
	if lines.Err() != nil {
		l.add("a line that is too long: " + lines.Err().Error())
		_, _ = io.Copy(io.Discard, r) // its end is the end of the process
	}
}

func (l *processLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == tailLines {
		l.last = l.last[1:]
	}
	l.last = append(l.last, line)
	bad := strings.Contains(line, `"message":"panic"`) || strings.HasPrefix(line, "panic:") ||
		strings.HasPrefix(line, "fatal error:") || strings.Contains(line, "DATA RACE")
	if bad && l.worst == "" {
		l.worst = line
	}
}

func (l *processLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.last, "\n")
}

func (l *processLog) scandal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.worst
}
