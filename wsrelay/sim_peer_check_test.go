package wsrelay

import (
	"bytes"
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
)

// comparePages compares the documents of all that have one with that of the log.
func (s *sim) comparePages() {
	doc := crdt.NewDoc()
	replayInto(doc, s.store.log())
	for _, r := range s.alive() {
		for _, live := range r.rooms() {
			live.mu.Lock()
			held := live.doc.doc
			s.sameDoc(r.name, held, doc)
			live.mu.Unlock()
		}
	}
	for _, p := range s.peers {
		if !p.gone {
			s.sameDoc(p.name(), p.page.doc, doc)
			p.page.check()
		}
	}
}

// sameDoc compares a document with that of the log. What waits for edits of a page
// that is gone, and which nobody else has, may wait for ever.
func (s *sim) sameDoc(whose string, doc, want *crdt.Doc) {
	text := doc.Text(simTextName).String()
	s.same(whose, text, want.Text(simTextName).String())
	switch {
	case !bytes.Equal(doc.EncodeStateVector(), want.EncodeStateVector()):
		s.fail("%s has another state vector than the log:\n%v\n%v", whose, vectorOf(doc), vectorOf(want))
	case doc.HasPending() || want.HasPending():
	case !bytes.Equal(doc.EncodeStateAsUpdate(nil), want.EncodeStateAsUpdate(nil)):
		s.fail("%s has another document than the log:\n%x\n%x", whose, doc.EncodeStateAsUpdate(nil), want.EncodeStateAsUpdate(nil))
	}
}

func vectorOf(doc *crdt.Doc) crdt.StateVector {
	vector, err := crdt.DecodeStateVector(doc.EncodeStateVector())
	if err != nil {
		panic(err)
	}
	return vector
}

// check looks whether a document has all that was done on its page.
func (g *simPage) check() {
	s := g.peer.sim
	for _, word := range g.words() {
		if g.dead[word] && !s.ledger.adopted[word] {
			s.misjudge("%q is back, which %s deleted", word, g.peer.name())
		}
	}
	settings := g.doc.Map(simMapName)
	for key, want := range g.values {
		if got, _ := settings.Get(key); got != want && key != "all" {
			s.fail("%s has set %q to %q, and it is %v", g.peer.name(), key, want, got)
		}
	}
	state := g.doc.EncodeStateAsUpdate(nil)
	for _, item := range g.list {
		if n := bytes.Count(state, []byte(item)); n != 1 {
			s.fail("%s has added %q to the list, and it is there %d times", g.peer.name(), item, n)
		}
	}
}

// adopt notes a text that a relay has taken for that of a room whose log is lost. It
// is some seconds old, and may have what was deleted since.
func (l *simLedger) adopt(text string) {
	for _, word := range parseSimText(text) {
		l.adopted[word] = true
	}
}

// kept reports whether a page that is open has had a word: then it must be in the
// text, whoever else has lost it, unless somebody deleted it.
func (l *simLedger) kept(p *simPiece) bool {
	return !p.removed && slices.ContainsFunc(l.sim.peers, func(peer *simPeer) bool {
		return !peer.gone && peer.page.seen[p.word]
	})
}

// read notes which of some words a relay has taken in, and returns the others.
func (l *simLedger) read(waiting []*simPiece, conn *simConn) (left []*simPiece) {
	if len(waiting) == 0 {
		return nil
	}
	held := wordsOf(conn.live.text())
	for _, p := range waiting {
		switch {
		case held[p.word]:
			l.delivered([]*simPiece{p}, conn)
		case !p.removed:
			left = append(left, p)
		}
	}
	return left
}

// simShown is somebody as others see them.
type simShown struct{ name, color string }

// here are those who are connected, by the id that the relay gave them.
func (s *sim) here() map[string]simShown {
	here := make(map[string]simShown)
	for _, c := range s.clients {
		if c.conn != nil && c.conn.session != nil {
			here[c.conn.session.id] = simShown{c.said, c.color}
		}
	}
	for _, p := range s.peers {
		if p.conn != nil && p.conn.session != nil {
			here[p.conn.session.id] = simShown{p.page.state.User.Name, p.page.state.User.Color}
		}
	}
	return here
}

// statesHere are the states of those who are there: of clients of the JSON
// protocol, whose states the relays make, the name and the colour.
func (s *sim) statesHere() map[uint64]string {
	here := make(map[uint64]string)
	for _, p := range s.peers {
		if p.conn != nil {
			here[p.page.aware.me] = p.page.aware.states[p.page.aware.me]
		}
	}
	for _, c := range s.clients {
		if c.conn != nil && c.conn.session != nil {
			person := &member{Person: room.Person{ID: c.conn.session.id}}
			here[clientOf(person)] = c.said + c.color
		}
	}
	return here
}

// checkStates looks whom a page shows as being there: everybody who is, and none
// who is not.
func (p *simPeer) checkStates() {
	here := p.sim.statesHere()
	for client, state := range p.page.aware.states {
		if isMadeUp(client) {
			said := readState(state)
			state = said.User.Name + said.User.Color
		}
		if known, ok := here[client]; !ok {
			p.sim.fail("%s shows %d, who is not there: %s", p.name(), client, state)
		} else if known != state {
			p.sim.fail("%s shows %d as %s, and it is %s", p.name(), client, state, known)
		}
	}
	for client, state := range here {
		if p.page.aware.states[client] == "" {
			p.sim.fail("%s does not show %d, %s", p.name(), client, state)
		}
	}
}

// checkAware looks whether a relay would show somebody who is not there to who comes.
func (s *sim) checkAware(r *simRelay) {
	here := s.statesHere()
	for _, live := range r.rooms() {
		live.mu.Lock()
		for e := range live.aware.All() {
			if here[e.Client] == "" {
				s.fail("%s shows %d, who is not there: %s", r.name, e.Client, e.State)
			}
		}
		live.mu.Unlock()
	}
}

// untold are the clients that a relay shows to others, and a page of its does not.
func (p *simPeer) untold() (untold []uint64) {
	if p.conn == nil || p.conn.live == nil {
		return nil
	}
	p.conn.live.mu.Lock()
	defer p.conn.live.mu.Unlock()
	for e := range p.conn.live.aware.All() {
		if p.page.aware.states[e.Client] == "" {
			untold = append(untold, e.Client)
		}
	}
	return untold
}

// checkGreeted looks whether those who have just come were told who is there.
func (s *sim) checkGreeted(late []*simPeer) {
	lacked := make(map[*simPeer][]uint64)
	s.locked(func() {
		for _, p := range late {
			lacked[p] = p.untold()
		}
	})
	wait(200 * time.Millisecond) // some may have come in this moment
	s.locked(func() {
		for _, p := range late {
			for _, client := range p.untold() {
				if slices.Contains(lacked[p], client) {
					p.sim.fail("%s was not told of %d when it came", p.name(), client)
				}
			}
		}
	})
}
