package wsrelay

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
)

// simKind is how a frontend was written.
type simKind int

const (
	// simModern sends what was typed at once or soon, and keeps it when the
	// room's text comes.
	simModern simKind = iota

	// simBased is modern and says which version it changed.
	simBased

	// simFirst is the first frontend: what is typed goes out as the whole text
	// of that moment when nothing was typed for 300 ms, and the room's text
	// replaces whatever is shown.
	simFirst

	// simFirstBased is the first frontend with the version of that moment.
	simFirstBased

	// simEcho is the first frontend whose editor takes the room's text for
	// something typed.
	simEcho

	simKindCount
)

func (k simKind) String() string {
	return [...]string{"modern", "based", "first", "first based", "echo"}[k]
}

// simDebounce is how long the first frontend waits for more to be typed.
const simDebounce = 300 * time.Millisecond

// simClient is somebody with an editor. All that it does happens on one thread,
// which is now and then busy with something else.
type simClient struct {
	sim    *sim
	rng    *rand.Rand
	number int
	kind   simKind
	pace   time.Duration // of typing, on average
	slow   bool          // reads slowly
	silent bool          // answers no pings
	saves  bool          // asks for saved
	lag    time.Duration // of its lines, on average

	conn      *simConn // nil: it has none
	greeted   bool     // init has come on it
	failed    int      // attempts to connect in a row
	editor    simText
	version   int64 // of the room's text that it got last
	base      int64 // of the room's text that captured was made from
	unsent    []simEdit
	captured  *string // what goes out when nothing more is typed
	sending   *time.Timer
	sent      time.Time // when it last sent a text
	after     int       // how many texts it has sent since all was settled
	busy      time.Time // until when its thread has something to do
	words     int       // that it has typed
	people    map[string]simShown
	me        string
	said      string // its name, if it has said one
	color     string
	only      *simRelay // that it connects to; nil: any
	connected int       // how often it did
}

func (c *simClient) name() string { return fmt.Sprintf("client %d (%v)", c.number, c.kind) }

// task has the client's thread do something, after all that waits for it.
func (c *simClient) task(do func()) {
	at := time.Now()
	if at.Before(c.busy) {
		at = c.busy
	}
	if chance(c.rng, 0.01) {
		at = at.Add(between(c.rng, 0, 400*time.Millisecond))
	}
	c.busy = at.Add(between(c.rng, 1, 2*time.Millisecond))
	c.sim.after(time.Until(at), do)
}

// connect opens a connection to some relay.
func (c *simClient) connect() {
	if c.conn != nil || c.sim.closing {
		return
	}
	relay := c.only
	if relay == nil {
		relay = c.sim.pickRelay(c.rng)
	}
	if relay == nil {
		c.retry()
		return
	}
	c.connected++
	conn := &simConn{
		sim: c.sim, rng: c.rng, user: c, relay: relay, number: c.connected, latency: c.lag, silent: c.silent,
	}
	c.conn, c.greeted = conn, false
	conn.dial(c.slow)
	if c.saves {
		hello := map[string]any{"type": "hello", "features": []string{"saved"}}
		if c.said != "" {
			hello["name"] = c.said
		}
		c.transmit(hello)
	}
}

func (c *simClient) retry() {
	c.failed++
	c.sim.after(between(c.rng, 50*time.Millisecond, time.Duration(min(c.failed, 4))*time.Second), c.connect)
}

// link implements simUser.
func (c *simClient) link() *simConn { return c.conn }

// newYjs implements simUser.
func (*simClient) newYjs() *yjsClient { return nil }

// disconnected implements simUser.
func (c *simClient) disconnected(conn *simConn) {
	if c.conn != conn {
		return
	}
	c.sim.noteQuietly("%s has lost its connection", c.name())
	c.conn, c.greeted = nil, false
	c.captured = nil
	c.retry()
}

// receive is called when a message arrives at the browser.
func (c *simClient) receive(conn *simConn, m simMessage) {
	c.task(func() {
		if !conn.closed && c.conn == conn {
			c.take(conn, m)
		}
	})
}

// simMessage is any message of the server.
type simMessage struct {
	Type, Code, Message string
	UserID              string `json:"user_id"`
	YourUserID          string `json:"your_user_id"`
	Name, Color         string
	YourColor           string `json:"your_color"`
	Participants        []protocol.Participant
	Version, Updates    int64
}

func (c *simClient) take(conn *simConn, m simMessage) {
	switch m.Type {
	case protocol.TypeInit:
		if !c.greeted {
			c.greeted, c.failed = true, 0
			c.people = make(map[string]simShown)
		}
		c.me, c.color = m.YourUserID, m.YourColor
		clear(c.people)
		for _, p := range m.Participants {
			c.people[p.ID] = simShown{p.Name, p.Color}
		}
		c.people[c.me] = simShown{c.said, c.color} // it is not told what it says itself
		c.show(m.Code, m.Version)
		if len(c.unsent) > 0 {
			c.sendLater(simDebounce)
		}
	case protocol.TypeCodeUpdate:
		if !c.greeted {
			c.sim.fail("%s was sent a text before init", c.name())
		}
		c.show(m.Code, m.Version)
	case protocol.TypeSaved:
		c.sim.detail("%s is told that %d texts are saved", c.name(), m.Updates)
		c.sim.ledger.acknowledge(conn, m.Updates)
	case protocol.TypeUserJoined:
		c.people[m.UserID] = simShown{m.Name, m.Color}
	case protocol.TypeUserLeft:
		if _, ok := c.people[m.UserID]; !ok {
			c.sim.fail("%s was told that somebody left who was not there", c.name())
		}
		delete(c.people, m.UserID)
	case protocol.TypeError:
		c.sim.fail("%s was refused: %s %s", c.name(), m.Code, m.Message)
	}
}

// show takes the room's text into the editor.
func (c *simClient) show(text string, version int64) {
	c.sim.detail("%s is shown %d %q", c.name(), version, text)
	c.version = version
	c.editor = parseSimText(text)
	switch c.kind {
	case simModern, simBased:
		c.editor = c.editor.with(c.unsent)
	case simFirst, simFirstBased: // what was typed and is held back still goes out
	case simEcho:
		c.capture()
	}
}

// capture holds back the whole text until nothing was typed for a while.
func (c *simClient) capture() {
	text := c.editor.String()
	c.captured, c.base = &text, c.version
	c.sendLater(simDebounce)
}

// sendLater sends what is held back after a while, from now.
func (c *simClient) sendLater(after time.Duration) {
	if c.sending != nil {
		c.sending.Stop()
	}
	c.sending = c.sim.after(after, func() { c.task(c.flush) })
}

// flush sends what was held back.
func (c *simClient) flush() {
	switch {
	case c.conn == nil || !c.greeted:
	case c.kind == simModern || c.kind == simBased:
		if len(c.unsent) > 0 {
			c.unsent = nil
			c.send(c.editor.String(), c.version)
		}
	case c.captured != nil:
		text := *c.captured
		c.captured = nil
		c.send(text, c.base)
	}
}

// send sends a whole text.
func (c *simClient) send(text string, base int64) {
	message := map[string]any{"type": protocol.TypeCodeUpdate, "code": text}
	if c.kind == simBased || c.kind == simFirstBased {
		message["base_version"] = base
	}
	conn := c.conn
	conn.texts++
	c.sent, c.after = time.Now(), c.after+1
	c.sim.detail("%s sends no. %d %q", c.name(), conn.texts, text)
	number := conn.texts
	pieces := c.sim.ledger.sent(c, parseSimText(text), conn)
	frame := c.transmitFrame(message)
	conn.toRelay(func() {
		conn.session.handle(frame)
		c.sim.ledger.delivered(pieces, conn)
		if c.sim.verbose {
			held := conn.live.text()
			c.sim.note("%s has got no. %d of %s: %q", conn.relay.name, number, c.name(), held)
			c.sim.ledger.checkHeld(conn.live, held)
		}
	})
}

func (c *simClient) transmitFrame(message any) []byte {
	frame, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return frame
}

// transmit sends any other message.
func (c *simClient) transmit(message any) {
	frame, conn := c.transmitFrame(message), c.conn
	conn.toRelay(func() { conn.session.handle(frame) })
}

// live types now and then, in bursts, until the simulation says to rest.
func (c *simClient) live() {
	pause := between(c.rng, c.pace/8, c.pace)
	if chance(c.rng, 0.1) {
		pause += between(c.rng, 0, 3*time.Second)
	}
	c.sim.after(pause, func() {
		if !c.sim.typing {
			return
		}
		c.task(c.act)
		c.live()
	})
}

// act does one thing.
func (c *simClient) act() {
	if !c.sim.typing {
		return
	}
	if c.greeted && chance(c.rng, 0.05) {
		c.transmit(map[string]any{"type": "cursor_move", "line": 1 + c.rng.IntN(9), "column": 1 + c.rng.IntN(9)})
	}
	if c.connected == 0 || c.me == "" {
		return
	}
	edits := c.edits()
	c.editor = c.editor.with(edits)
	switch c.kind {
	case simModern, simBased:
		c.unsent = append(c.unsent, edits...)
		if wait := between(c.rng, -200*time.Millisecond, 150*time.Millisecond); wait > 0 {
			c.sendLater(wait)
		} else {
			c.flush()
		}
	default:
		if c.greeted {
			c.capture()
		}
	}
}
