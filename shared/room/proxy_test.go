package room

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/redistest"
)

// proxy stands between a Store and Redis, to do what networks do.
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
	subscribes     atomic.Bool // it hears messages
	silent         atomic.Bool // nothing more comes from the server, and nobody says so
	loses          atomic.Bool // it breaks when the next reply comes, which is lost
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

// silence makes nothing more come from the subscriptions that there are.
func (p *proxy) silence() { p.each(func(l *link) { l.silent.Store(l.subscribes.Load()) }) }

// loseReplies makes every connection that there is break when its next reply comes.
func (p *proxy) loseReplies() { p.each(func(l *link) { l.loses.Store(true) }) }

// each calls f with every link there was.
func (p *proxy) each(f func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		f(l)
	}
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
		p.serving.Go(func() { l.pipe(server, client, l.request) })
		p.serving.Go(func() { l.pipe(client, server, l.reply) })
	}
}

// pipe copies what the filter lets through, until either end closes or it says so.
func (l *link) pipe(to, from net.Conn, filter func([]byte) ([]byte, error)) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		kept, filterErr := filter(buffer[:n])
		_, writeErr := to.Write(kept)
		if errors.Join(err, filterErr, writeErr) != nil {
			_ = to.Close()
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}

func (l *link) request(b []byte) ([]byte, error) {
	if bytes.Contains(b, []byte("subscribe")) {
		l.subscribes.Store(true)
	}
	return b, nil
}

func (l *link) reply(b []byte) ([]byte, error) {
	switch {
	case l.loses.Load() && len(b) > 0:
		return nil, io.ErrUnexpectedEOF
	case l.silent.Load():
		return nil, nil
	}
	return b, nil
}
