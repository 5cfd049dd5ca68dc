package crdt

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tutti-live/tutti/shared/lib0"
)

// Text is a root type read and edited as plain text. Positions and lengths are
// in UTF-16 units. An embedded object of rich text is one unit, and [ObjectChar]
// in its String.
type Text struct {
	doc  *Doc
	list int32 // its sequence
}

// ObjectChar stands in a text for an embedded object, as Unicode has it for that.
const ObjectChar = "\uFFFC"

// Text returns the root type of that name as a text. From then on the
// functions of [Doc.OnUpdate] are told of its changes.
func (d *Doc) Text(name string) *Text {
	t := &Text{d, d.listOf(d.root([]byte(name)))}
	t.rope().watched = true
	d.watched = true
	return t
}

func (t *Text) rope() *rope { return t.doc.sequences.slots[t.list].rope }

// Len is the length of the text.
func (t *Text) Len() int { return t.rope().units }

// String returns the text.
func (t *Text) String() string {
	n := 0
	order := t.rope().order
	for _, l := range order {
		n += len(t.doc.leaves.slots[l].text)
	}
	var b strings.Builder
	b.Grow(n)
	for _, l := range order {
		b.Write(t.doc.leaves.slots[l].text)
	}
	if units, _ := lib0.UTF16Len([]byte(b.String())); units == t.Len() { // the conversion copies nothing
		return b.String()
	}
	return t.withObjects()
}

// withObjects is the text of a list in which there is something else.
func (t *Text) withObjects() string {
	var b strings.Builder
	for _, slot := range t.rope().order {
		l, offset := &t.doc.leaves.slots[slot], 0
		for _, x := range l.items {
			it := &t.doc.items.slots[x]
			size := int(it.textSize())
			b.Write(l.text[offset : offset+size])
			offset += size
			if size == 0 && it.visible() {
				b.WriteString(strings.Repeat(ObjectChar, int(it.len)))
			}
		}
	}
	return b.String()
}

// Insert inserts s before the unit at index. Bytes of s that are not UTF-8
// become U+FFFD, one each.
func (t *Text) Insert(index int, s string) error {
	if index < 0 || index > t.Len() {
		return fmt.Errorf("%w: insert at %d of %d", ErrRange, index, t.Len())
	}
	if s == "" {
		return nil
	}
	return t.doc.Transact(nil, func() error {
		t.insert(t.doc.tx, index, s)
		return nil
	})
}

// Delete deletes n units from index on.
func (t *Text) Delete(index, n int) error {
	if index < 0 || n < 0 || n > t.Len()-index {
		return fmt.Errorf("%w: delete %d at %d of %d", ErrRange, n, index, t.Len())
	}
	if n == 0 {
		return nil
	}
	return t.doc.Transact(nil, func() error {
		t.delete(t.doc.tx, index, n)
		return nil
	})
}

// ApplyDelta makes all steps of the delta as one change, or none if they do not
// fit the text.
func (t *Text) ApplyDelta(delta Delta) error {
	length := t.Len()
	for _, op := range delta {
		switch op {
		case Op{Retain: op.Retain}, Op{Delete: op.Delete}:
			if op.Retain < 0 || op.Delete < 0 || op.Retain+op.Delete > length {
				return fmt.Errorf("%w: delta is longer than the text", ErrRange)
			}
			length -= op.Retain + op.Delete
		case Op{Insert: op.Insert}:
		default:
			return malformed("a step of a delta must retain, delete or insert text")
		}
	}
	return t.doc.Transact(nil, func() error {
		index := 0
		for _, op := range delta {
			index += op.Retain
			t.delete(t.doc.tx, index, op.Delete)
			index += t.insert(t.doc.tx, index, op.Insert)
		}
		return nil
	})
}

// Transact makes all edits of f one change, with that origin. Edits made before
// f returns an error, or panics, stay and are told. Within f, Transact belongs to
// the change that is open, whatever its origin.
func (d *Doc) Transact(origin any, f func() error) error {
	if d.tx != nil {
		if d.tx.telling || !d.tx.local {
			return ErrBusy
		}
		return f()
	}
	if d.broken {
		return ErrBroken
	}
	tx := d.begin(origin, true)
	defer func() {
		if d.pending != nil { // deletions may wait for an id that is used again
			d.resume(tx)
		}
		d.commit(tx, nil, nil)
	}()
	return f()
}

// insert inserts s at index and returns its units.
func (t *Text) insert(tx *transaction, index int, s string) (units int) {
	if s == "" {
		return 0
	}
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	text := []byte(s)
	units, _ = lib0.UTF16Len(text)
	d := t.doc
	left, right := t.locate(tx, index)
	for right != none && d.items.slots[right].deleted() { // stay with what is visible, as Yjs does
		left, right = right, d.items.slots[right].right
	}
	in := incoming{content: text, item: item{
		client: d.ownClient(units), len: uint32(units), kind: kindString,
		origin: noID, rightOrigin: noID, left: left, right: right,
	}}
	in.clock = d.touch(tx, in.client).next
	if left != none {
		in.origin = d.items.slots[left].lastID()
	}
	if right != none {
		r := &d.items.slots[right]
		in.rightOrigin = id{r.client, r.clock}
	}
	if in.clock > 0 && in.origin == (id{in.client, in.clock - 1}) {
		if l := &d.items.slots[left]; l.kind == kindString && l.rightOrigin == in.rightOrigin {
			d.clients[in.client].next += in.len
			d.lengthen(left, text, in.len)
			return units
		}
	}
	d.link(tx, &in, t.list)
	return units
}

// ownClient returns the client that this document's edits are made by. One that
// has no clocks left for so many units is followed by another.
func (d *Doc) ownClient(units int) uint32 {
	c, found := d.clientIndex(d.clientID)
	if found && units > maxClock-int(d.clients[c].next) {
		d.clientID = randomClientID()
		return d.ownClient(units)
	}
	if !found {
		c = d.addClient(d.clientID)
	}
	return c
}

// locate returns the items left and right of index, cut if they were one.
func (t *Text) locate(tx *transaction, index int) (left, right itemRef) {
	d := t.doc
	if index == 0 {
		return none, d.sequences.slots[t.list].head
	}
	left, within := d.seek(t.rope(), index)
	it := &d.items.slots[left]
	if within < int(it.len) {
		return left, d.startingAt(tx, id{it.client, it.clock + uint32(within)})
	}
	return left, it.right
}

func (t *Text) delete(tx *transaction, index, n int) {
	if n == 0 {
		return
	}
	d := t.doc
	_, x := t.locate(tx, index)
	for n > 0 {
		it := &d.items.slots[x]
		next := it.right
		if it.visible() {
			if int(it.len) > n {
				next = d.startingAt(tx, id{it.client, it.clock + uint32(n)})
			}
			n -= int(d.items.slots[x].len)
			d.deleteItem(tx, x)
		}
		x = next
	}
}
