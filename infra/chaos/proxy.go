package chaos

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// linkKind tells the two kinds of connection that a relay has to Redis.
type linkKind int

const (
	commandLink linkKind = iota // asks and is answered
	pubSubLink                  // has subscribed
	linkKinds
)

var bothKinds = []linkKind{commandLink, pubSubLink}

func (k linkKind) String() string { return [...]string{"command", "pub/sub"}[k] }

// weather is what a network does to the connections of one kind. The zero value
// is fair.
type weather struct {
	blocked        bool          // nothing gets through, and nobody says so; it arrives when this ends
	reset          bool          // connections are cut, and new ones too
	latency        time.Duration // there and back, half of it each way
	bytesPerSecond int           // of what comes from the server; 0: as many as there are
	lostReplies    float64       // share of the scripts that run and whose caller is cut off before the reply
	lostMessages   float64       // share of the published messages that vanish
}

// proxy stands between a client of Redis and its server, to do what networks
// do. It understands the protocol, unless it is raw, as for replication.
type proxy struct {
	addr    string
	raw     bool
	ln      net.Listener
	serving sync.WaitGroup

	mu      sync.Mutex
	target  string
	weather [linkKinds]weather
	changed chan struct{} // closed when the weather changes, and replaced
	links   map[*link]struct{}
	random  *rand.Rand
	closed  bool
}

// newProxy puts a proxy in front of a server.
func newProxy(ctx context.Context, target string, raw bool, random *rand.Rand) (*proxy, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{
		addr: ln.Addr().String(), raw: raw, ln: ln, target: target,
		changed: make(chan struct{}), links: make(map[*link]struct{}), random: random,
	}
	p.serving.Go(func() { p.accept(context.WithoutCancel(ctx)) }) // close ends it
	return p, nil
}

// set makes the weather for links of some kinds, until it is set again.
func (p *proxy) set(w weather, kinds ...linkKind) {
	p.mu.Lock()
	for _, k := range kinds {
		p.weather[k] = w
	}
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	if w.reset {
		p.cut(kinds...)
	}
}

// fair ends all bad weather.
func (p *proxy) fair() { p.set(weather{}, bothKinds...) }

// forecast is the weather for a kind of link, and what tells when it changes.
func (p *proxy) forecast(k linkKind) (weather, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weather[k], p.changed
}

// retarget makes new connections go to another server, and cuts those there are.
func (p *proxy) retarget(addr string) {
	p.mu.Lock()
	p.target = addr
	p.mu.Unlock()
	p.cut(bothKinds...)
}

// cut ends all connections of some kinds, as if the other side had crashed.
func (p *proxy) cut(kinds ...linkKind) {
	p.mu.Lock()
	links := slices.Collect(maps.Keys(p.links)) // a link's mutex is never taken under the proxy's
	p.mu.Unlock()
	for _, l := range links {
		if slices.Contains(kinds, l.kind()) {
			l.abort()
		}
	}
}

// chance is true for a share of the times it is asked.
func (p *proxy) chance(share float64) bool {
	if share == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.random.Float64() < share
}

func (p *proxy) accept(ctx context.Context) {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.serve(ctx, client) })
	}
}

// serve carries one connection until it ends.
func (p *proxy) serve(ctx context.Context, client net.Conn) {
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	if w, _ := p.forecast(commandLink); w.reset {
		hardClose(client)
		return
	}
	server, err := (&net.Dialer{Timeout: adminTimeout}).DialContext(ctx, "tcp", target)
	if err != nil { // as if it was refused
		hardClose(client)
		return
	}
	l := newLink(p, client, server)
	p.mu.Lock()
	p.links[l] = struct{}{}
	closed := p.closed
	p.mu.Unlock()
	if closed {
		l.abort()
	}
	l.carry()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

func (p *proxy) close() error {
	err := p.ln.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cut(bothKinds...)
	p.serving.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// hardClose ends a connection with a reset.
func hardClose(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it may have ended
	}
	_ = conn.Close()
}
