package wsrelay

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
)

// simPlan is what a schedule is about.
type simPlan struct {
	name    string
	relays  int
	clients int // of the JSON protocol
	peers   int // of the Yjs protocol
	length  time.Duration
	pace    time.Duration // of typing, on average
	lag     time.Duration // between clients and relays
	slow    float64       // of the clients read slowly
	silent  float64       // of the clients answer no pings

	// guessing: some clients do not say which version of the text they changed.
	guessing bool

	ttl     time.Duration
	filler  int // entries that the log has from the beginning
	weather simWeather
	faults  []simFault
	every   time.Duration // a fault, on average
	lossy   bool          // something was lost without a word: a heartbeat must find it
}

func (p *simPlan) String() string {
	return fmt.Sprintf("%s: %d relays, %d clients, %d peers, %v, an edit each %v, lag %v, ttl %v, log of %d, weather %+v",
		p.name, p.relays, p.clients, p.peers, p.length, p.pace, p.lag, p.ttl, p.filler, p.weather)
}

func newSimPlan(seed uint64, rng *rand.Rand) *simPlan {
	p := &simPlan{
		relays: 1 + rng.IntN(3), clients: 1 + rng.IntN(5),
		length: between(rng, time.Second, 6*time.Second),
		pace:   between(rng, 40*time.Millisecond, 500*time.Millisecond),
		lag:    between(rng, time.Millisecond, 60*time.Millisecond),
		ttl:    2 * time.Hour, guessing: seed%2 == 1,
		every: between(rng, 300*time.Millisecond, 3*time.Second),
	}
	if chance(rng, 0.06) {
		p.length *= 4
	}
	p.weather.latency = between(rng, 200*time.Microsecond, 20*time.Millisecond)
	if chance(rng, 0.2) {
		p.filler = compactEntries - rng.IntN(60)
	}
	if chance(rng, 0.15) {
		p.silent = 0.4
	}
	if chance(rng, 0.2) {
		p.slow = 0.4
	}
	switch rng.IntN(8) {
	case 0:
		p.name, p.relays = "bridge, one relay", 1
	case 1:
		p.name, p.relays = "bridge, two relays", 2
	case 2, 3:
		p.name, p.faults = "network", simNetworkFaults
		p.weather = stormy(rng)
	case 4:
		p.name, p.faults = "processes", simProcessFaults
	case 5:
		p.name, p.faults = "losses", simLosses
		p.ttl = []time.Duration{40 * time.Second, 2 * time.Hour}[rng.IntN(2)]
	default:
		p.name = "everything"
		p.faults = append(append(append(p.faults, simNetworkFaults...), simProcessFaults...), simLosses...)
		p.weather = stormy(rng)
	}
	p.addPeers(seed)
	return p
}

// simPeerStream is the stream of chance that tells who speaks which protocol. It is
// one of those by which nobody speaks the Yjs protocol under the curated seeds,
// which are older than that: they go on to mean what they did.
const simPeerStream = 6011

// addPeers has some of those who come speak the Yjs protocol: none, some or all.
func (p *simPlan) addPeers(seed uint64) {
	rng := rand.New(rand.NewPCG(seed, simPeerStream))
	if chance(rng, 0.5) {
		return
	}
	p.peers = 1 + rng.IntN(4)
	p.clients = max(0, p.clients-rng.IntN(4))
}

// stormy is some kind of bad weather.
func stormy(rng *rand.Rand) simWeather {
	some := func(most float64) float64 {
		if chance(rng, 0.5) {
			return 0
		}
		return most * rng.Float64()
	}
	return simWeather{
		latency: between(rng, 200*time.Microsecond, 200*time.Millisecond),
		refuse:  some(0.2), forget: some(0.3), late: some(0.2),
		drop: some(0.3), double: some(0.2), overtakeable: some(0.2),
	}
}

// simFault is something that can happen.
type simFault struct {
	name string
	do   func(*sim)
}

var simNetworkFaults = []simFault{
	{"a client's connection breaks", func(s *sim) { s.breakConn(false) }},
	{"a client's connection dies without a word", func(s *sim) { s.breakConn(true) }},
	{"Redis refuses one relay", func(s *sim) { s.pickLink().refused = s.until(8 * time.Second) }},
	{"Redis stalls for one relay", func(s *sim) { s.pickLink().stalled = s.until(6 * time.Second) }},
	{"Redis refuses all", func(s *sim) { s.allLinks(func(l *simLink, t time.Time) { l.refused = t }) }},
	{"Redis stalls", func(s *sim) { s.allLinks(func(l *simLink, t time.Time) { l.stalled = t }) }},
	{"one subscription breaks", func(s *sim) { s.pickLink().interrupt(between(s.rng, 0, 3*time.Second), false) }},
	{"one subscription loses messages", func(s *sim) { s.pickLink().interrupt(between(s.rng, 0, 3*time.Second), true) }},
	{"the log is compacted by somebody else", (*sim).compact},
}

var simProcessFaults = []simFault{
	{"a client's connection breaks", func(s *sim) { s.breakConn(false) }},
	{"a relay is killed", (*sim).crash},
	{"a relay pauses", (*sim).pauseRelay},
	{"a relay drains", (*sim).drainRelay},
	{"a relay is added", func(s *sim) { s.startRelay() }},
	{"Redis stalls for one relay", func(s *sim) { s.pickLink().stalled = s.until(6 * time.Second) }},
}

var simLosses = []simFault{
	{"Redis forgets everything", (*sim).flush},
	{"Redis forgets the log", func(s *sim) { s.forget(simLogKey) }},
	{"Redis forgets a key", func(s *sim) { s.forget(s.rng.IntN(simKeys)) }},
	{"Redis fails over", (*sim).failOver},
	{"Redis fails over", (*sim).failOver},
	{"one subscription breaks", func(s *sim) { s.pickLink().interrupt(between(s.rng, 0, 3*time.Second), false) }},
	{"the log is compacted by somebody else", (*sim).compact},
	{"a client's connection breaks", func(s *sim) { s.breakConn(false) }},
}

// planFaults has faults happen now and then.
func (s *sim) planFaults() {
	if len(s.plan.faults) == 0 {
		return
	}
	s.after(between(s.rng, 0, 2*s.plan.every), func() {
		if !s.typing {
			return
		}
		fault := s.plan.faults[s.rng.IntN(len(s.plan.faults))]
		s.note("%s", fault.name)
		fault.do(s)
		s.planFaults()
	})
}

// replicate keeps states of Redis, as a replica that lags behind has them.
func (s *sim) replicate() {
	if !s.typing {
		return // nothing is lost any more
	}
	const most = 5
	s.saves = append(s.saves[max(0, len(s.saves)+1-most):], s.store.room(simRoomID).clone())
	s.after(between(s.rng, 0, 500*time.Millisecond), s.replicate)
}

// until is a time from now on.
func (s *sim) until(most time.Duration) time.Time { return time.Now().Add(between(s.rng, 0, most)) }

// pickLink is the link of any relay.
func (s *sim) pickLink() *simLink { return s.relays[s.rng.IntN(len(s.relays))].link }

func (s *sim) allLinks(do func(l *simLink, until time.Time)) {
	until := s.until(6 * time.Second)
	for _, r := range s.relays {
		do(r.link, until)
	}
}

// breakConn ends somebody's connection; without a word, the relay finds out late.
func (s *sim) breakConn(quietly bool) {
	users := s.users()
	user := users[s.rng.IntN(len(users))]
	conn := user.link()
	switch {
	case conn == nil:
		return
	case quietly:
		conn.vanish()
	default:
		conn.leave()
	}
	if p, ok := user.(*simPeer); ok && quietly && chance(p.rng, 0.5) {
		return // it finds out when it has heard nothing for long
	}
	user.disconnected(conn)
}

func (s *sim) crash() {
	r := s.pickRelay(s.rng)
	if r == nil {
		return
	}
	s.note("it is %s", r.name)
	s.ledger.destroy(r.rooms(), s.store.log())
	r.kill()
	s.after(between(s.rng, 0, 4*time.Second), func() { s.startRelay() })
}

func (s *sim) pauseRelay() {
	r := s.pickRelay(s.rng)
	if r == nil {
		return
	}
	until := s.until(90 * time.Second)
	s.note("it is %s, for %v", r.name, time.Until(until))
	r.paused, r.link.stalled = until, until
	s.after(between(s.rng, 0, 20*time.Second), func() { // its people give up
		for _, u := range s.users() {
			if conn := u.link(); conn != nil && conn.relay == r && time.Until(r.paused) > 0 {
				conn.leave()
				u.disconnected(conn)
			}
		}
	})
	if len(s.alive()) < 2 {
		s.startRelay()
	}
}

func (s *sim) drainRelay() {
	r := s.pickRelay(s.rng)
	if r == nil {
		return
	}
	s.note("it is %s", r.name)
	r.drain()
	s.startRelay()
}

func (s *sim) flush() {
	s.ledger.destroy(nil, nil)
	s.tally.losses++
	s.plan.lossy = true
	delete(s.store.rooms, simRoomID)
}

func (s *sim) forget(key int) {
	s.note("it is %s", simKeyNames[key])
	if key == simLogKey {
		s.ledger.destroy(nil, nil)
		s.tally.losses++
		s.plan.lossy = true
	}
	s.codeForgotten = s.codeForgotten || key == simCodeKey
	s.store.room(simRoomID).del(key)
}

// failOver goes back to an earlier state of Redis.
func (s *sim) failOver() {
	saved := s.saves[s.rng.IntN(len(s.saves))]
	s.ledger.destroy(nil, saved.log)
	s.tally.losses++
	s.plan.lossy = true
	s.store.rooms[simRoomID] = saved.clone()
	for _, r := range s.relays {
		silent := chance(s.rng, 0.3)
		r.link.stalled = s.until(2 * time.Second)
		r.link.interrupt(between(s.rng, 0, 2*time.Second), silent)
	}
}

// compact is what a relay does that is not part of the simulation.
func (s *sim) compact() {
	log := s.store.log()
	if log == nil || len(log.entries) == 0 {
		return
	}
	doc := crdt.NewDoc()
	replayInto(doc, log)
	state, err := s.store.load(simRoomID, room.Position{})
	if err != nil {
		panic(err)
	}
	snapshot := room.Snapshot{Document: doc.EncodeStateAsUpdate(nil)}
	if state.Meta != nil {
		snapshot.Meta = *state.Meta
	}
	if err := s.store.compact(simRoomID, state.Head, snapshot); err != nil {
		panic(err)
	}
}
