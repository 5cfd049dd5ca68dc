package wsrelay

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/room"
)

const (
	simTextName = "code"
	simRoomID   = "simulation"
)

// simRelay is one relay process.
type simRelay struct {
	sim      *sim
	name     string
	relay    *Relay
	link     *simLink
	conns    map[*simConn]bool
	gone     bool      // it was killed or has drained
	draining bool      // it lets nobody in any more
	paused   time.Time // until when it does nothing
	lost     bool      // it stopped with changes that Redis did not take
}

// simSettings are those of a relay, with the defaults of the environment.
func simSettings(ttl time.Duration) Settings {
	return Settings{
		Rooms: config.Rooms{
			TTLSeconds: config.TTLSeconds(ttl.Seconds()), MaxTextBytes: 512 << 10, TextName: simTextName, MissRate: 1e6,
		},
		MaxConnections: 1000, MaxConnectionsPerClient: 1000, MaxPeoplePerRoom: 256,
		HeartbeatInterval: config.Interval(10 * time.Second), PresenceTimeout: config.Interval(28 * time.Second),
	}
}

// startRelay starts a relay process.
func (s *sim) startRelay() *simRelay {
	s.started++
	r := &simRelay{sim: s, name: fmt.Sprintf("relay %d", s.started), conns: make(map[*simConn]bool)}
	r.link = newSimLink(s, rand.New(rand.NewPCG(s.seed, uint64(1000+s.started))))
	r.relay = newRelay(r.link, simSettings(s.store.ttl), slog.New(simLog{sim: s, relay: r}))
	s.relays = append(s.relays, r)
	return r
}

// kill ends a process without a word. Its goroutines find that nothing that they
// do has an effect.
func (r *simRelay) kill() {
	r.gone, r.link.dead = true, true
	clear(r.link.feeds)
	r.relay.cancel()
	for c := range r.conns {
		c.endServer(between(c.rng, 0, 3*time.Second))
	}
}

// drain stops a process as SIGTERM does.
func (r *simRelay) drain() {
	const limit = 8 * time.Second
	r.draining = true
	r.sim.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		r.relay.Drain(ctx)
		r.sim.mu.Lock()
		defer r.sim.mu.Unlock()
		if r.lost {
			r.sim.ledger.destroy(r.rooms(), nil)
		}
		r.gone, r.link.dead = true, true
		r.sim.note("%s has drained", r.name)
	})
	r.sim.after(limit-time.Second, func() { // as the writers' aborts would
		for c := range r.conns {
			c.endServer(0)
		}
	})
}

// rooms lists the rooms that the relay holds.
func (r *simRelay) rooms() []*liveRoom {
	r.relay.mu.Lock()
	defer r.relay.mu.Unlock()
	var live []*liveRoom
	for _, l := range r.relay.rooms {
		live = append(live, l)
	}
	return live
}

// simLog is a relay's log: what must never be said fails the simulation.
type simLog struct {
	sim   *sim
	relay *simRelay
}

// Enabled implements slog.Handler.
func (simLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements slog.Handler. It may be called under any lock but that of
// the simulation.
func (l simLog) Handle(_ context.Context, r slog.Record) error {
	l.sim.logMu.Lock()
	defer l.sim.logMu.Unlock()
	var b strings.Builder
	b.WriteString(l.relay.name + ": " + r.Message)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(" " + a.String())
		return true
	})
	l.sim.logged = append(l.sim.logged, b.String())
	if strings.HasPrefix(r.Message, "stopped with changes") {
		l.relay.lost = true
	} else if !strings.HasPrefix(r.Message, "not all connections") && !strings.HasPrefix(r.Message, "stopped with work") {
		l.sim.bad = append(l.sim.bad, b.String())
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (l simLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l simLog) WithGroup(string) slog.Handler { return l }

// simConn is a connection: of a client's, and of a relay's.
type simConn struct {
	sim    *sim
	rng    *rand.Rand
	client *simClient
	relay  *simRelay
	number int

	// The line.
	latency  time.Duration // of one way, on average
	window   int           // messages that are on their way down at once
	up, down time.Time     // when the last message in this direction arrives
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
	texts   int64 // that the client sent
	saved   int64 // of which the relay said that they are
	version int64 // that the client was sent last
	shown   string
	pushed  time.Time // when the relay sent a text that nothing held up
	tokens  []*simPiece
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
	s := newSession(room.NewPersonID(), nil, live)
	c.sim.locked(func() { c.session, c.live = s, live })
	r.attach(place, s)

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
		c.sim.noteQuietly("%s is refused by %s: %v", c.client.name(), c.relay.name, err)
		c.endServer(0)
	})
	<-c.ended
}
