package wsrelay

import (
	"slices"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
)

// simLedger knows what was typed, and what of it must be in the text in the end:
// what reached a relay, unless somebody deleted it who saw it, or all that had it
// was destroyed.
type simLedger struct {
	sim     *sim
	pieces  map[string]*simPiece
	order   []*simPiece
	damage  int             // how often the log lost something
	adopted map[string]bool // words of texts that were adopted
}

// simPiece is a word that somebody typed.
type simPiece struct {
	word      string
	by        simUser     // nil: it was there from the beginning
	conn      *simConn    // on which it was sent
	index     int64       // of the text that brought it, on that connection
	delivered bool        // it has reached a relay
	holder    *liveRoom   // in which
	damage    int         // of the log at that time
	logged    int         // the damage at which the log was seen to have it; -1: never
	acked     int         // the damage at which the log is known to have it; -1: it is not
	removed   bool        // somebody who saw it deleted it
	excused   bool        // all who had it are gone
	kept      []*liveRoom // who had it when the log lost it
}

func newSimLedger(s *sim) *simLedger {
	return &simLedger{sim: s, pieces: make(map[string]*simPiece), adopted: make(map[string]bool)}
}

// typed notes a new word.
func (l *simLedger) typed(word string, by simUser) *simPiece {
	p := &simPiece{word: word, by: by, acked: -1, logged: -1}
	l.pieces[word] = p
	l.order = append(l.order, p)
	return p
}

// removed notes that somebody deletes a word that they see.
func (l *simLedger) removed(word string) {
	if p := l.pieces[word]; p != nil {
		p.removed = true
	}
}

// undo notes that somebody goes back to a text that they had before: what they
// see now is deleted, and what they sent since.
func (l *simLedger) undo(to simText, c *simClient) {
	for _, word := range c.editor {
		if !slices.Contains(to, word) {
			l.removed(word)
		}
	}
	for _, p := range l.order {
		if p.by == c && p.conn != nil && !slices.Contains(to, p.word) {
			p.removed = true
		}
	}
}

// sent notes what a client's text brings that it has not sent before.
func (l *simLedger) sent(c *simClient, text simText, conn *simConn) []*simPiece {
	var pieces []*simPiece
	for _, word := range text {
		if p := l.pieces[word]; p != nil && p.by == c && p.conn == nil {
			p.conn, p.index = conn, conn.texts
			pieces = append(pieces, p)
		}
	}
	return pieces
}

// delivered notes that a relay has taken in what was sent.
func (l *simLedger) delivered(pieces []*simPiece, conn *simConn) {
	for _, p := range pieces {
		p.delivered, p.holder, p.damage = true, conn.live, l.damage
	}
	conn.pieces = append(conn.pieces, pieces...)
}

// acknowledge notes that a client was told that its first so many texts are saved.
func (l *simLedger) acknowledge(conn *simConn, texts int64) {
	if texts < conn.saved || texts > conn.texts {
		l.sim.fail("%s was told that %d texts are saved, after %d, of %d", conn.user.name(), texts, conn.saved, conn.texts)
	}
	conn.saved = texts
	for _, p := range conn.pieces {
		if p.index <= texts && p.acked < 0 && p.logged == l.damage {
			p.acked = l.damage
		}
	}
}

// checkSaved compares what a relay says to be saved with the log. It is called
// when the word leaves, not long after it was said. A log that has just lost
// something, and be it only what was said before, is being mended: nothing can be
// said of it.
func (l *simLedger) checkSaved(conn *simConn, texts int64) {
	if l.sim.plan.silent > 0 {
		return
	}
	var log map[string]bool
	for _, p := range conn.pieces {
		if p.index > texts || p.removed || p.damage != l.damage || p.logged >= 0 {
			continue
		}
		if log == nil {
			doc := crdt.NewDoc()
			log = wordsOf(replayInto(doc, l.sim.store.log()))
			if doc.HasPending() {
				return
			}
		}
		if !log[p.word] {
			l.sim.misjudge("%s is told that %q is saved, and it is not in the log", conn.user.name(), p.word)
			return
		}
		p.logged = l.damage
	}
}

// destroy notes that rooms in relays are gone, and that the log is another one,
// after a loss. Of what nobody else has, nothing more is expected.
func (l *simLedger) destroy(gone []*liveRoom, after *simStream) {
	before := l.sim.store.log()
	damaged := after != before
	lost, logged := wordsOf(replayed(before)), wordsOf(replayed(after))
	for _, live := range gone {
		addWords(lost, live.text())
	}
	held := l.held(gone)
	for _, p := range l.order {
		if !p.owed() {
			continue
		}
		var keepers []*liveRoom
		for live, words := range held {
			if words[p.word] || p.holder == live {
				keepers = append(keepers, live)
			}
		}
		switch {
		case logged[p.word], !damaged && p.acked == l.damage:
		case len(keepers) > 0:
			if damaged {
				p.kept = keepers
			}
		case lost[p.word], slices.Contains(gone, p.holder), damaged && p.acked == l.damage:
			p.excused = true
		}
	}
	if damaged {
		l.damage++
	}
}

// held are the rooms that relays hold, without some, and the words in them.
func (l *simLedger) held(without []*liveRoom) map[*liveRoom]map[string]bool {
	held := make(map[*liveRoom]map[string]bool)
	for _, r := range l.sim.relays {
		for _, live := range r.rooms() {
			if !r.gone && !live.isClosing() && !slices.Contains(without, live) {
				held[live] = wordsOf(live.text())
			}
		}
	}
	return held
}

// letGo reports whether all who had a word when the log lost it have let go of
// the room since, as they may when nobody is in it, before they noticed.
func (l *simLedger) letGo(p *simPiece) bool {
	held := l.held(nil)
	return len(p.kept) > 0 && !slices.ContainsFunc(p.kept, func(live *liveRoom) bool { return held[live] != nil })
}

// owed reports whether a word must be in the text.
func (p *simPiece) owed() bool { return p.delivered && !p.removed && !p.excused }

// checkWords looks for words in a text that nobody typed, or that are there twice.
func (l *simLedger) checkWords(text string) (count map[string]int) {
	count = make(map[string]int)
	for _, word := range parseSimText(text) {
		count[word]++
		if p := l.pieces[word]; p == nil {
			l.sim.fail("%q is in the text, and nobody typed that", word)
		} else if count[word] == 2 {
			l.sim.misjudge("%q is in the text twice", word)
		}
	}
	return count
}

// checkHeld looks for the first thing that goes wrong in a room.
func (l *simLedger) checkHeld(live *liveRoom, text string) {
	if l.sim.plan.silent > 0 {
		return
	}
	count := l.checkWords(text)
	for _, p := range l.order {
		if p.owed() && p.holder == live && count[p.word] == 0 {
			l.sim.misjudge("%q is gone", p.word)
			p.excused = true
		}
	}
}

// check compares the text in the end with what was typed.
func (l *simLedger) check(text string) {
	count := l.checkWords(text)
	for _, p := range l.order {
		if count[p.word] == 0 && (p.owed() && !l.letGo(p) || text != "" && l.kept(p)) {
			by := "the beginning"
			if p.by != nil {
				by = p.by.name()
			}
			l.sim.misjudge("%q, from %s, is not in the text", p.word, by)
		}
		if p.delivered && p.removed && !p.excused && l.damage == 0 && count[p.word] > 0 {
			l.sim.tally.returned++
		}
	}
	l.sim.tally.words += len(l.order)
}

// isClosing reports whether a relay is just letting go of a room.
func (r *liveRoom) isClosing() bool {
	r.relay.mu.Lock()
	defer r.relay.mu.Unlock()
	return r.closing
}

// text is the text of a room as its relay has it.
func (r *liveRoom) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.doc.String()
}

// replay is the text that a log makes.
func replayed(log *simStream) string {
	return replayInto(crdt.NewDoc(), log)
}

func replayInto(doc *crdt.Doc, log *simStream) string {
	if log == nil {
		return ""
	}
	for _, e := range log.entries {
		if e.Kind == room.KindUpdate || e.Kind == room.KindSnapshot {
			if err := doc.Load([]byte(e.Payload), nil); err != nil {
				panic(err)
			}
		}
	}
	return doc.Text(simTextName).String()
}

func wordsOf(text string) map[string]bool {
	words := make(map[string]bool)
	addWords(words, text)
	return words
}

func addWords(words map[string]bool, text string) {
	for _, word := range parseSimText(text) {
		words[word] = true
	}
}
