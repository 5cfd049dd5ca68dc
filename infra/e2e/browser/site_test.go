package browser

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
)

// site is all of Tutti on a port, which can be stopped and started again.
type site struct {
	t     *testing.T
	redis config.RedisURL // "" for one that ends with the site
	addr  string
	wires *scene.Wires
	stop  func() // as on SIGTERM: returns when everybody was asked to leave
}

// serve starts a site for the length of a test, which may run beside others:
// pages mostly wait.
func serve(t *testing.T, redis config.RedisURL) *site {
	t.Helper()
	t.Parallel()
	s := &site{t: t, redis: redis, addr: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

// start listens on the port of the last time, if there was one.
func (s *site) start() {
	s.t.Helper()
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = ln.Addr().String()
	s.wires = &scene.Wires{Listener: ln}

	settings, err := devstack.LoadSettings()
	if err != nil {
		s.t.Fatal(err)
	}
	settings.RedisURL = s.redis
	settings.ServedOn(ln.Addr().(*net.TCPAddr).Port) //nolint:errcheck // it listens on TCP
	stack, err := devstack.Start(settings, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	handler, err := stack.Handler()
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- httpserve.Serve(ctx, s.wires, handler, stack.Drain) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			s.t.Error(err)
		}
		if err := stack.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

func (s *site) url(path string) string { return "http://" + s.addr + path }
