package crdt

import (
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// split cuts item x after its first units and returns the second part, which
// the caller enters among the client's runs. The first part keeps its right
// origin: that is what its maker saw.
func (d *Doc) split(tx *transaction, x itemRef, units uint32) itemRef {
	first := &d.items.slots[x]
	second := item{
		client: first.client, clock: first.clock + units, len: first.len - units,
		origin: id{first.client, first.clock + units - 1}, rightOrigin: first.rightOrigin,
		left: x, right: first.right, home: first.home, kind: first.kind, flags: first.flags,
	}
	switch {
	case first.textSize() > 0:
		first.size, second.size = d.splitText(tx, x, units)
	case first.hasPayload():
		second.size = d.splitPayload(first, units)
	}
	first.len = units
	y := itemRef(d.items.take(second))
	first = &d.items.slots[x]
	first.right = y
	if second.right != none {
		d.items.slots[second.right].left = y
	}
	if second.flags&flagInRope != 0 {
		r, l := d.ropeOf(first), &d.leaves.slots[second.home]
		at := d.after(r, x)
		l.items = slices.Insert(l.items, at.index, y)
		at.item = y
		r.spot = at
		d.balance(second.home)
	} else if seq := &d.sequences.slots[second.home]; seq.last == x {
		seq.last = y
	}
	tx.cuts = append(tx.cuts, id{second.client, second.clock})
	return y
}

// splitPayload cuts the content of an item that has its payload apart, and
// returns the slot of the second part.
func (d *Doc) splitPayload(it *item, units uint32) (second uint32) {
	p := &d.payloads.slots[it.size]
	before, after := cutContent(it.kind, p.data, units, it.len)
	p.data = before
	return uint32(d.payloads.take(payload{data: after, branch: -1}))
}

// cutContent divides content that has total units, of a kind that can be:
// strings at a unit, values at an element. A surrogate pair that is cut becomes
// U+FFFD on both sides.
func cutContent(k kind, data []byte, units, total uint32) (before, after []byte) {
	if k == kindString {
		offset, inPair := int(units), false
		if len(data) != int(total) { // not ASCII
			offset, inPair = byteOffset(data, units, total)
		}
		if !inPair {
			return data[:offset:offset], data[offset:]
		}
		half := brokenPair[:len(brokenPair)/2]
		return slices.Concat(data[:offset], half), slices.Concat(half, data[offset+pairSize:])
	}
	r := lib0.NewReader(data)
	for ; units > 0; units-- {
		if k == kindAny {
			r.SkipAny(lib0.MaxAnyDepth)
		} else {
			r.Bytes()
		}
	}
	return data[:r.Pos():r.Pos()], data[r.Pos():]
}

// endingAt returns the item that holds unit u, cut so that u is its last. GC
// structs are never cut.
func (d *Doc) endingAt(tx *transaction, u id) itemRef {
	c := &d.clients[u.client]
	i := c.find(u.clock)
	x := c.runs[i].item
	it := &d.items.slots[x]
	if it.kind != kindGC && u.clock != it.end()-1 {
		y := d.split(tx, x, u.clock-it.clock+1)
		c.runs = slices.Insert(grown(c.runs), i+1, run{u.clock + 1, y})
	}
	return x
}

// startingAt returns the item that holds unit u, cut so that u is its first.
func (d *Doc) startingAt(tx *transaction, u id) itemRef {
	c := &d.clients[u.client]
	i := c.find(u.clock)
	x := c.runs[i].item
	it := &d.items.slots[x]
	if it.kind == kindGC || u.clock == it.clock {
		return x
	}
	y := d.split(tx, x, u.clock-it.clock)
	c.runs = slices.Insert(grown(c.runs), i+1, run{u.clock, y})
	return y
}
