package crdt

import "slices"

// incoming is a struct about to be integrated: its item, not yet linked, and
// what it carries.
type incoming struct {
	item
	content []byte // text, or the payload; valid during the call only
	// The parent, where it is not that of a neighbour.
	root   []byte // name of a root type
	parent id     // a nested type, if root is nil
	key    []byte
	keyed  bool
}

// integrate gives a struct its place in the document. All it refers to must be
// known, and known of its own units nothing or only the first.
// (Item.getMissing and Item.integrate of Yjs.)
func (d *Doc) integrate(tx *transaction, in *incoming) {
	c := d.touch(tx, in.client)
	left, right, gone := d.neighbours(tx, in)
	if known := c.next - in.clock; known > 0 {
		in.trim(known)
		left = c.runs[len(c.runs)-1].item // its first units are what the rest follows
	}
	seq := int32(-1)
	if !gone {
		seq = d.sequenceFor(in, left, right)
	}
	if seq < 0 {
		d.addGC(c, &in.item)
		return
	}
	in.left, in.right = d.slot(tx, in, seq, left, right)
	d.link(tx, in, seq)
}

// neighbours finds what was left and right of the struct when it was made, and
// whether the place between them is gone.
func (d *Doc) neighbours(tx *transaction, in *incoming) (left, right itemRef, gone bool) {
	left, right, gone = none, none, in.kind == kindGC
	if in.origin.client != noClient {
		left = d.endingAt(tx, in.origin)
		gone = gone || d.items.slots[left].kind == kindGC
	}
	if in.rightOrigin.client != noClient {
		right = d.startingAt(tx, in.rightOrigin)
		gone = gone || d.items.slots[right].kind == kindGC
	}
	return left, right, gone
}

// sequenceFor returns the sequence that the struct belongs in, -1 if that is
// gone: that of a neighbour, or else the one it names.
func (d *Doc) sequenceFor(in *incoming, left, right itemRef) int32 {
	if left != none {
		return d.sequenceOf(&d.items.slots[left])
	}
	if right != none {
		return d.sequenceOf(&d.items.slots[right])
	}
	b := int32(-1)
	if in.root != nil {
		b = d.root(in.root)
	} else if owner := &d.items.slots[d.at(in.parent)]; owner.kind == kindType {
		b = d.payloads.slots[owner.size].branch
	}
	switch {
	case b < 0: // the parent was deleted, or never was a type
		return -1
	case in.keyed:
		return d.keyOf(b, in.key)
	default:
		return d.listOf(b)
	}
}

// slot finds the place of a struct among those that others put between the same
// two neighbours at the same time, so that all replicas find the same: this is
// the heart of the algorithm (YATA, with the right origins that Yjs added).
//
//	left | o₁ o₂ o₃ … | right      any o may become the new left
//
// Walking them from left to right, each o says by its own origin how it relates:
//
//   - its origin is ours: we compete. The smaller client id comes first. If
//     it is ours and both saw the same right neighbour, our place is here;
//     if they saw another, something further right may still be before us.
//   - its origin is an o we have passed: it belongs to that one. If we came
//     to stand behind that one, we stand behind this one too.
//   - its origin is left of ours: everything from here on is behind us.
//
// seen are all o passed; waiting are those passed since left last moved. Both
// are kept as marks: an item's mark is the round in which it was passed.
func (d *Doc) slot(tx *transaction, in *incoming, seq int32, left, right itemRef) (newLeft, newRight itemRef) {
	items := d.items.slots
	o := d.sequences.slots[seq].head
	if left != none {
		o = items[left].right
	}
	if o == right {
		return left, right // nobody was here
	}
	client := d.clients[in.client].id
	tx.growMarks(len(items))
	tx.round++
	seen, waiting := tx.round, tx.round
	for o != none && o != right {
		it := &items[o]
		tx.marks[o] = waiting
		var moved bool
		if it.origin == in.origin {
			moved = d.clients[it.client].id < client
			if !moved && it.rightOrigin == in.rightOrigin {
				break
			}
		} else {
			if it.origin.client == noClient {
				break
			}
			of := it.left // as a rule, and looking it up takes long
			if of == none || items[of].lastID() != it.origin {
				of = d.at(it.origin)
			}
			mark := tx.marks[of]
			if mark < seen {
				break
			}
			moved = mark < waiting
		}
		if moved {
			left = o
			tx.round++
			waiting = tx.round
		}
		o = it.right
	}
	if left != none {
		return left, items[left].right
	}
	return none, d.sequences.slots[seq].head
}

// growMarks makes room for the marks of n items and keeps rounds from running
// out.
func (tx *transaction) growMarks(n int) {
	if tx.round > 1<<31 {
		clear(tx.marks)
		tx.round = 0
	}
	if n > len(tx.marks) {
		tx.marks = append(tx.marks, make([]uint32, n-len(tx.marks))...)
	}
}

// link puts the struct in its place and lets its content take effect.
func (d *Doc) link(tx *transaction, in *incoming, s int32) {
	in.home = s
	d.takeContent(in)
	x := itemRef(d.items.take(in.item))
	seq := &d.sequences.slots[s]
	if in.left == none {
		seq.head = x
	} else {
		d.items.slots[in.left].right = x
	}
	if in.right != none {
		d.items.slots[in.right].left = x
	} else if seq.keyed {
		seq.last = x
	}
	c := &d.clients[in.client]
	c.runs = append(grown(c.runs), run{in.clock, x})
	c.next = in.clock + in.len
	if seq.rope != nil {
		d.place(seq.rope, s, x, in.text())
	}
	if in.kind == kindDeleted {
		tx.deleted = append(tx.deleted, span{in.client, in.clock, in.clock + in.len})
	}
	if in.kind == kindType {
		b := d.branches.take(branch{item: x, list: -1})
		d.payloads.slots[in.size].branch = b
	}
	d.overrule(tx, x, s)
}

// overrule deletes what does not count: children of deleted types, and all
// values of a key but the last.
func (d *Doc) overrule(tx *transaction, x itemRef, s int32) {
	seq := &d.sequences.slots[s]
	it := &d.items.slots[x]
	right := it.right
	if seq.keyed && right == none && it.left != none {
		d.deleteItem(tx, it.left)
	}
	owner := d.branches.slots[seq.branch].item
	if owner != none && d.items.slots[owner].deleted() || seq.keyed && right != none {
		d.deleteItem(tx, x)
	}
}

// text is the content that goes into a rope as text.
func (in *incoming) text() []byte {
	if in.kind == kindString {
		return in.content
	}
	return nil
}

// takeContent sets size: the bytes of text in a rope, or the slot of a payload.
func (d *Doc) takeContent(in *incoming) {
	in.size = 0
	switch {
	case in.kind == kindDeleted:
		in.flags |= flagDeleted
	case in.kind == kindString && d.sequences.slots[in.home].rope != nil:
		in.size = uint32(len(in.content))
	default:
		in.size = uint32(d.payloads.take(payload{data: slices.Clone(in.content), branch: -1}))
	}
}

// trim drops the first units of a struct, which are known.
func (in *incoming) trim(units uint32) {
	if in.kind.mergeable() && in.kind != kindDeleted {
		_, in.content = cutContent(in.kind, in.content, units, in.len)
	}
	in.clock += units
	in.len -= units
	in.origin = id{in.client, in.clock - 1}
}

// addGC adds a struct of which nothing remains but that it was.
func (d *Doc) addGC(c *client, it *item) {
	x := itemRef(d.items.take(it.collected()))
	c.runs = append(grown(c.runs), run{it.clock, x})
	c.next = it.clock + it.len
}
