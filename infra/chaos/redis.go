package chaos

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/process"
)

// adminTimeout bounds a question of the suite's own to Redis.
const adminTimeout = 1500 * time.Millisecond

// redisServer is a redis-server that keeps everything in memory only.
type redisServer struct {
	addr  string
	dir   string
	admin *redis.Client    // past all proxies; for looking, and for breaking things
	proc  *process.Process // nil while it is down
}

// silence takes what the client library wants to say of its own accord: that
// servers are away is what this package is about.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(silence{}) }

// newRedis starts a server on a free port.
func newRedis(ctx context.Context, dir string, args ...string) (*redisServer, error) {
	var err error
	for range startAttempts {
		var addr string
		if addr, err = process.FreeAddr(ctx); err != nil {
			return nil, err
		}
		s := &redisServer{addr: addr, dir: dir}
		if err = s.start(ctx, args...); err == nil {
			s.admin = redis.NewClient(&redis.Options{
				Addr: addr, PoolSize: 4, MaxRetries: 2, ReadTimeout: adminTimeout, DialTimeout: adminTimeout,
				ContextTimeoutEnabled: true, DisableIdentity: true,
			})
			return s, nil
		}
	}
	return nil, err
}

// start runs the server at its address, empty.
func (s *redisServer) start(ctx context.Context, args ...string) (err error) {
	args = append([]string{"--enable-debug-command", "local", "--repl-diskless-sync-delay", "0", "--dbfilename", s.savedAs()}, args...)
	s.proc, err = process.StartRedis(ctx, s.addr, s.dir, args...)
	return err
}

// A start fails when another process takes the port first.
const (
	startAttempts = 20
	startPause    = 20 * time.Millisecond
)

// restart is start again, on a port that may be held for a moment by a process
// that is being started elsewhere.
func (s *redisServer) restart(ctx context.Context, args ...string) error {
	var err error
	for range startAttempts {
		if err = s.start(ctx, args...); err == nil {
			return nil
		}
		if err := pause.For(ctx, startPause); err != nil {
			return err
		}
	}
	return err
}

// kill ends the server, and what it had stored.
func (s *redisServer) kill() {
	if s.proc != nil {
		s.proc.Kill()
		s.proc = nil
	}
}

// savedAs is the name of the file that SAVE writes, in the server's folder.
func (s *redisServer) savedAs() string {
	_, port, _ := strings.Cut(s.addr, ":")
	return "saved-" + port + ".rdb"
}

// forgetSaved makes the next start an empty one.
func (s *redisServer) forgetSaved() error { return os.Remove(filepath.Join(s.dir, s.savedAs())) }

// freeze makes the server answer nobody, with connections left open.
func (s *redisServer) freeze() { s.proc.Signal(syscall.SIGSTOP) }
func (s *redisServer) thaw()   { s.proc.Signal(syscall.SIGCONT) }

func (s *redisServer) close() error {
	if s.proc != nil {
		s.thaw()
	}
	s.kill()
	return s.admin.Close()
}

// info is one field of INFO.
func (s *redisServer) info(ctx context.Context, section, field string) (string, error) {
	text, err := s.admin.Info(ctx, section).Result()
	if err != nil {
		return "", err
	}
	return infoField(text, field)
}

// infoField finds a field in what INFO tells.
func infoField(text, field string) (string, error) {
	_, rest, found := strings.Cut(text, "\n"+field+":")
	if !found {
		return "", fmt.Errorf("INFO has no %s", field)
	}
	value, _, _ := strings.Cut(rest, "\r\n")
	return value, nil
}

// replicate makes the server a replica of another, by way of a proxy.
func (s *redisServer) replicate(ctx context.Context, from string) error {
	host, port, err := net.SplitHostPort(from)
	if err != nil {
		return err
	}
	if err := s.admin.ReplicaOf(ctx, host, port).Err(); err != nil {
		return err
	}
	return until(ctx, process.StartLimit, func() string {
		if status, err := s.info(ctx, "replication", "master_link_status"); err != nil || status != "up" {
			return fmt.Sprintf("the replica's link is up; it is %q, %v", status, err)
		}
		return ""
	})
}

// promote makes a replica a primary.
func (s *redisServer) promote(ctx context.Context) error {
	return s.admin.ReplicaOf(ctx, "NO", "ONE").Err()
}
