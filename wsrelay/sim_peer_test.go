package wsrelay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tutti-live/tutti/shared/awareness"
	"github.com/tutti-live/tutti/shared/protocol"
)

// What y-websocket waits for and how long.
const (
	// simSilence is how long it hears nothing before it takes its connection for
	// dead; it looks every simLook.
	simSilence = 30 * time.Second
	simLook    = 3 * time.Second

	// simBackoff and simMaxBackoff are the wait before it connects again, doubled
	// with each attempt in vain.
	simBackoff    = 100 * time.Millisecond
	simMaxBackoff = 2500 * time.Millisecond
)

// simPeer is somebody whose editor speaks the Yjs protocol, as y-websocket does:
// it keeps a document of its own, tells each edit at once, and when it is back
// after a while both sides tell each other what the other one lacks.
type simPeer struct {
	sim    *sim
	rng    *rand.Rand
	number int
	pace   time.Duration // of typing, on average
	slow   bool          // reads slowly
	lag    time.Duration // of its lines, on average
	only   *simRelay     // that it connects to; nil: any

	page      *simPage
	pages     int  // that it has had
	words     int  // that it has typed
	gone      bool // it does not come back
	away      bool // it does not connect for a while
	conn      *simConn
	synced    bool      // on which it was told what it lacked
	heard     time.Time // when it last was sent anything
	failed    int       // attempts to connect in a row
	connected int       // how often it did
}

// addPeer has somebody come who speaks the Yjs protocol.
func (s *sim) addPeer() *simPeer {
	const streams = 5000 // of chance: those of the other clients are below
	number := 1 + len(s.peers)
	p := &simPeer{
		sim: s, rng: rand.New(rand.NewPCG(s.seed, streams+uint64(number))), number: number,
		pace: s.plan.pace, lag: s.plan.lag,
	}
	p.slow = chance(p.rng, s.plan.slow)
	if chance(p.rng, 0.1) {
		p.lag = between(p.rng, 100*time.Millisecond, 1500*time.Millisecond)
	}
	s.peers = append(s.peers, p)
	p.open()
	p.look()
	return p
}

// name implements simUser.
func (p *simPeer) name() string { return fmt.Sprintf("peer %d", p.number) }

// link implements simUser.
func (p *simPeer) link() *simConn { return p.conn }

// newYjs implements simUser.
func (*simPeer) newYjs() *yjsClient { return newYjsClient("", false, newAsks()) }

// unsettled implements simUser.
func (p *simPeer) unsettled() bool {
	return !p.gone && (p.conn == nil || p.conn.cut || !p.synced)
}

// connect opens a connection to some relay.
func (p *simPeer) connect() {
	if p.conn != nil || p.gone || p.away || p.sim.closing {
		return
	}
	relay := p.only
	if relay == nil {
		relay = p.sim.pickRelay(p.rng)
	}
	if relay == nil {
		p.retry()
		return
	}
	p.connected++
	p.conn = &simConn{sim: p.sim, rng: p.rng, user: p, relay: relay, number: p.connected, latency: p.lag}
	p.synced, p.heard = false, time.Now()
	p.conn.dial(p.slow)
	p.transmit(protocol.EncodeSyncStep1(p.page.doc.EncodeStateVector()))
	p.transmit(protocol.EncodeAwareness(p.page.aware.encode(p.page.aware.me)))
}

func (p *simPeer) retry() {
	wait := min(simBackoff<<min(p.failed, 8), simMaxBackoff)
	p.failed++
	p.sim.after(wait, p.connect)
}

// disconnected implements simUser.
func (p *simPeer) disconnected(conn *simConn) {
	if p.conn != conn {
		return
	}
	p.sim.noteQuietly("%s has lost its connection", p.name())
	p.conn = nil
	p.page.aware.dropOthers()
	p.retry()
}

// hangUp ends the connection, if there is one.
func (p *simPeer) hangUp() {
	if conn := p.conn; conn != nil {
		conn.leave()
		p.disconnected(conn)
	}
}

// transmit sends a message, if there is a connection.
func (p *simPeer) transmit(frame []byte) {
	conn, page := p.conn, p.page
	if conn == nil {
		return
	}
	conn.toRelay(func() {
		p.sim.detail("%s hears %s say %x", conn.relay.name, p.name(), frame)
		if err := conn.session.handleYjs(context.Background(), nil, frame); err != nil {
			p.sim.fail("%s: %v", p.name(), err)
		}
		page.unread = p.sim.ledger.read(page.unread, conn)
	})
}

// inspect implements simUser.
func (p *simPeer) inspect(conn *simConn, m *outgoing, _ bool) (arrive func()) {
	p.sim.tally.frames++
	message, rest, err := protocol.DecodeYjs(m.frame)
	if err != nil || len(rest) > 0 { // released clients read only the first message
		p.sim.fail("%s is sent %x: %v", p.name(), m.frame, err)
	}
	p.sim.detail("%s is sent %T, %d bytes", p.name(), message, len(m.frame))
	return func() {
		if !conn.closed && p.conn == conn {
			p.heard = time.Now()
			p.take(message, isStep2(m.frame))
		}
	}
}

// isStep2 reports whether a message is what somebody lacked, and no edit.
func isStep2(frame []byte) bool { return len(frame) > 1 && frame[0] == 0 && frame[1] == 1 }

// take is called when a message arrives at the browser.
func (p *simPeer) take(message any, whole bool) {
	switch m := message.(type) {
	case protocol.SyncStep1:
		p.transmit(protocol.EncodeSyncStep2(p.page.doc.EncodeStateAsUpdate(m.Vector)))
	case protocol.SyncUpdate:
		if err := p.page.doc.Load(m.Update, simFromRelay); err != nil {
			p.sim.fail("%s cannot read an update: %v", p.name(), err)
		}
		if whole {
			p.synced, p.failed = true, 0
		}
		p.page.look()
	case protocol.Awareness:
		entries, err := awareness.Decode(m.Update, awareness.Limits{})
		if err != nil {
			p.sim.fail("%s cannot read who is there: %v", p.name(), err)
		}
		p.sim.detail("%s hears %v", p.name(), entries)
		p.repeat(p.page.aware.apply(entries))
	}
}

// repeat tells what changed of who is there, to whoever said it too: y-websocket
// does not ask where it has it from.
func (p *simPeer) repeat(changed []uint64) {
	if len(changed) > 0 {
		p.transmit(protocol.EncodeAwareness(p.page.aware.encode(changed...)))
	}
}

// look does what y-websocket does every few seconds, as long as the page is open.
func (p *simPeer) look() {
	p.sim.after(simLook, func() {
		if p.gone {
			return
		}
		p.repeat(p.page.aware.renew())
		p.repeat(p.page.aware.dropSilent())
		if conn := p.conn; conn != nil && time.Since(p.heard) > simSilence {
			if !conn.cut && !conn.over && conn.relay.paused.IsZero() && conn.in {
				p.sim.fail("%s has heard nothing from %s for %v", p.name(), conn.relay.name, time.Since(p.heard))
			}
			p.hangUp()
		}
		p.look()
	})
}
