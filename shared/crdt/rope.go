package crdt

import (
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// rope gives the list of a root its positions and keeps its visible text: the
// items of the list in order, in leaves of a bounded size, each beside the text
// of its items. The leaves are a flat array, for a large document has some
// hundred of them.
type rope struct {
	order   []int32 // slots of its leaves, in document order
	lengths []int32 // units of the visible items of each of them
	units   int     // length of the list
	// hintUnits are the units before order[hint]: edits come in runs, so the
	// next position is near the last.
	hint      int
	hintUnits int
	watched   bool // someone has asked for it as a text
	spot      spot // of the item that was looked for last
}

// spot is where an item is in its leaf. Finding it takes a walk through the
// leaf; what a keystroke asks for next is the same item or the one beside it.
type spot struct {
	item   itemRef // none: nothing is remembered
	index  int     // among the items of the leaf
	offset int     // of its text in the leaf, in bytes
	units  int     // of the visible items before it in the leaf
}

// leaf is a stretch of a rope.
type leaf struct {
	items    []itemRef
	text     []byte // of the items, one after the other
	index    int    // in rope.order
	sequence int32
}

// How large leaves get. Tests make them small, to have many.
var (
	// leafItems bounds the search for an item in its leaf. One more still fits
	// the array that append makes.
	leafItems = 63
	// leafText bounds, in bytes, the text that moves when some is inserted. A
	// single item may have more.
	leafText = 4 << 10
)

// leafSpare is how much memory, in bytes, a leaf may keep for text to come
// though it is more than the text there is.
const leafSpare = 512

// place puts item x, which has its neighbours, in the rope, with its text.
func (d *Doc) place(r *rope, seq int32, x itemRef, text []byte) {
	it := &d.items.slots[x]
	at := spot{}
	switch {
	case it.right != none && r.spot.item == it.right && r.spot.index > 0:
		it.home, at = d.items.slots[it.right].home, r.spot
	case it.left != none:
		it.home, at = d.items.slots[it.left].home, d.after(r, it.left)
	case it.right != none:
		it.home = d.items.slots[it.right].home
	default:
		it.home = d.addLeaf(r, seq, 0)
	}
	l := &d.leaves.slots[it.home]
	it.flags |= flagInRope
	if len(text) > 0 {
		l.text = slices.Insert(l.text, at.offset, text...)
	}
	l.items = slices.Insert(l.items, at.index, x)
	if it.visible() {
		d.resize(l, int(it.len))
	}
	at.item = x
	r.spot = at
	d.balance(it.home)
}

// spotOf returns where x is in its leaf.
func (d *Doc) spotOf(r *rope, x itemRef) spot {
	if r.spot.item == x {
		return r.spot
	}
	if it := &d.items.slots[x]; it.left != none && it.left == r.spot.item && d.items.slots[it.left].home == it.home {
		at := r.spot.past(&d.items.slots[it.left])
		at.item = x
		r.spot = at
		return at
	}
	at := spot{item: x}
	for _, y := range d.leaves.slots[d.items.slots[x].home].items {
		if y == x {
			break
		}
		at = at.past(&d.items.slots[y])
	}
	at.item = x
	r.spot = at
	return at
}

// past returns the spot behind an item that is at s.
func (s spot) past(it *item) spot {
	s.item = none
	s.index++
	s.offset += int(it.textSize())
	if it.visible() {
		s.units += int(it.len)
	}
	return s
}

// after returns the spot behind x, in the same leaf.
func (d *Doc) after(r *rope, x itemRef) spot {
	return d.spotOf(r, x).past(&d.items.slots[x])
}

// ropeOf returns the rope of an item that is in one.
func (d *Doc) ropeOf(it *item) *rope {
	return d.sequences.slots[d.leaves.slots[it.home].sequence].rope
}

// textOf returns the text of an item in a rope, as a view.
func (d *Doc) textOf(x itemRef) []byte {
	it := &d.items.slots[x]
	offset := d.spotOf(d.ropeOf(it), x).offset
	return d.leaves.slots[it.home].text[offset : offset+int(it.size)]
}

// resize adds units to the length of the leaf and its rope.
func (d *Doc) resize(l *leaf, units int) {
	r := d.sequences.slots[l.sequence].rope
	r.lengths[l.index] += int32(units)
	r.units += units
	if l.index < r.hint {
		r.hintUnits += units
	}
}

// unitsBefore returns the units in the leaves before order[index].
func (r *rope) unitsBefore(index int) int {
	units, from := r.hintUnits, r.hint
	if index < from/2 {
		units, from = 0, 0
	}
	if from <= index {
		for _, n := range r.lengths[from:index] {
			units += int(n)
		}
	} else {
		for _, n := range r.lengths[index:from] {
			units -= int(n)
		}
	}
	r.hint, r.hintUnits = index, units
	return units
}

// position returns the units before item x of a rope.
func (d *Doc) position(x itemRef) int {
	l := &d.leaves.slots[d.items.slots[x].home]
	r := d.sequences.slots[l.sequence].rope
	return r.unitsBefore(l.index) + d.spotOf(r, x).units
}

// seek returns the item in which the first units of the rope end, which is not
// at its beginning, and how many of its own units belong to them. units must
// be more than 0 and no more than the rope has.
func (d *Doc) seek(r *rope, units int) (x itemRef, within int) {
	index := r.hint
	before := r.hintUnits
	if units <= before/2 {
		index, before = 0, 0
	}
	for before >= units {
		index--
		before -= int(r.lengths[index])
	}
	for before+int(r.lengths[index]) < units {
		before += int(r.lengths[index])
		index++
	}
	r.hint, r.hintUnits = index, before
	within = units - before
	for _, x := range d.leaves.slots[r.order[index]].items {
		it := &d.items.slots[x]
		if !it.visible() {
			continue
		}
		if within <= int(it.len) {
			return x, within
		}
		within -= int(it.len)
	}
	panic("crdt: a leaf has fewer units than it says")
}

// splitText divides the text of x, which is in a rope, at one of its units. It
// returns the bytes before and after. A cut in the middle of a surrogate pair
// leaves U+FFFD on both sides, as in Yjs: half a pair cannot be written, and the
// length must stay.
func (d *Doc) splitText(tx *transaction, x itemRef, units uint32) (before, after uint32) {
	it := &d.items.slots[x]
	if it.size == it.len { // all of it ASCII
		return units, it.size - units
	}
	start := d.spotOf(d.ropeOf(it), x).offset
	l := &d.leaves.slots[it.home]
	offset, inPair := byteOffset(l.text[start:start+int(it.size)], units, it.len)
	if !inPair {
		return uint32(offset), it.size - uint32(offset)
	}
	at := start + offset
	l.text = slices.Replace(l.text, at, at+pairSize, brokenPair...)
	tx.broken = append(tx.broken, id{it.client, it.clock + units - 1})
	const half = len("\uFFFD")
	return uint32(offset + half), it.size - uint32(offset+pairSize-half)
}

// byteOffset returns the number of bytes before a unit of text that has total
// of them, counted from the nearer end.
func byteOffset(text []byte, unit, total uint32) (offset int, inPair bool) {
	if unit > total/2 {
		return lib0.ByteOffsetBack(text, int(total-unit))
	}
	return lib0.ByteOffset(text, int(unit))
}

// pairSize is the size in UTF-8 of a character that is a surrogate pair in
// UTF-16, and brokenPair what is left of one that was cut in half.
const pairSize = 4

var brokenPair = []byte("\uFFFD\uFFFD")

// cutText takes the text of x, which is being deleted, out of its leaf.
func (d *Doc) cutText(x itemRef) {
	it := &d.items.slots[x]
	l := &d.leaves.slots[it.home]
	offset := d.spotOf(d.ropeOf(it), x).offset // also so that the spot is before what goes
	l.cut(offset, offset+int(it.textSize()))
	d.resize(l, -int(it.len))
}

// cut takes the bytes [from, to) out of the text of a leaf.
func (l *leaf) cut(from, to int) {
	l.text = slices.Delete(l.text, from, to)
	if spare := cap(l.text) - len(l.text); spare > leafSpare && spare > len(l.text) {
		l.text = slices.Clone(l.text)
	}
}

// lengthen adds text to the end of item x, which is visible text in a rope.
func (d *Doc) lengthen(x itemRef, text []byte, units uint32) {
	it := &d.items.slots[x]
	l := &d.leaves.slots[it.home]
	offset := d.spotOf(d.ropeOf(it), x).offset + int(it.size)
	l.text = slices.Insert(l.text, offset, text...)
	it.len += units
	it.size += uint32(len(text))
	d.resize(l, int(units))
	d.balance(it.home)
}
