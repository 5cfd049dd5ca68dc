package crdt_test

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tutti-live/tutti/shared/crdt"
)

// A yjsRecord is what a peer writes down of a session; mirror.mjs and
// questions.mjs write it. One that is cut short panics: it is our own mistake.
type yjsRecord struct{ rest []byte }

// The kinds of steps.
const (
	yjsEnd    = iota // and why, if the session ended early
	yjsApply         // an update arrives
	yjsEdit          // the document is edited here
	yjsReload        // the document is stored, and loaded under a new client id
)

// A yjsHeader begins a record.
type yjsHeader struct {
	client   uint64
	late     bool // the texts are asked for only when all has arrived
	roots    []string
	mapName  string
	settings string // for people
}

// A yjsText is what a text is after a step, and how the step changed it.
type yjsText struct {
	text   string
	length int
	delta  crdt.Delta
}

// withoutPairs breaks all surrogate pairs.
func withoutPairs(text string) string {
	units := utf16.Encode([]rune(text))
	for i, u := range units {
		if utf16.IsSurrogate(rune(u)) {
			units[i] = utf8.RuneError
		}
	}
	return string(utf16.Decode(units))
}

// isPlain says whether a text holds nothing but text.
func (t yjsText) isPlain() bool { return len(utf16.Encode([]rune(t.text))) == t.length }

// changed applies what we tell of a change, or cannot: deltas count what is no
// text, and strings do not have it.
func (t yjsText) changed(change crdt.TextChange) (text string, ok bool) {
	rest := utf16.Encode([]rune(t.text))
	if len(rest) != t.length {
		return "", false
	}
	var units []uint16
	for _, op := range change.Delta {
		if op.Embeds > 0 {
			return "", false
		}
		if n := op.Retain + op.Delete; n > len(rest) {
			return "(not as long as its delta)", true
		}
		units = append(units, rest[:op.Retain]...)
		units = append(units, utf16.Encode([]rune(op.Insert))...)
		rest = rest[op.Retain+op.Delete:]
	}
	units = append(units, rest...)
	for _, i := range change.Broken {
		if i >= len(units) {
			return "(not as long as its broken units say)", true
		}
		units[i] = utf8.RuneError
	}
	return string(utf16.Decode(units)), true
}

func (r *yjsRecord) uint() uint64 {
	n, size := binary.Uvarint(r.rest)
	r.rest = r.rest[size:]
	return n
}

func (r *yjsRecord) int() int { return int(r.uint()) }

func (r *yjsRecord) bytes() []byte {
	n := r.int()
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *yjsRecord) string() string { return string(r.bytes()) }

func (r *yjsRecord) header() yjsHeader {
	h := yjsHeader{client: r.uint(), late: r.uint() == 1}
	for range r.int() {
		h.roots = append(h.roots, r.string())
	}
	h.mapName = r.string()
	h.settings = r.string()
	return h
}

func (r *yjsRecord) text() yjsText {
	return yjsText{text: r.string(), length: r.int(), delta: r.delta()}
}

func (r *yjsRecord) delta() crdt.Delta {
	var delta crdt.Delta
	for range r.int() {
		var op crdt.Op
		switch kind := r.int(); kind {
		case 1:
			op.Retain = r.int()
		case 2:
			op.Delete = r.int()
		case 3:
			op.Insert = r.string()
		case 4:
			op.Embeds = r.int()
		default:
			panic("an op of an unknown kind")
		}
		delta = append(delta, op)
	}
	return delta
}

// A yjsLocal is a local edit: of one of three kinds.
type yjsLocal struct {
	kind   int
	at, n  int
	insert string
	delta  crdt.Delta
}

func (r *yjsRecord) edit() yjsLocal {
	switch kind := r.int(); kind {
	case 1:
		return yjsLocal{kind: kind, at: r.int(), insert: r.string()}
	case 2:
		return yjsLocal{kind: kind, at: r.int(), n: r.int()}
	default:
		return yjsLocal{kind: kind, delta: r.delta()}
	}
}

func (e yjsLocal) make(text *crdt.Text) error {
	switch e.kind {
	case 1:
		return text.Insert(e.at, e.insert)
	case 2:
		return text.Delete(e.at, e.n)
	default:
		return text.ApplyDelta(e.delta)
	}
}

// entries reads the keys of a map, in order, and those values that are strings.
func (r *yjsRecord) entries() (keys []string, values map[string]string) {
	values = make(map[string]string)
	for range r.int() {
		key := r.string()
		keys = append(keys, key)
		values[key] = r.string()
	}
	slices.Sort(keys)
	return keys, values
}

// plainDelta is a delta in the one form in which deltas with the same effect
// and order of ops are equal.
func plainDelta(delta crdt.Delta) crdt.Delta {
	var plain crdt.Delta
	for _, op := range delta {
		if op == (crdt.Op{}) {
			continue
		}
		if n := len(plain); n > 0 && sameKind(plain[n-1], op) {
			last := &plain[n-1]
			last.Retain += op.Retain
			last.Delete += op.Delete
			last.Insert += op.Insert
			last.Embeds += op.Embeds
			continue
		}
		plain = append(plain, op)
	}
	if n := len(plain); n > 0 && plain[n-1].Retain > 0 {
		plain = plain[:n-1]
	}
	return plain
}

func sameKind(a, b crdt.Op) bool {
	return a.Retain > 0 == (b.Retain > 0) && a.Delete > 0 == (b.Delete > 0) &&
		a.Insert != "" == (b.Insert != "") && a.Embeds > 0 == (b.Embeds > 0)
}
