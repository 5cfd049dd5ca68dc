package crdt

import "slices"

// Op is one step along a text: exactly one field is set. All lengths are in
// UTF-16 units.
type Op struct {
	Retain int    // units to leave as they are
	Delete int    // units to delete
	Insert string // text to insert
	// Embeds is how many units were inserted that are no text: embedded objects
	// and nested types. Only what a document tells has it.
	Embeds int
}

// Delta is a change of a text, from its beginning on. What follows the last
// step is left as it is.
type Delta []Op

// TextChange tells what a change did to one text.
type TextChange struct {
	Name  string // of the root type
	Delta Delta  // as the event of Yjs has it, without attributes
	// Broken are the positions, in the changed text and in order, of units that
	// have become U+FFFD because an edit went between the halves of their
	// surrogate pair. They are in no delta, here as in Yjs, for nothing was
	// inserted or deleted there.
	Broken []int
}

// moved is an item that a transaction inserted into a text or deleted from it.
type moved struct {
	item     itemRef
	sequence int32
	leaf     int  // index of its leaf in the rope
	at       spot // of the item in its leaf
	// The units of it that were inserted or deleted.
	clock, end uint32
}

// textChanges tells what the transaction did to the watched texts. It must be
// called before deleted items are joined with others.
func (d *Doc) textChanges(tx *transaction) []TextChange {
	if changes := d.keystroke(tx); changes != nil {
		return changes
	}
	all := d.movedItems(tx)
	changes, ops := tx.scratch.changes[:0], tx.scratch.ops[:0]
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].sequence == all[0].sequence {
			n++
		}
		first := len(ops)
		ops = d.appendDelta(ops, d.sequences.slots[all[0].sequence].rope, all[:n])
		changes = append(changes, TextChange{Name: d.nameOf(all[0].sequence), Delta: ops[first:len(ops):len(ops)]})
		all = all[n:]
	}
	keep(&tx.scratch.ops, ops)
	if len(tx.broken) > 0 {
		changes = d.addBroken(tx, changes)
	}
	keep(&tx.scratch.changes, changes)
	return changes
}

// movedItems returns the items of watched texts that the transaction inserted or
// deleted, in the order of the document.
func (d *Doc) movedItems(tx *transaction) []moved {
	all := tx.scratch.moved[:0]
	for _, index := range tx.changed {
		c := &d.clients[index]
		for _, r := range c.runs[c.find(c.before):] {
			if it := &d.items.slots[r.item]; it.inRope() && it.visible() {
				all = d.addMoved(all, r.item, c.before, it.end())
			}
		}
	}
	for _, s := range tx.deleted {
		c := &d.clients[s.client]
		for i := c.find(s.clock); i < len(c.runs) && c.runs[i].clock < s.end; i++ {
			if it := &d.items.slots[c.runs[i].item]; it.inRope() && it.flags&flagRemoved != 0 {
				end := s.end
				if c.changed { // units that are new were never there to be deleted
					end = min(end, c.before)
				}
				all = d.addMoved(all, c.runs[i].item, s.clock, end)
			}
		}
	}
	keep(&tx.scratch.moved, all)
	if len(all) > 1 {
		slices.SortFunc(all, compareMoved)
	}
	return all
}

// keystroke is the short way to tell of the most frequent change: units of one
// item were inserted, or were deleted. It returns nil if there was more. What it
// tells with is written over the last one, in place, so that next to nothing is
// added to what applying a keystroke takes.
func (d *Doc) keystroke(tx *transaction) []TextChange {
	x, clock, end := d.onlyChange(tx)
	if x == none {
		return nil
	}
	it := &d.items.slots[x]
	l := &d.leaves.slots[it.home]
	r := d.sequences.slots[l.sequence].rope
	if !r.watched {
		return nil
	}
	at := d.spotOf(r, x)
	position := r.unitsBefore(l.index) + at.units
	k := &tx.keystroke
	if it.deleted() {
		k.steps[1] = Op{Delete: int(end - clock)}
	} else {
		k.steps[1] = Op{Insert: d.textFrom(it, at, clock)}
		position += int(clock - it.clock)
	}
	k.steps[0] = Op{Retain: position}
	delta := Delta(k.steps[:])
	if position == 0 {
		delta = delta[1:]
	}
	k.change[0] = TextChange{Name: d.nameOf(l.sequence), Delta: delta}
	return k.change[:]
}

// onlyChange returns the item that the transaction changed and which units of
// it, or none if it did more than a keystroke.
func (d *Doc) onlyChange(tx *transaction) (x itemRef, clock, end uint32) {
	if len(tx.changed)+len(tx.deleted) != 1 || len(tx.broken) > 0 {
		return none, 0, 0
	}
	if len(tx.changed) == 1 {
		c := &d.clients[tx.changed[0]]
		x = c.runs[len(c.runs)-1].item
		if it := &d.items.slots[x]; it.clock <= c.before && it.inRope() && it.kind == kindString {
			return x, c.before, c.next
		}
		return none, 0, 0
	}
	s := tx.deleted[0]
	x = d.at(id{s.client, s.clock})
	if it := &d.items.slots[x]; it.end() >= s.end && it.inRope() && it.flags&flagRemoved != 0 {
		return x, s.clock, s.end
	}
	return none, 0, 0
}

// keystroke is what a transaction tells of one.
type keystroke struct {
	steps  [2]Op // to retain what is before it, and to insert or delete
	change [1]TextChange
}

// addMoved adds the units of x that are in [clock, end).
func (d *Doc) addMoved(all []moved, x itemRef, clock, end uint32) []moved {
	it := &d.items.slots[x]
	l := &d.leaves.slots[it.home]
	r := d.sequences.slots[l.sequence].rope
	clock, end = max(clock, it.clock), min(end, it.end())
	if clock >= end || !r.watched {
		return all
	}
	return append(all, moved{x, l.sequence, l.index, d.spotOf(r, x), clock, end})
}

// compareMoved orders items by their place in the document.
func compareMoved(a, b moved) int {
	if a.sequence != b.sequence {
		return int(a.sequence - b.sequence)
	}
	if a.leaf != b.leaf {
		return a.leaf - b.leaf
	}
	return a.at.index - b.at.index
}

func (d *Doc) nameOf(s int32) string {
	return d.branches.slots[d.sequences.slots[s].branch].name
}

// appendDelta adds the steps that make the change of the items of one text, in
// order.
func (d *Doc) appendDelta(ops []Op, r *rope, items []moved) []Op {
	first, cursor := len(ops), 0
	var text []byte // of the last step, if it inserts what more than one item brought
	for i := range items {
		m := &items[i]
		it := &d.items.slots[m.item]
		position := r.unitsBefore(m.leaf) + m.at.units
		n, alive := int(m.end-m.clock), !it.deleted()
		if alive {
			position += int(m.clock - it.clock)
		}
		if position > cursor {
			ops = append(settled(ops, &text), Op{Retain: position - cursor})
			cursor = position
		}
		if alive {
			cursor += n
		}
		step := Op{}
		switch {
		case !alive:
			step.Delete = n
		case it.kind != kindString:
			step.Embeds = n
		default:
			step.Insert = d.textFrom(it, m.at, m.clock)
		}
		if len(ops) == first || !ops[len(ops)-1].join(&step, &text) {
			ops = append(settled(ops, &text), step)
		}
	}
	return settled(ops, &text)
}

// settled gives the last step the text that was collected for it.
func settled(ops []Op, text *[]byte) []Op {
	if len(*text) > 0 {
		ops[len(ops)-1].Insert = string(*text)
		*text = (*text)[:0]
	}
	return ops
}

// join makes one step of two that do the same. What is inserted is collected in
// text: a load may bring it in thousands of pieces.
func (op *Op) join(next *Op, text *[]byte) bool {
	switch {
	case op.Delete > 0 && next.Delete > 0:
		op.Delete += next.Delete
	case op.Embeds > 0 && next.Embeds > 0:
		op.Embeds += next.Embeds
	case op.Insert != "" && next.Insert != "":
		if len(*text) == 0 {
			*text = append(*text, op.Insert...)
		}
		*text = append(*text, next.Insert...)
	default:
		return false
	}
	return true
}

// textFrom returns the text of an item from the unit of that clock on, which
// goes up to its end: what is new is at the end of what its client made.
func (d *Doc) textFrom(it *item, at spot, clock uint32) string {
	text := d.leaves.slots[it.home].text[at.offset : at.offset+int(it.size)]
	if it.size == it.len { // ASCII
		return string(text[clock-it.clock:])
	}
	offset, _ := byteOffset(text, clock-it.clock, it.len)
	return string(text[offset:])
}

// addBroken tells which units that were there before have lost their other
// half.
func (d *Doc) addBroken(tx *transaction, changes []TextChange) []TextChange {
	for _, first := range tx.broken {
		for _, u := range []id{first, {first.client, first.clock + 1}} {
			x := d.at(u)
			it := &d.items.slots[x]
			if !it.inRope() || !it.visible() || d.isNew(u) {
				continue
			}
			s := d.sequenceOf(it)
			if !d.sequences.slots[s].rope.watched {
				continue
			}
			name := d.nameOf(s)
			i := slices.IndexFunc(changes, func(c TextChange) bool { return c.Name == name })
			if i < 0 {
				i = len(changes)
				changes = append(changes, TextChange{Name: name})
			}
			changes[i].Broken = append(changes[i].Broken, d.position(x)+int(u.clock-it.clock))
		}
	}
	for i := range changes {
		slices.Sort(changes[i].Broken)
	}
	return changes
}
