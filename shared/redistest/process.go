package redistest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/testtool"
)

// program is what servers and sentinels are.
const program = "redis-server"

// process is a redis-server.
type process struct {
	port  int                     // 0 before the first start
	args  func(port int) []string // with what it is started
	ready string                  // what it writes when it can be used
	login redis.Options           // how to talk to it, but for the address
	cmd   *exec.Cmd               // nil when it does not run
}

// newProcess makes a process that is still to be started, with these arguments
// besides the usual ones.
func newProcess(t testing.TB, args ...string) *process {
	t.Helper()
	testtool.Require(t, program)
	dir := t.TempDir()
	return &process{
		ready: "Ready to accept connections",
		args: func(port int) []string {
			return append([]string{
				"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--save", "",
				"--repl-diskless-sync-delay", "0", // a replica need not wait for others
				"--repl-ping-replica-period", "1", // and is not counted before it was pinged
			}, args...)
		},
	}
}

func (p *process) addr() string { return loopback(p.port) }

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// newClient makes a client, which the caller closes.
func (p *process) newClient() *redis.Client {
	options := p.login
	options.Addr = p.addr()
	options.MaxRetries = -1 // one that has shut down is not there to be told again
	return redis.NewClient(&options)
}

// A port that was just free may not be: somebody else may have it, or a process
// that is being started elsewhere still holds, for a moment, what it was forked
// with.
const (
	startAttempts = 20
	startPause    = 20 * time.Millisecond
)

func (p *process) start(t testing.TB) {
	t.Helper()
	known := p.port != 0
	for range startAttempts {
		if !known {
			p.port = freePort(t)
		}
		if p.run(t) {
			return
		}
		<-time.After(startPause)
	}
	t.Fatal("redis-server does not start")
}

// run starts the server and reports whether it is ready.
func (p *process) run(t testing.TB) bool {
	t.Helper()
	p.cmd = exec.Command(program, p.args(p.port)...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), p.ready) {
			go func() { _, _ = io.Copy(io.Discard, out) }() // so that it can go on writing
			return true
		}
	}
	t.Logf("redis-server on port %d ended: %v", p.port, p.cmd.Wait())
	return false
}

// stop has the server save what it has and end.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	p.pause(t, false)
	client := p.newClient()
	err := errors.Join(client.ShutdownSave(context.Background()).Err(), client.Close())
	if err != nil {
		t.Error(err)
		err = p.cmd.Process.Kill()
	}
	if err := errors.Join(err, p.cmd.Wait()); err != nil {
		t.Error(err)
	}
	p.cmd = nil
}

// kill ends the server at once, also when it is stalled. It may have ended.
func (p *process) kill(t testing.TB) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = p.cmd.Wait() // says that it was killed
	p.cmd = nil
}

// Ports below those that systems give to outgoing connections: a server that is
// stopped and started again finds its own port free.
const (
	lowestPort  = 20_000
	highestPort = 32_000
)

// freePort finds a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		ln, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("no port is free")
	return 0
}

// waitFor waits for something that nobody announces.
func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	const limit, pause = 30 * time.Second, 20 * time.Millisecond
	for end := time.Now().Add(limit); !holds(); <-time.After(pause) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// member is one of several processes, with a client.
type member struct {
	*process
	client *redis.Client
}

// startMember starts a process for the length of a test.
func startMember(t testing.TB, p *process) *member {
	t.Helper()
	p.start(t)
	m := &member{process: p, client: p.newClient()}
	t.Cleanup(func() {
		_ = m.client.Close()
		m.kill(t)
	})
	return m
}

// do asks a member something that it must be able to answer.
func (m *member) do(t testing.TB, args ...any) string {
	t.Helper()
	text, err := m.client.Do(context.Background(), args...).Text()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return text
}

// replication returns one thing that a server tells about its replication.
func (m *member) replication(name string) string {
	return infoField(m.client.Info(context.Background(), "replication").Val(), name)
}

// infoField finds a line "name:value" in what INFO and CLUSTER INFO give.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+":"); found {
			return value
		}
	}
	return ""
}

// replicated waits until a replica has all that the server has.
func (m *member) replicated(t testing.TB) {
	t.Helper()
	conn := m.client.Conn() // WAIT is about what was before it on the same connection
	err := conn.Ping(context.Background()).Err()
	n, waitErr := conn.Wait(context.Background(), 1, 5*time.Second).Result()
	if err := errors.Join(err, waitErr, conn.Close()); err != nil || n != 1 {
		t.Fatalf("%d replicas have all; %v", n, err)
	}
}
