package crdt_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
)

// A session is two to six people who edit one text over a network that delays,
// reorders, repeats and loses what they send. All that happens in it is chosen
// by the bytes of a tape, so that a seed, or an input of the fuzzer, replays it.
type session struct {
	t     testing.TB
	tape  tape
	log   []string
	peers []*peer
	most  int      // units in a text: they are kept few, for people to meet in them
	relay bool     // peer 0 is the server: everybody sends to it, and it passes on what it reports
	sent  [][]byte // all that the authors have sent
	ids   int      // how many client ids were given out
}

// peer is one of them, with everything that must agree with its document.
type peer struct {
	*session
	number  int
	doc     *crdt.Doc
	text    *crdt.Text
	model   *naiveText
	mirror  []uint16 // what somebody sees who hears of the changes only
	inbox   [][]byte
	reports int // updates reported since the step began
}

const sharedText = "t"

// The alphabet has characters of one to four bytes, those of four are two
// units. Edits may fall between the two.
var alphabet = []string{"a", "b", "\n", "é", "ß", "中", "\ufeff", "👾", "𝒳", "a😀b", "👩‍👧", "xyz"}

// Client ids of every width that is encodable, in no order.
var clientIDs = []uint64{1 << 31, 1, 1<<53 - 1, 127, 128, 1<<32 + 5, 2, 1<<32 - 1}

func TestConverge_OneSession(t *testing.T) { converge(t, 1) }

func TestConverge_ManySessions(t *testing.T) {
	sessions, first := fromEnv(t, "TUTTI_FUZZ_SESSIONS", 200), fromEnv(t, "TUTTI_FUZZ_SEED", rand.Uint64N(1<<31))
	t.Logf("TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=%d", first, sessions)
	for seed := range sessions {
		converge(t, first+seed)
	}
}

// TestConverge_SmallLeaves has the same with ropes of many leaves.
func TestConverge_SmallLeaves(t *testing.T) {
	crdt.UseSmallLeaves(t)
	first := fromEnv(t, "TUTTI_FUZZ_SEED", rand.Uint64N(1<<31))
	sessions := fromEnv(t, "TUTTI_FUZZ_SESSIONS", 200)
	t.Logf("TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=%d", first, sessions)
	for seed := range sessions {
		converge(t, first+seed)
	}
}

func converge(t *testing.T, seed uint64) {
	t.Helper()
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	random := rand.NewChaCha8(key)
	bytes := make([]byte, 100+random.Uint64()%500)
	if _, err := random.Read(bytes); err != nil {
		t.Fatal(err)
	}
	runSession(t, bytes, fmt.Sprintf("replay with TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=1", seed))
}

// runSession plays a tape to its end, repairs what was lost, and wants everybody to
// have the same.
func runSession(t testing.TB, bytes []byte, how string) {
	t.Helper()
	s := &session{t: t, tape: bytes, log: []string{how}}
	s.relay = s.tape.below(2) == 0
	s.most = []int{120, 20, 120, 120, 120, 120, 120, 2500}[s.tape.below(8)]
	for i := range 2 + s.tape.below(5) {
		s.peers = append(s.peers, &peer{session: s, number: i, model: newNaiveText()})
		s.peers[i].open()
	}
	for len(s.tape) > 0 {
		p := s.peers[s.tape.below(len(s.peers))]
		p.step()
		p.check()
	}
	s.settle()
	s.compare()
}

// open gives a peer a new document under a client id nobody has had.
func (p *peer) open() {
	id := uint64(1000 - p.ids) // descending, where the others ran out
	if p.ids < len(clientIDs) {
		id = clientIDs[p.ids]
	}
	p.ids++
	p.note("opens a document as %d", id)
	p.doc = crdt.NewDoc(crdt.WithClientID(id))
	p.text = p.doc.Text(sharedText)
	p.mirror = nil
	p.doc.OnUpdate(p.hear)
}

// fromNetwork is the origin of what a peer was sent.
type fromNetwork struct{}

func (p *peer) hear(update []byte, origin any, changes []crdt.TextChange) {
	p.reports++
	update = slices.Clone(update)
	for _, change := range changes {
		if change.Name != sharedText {
			p.fatalf("a change of %q", change.Name)
		}
		units, err := editUnits(p.mirror, change)
		p.must(err)
		p.mirror = units
	}
	if _, remote := origin.(fromNetwork); !remote {
		p.model.apply(update)
		p.sent = append(p.sent, update)
	} else if !p.relay || p.number != 0 {
		return
	}
	p.note("sends %x", update)
	for _, other := range p.peers {
		if other != p && (!p.relay || p.number == 0 || other.number == 0) {
			other.inbox = append(other.inbox, update)
		}
	}
}

// step does one thing.
func (p *peer) step() {
	p.reports = 0
	switch choice := p.tape.below(32); {
	case choice < 10:
		p.must(p.insert())
		p.wantReports(1)
	case choice < 14:
		p.must(p.remove())
	case choice < 16:
		p.must(p.edit())
	case choice < 18:
		p.must(p.doc.Transact(nil, p.several))
		p.wantReports(1)
	case choice < 25:
		p.receive()
	case choice < 28:
		p.sync(p.peers[p.tape.below(len(p.peers))])
	case choice < 31:
		if at := p.tape.below(len(p.inbox)); at < len(p.inbox) {
			p.note("loses a message")
			p.inbox = slices.Delete(p.inbox, at, at+1)
		}
	default:
		p.reload()
	}
}

// place chooses where to edit. A few places are preferred, to be crowded.
func (p *peer) place() int {
	length := p.text.Len()
	switch p.tape.below(3) {
	case 0:
		return p.tape.below(min(length, 4) + 1)
	case 1:
		return length - p.tape.below(min(length, 3)+1)
	default:
		return p.tape.below(length + 1)
	}
}

func (p *peer) words() string {
	var words strings.Builder
	for range 1 + p.tape.below(3) {
		words.WriteString(alphabet[p.tape.below(len(alphabet))])
	}
	if p.most > 1000 && p.tape.below(3) == 0 {
		return strings.Repeat(words.String(), 50) // as pasted: several leaves of the tree
	}
	return words.String()
}

func (p *peer) insert() error {
	at, words := p.place(), p.words()
	p.note("inserts %q at %d", words, at)
	return p.text.Insert(at, words)
}

func (p *peer) remove() error {
	at := p.place()
	n := min(1+p.tape.below(6), p.text.Len()-at)
	if p.text.Len() > p.most {
		n = p.text.Len() - at
	}
	p.note("deletes %d at %d", n, at)
	return p.text.Delete(at, n)
}

// edit makes several edits by one delta.
func (p *peer) edit() error {
	var delta crdt.Delta
	left := p.text.Len()
	for range 1 + p.tape.below(3) {
		if n := p.tape.below(min(left, 9) + 1); n > 0 {
			delta = append(delta, crdt.Op{Retain: n})
			left -= n
		}
		if n := p.tape.below(min(left, 3) + 1); n > 0 {
			delta = append(delta, crdt.Op{Delete: n})
			left -= n
		} else {
			delta = append(delta, crdt.Op{Insert: p.words()})
		}
	}
	p.note("applies %+v", delta)
	return p.text.ApplyDelta(delta)
}

// several is the body of a transaction. What it inserts it may delete again.
func (p *peer) several() error {
	p.note("begins a transaction")
	if err := p.insert(); err != nil {
		return err
	}
	for range 1 + p.tape.below(3) {
		edits := []func() error{p.insert, p.remove, p.edit}
		if err := edits[p.tape.below(len(edits))](); err != nil {
			return err
		}
	}
	p.note("ends the transaction")
	return nil
}

// receive takes a few messages out of the inbox, whichever.
func (p *peer) receive() {
	var messages [][]byte
	for range min(1+p.tape.below(3), len(p.inbox)) {
		at := p.tape.below(len(p.inbox))
		messages = append(messages, p.inbox[at])
		p.inbox = slices.Delete(p.inbox, at, at+1)
	}
	if len(messages) == 0 {
		return
	}
	switch p.tape.below(6) {
	case 0:
		merged, err := crdt.MergeUpdates(messages...)
		p.must(err)
		messages = [][]byte{merged}
	case 1:
		for i, message := range messages {
			cut, err := crdt.DiffUpdate(message, p.doc.EncodeStateVector())
			p.must(err)
			messages[i] = cut
		}
	case 2:
		p.inbox = append(p.inbox, messages...) // they will come again
	}
	for _, message := range messages {
		p.apply(message)
	}
}

func (p *peer) apply(update []byte) {
	p.note("receives %x", update)
	p.reports = 0
	p.model.apply(update)
	p.must(p.doc.ApplyUpdate(update, fromNetwork{}))
	p.check()
}

// sync asks another peer for what is missing here.
func (p *peer) sync(other *peer) {
	p.note("asks peer %d", other.number)
	p.apply(other.doc.EncodeStateAsUpdate(p.doc.EncodeStateVector()))
}

// reload goes on in a document that is loaded from the state of the old one.
func (p *peer) reload() {
	old := p.doc
	state := old.EncodeStateAsUpdate(nil)
	p.open()
	p.must(p.doc.ApplyUpdate(state, fromNetwork{}))
	p.note("has loaded %x", state)
	if old.HasPending() && !bytes.Equal(p.doc.EncodeStateVector(), old.EncodeStateVector()) {
		return // more of what waited got in
	}
	if got := p.doc.EncodeStateAsUpdate(nil); !bytes.Equal(got, state) || p.doc.HasPending() != old.HasPending() {
		p.fatalf("loaded    %x, pending %v\nand wrote %x, pending %v", state, old.HasPending(), got, p.doc.HasPending())
	}
}

// settle repairs what was lost, first by what is still on its way.
func (s *session) settle() {
	s.log = append(s.log, "settling")
	for _, p := range s.peers {
		for _, message := range p.inbox {
			p.apply(message)
		}
	}
	for range 2 {
		for _, p := range s.peers {
			for _, other := range s.peers {
				p.sync(other)
			}
		}
	}
}

// check wants a document to say what its mirror says, and its model if that
// knows no more. What waits in a document may wait longer than it must, as it
// does in yjs: for all that the update it came with waits for.
func (p *peer) check() {
	p.must(crdt.Check(p.doc))
	text, model, mirror := p.text.String(), textOf(p.model.units()), textOf(p.mirror)
	behind, err := p.model.compareVector(p.doc.EncodeStateVector())
	p.must(err)
	if text != mirror || p.text.Len() != len(p.mirror) || text != model && !behind {
		p.fatalf("the text is %q of %d units\nthe model  %q\nthe mirror %q of %d", text, p.text.Len(), model, mirror, len(p.mirror))
	}
	if pending := p.doc.HasPending(); pending != p.model.pending() || behind && !pending {
		p.fatalf("pending is %v", pending)
	}
}

// compare wants everything to be the same everywhere, and also where nobody
// was during the session.
func (s *session) compare() {
	last := s.peers[len(s.peers)-1]
	state, vector := last.doc.EncodeStateAsUpdate(nil), last.doc.EncodeStateVector()
	for _, p := range s.peers {
		p.check()
		p.wantSame(p.doc, state, vector)
		p.compareCursors()
	}
	merged, err := crdt.MergeUpdates(append(s.sent, state)...)
	s.must(err)
	for _, update := range [][]byte{merged, state} {
		doc := crdt.NewDoc()
		s.must(doc.ApplyUpdate(update, nil))
		last.wantSame(doc, state, vector)
		got, err := crdt.StateVectorFromUpdate(update)
		s.must(err)
		if !bytes.Equal(got, vector) {
			s.fatalf("the vector of %x\nis %x, not %x", update, got, vector)
		}
	}
	some := last.model.someVector(rand.New(rand.NewPCG(uint64(len(state)), 0)))
	cut, err := crdt.DiffUpdate(state, some)
	s.must(err)
	if want := last.doc.EncodeStateAsUpdate(some); !bytes.Equal(cut, want) {
		s.fatalf("the state cut at %x is %x\nby the document       %x", some, cut, want)
	}
}

func (p *peer) wantSame(doc *crdt.Doc, state, vector []byte) {
	p.must(crdt.Check(doc))
	if got := doc.Text(sharedText).String(); got != p.text.String() {
		p.fatalf("the text is %q, not %q", got, p.text)
	}
	if got := doc.EncodeStateVector(); !bytes.Equal(got, vector) {
		p.fatalf("the vector is %x, not %x", got, vector)
	}
	if got := doc.EncodeStateAsUpdate(nil); !bytes.Equal(got, state) {
		p.fatalf("the state is %x\nnot          %x", got, state)
	}
}

func (p *peer) wantReports(want int) {
	if p.reports != want {
		p.fatalf("%d updates were reported, not %d", p.reports, want)
	}
}

func (p *peer) note(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf("peer %d ", p.number)+fmt.Sprintf(format, args...))
}

func (s *session) must(err error) {
	if err != nil {
		s.fatalf("%v", err)
	}
}

func (s *session) fatalf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s\n\n%s", fmt.Sprintf(format, args...), strings.Join(s.log, "\n"))
}

// tape is where all choices come from. At its end everything is the first choice.
type tape []byte

// below chooses one of n numbers from 0.
func (t *tape) below(n int) int {
	if n <= 1 || len(*t) == 0 {
		return 0
	}
	choice := int((*t)[0]) % n
	*t = (*t)[1:]
	return choice
}
