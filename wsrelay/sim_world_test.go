package wsrelay

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
)

// sim is one schedule: relays, clients, Redis and what lies between them, in a
// bubble of testing/synctest, where time passes as soon as nobody has anything to
// do. Everything but the relays themselves is guarded by one lock. All chance
// comes from the seed, but for the little that the relays draw themselves.
type sim struct {
	seed    uint64
	verbose bool
	plan    *simPlan
	rng     *rand.Rand
	began   time.Time

	mu            sync.Mutex
	store         *simStore
	started       int         // relay processes
	relays        []*simRelay // all that were ever started
	clients       []*simClient
	peers         []*simPeer
	ledger        *simLedger
	saves         []*simRoom // states of Redis to go back to
	typing        bool
	codeForgotten bool // the view was deleted
	closing       bool // nobody connects any more
	over          bool // nothing happens any more
	lines         []string
	faults        []string // what should not be
	misjudged     []string // what comes of a base that was guessed, and was another
	tally         simTally

	work sync.WaitGroup // connections, and relays that drain

	logMu  sync.Mutex
	logged []string
	bad    []string // of what was logged
}

// simTally is what a schedule amounts to.
type simTally struct{ schedules, words, frames, appends, losses, returned int }

func newSim(seed uint64) *sim {
	s := &sim{seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), began: time.Now(), typing: true}
	s.plan = newSimPlan(seed, s.rng)
	s.note("%v", s.plan)
	s.ledger = newSimLedger(s)
	s.store = newSimStore(s.plan.ttl, 28*time.Second)
	s.store.publish = s.publish
	s.store.expired = func() {
		s.note("the room expires")
		s.ledger.destroy(nil, nil)
	}
	return s
}

// locked does something under the lock.
func (s *sim) locked(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// after does something later, under the lock, as long as the simulation runs.
func (s *sim) after(d time.Duration, do func()) *time.Timer {
	return time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		defer func() {
			if value := recover(); value != nil {
				s.fail("panic: %v\n%s", value, debug.Stack())
			}
		}()
		if !s.over {
			do()
		}
	})
}

// afterStall does something later, and not before a stall is over, which may be
// repaired sooner than it was to last.
func (s *sim) afterStall(d time.Duration, stall func() time.Time, do func()) {
	const look = 200 * time.Millisecond
	s.after(d, func() {
		if left := time.Until(stall()); left > 0 {
			s.afterStall(min(left, look), stall, do)
			return
		}
		do()
	})
}

// publish is what Redis does with a message.
func (s *sim) publish(id string, e room.Event) (receivers int) {
	if _, ok := e.(room.Appended); ok {
		s.tally.appends++
	}
	for _, r := range s.relays {
		if r.link.hear(id, e) {
			receivers++
		}
	}
	return receivers
}

// note writes a line of the timeline.
func (s *sim) note(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf("%9.3fs  ", time.Since(s.began).Seconds())+fmt.Sprintf(format, args...))
}

// maxSimLines is how long a timeline gets before only what matters is added.
const maxSimLines = 400

// noteQuietly notes what happens often.
func (s *sim) noteQuietly(format string, args ...any) {
	if len(s.lines) < maxSimLines {
		s.note(format, args...)
	}
}

// detail notes what only somebody wants to know who looks into one schedule.
func (s *sim) detail(format string, args ...any) {
	if s.verbose {
		s.note(format, args...)
	}
}

// fail notes something that should not be.
func (s *sim) fail(format string, args ...any) {
	const most = 20
	if len(s.faults) < most {
		s.faults = append(s.faults, fmt.Sprintf(format, args...))
		s.note("FAILURE: "+format, args...)
	}
}

// misjudge notes that a word is there twice, or is not. Where clients do not say
// which text they changed, there is a little of that.
func (s *sim) misjudge(format string, args ...any) {
	if !s.plan.guessing {
		s.fail(format, args...)
		return
	}
	s.misjudged = append(s.misjudged, fmt.Sprintf(format, args...))
	s.note("MISJUDGED: "+format, args...)
}

// pickRelay chooses a relay that lets people in; nil: there is none.
func (s *sim) pickRelay(rng *rand.Rand) *simRelay {
	alive := s.alive()
	if len(alive) == 0 {
		return nil
	}
	return alive[rng.IntN(len(alive))]
}

// alive lists the relays that let people in.
func (s *sim) alive() []*simRelay {
	var alive []*simRelay
	for _, r := range s.relays {
		if !r.gone && !r.draining {
			alive = append(alive, r)
		}
	}
	return alive
}

// create makes the room, with a few words, and a log of some length.
func (s *sim) create() {
	var text strings.Builder
	for i := range s.rng.IntN(12) {
		word := fmt.Sprintf("w0x%03d%s", i, []string{" ", "\n"}[s.rng.IntN(2)])
		s.ledger.typed(word, nil).delivered = true
		text.WriteString(word)
	}
	code := text.String()
	snapshot := simSnapshot(crdt.NewDoc(), code)
	snapshot.Meta.Language = room.DefaultLanguage
	s.store.seed(simRoomID, snapshot, &code)
	epoch := s.store.log().epoch
	for i := range s.plan.filler {
		e := room.NewEntry("z", "", strconv.Itoa(i)) // of a version to come
		e.Epoch = epoch
		if _, err := s.store.append(simRoomID, e, false); err != nil {
			panic(err)
		}
	}
}

// addClient has somebody come who will type.
func (s *sim) addClient() *simClient {
	c := &simClient{
		sim: s, rng: rand.New(rand.NewPCG(s.seed, uint64(1+len(s.clients)))), number: 1 + len(s.clients),
		pace: s.plan.pace, lag: s.plan.lag, people: make(map[string]simShown),
	}
	c.kind = simBased
	if s.plan.guessing {
		c.kind = simKind(c.rng.IntN(int(simKindCount)))
	}
	c.slow = chance(c.rng, s.plan.slow)
	c.silent = chance(c.rng, s.plan.silent)
	if c.saves = chance(c.rng, 0.5); c.saves && s.plan.peers > 0 {
		c.said = fmt.Sprintf("Client %d", c.number)
	}
	if chance(c.rng, 0.1) {
		c.lag = between(c.rng, 100*time.Millisecond, 1500*time.Millisecond)
	}
	s.clients = append(s.clients, c)
	return c
}

// users are all clients, of either protocol.
func (s *sim) users() []simUser {
	users := make([]simUser, 0, len(s.clients)+len(s.peers))
	for _, c := range s.clients {
		users = append(users, c)
	}
	for _, p := range s.peers {
		users = append(users, p)
	}
	return users
}

// wait lets time pass.
func wait(d time.Duration) { <-time.After(d) }

// run runs the schedule to its end.
func (s *sim) run() {
	s.locked(func() {
		s.create()
		for range s.plan.relays {
			s.startRelay()
		}
		for range s.plan.clients {
			c := s.addClient()
			s.after(between(c.rng, 0, time.Second), c.connect)
			c.live()
		}
		for range s.plan.peers {
			p := s.addPeer()
			s.after(between(p.rng, 0, time.Second), p.connect)
			p.live()
		}
		s.planFaults()
		s.replicate()
		s.watch()
	})
	wait(s.plan.length)
	s.heal()
	if s.settle() {
		s.compare()
	}
	s.end()
}

// end has everybody go and every goroutine end.
func (s *sim) end() {
	s.locked(func() {
		s.closing = true
		for _, u := range s.users() {
			if conn := u.link(); conn != nil {
				conn.leave()
			}
		}
	})
	wait(2 * time.Second)
	s.locked(func() {
		for _, r := range s.relays {
			if !r.gone && !r.draining {
				r.drain()
			}
		}
	})
	s.work.Wait()
	s.locked(func() {
		s.over = true
		s.logMu.Lock()
		defer s.logMu.Unlock()
		for _, line := range s.bad {
			s.fail("%s", line)
		}
	})
}
