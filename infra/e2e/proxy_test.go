package e2e

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/redistest"
)

// proxy stands between relays and Redis, to do what networks do.
type proxy struct {
	backend string
	ln      net.Listener
	serving sync.WaitGroup

	mu    sync.Mutex
	links []*link
}

// link is one connection through the proxy.
type link struct {
	client, server net.Conn

	mu         sync.Mutex
	subscriber bool // it has subscribed to something
	silent     bool // nothing more comes from the server, and nobody says so
}

// startProxy puts a proxy in front of a server for the length of a test.
func startProxy(t *testing.T, server *redistest.Server) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{backend: server.Client.Options().Addr, ln: ln}
	p.serving.Go(p.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		p.each(func(l *link) { _ = errors.Join(l.client.Close(), l.server.Close()) })
		p.serving.Wait()
	})
	return p
}

func (p *proxy) url() config.RedisURL { return config.RedisURL("redis://" + p.ln.Addr().String()) }

// each calls f with every link there was.
func (p *proxy) each(f func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		f(l)
	}
}

// silence makes nothing more come from the subscriptions that there are.
func (p *proxy) silence() {
	p.each(func(l *link) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.silent = l.subscriber
	})
}

func (p *proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.backend)
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &link{client: client, server: server}
		p.mu.Lock()
		p.links = append(p.links, l)
		p.mu.Unlock()
		p.serving.Go(func() { pipe(server, client, l.sent) })
		p.serving.Go(func() { pipe(client, server, l.received) })
	}
}

// pipe copies what the filter lets through, until either end closes.
func pipe(to, from net.Conn, filter func([]byte) []byte) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if _, writeErr := to.Write(filter(buffer[:n])); err != nil || writeErr != nil {
			_ = to.Close()
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

func (l *link) sent(b []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subscriber = l.subscriber || bytes.Contains(b, []byte("subscribe"))
	return b
}

func (l *link) received(b []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.silent {
		return nil
	}
	return b
}
