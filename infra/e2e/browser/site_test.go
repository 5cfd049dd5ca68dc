package browser

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
)

// site is all of Tutti on a port, which can be stopped and started again.
type site struct {
	t     *testing.T
	redis config.RedisURL // "" for one that ends with the site
	addr  string
	wires *wires
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
	s.wires = &wires{Listener: ln}

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

// wires are the connections to a site, which can be disturbed.
type wires struct {
	net.Listener
	mu  sync.Mutex
	all []*wire
}

// wire is a connection.
type wire struct {
	net.Conn
	deaf atomic.Bool // what comes in is lost
}

// Accept implements net.Listener.
func (w *wires) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &wire{Conn: conn}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, c)
	return c, nil
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if err == nil && w.deaf.Load() {
		_, err = io.Copy(io.Discard, w.Conn)
		return 0, err
	}
	return n, err
}

// deafen makes the site miss what is sent from now on, as on a line that just broke.
func (w *wires) deafen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		c.deaf.Store(true)
	}
}

// cut closes all connections without a word.
func (w *wires) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		_ = c.Close() // it may have ended already
	}
	w.all = nil
}
