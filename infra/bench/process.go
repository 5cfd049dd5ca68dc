package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// startLimit is how long a process may take until it listens.
	startLimit = 20 * time.Second

	// maxLine is the longest line of a log that is read as one.
	maxLine = 1 << 20

	// module is where the programs are.
	module = "github.com/tutti-live/tutti/"
)

// build builds the programs of this workspace into a folder, as they are deployed.
func build(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir+string(filepath.Separator), //nolint:gosec // the words are ours
		module+"wsrelay/cmd/wsrelay", module+"functions/cmd/functions")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w\n%s", err, out)
	}
	return nil
}

// process is a program that runs.
type process struct {
	name string
	cmd  *exec.Cmd
	addr string        // where it listens
	done chan struct{} // closed when it has ended

	// Owned by read until done is closed.
	last       string // line of its log
	complaints int    // lines of its log that tell of errors
}

// start runs a program and waits until a line of its output says where it listens.
func start(ctx context.Context, name string, cmd *exec.Cmd, listens func(line string) (addr string)) (*process, error) {
	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr := make(chan string, 1)
	go func() {
		defer close(p.done)
		p.read(out, listens, addr)
		_ = cmd.Wait() // how it ended says nothing here: most are killed
	}()
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case p.addr = <-addr:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended before it listened; it said last: %s", name, p.last)
	case <-limit.C:
		err = fmt.Errorf("%s was not ready within %v", name, startLimit)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	p.kill()
	return nil, err
}

// read takes in what a process says until it ends. The first error is shown, and
// how many there were: they make the figures doubtful.
func (p *process) read(out io.Reader, listens func(string) string, addr chan<- string) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := lines.Text()
		p.last = line
		if a := listens(line); a != "" {
			addr <- a
			listens = func(string) string { return "" }
		}
		if strings.Contains(line, `"severity":"ERROR"`) || strings.Contains(line, "panic") {
			if p.complaints++; p.complaints == 1 {
				fmt.Fprintf(os.Stderr, "%s: %s\n", p.name, line)
			}
		}
	}
	if p.complaints > 1 {
		fmt.Fprintf(os.Stderr, "%s told of %d errors in all\n", p.name, p.complaints)
	}
	_, _ = io.Copy(io.Discard, out) // a line was too long; its end is the end of the process
}

// saysListening reads the address from the log of a program of ours.
func saysListening(line string) string {
	var said struct{ Message, Address string }
	if json.Unmarshal([]byte(line), &said) != nil || said.Message != "listening" {
		return ""
	}
	return "127.0.0.1" + said.Address[strings.LastIndex(said.Address, ":"):]
}

// kill ends the process at once and waits until it has.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// cpu is how long the process has run on a processor.
func (p *process) cpu() (time.Duration, error) { return threadTime(p.cmd.Process.Pid) }

// rss is how much memory the process has, in bytes.
func (p *process) rss() (float64, error) {
	path := "/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status"
	status, err := os.ReadFile(path) //nolint:gosec // of a process of ours
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nVmRSS:")
	value, _, _ := strings.Cut(rest, "kB")
	kib, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0, fmt.Errorf("%s has no VmRSS: %w", path, err)
	}
	return kib * 1024, nil
}

// freeAddr finds a port that nobody listens on.
func freeAddr(ctx context.Context) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
