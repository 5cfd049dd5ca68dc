package wsrelay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/wsrelay/bridge"
)

// simTextPace is the least time between two texts that a client is sent, as it
// was promised.
const simTextPace = 50 * time.Millisecond

// inspect implements simUser.
func (c *simClient) inspect(conn *simConn, m *outgoing, held bool) (arrive func()) {
	var frame simMessage
	c.sim.tally.frames++
	if err := json.Unmarshal(m.frame, &frame); err != nil {
		c.sim.fail("%s is sent %q: %v", c.name(), m.frame, err)
	}
	switch frame.Type {
	case protocol.TypeSaved:
		c.sim.ledger.checkSaved(conn, frame.Updates)
	case protocol.TypeInit:
		conn.version = frame.Version
	case protocol.TypeCodeUpdate:
		conn.inspectText(frame.Version, held)
	}
	c.sim.detail("%s is sent %s %d as no. %d", c.name(), frame.Type, frame.Version, m.number)
	return func() { c.receive(conn, frame) }
}

// inspectText looks at a text that a relay sends.
func (c *simConn) inspectText(version int64, held bool) {
	if version < c.version {
		c.sim.fail("%s is sent version %d after %d", c.user.name(), version, c.version)
	}
	c.version = version
	if held {
		c.pushed = time.Time{}
		return
	}
	if gap := time.Since(c.pushed); gap < simTextPace {
		c.sim.fail("%s is sent two texts within %v", c.user.name(), gap)
	}
	c.pushed = time.Now()
}

// watch looks now and then at what must always be so.
func (s *sim) watch() {
	s.after(between(s.rng, 0, time.Second), func() {
		s.checkKeys()
		for _, r := range s.relays {
			for _, live := range r.rooms() {
				if what := live.unbounded(); what != "" {
					s.fail("%s: %s", r.name, what)
				}
			}
		}
		s.watch()
	})
}

// checkKeys looks for keys without an end.
func (s *sim) checkKeys() {
	r := s.store.room(simRoomID)
	for key := range simKeys {
		if left := time.Until(r.ends[key]); r.has(key) && (r.ends[key].IsZero() || left > s.plan.ttl) {
			s.fail("the key %s lives until %v", simKeyNames[key], r.ends[key])
		}
	}
}

// unbounded says what of a room has grown beyond its limit.
func (r *liveRoom) unbounded() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.doc.history.Since(r.doc.version() - bridge.MaxHistory - 1); ok {
		return "the history is too long"
	}
	if r.doc.unsavedBytes > r.doc.collapseAt+maxFrameBytes {
		return fmt.Sprintf("%d bytes are unsaved", r.doc.unsavedBytes)
	}
	if len(r.doc.untold) > 0 {
		return fmt.Sprintf("Yjs clients were not told of %d changes", len(r.doc.untold))
	}
	if len(r.departed) > 2*maxDeparted {
		return fmt.Sprintf("%d people have left", len(r.departed))
	}
	for s := range r.sessionsLocked() {
		s.out.mu.Lock()
		bytes := s.out.bytes
		s.out.mu.Unlock()
		if bytes > maxQueueBytes+maxFrameBytes {
			return fmt.Sprintf("%d bytes wait for a client", bytes)
		}
	}
	return ""
}

// heal has everybody stop typing and repairs everything, one soon after the other:
// of what was lost last, nothing that follows tells.
func (s *sim) heal() {
	pause := time.Duration(0)
	s.locked(func() {
		s.note("nobody types any more")
		s.typing = false
		pause = between(s.rng, 0, 2*time.Second)
	})
	wait(pause)
	s.locked(func() {
		s.note("everything is repaired")
		s.plan.weather = simWeather{latency: time.Millisecond}
		if len(s.alive()) == 0 {
			s.startRelay()
		}
		for _, r := range s.relays {
			if time.Until(r.paused) > 0 {
				r.paused = time.Now()
			}
			r.link.stalled, r.link.refused, r.link.deaf = time.Time{}, time.Time{}, time.Time{}
			r.link.weather = s.plan.weather
		}
	})
}

// settle waits until everybody is connected and has sent all, and then for as
// long as it may take until all show the same. It reports false when the room is gone.
func (s *sim) settle() bool {
	const limit = 120 * time.Second
	ready := false
	for start := time.Now(); !ready && time.Since(start) < limit; {
		wait(100 * time.Millisecond)
		s.locked(func() { ready = !slices.ContainsFunc(s.users(), simUser.unsettled) })
	}
	quiet := 5 * time.Second
	s.locked(func() {
		for _, c := range s.clients {
			c.after = 0
		}
		switch {
		case s.plan.slow > 0: // until they have read all that waits for them
			quiet = time.Minute
		case s.plan.lossy:
			quiet = 15 * time.Second
		}
	})
	wait(quiet)
	gone := false
	s.locked(func() {
		r := s.store.room(simRoomID)
		gone = r.log == nil && r.code == nil
		switch {
		case gone:
			s.ledger.check("")
		case !ready:
			for _, u := range s.users() {
				if u.unsettled() {
					s.fail("%s is not connected, or holds something back, %v after the last fault", u.name(), limit)
				}
			}
		}
	})
	return !gone
}

// unsettled implements simUser.
func (c *simClient) unsettled() bool {
	return c.conn == nil || !c.greeted || c.captured != nil || len(c.unsent) > 0
}

// compare compares all who have the text, old and new.
func (s *sim) compare() {
	late := len(s.peers)
	s.locked(func() {
		s.startRelay()
		for _, r := range s.alive() {
			c := s.addClient()
			c.kind, c.slow, c.silent, c.lag, c.only = simModern, false, false, time.Millisecond, r
			c.connect()
			if s.plan.peers > 0 {
				p := s.addPeer()
				p.slow, p.lag, p.only = false, time.Millisecond, r
				p.connect()
			}
		}
	})
	wait(3 * time.Second)
	s.locked(func() {
		text := replayed(s.store.log())
		for _, r := range s.alive() {
			for _, live := range r.rooms() {
				held := live.text()
				s.same(r.name, held, text)
			}
		}
		for _, c := range s.clients {
			s.same(c.name(), c.editor.String(), text)
			s.checkAtRest(c)
		}
		s.comparePages()
		if s.plan.silent == 0 {
			s.ledger.check(text)
		}
	})
	s.checkGreeted(s.peers[late:])
	s.checkView()
	s.checkPeople()
}

// checkPeople looks whom everybody shows as being there, when those who were with
// a relay that was killed have been forgotten.
func (s *sim) checkPeople() {
	wait(45 * time.Second)
	if s.plan.slow > 0 && s.plan.peers > 0 { // those who have come last have said much
		wait(time.Minute)
	}
	s.locked(func() {
		here := s.here()
		for _, c := range s.clients {
			if c.conn != nil && !maps.Equal(c.people, here) {
				s.fail("%s shows %v, and there are %v", c.name(), c.people, here)
			}
		}
		for _, p := range s.peers {
			if p.conn != nil {
				p.checkStates()
			}
		}
		for _, r := range s.alive() {
			s.checkAware(r)
		}
	})
}

// checkView looks at the text for other programs. If whoever was to write it was
// killed, somebody else does at a heartbeat.
func (s *sim) checkView() {
	fresh := func() bool {
		code := s.store.room(simRoomID).code
		return code != nil && *code == replayed(s.store.log())
	}
	ok := false
	if s.locked(func() { ok = fresh() }); ok {
		return
	}
	wait(11 * time.Second)
	s.locked(func() {
		if !fresh() && !s.codeForgotten {
			s.fail("the view is not the text")
		}
	})
}

// checkAtRest looks whether a client has heard that all is saved, and has come to rest.
func (s *sim) checkAtRest(c *simClient) {
	const most = 12 // texts that are sent back: a loop would bring more
	if c.after > most {
		s.fail("%s has sent %d texts since nobody types", c.name(), c.after)
	}
	if c.saves && c.conn != nil && c.conn.saved != c.conn.texts && time.Since(c.sent) > 5*time.Second {
		s.fail("%s knows of %d texts that they are saved, of %d", c.name(), c.conn.saved, c.conn.texts)
	}
}

// same compares a text with that of the log.
func (s *sim) same(whose, text, want string) {
	if text != want {
		s.fail("%s has another text than the log:\n%q\n%q", whose, text, want)
	}
}
