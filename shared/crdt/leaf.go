package crdt

import "slices"

// addLeaf puts an empty leaf at that index of the rope and returns its slot.
func (d *Doc) addLeaf(r *rope, seq int32, index int) int32 {
	slot := d.leaves.take(leaf{sequence: seq})
	r.order = slices.Insert(grown(r.order), index, slot)
	r.lengths = slices.Insert(grown(r.lengths), index, 0)
	d.renumber(r, index)
	if r.hint >= index {
		r.hint++
	}
	if len(r.order) == 1 {
		r.hint = 0
	}
	return slot
}

// dropLeaf removes an empty leaf from its rope.
func (d *Doc) dropLeaf(slot int32) {
	l := &d.leaves.slots[slot]
	r := d.sequences.slots[l.sequence].rope
	r.order = slices.Delete(r.order, l.index, l.index+1)
	r.lengths = slices.Delete(r.lengths, l.index, l.index+1)
	if r.hint > l.index {
		r.hint--
	}
	d.renumber(r, l.index)
	*l = leaf{}
	d.leaves.release(slot)
}

func (d *Doc) renumber(r *rope, from int) {
	for i := from; i < len(r.order); i++ {
		d.leaves.slots[r.order[i]].index = i
	}
}

// balance moves items out of a leaf that has become too large. What moves is
// the smaller part, so that cutting a long text to pieces does not copy it each
// time, and it moves to the neighbour if there is room.
func (d *Doc) balance(slot int32) {
	for {
		l := &d.leaves.slots[slot]
		if len(l.items) <= leafItems && (len(l.text) <= leafText || len(l.items) == 1) {
			return
		}
		d.sequences.slots[l.sequence].rope.spot.item = none
		k, offset := d.middle(l)
		if offset < len(l.text)-offset {
			d.moveLeft(slot, k, offset)
		} else {
			d.moveRight(slot, k, offset)
		}
	}
}

// middle returns the boundary between two items that best divides the leaf:
// its items if there are too many, otherwise its text.
func (d *Doc) middle(l *leaf) (index, offset int) {
	if len(l.items) > leafItems {
		index = len(l.items) / 2
		return index, d.textBefore(l, index)
	}
	half := len(l.text) / 2
	for index = 1; index < len(l.items)-1; index++ {
		next := offset + int(d.items.slots[l.items[index-1]].textSize())
		if next >= half {
			if index > 1 && half-offset < next-half {
				return index - 1, offset
			}
			return index, next
		}
		offset = next
	}
	return index, d.textBefore(l, index)
}

// textBefore returns the bytes of text of the items before l.items[index].
func (d *Doc) textBefore(l *leaf, index int) (size int) {
	for _, x := range l.items[:index] {
		size += int(d.items.slots[x].textSize())
	}
	return size
}

// moveLeft moves the first k items of a leaf, whose text is the first offset
// bytes, to the end of the leaf before or, if there is no room, to a new one.
func (d *Doc) moveLeft(slot int32, k, offset int) {
	l := &d.leaves.slots[slot]
	r := d.sequences.slots[l.sequence].rope
	target := int32(-1)
	if l.index > 0 {
		target = d.roomIn(r.order[l.index-1], k, offset)
	}
	if target < 0 {
		target = d.addLeaf(r, l.sequence, l.index)
		l = &d.leaves.slots[slot]
	}
	t := &d.leaves.slots[target]
	t.items = append(t.items, l.items[:k]...)
	t.text = append(t.text, l.text[:offset]...)
	units := d.rehome(l.items[:k], target)
	l.items = slices.Delete(l.items, 0, k)
	l.text = l.text[offset:]
	if len(l.text) <= leafText { // do not keep a long array for a short rest
		l.text = slices.Clone(l.text)
	}
	d.resize(l, -units)
	d.resize(t, units)
}

// moveRight moves the items from k on to the beginning of the leaf after or to
// a new one.
func (d *Doc) moveRight(slot int32, k, offset int) {
	l := &d.leaves.slots[slot]
	r := d.sequences.slots[l.sequence].rope
	target := int32(-1)
	if l.index+1 < len(r.order) {
		target = d.roomIn(r.order[l.index+1], len(l.items)-k, len(l.text)-offset)
	}
	if target < 0 {
		target = d.addLeaf(r, l.sequence, l.index+1)
		l = &d.leaves.slots[slot]
	}
	t := &d.leaves.slots[target]
	t.items = slices.Insert(t.items, 0, l.items[k:]...)
	t.text = slices.Insert(t.text, 0, l.text[offset:]...)
	units := d.rehome(l.items[k:], target)
	l.items = l.items[:k]
	l.text = l.text[:offset]
	d.resize(l, -units)
	d.resize(t, units)
}

// roomIn returns the leaf if it stays half empty with so much more, else -1:
// filling it to the brim would make it overflow next.
func (d *Doc) roomIn(slot int32, items, text int) int32 {
	l := &d.leaves.slots[slot]
	if len(l.items)+items <= leafItems*3/4 && len(l.text)+text <= leafText*3/4 {
		return slot
	}
	return -1
}

// rehome tells items that they moved to a leaf. It returns their units.
func (d *Doc) rehome(items []itemRef, slot int32) (units int) {
	for _, x := range items {
		it := &d.items.slots[x]
		it.home = slot
		if it.visible() {
			units += int(it.len)
		}
	}
	return units
}
