package wsrelay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
	"github.com/tutti-live/tutti/shared/protocol"
)

// The root types beside the text that peers write to, of which clients of the
// JSON protocol know nothing.
const (
	simMapName  = "settings"
	simListName = "comments"
)

// simFromRelay is the origin of what a page was told.
const simFromRelay = "relay"

// simPage is the page of somebody who speaks the Yjs protocol: a document, and
// what the page knows of who is there. One that is loaded anew is another one.
type simPage struct {
	peer  *simPeer
	doc   *crdt.Doc
	text  *crdt.Text
	aware *simAware
	state state           // that it tells of itself
	seen  map[string]bool // words that its document has had
	mine  []string        // words that were typed here and not deleted
	dead  map[string]bool // words that were deleted here

	unread []*simPiece // words that were typed here, and that no relay is known to have

	// What is written beside the text has a client id of its own, as if it came
	// from a worker of the page: the package writes only text itself.
	worker  uint64
	clock   uint32
	lastSet map[string]uint32 // the clock of what a key was last set to
	values  map[string]string // that keys of its own were last set to
	list    []string          // what it added to the list
	listEnd uint32            // the clock of the last of it
}

// open opens a page, in place of the one that was there.
func (p *simPeer) open() {
	p.pages++
	id := uint64(p.rng.Uint32() | 1) // 0 says nothing in awareness
	page := &simPage{
		peer: p, doc: crdt.NewDoc(crdt.WithClientID(id)), worker: uint64(p.rng.Uint32() | 1),
		seen: make(map[string]bool), dead: make(map[string]bool),
		lastSet: make(map[string]uint32), values: make(map[string]string),
	}
	page.text = page.doc.Text(simTextName)
	page.doc.OnUpdate(func(update []byte, origin any, _ []crdt.TextChange) {
		if origin != simFromRelay {
			p.transmit(protocol.EncodeSyncUpdate(bytes.Clone(update)))
		}
	})
	page.state.User.Name = fmt.Sprintf("Peer %d on page %d", p.number, p.pages)
	page.state.User.Color = fmt.Sprintf("#%06x", p.rng.IntN(1<<24))
	page.aware = newSimAware(id, "{}")
	p.page = page
	page.tell()
}

// tell tells the others what the page says of itself.
func (g *simPage) tell() {
	encoded, err := json.Marshal(g.state)
	if err != nil {
		panic(err)
	}
	g.peer.repeat(g.aware.say(string(encoded)))
}

// point moves the cursor.
func (g *simPage) point(index int) {
	at := g.text.RelativePosition(index, -g.peer.rng.IntN(2))
	g.state.Cursor, g.state.Selection = &selection{&at, &at}, nil
	if g.peer.number%2 == 0 { // as y-monaco says it
		g.state.Cursor, g.state.Selection = nil, g.state.Cursor
	}
	g.tell()
}

// look notes the words that the document has.
func (g *simPage) look() {
	for _, word := range g.words() {
		g.seen[word] = true
	}
}

func (g *simPage) words() simText { return parseSimText(g.text.String()) }

// insert types a new word.
func (g *simPage) insert() {
	p, words := g.peer, g.words()
	p.words++
	word := fmt.Sprintf("y%dx%03d", p.number, p.words)
	if p.rng.IntN(10) == 0 {
		word += "𐐷" // a letter of two UTF-16 units
	}
	word += []string{" ", " ", " ", "\n"}[p.rng.IntN(4)]
	g.unread = append(g.unread, p.sim.ledger.typed(word, p))
	g.mine = append(g.mine, word)
	index := utf16Len(words[:p.rng.IntN(len(words)+1)].String())
	p.sim.detail("%s types %q at %d of %q", p.name(), word, index, words)
	if err := g.text.Insert(index, word); err != nil {
		panic(err)
	}
	g.look()
	if p.rng.IntN(3) == 0 {
		g.point(index + utf16Len(word))
	}
}

func utf16Len(text string) int {
	units, _ := lib0.UTF16Len([]byte(text))
	return units
}

// remove deletes a word: mostly one that was typed here.
func (g *simPage) remove() {
	words := g.words()
	if len(words) == 0 {
		return
	}
	at := g.peer.rng.IntN(len(words))
	if len(g.mine) > 0 && g.peer.rng.IntN(4) > 0 {
		at = slices.Index(words, g.mine[g.peer.rng.IntN(len(g.mine))])
	}
	if at < 0 {
		return // somebody else was faster
	}
	word := words[at]
	g.peer.sim.detail("%s deletes %q", g.peer.name(), word)
	g.peer.sim.ledger.removed(word)
	g.dead[word] = true
	if err := g.text.Delete(utf16Len(words[:at].String()), utf16Len(word)); err != nil {
		panic(err)
	}
}

// set sets a key of the map: one of its own, or one that all set.
func (g *simPage) set() {
	key := "all"
	if g.peer.rng.IntN(3) > 0 {
		key = fmt.Sprintf("page %d, %d", g.worker, g.peer.rng.IntN(3))
	}
	value := fmt.Sprintf("value %d of %d.", g.clock, g.worker)
	at := simPlace{name: simMapName, key: key}
	if last, ok := g.lastSet[key]; ok {
		at.behind = &last
	}
	g.lastSet[key], g.values[key] = g.clock, value
	g.write(at, value)
}

// add adds something to the list, behind what it added last.
func (g *simPage) add() {
	at := simPlace{name: simListName}
	if last := g.listEnd; len(g.list) > 0 {
		at.behind = &last
	}
	value := fmt.Sprintf("item %d of %d.", g.clock, g.worker)
	g.list, g.listEnd = append(g.list, value), g.clock
	g.write(at, value)
}

// simPlace is where something is put into a map or list.
type simPlace struct {
	name, key string
	behind    *uint32 // the clock of what this worker put there before; nil: none
}

// The first byte of a struct, as Yjs writes it.
const (
	simContentAny  = 8
	simHasOrigin   = 0x80
	simHasKey      = 0x20
	simParentNamed = 1
)

// write writes something beside the text, as the update that Yjs would write.
func (g *simPage) write(at simPlace, value string) {
	b := []byte{1, 1} // of one client one struct
	b = lib0.AppendUvarint(lib0.AppendUvarint(b, g.worker), uint64(g.clock))
	info := byte(simContentAny)
	if at.key != "" {
		info |= simHasKey
	}
	if at.behind != nil {
		b = lib0.AppendUvarint(append(b, info|simHasOrigin), g.worker)
		b = lib0.AppendUvarint(b, uint64(*at.behind))
	} else {
		b = lib0.AppendString(append(b, info, simParentNamed), at.name)
		if at.key != "" {
			b = lib0.AppendString(b, at.key)
		}
	}
	b, err := lib0.AppendAny(append(b, 1), value)
	if err == nil {
		g.clock++
		err = g.doc.ApplyUpdate(append(b, 0), "worker") // it deletes nothing
	}
	if err != nil {
		panic(err)
	}
}

// live does something now and then, until the simulation says to rest.
func (p *simPeer) live() {
	pause := between(p.rng, p.pace/8, p.pace)
	if chance(p.rng, 0.1) {
		pause += between(p.rng, 0, 3*time.Second)
	}
	p.sim.after(pause, func() {
		if p.sim.typing && !p.gone {
			p.act()
			p.live()
		}
	})
}

// act does one thing.
func (p *simPeer) act() {
	switch dice := p.rng.IntN(1000); {
	case dice < 640:
		p.page.insert()
	case dice < 780:
		p.page.remove()
	case dice < 860:
		p.page.point(p.rng.IntN(p.page.text.Len() + 1))
	case dice < 910:
		p.page.set()
	case dice < 960:
		p.page.add()
	case dice < 980:
		p.leave()
	case dice < 992:
		p.reload()
	default:
		p.die()
	}
}

// leave has the page without a connection for a while: what is done on it waits.
func (p *simPeer) leave() {
	p.sim.noteQuietly("%s is offline for a while", p.name())
	p.away = true
	p.hangUp()
	p.sim.after(between(p.rng, 0, 5*time.Second), func() {
		p.away = false
		p.connect()
	})
}

// reload loads the page anew. Only some versions say that they go.
func (p *simPeer) reload() {
	p.sim.noteQuietly("%s loads its page anew", p.name())
	if p.rng.IntN(2) == 0 {
		p.repeat(p.page.aware.say(""))
	}
	p.hangUp()
	p.open()
}

// die ends the page without a word. Sometimes another one is opened.
func (p *simPeer) die() {
	p.sim.noteQuietly("%s dies", p.name())
	if conn := p.conn; conn != nil {
		conn.vanish()
		p.disconnected(conn)
	}
	p.open()
	if p.gone = p.rng.IntN(2) == 0; p.gone {
		return
	}
	p.away = true
	p.sim.after(between(p.rng, 0, 5*time.Second), func() {
		p.away = false
		p.connect()
	})
}
