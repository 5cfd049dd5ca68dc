package wsrelay

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
)

// simUser is somebody at the client's end of connections.
type simUser interface {
	name() string
	link() *simConn // nil: there is none
	unsettled() bool

	// newYjs is what a session of theirs has of the Yjs protocol; nil: it speaks JSON.
	newYjs() *yjsClient

	// inspect looks at what a relay sends, and returns what is done when it arrives.
	inspect(conn *simConn, m *outgoing, held bool) (arrive func())

	// disconnected is called when a connection has ended.
	disconnected(conn *simConn)
}

// simConn is a connection: of a client's, and of a relay's.
type simConn struct {
	sim    *sim
	rng    *rand.Rand
	user   simUser
	relay  *simRelay
	number int

	// The line.
	latency  time.Duration // of one way, on average
	window   int           // messages that are on their way down at once
	up, down simPipe
	flying   int           // messages on their way down
	room     chan struct{} // holds one token when the line has taken a message
	cut      bool          // nothing gets through any more, and nobody is told
	silent   bool          // the client answers no pings

	// The relay's end.
	session *session
	live    *liveRoom
	in      bool     // the session has joined; until then what the client sends waits
	early   []func() // which is this
	ended   chan struct{}
	over    bool // ended is closed

	// The client's end.
	closed  bool
	texts   int64       // that the client sent
	saved   int64       // of which the relay said that they are
	version int64       // that the client was sent last
	pushed  time.Time   // when the relay sent a text that nothing held up
	pieces  []*simPiece // that it has brought to the relay
}

// dial opens the connection. A slow line takes little at once.
func (c *simConn) dial(slow bool) {
	c.window, c.version = 64, -1
	c.room, c.ended = make(chan struct{}, 1), make(chan struct{})
	if slow {
		c.window = 1 + c.rng.IntN(3)
		c.latency = between(c.rng, 200*time.Millisecond, 2*time.Second)
		if c.user.newYjs() != nil {
			c.window *= 8 // its messages are small
		}
	}
	c.relay.conns[c] = true
	c.sim.work.Go(func() {
		c.serve()
		c.sim.locked(func() { delete(c.relay.conns, c) })
	})
}

// endServer ends the relay's end after a while. The client may be told.
func (c *simConn) endServer(after time.Duration) {
	c.sim.after(after, func() {
		if !c.over {
			c.over = true
			close(c.ended)
			c.toClient(c.closeClient)
		}
	})
}

// serve is what Relay.serveRoom and session.serve do, without a socket.
func (c *simConn) serve() {
	r := c.relay.relay
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	place, err := r.admit(netip.IPv4Unspecified())
	if err != nil {
		c.refuse(err)
		return
	}
	defer r.dismiss(place)
	live, err := r.acquire(ctx, simRoomID)
	if err != nil {
		c.refuse(err)
		return
	}
	defer r.release(live)
	s := newSession(live, newWriter(nil, 0, nil, r.metrics).outbox(nil), c.user.newYjs())
	c.sim.locked(func() { c.session, c.live = s, live })
	r.attach(place, s.out.writer)

	stop, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		c.write(stop)
	}()
	defer func() {
		close(stop)
		<-written
	}()
	if err := live.join(ctx, s); err != nil {
		c.refuse(err)
		return
	}
	c.sim.locked(func() {
		c.in = true
		for _, message := range c.early {
			message()
		}
		c.early = nil
	})
	<-c.ended
	live.leave(s)
}

// refuse has the client told that it does not get in.
func (c *simConn) refuse(err error) {
	c.sim.locked(func() {
		c.sim.noteQuietly("%s is refused by %s: %v", c.user.name(), c.relay.name, err)
		c.endServer(0)
	})
	<-c.ended
}

// write is writer.run without a socket: what it takes from the queue goes down
// the line when that has room for it.
func (c *simConn) write(stop <-chan struct{}) {
	var ping <-chan time.Time
	if c.session.yjs != nil {
		ticker := time.NewTicker(pingEvery)
		defer ticker.Stop()
		ping = ticker.C
	}
	for {
		select {
		case <-stop:
			return
		case <-ping:
			c.session.out.probe()
			c.session.out.push(yjsKeepAlive, "")
			continue
		case <-c.session.out.wake:
		}
		held := false
		for {
			m, end := c.session.out.take()
			if m == nil && end == nil {
				c.sim.locked(c.ask)
				break
			}
			if m == nil {
				c.sim.locked(func() { c.bid(end) })
				return
			}
			waited, ok := c.awaitRoom(stop)
			held = held || waited
			if !ok {
				return
			}
			c.sim.locked(func() { c.send(m, held) })
		}
	}
}

// bid is writer.finish.
func (c *simConn) bid(end *goodbye) {
	c.sim.noteQuietly("%s is told by %s to go: %d %s", c.user.name(), c.relay.name, end.code, end.reason)
	if end.code/100 == protocol.CloseYjsMalformed/100 {
		c.sim.fail("%s is refused by %s: %d %s", c.user.name(), c.relay.name, end.code, end.reason)
	}
	c.toClient(c.closeClient)
	c.endServer(closeGrace)
}

// awaitRoom waits until the line takes one more message.
func (c *simConn) awaitRoom(stop <-chan struct{}) (waited, ok bool) {
	limit := time.NewTimer(writeLimit)
	defer limit.Stop()
	for {
		full := false
		c.sim.locked(func() { full = c.flying >= c.window })
		if !full {
			return waited, true
		}
		waited = true
		select {
		case <-c.room:
		case <-stop:
			return true, false
		case <-limit.C:
			c.sim.locked(func() { c.endServer(0) })
			return true, false
		}
	}
}

// send is writer.write.
func (c *simConn) send(m *outgoing, held bool) {
	arrive := c.user.inspect(c, m, held)
	number := strconv.FormatInt(m.number, 10)
	if m.number != 0 {
		c.toClient(func() { c.pong(pingBefore + number) })
	}
	c.flying++
	c.toClient(func() {
		c.flying--
		signal(c.room)
		arrive()
	})
	if m.number != 0 {
		c.toClient(func() { c.pong(pingBehind + number) })
	}
}

// ask is writer.ask.
func (c *simConn) ask() {
	w := c.session.out
	w.mu.Lock()
	asking := w.asking
	w.asking = false
	w.mu.Unlock()
	if asking {
		payload := pingAt + strconv.FormatInt(int64(time.Since(w.started)), 10)
		c.toClient(func() { c.pong(payload) })
	}
}

// pong answers a ping, as browsers do by themselves, however busy the page is.
func (c *simConn) pong(payload string) {
	if !c.silent && !c.closed {
		c.toRelay(func() {
			c.sim.detail("%s hears pong %s of %s", c.relay.name, payload, c.user.name())
			c.session.hearPong(payload)
		})
	}
}

// toClient has something arrive at the client, in order.
func (c *simConn) toClient(arrive func()) {
	c.carry(&c.down, func() {
		if !c.cut {
			arrive()
		}
	})
}

// toRelay has something arrive at the relay, in order.
func (c *simConn) toRelay(arrive func()) {
	c.carry(&c.up, func() {
		switch {
		case c.cut || c.over || c.relay.gone:
		case c.in:
			arrive()
		default:
			c.early = append(c.early, arrive)
		}
	})
}

// simPipe is one direction of a line.
type simPipe struct {
	last  time.Time // when the last message arrives
	queue []func()  // the messages, in order
}

// carry takes something over the line. Neither end hears anything while the
// relay is paused.
func (c *simConn) carry(p *simPipe, arrive func()) {
	at := time.Now().Add(between(c.rng, c.latency/2, c.latency*3/2))
	if !at.After(p.last) {
		at = p.last.Add(1)
	}
	p.last = at
	p.queue = append(p.queue, arrive)
	c.sim.afterStall(time.Until(at), c.relay.pause, func() {
		first := p.queue[0]
		p.queue = p.queue[1:]
		first()
	})
}

// closeClient tells the client that the connection has ended.
func (c *simConn) closeClient() {
	if !c.closed {
		c.closed = true
		c.user.disconnected(c)
	}
}

// leave is what a client does that closes the page.
func (c *simConn) leave() {
	if !c.closed {
		c.closed = true
		c.carry(&c.up, func() { c.endServer(0) })
	}
}

// vanish cuts the line without a word. The relay finds out after silenceLimit.
func (c *simConn) vanish() {
	c.cut, c.closed = true, true
	c.endServer(silenceLimit)
}
