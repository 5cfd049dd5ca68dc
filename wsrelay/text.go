package wsrelay

import (
	"math"

	"github.com/tutti-live/tutti/shared/room"
)

// register is a value of a room that the last writer sets. Redis decides who
// was last: its log has one order. Until a value of ours stands there it hides
// those of others, because it will come after them.
type register struct {
	kind    room.Kind
	value   string
	author  string      // of value, as far as it is known
	seq     int64       // of the entry that set value; 0 when it is not in the log yet
	unsaved *room.Entry // the value of ours that is not known to be in the log
}

// set gives the register a value of ours, which is then to be saved.
func (g *register) set(author, value string) {
	e := room.NewEntry(g.kind, author, value)
	g.value, g.author, g.unsaved = value, author, &e
}

// saved notes that an entry stands in the log, and reports whether it is the
// one that was waited for.
func (g *register) saved(e room.Entry) bool {
	if g.unsaved == nil || g.unsaved.Nonce != e.Nonce {
		return false
	}
	g.unsaved, g.seq = nil, e.Seq
	return true
}

// heard takes in an entry of the log, and reports whether that changed the register.
func (g *register) heard(e room.Entry) bool {
	if g.unsaved != nil || e.Seq <= g.seq {
		return false
	}
	changed := g.value != e.Payload
	g.value, g.author, g.seq = e.Payload, e.Author, e.Seq
	return changed
}

// keep has the present value saved again: the log lost it.
func (g *register) keep() {
	if g.unsaved == nil {
		g.set(g.author, g.value)
	}
}

// text is what the people of a room write. In this version the last writer of
// the whole text wins; all that decides it is in this type and in view.
type text struct {
	register
	version int64 // counts the changes that this relay saw
}

// view is what a client of whole texts may be looking at: its own last text,
// or one of those that it was sent and is not known to have seen before that.
type view struct {
	own       string
	version   int64    // of the newest text that it was sent
	proven    int64    // of the newest that it is known to have received
	sent      []string // oldest first
	bytes     int      // of sent
	forgotten bool     // some were sent that sent does not have
	behind    bool     // it may be showing a text that is older than the room's
}

// maxSentBytes bounds the texts that a client may have been sent and not seen,
// and maxSent their number: at the pace at which people type, that is many
// round trips.
const (
	maxSent      = 32
	maxSentBytes = 2 << 20
)

// show notes that the client was sent the room's text.
func (v *view) show(s string, version int64) {
	for len(v.sent) > 0 && (len(v.sent) == maxSent || v.bytes+len(s) > maxSentBytes) {
		v.bytes -= len(v.sent[0])
		v.sent, v.forgotten = v.sent[1:], true
	}
	v.sent = append(v.sent, s)
	v.bytes += len(s)
	v.version, v.behind = version, false
}

// prove notes that the client has received the text of a version.
func (v *view) prove(version int64) { v.proven = max(v.proven, version) }

// receiveFrom notes a text that the client made from what it was sent as a version.
func (v *view) receiveFrom(s string, version int64) {
	v.behind = version < v.version
	v.own, v.sent, v.bytes, v.forgotten = s, nil, 0, false
}

// receive notes a text of the client's. A whole text does not say what its
// author had seen: it is taken for a change of the text that it differs from in
// least, and of the newest of several. A client that had not seen all that it
// was sent will show that, though the room now has the client's own text,
// which is newer: then it is behind. It also counts as behind while it is not
// known to have received the newest, because then the two may have crossed.
func (v *view) receive(s string) {
	base, least := -1, changedLength(v.own, s)
	for i, sent := range v.sent {
		if n := changedLength(sent, s); n <= least {
			base, least = i, n
		}
	}
	for _, seen := range v.sent[:base+1] {
		v.bytes -= len(seen)
	}
	v.own, v.sent = s, v.sent[base+1:]
	v.behind = len(v.sent) > 0 || v.forgotten || v.proven < v.version
	v.forgotten = v.forgotten && base < 0
}

// changedLength is how far b is from a: the length of what lies between their
// common beginning and their common end, in bytes of both. Two texts with
// nothing in common are as far from each other as can be, because then their
// lengths tell nothing.
func changedLength(a, b string) int {
	n := min(len(a), len(b))
	start := 0
	for start < n && a[start] == b[start] {
		start++
	}
	end := 0
	for end < n-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	if start+end == 0 && a != b {
		return math.MaxInt
	}
	return len(a) + len(b) - 2*(start+end)
}
