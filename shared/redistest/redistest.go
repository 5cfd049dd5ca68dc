// Package redistest gives tests a Redis: the embedded one, or a real
// redis-server that the test starts on a free port.
//
// Where redis-server is not installed, tests that need it are skipped, unless
// TUTTI_REQUIRE=all says that nothing may be.
package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/testtool"
)

// A Server is a Redis that a test can stop, start and look into.
type Server struct {
	URL    config.RedisURL
	Client *redis.Client // for looking; the code under test has its own

	t       testing.TB
	backend backend
}

// backend is what the two kinds of server do differently.
type backend interface {
	start(t testing.TB) // at the same address as before, if there was a before
	addr() string       // once started
	stop(t testing.TB)  // what is stored survives
	pause(t testing.TB, stalled bool)
}

// Each runs a test once on the embedded Redis and once on a real one, in parallel.
func Each(t *testing.T, test func(t *testing.T, server *Server)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, Embedded(t))
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		test(t, Real(t))
	})
}

// Embedded starts a miniredis for the length of a test.
func Embedded(t testing.TB) *Server {
	t.Helper()
	return newServer(t, &embedded{m: miniredis.NewMiniRedis()})
}

// Real starts a redis-server for the length of a test.
func Real(t testing.TB) *Server {
	t.Helper()
	testtool.Require(t, "redis-server")
	return newServer(t, &process{dir: t.TempDir()})
}

func newServer(t testing.TB, b backend) *Server {
	t.Helper()
	b.start(t)
	s := &Server{
		URL:     config.RedisURL("redis://" + b.addr()),
		Client:  redis.NewClient(&redis.Options{Addr: b.addr()}),
		t:       t,
		backend: b,
	}
	t.Cleanup(func() {
		if err := s.Client.Close(); err != nil {
			t.Error(err)
		}
		s.Stop()
	})
	return s
}

// Start starts the server again after Stop, with what it had stored.
func (s *Server) Start() {
	s.t.Helper()
	s.backend.start(s.t)
}

// Stop stops the server. Connections are refused until Start.
func (s *Server) Stop() {
	s.t.Helper()
	s.backend.stop(s.t)
}

// Wipe makes the server forget everything.
func (s *Server) Wipe() {
	s.t.Helper()
	if err := s.Client.FlushAll(context.Background()).Err(); err != nil {
		s.t.Fatal(err)
	}
}

// Stall makes the server answer nobody, with connections left open, or go on.
// The embedded one cannot: the test is skipped on it.
func (s *Server) Stall(stalled bool) {
	s.t.Helper()
	s.backend.pause(s.t, stalled)
}

// Keys lists all keys.
func (s *Server) Keys() []string {
	s.t.Helper()
	keys, err := s.Client.Keys(context.Background(), "*").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return keys
}

// TTL returns the time that a key has left, negative when it has no end.
func (s *Server) TTL(key string) time.Duration {
	s.t.Helper()
	ttl, err := s.Client.TTL(context.Background(), key).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return ttl
}

// CutPubSub ends the connections on which messages are heard.
func (s *Server) CutPubSub() {
	s.t.Helper()
	if _, ok := s.backend.(*embedded); ok {
		s.t.Skip("the embedded Redis has no CLIENT KILL")
	}
	if err := s.Client.Do(context.Background(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
		s.t.Fatal(err)
	}
}

// embedded is a miniredis.
type embedded struct {
	m       *miniredis.Miniredis
	port    int           // 0 before the first start
	ticking chan struct{} // closed to stop its clock
}

func (e *embedded) addr() string { return loopback(e.port) }

func (e *embedded) start(t testing.TB) {
	t.Helper()
	known := e.port != 0
	for attempt := 1; ; attempt++ {
		if !known {
			e.port = freePort(t)
		}
		err := e.m.StartAddr(e.addr())
		if err == nil {
			break
		}
		if attempt == startAttempts {
			t.Fatal(err)
		}
		<-time.After(startPause)
	}
	// Its clock does not run by itself: keys would never expire.
	e.ticking = make(chan struct{})
	go drive(e.m, e.ticking)
}

func drive(m *miniredis.Miniredis, until <-chan struct{}) {
	const tick = 50 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			m.FastForward(tick)
		case <-until:
			return
		}
	}
}

func (e *embedded) stop(testing.TB) {
	if e.ticking != nil {
		close(e.ticking)
		e.ticking = nil
		e.m.Close()
	}
}

func (e *embedded) pause(t testing.TB, _ bool) {
	t.Helper()
	t.Skip("the embedded Redis cannot stall")
}

// process is a redis-server.
type process struct {
	port int // 0 before the first start
	dir  string
	cmd  *exec.Cmd
}

func (p *process) addr() string { return loopback(p.port) }

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

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
	p.cmd = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", strconv.Itoa(p.port),
		"--dir", p.dir, "--save", "", "--enable-debug-command", "local")
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // so that it can go on writing
			return true
		}
	}
	t.Logf("redis-server on port %d ended: %v", p.port, p.cmd.Wait())
	return false
}

func (p *process) stop(t testing.TB) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	p.pause(t, false)
	conn, err := net.Dial("tcp", p.addr())
	if err == nil {
		_, err = fmt.Fprint(conn, "SHUTDOWN SAVE\r\n")
		err = errors.Join(err, conn.Close())
	}
	if err != nil {
		t.Error(err)
		err = p.cmd.Process.Kill()
	}
	if err := errors.Join(err, p.cmd.Wait()); err != nil {
		t.Error(err)
	}
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
