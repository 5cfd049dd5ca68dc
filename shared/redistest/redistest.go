// Package redistest gives tests a Redis: the embedded one, or a real
// redis-server that the test starts on a free port; or several of them, with
// sentinels or as a cluster.
//
// Where redis-server is not installed, tests that need it are skipped, unless
// TUTTI_REQUIRE=all says that nothing may be.
package redistest

import (
	"context"
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
	return newServer(t, newProcess(t, "--enable-debug-command", "local"))
}

func newServer(t testing.TB, b backend) *Server {
	t.Helper()
	b.start(t)
	return serve(t, b, config.RedisURL("redis://"+b.addr()), &redis.Options{Addr: b.addr()})
}

// serve makes a Server of a backend that has started.
func serve(t testing.TB, b backend, url config.RedisURL, options *redis.Options) *Server {
	s := &Server{URL: url, Client: redis.NewClient(options), t: t, backend: b}
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
