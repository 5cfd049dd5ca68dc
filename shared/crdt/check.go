package crdt

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tutti-live/tutti/shared/lib0"
)

// Check looks whether the document is sound in itself: everything that the
// code relies on, found out anew. It is for tests, and takes as long as the
// document is large.
func Check(d *Doc) error {
	if d.tx != nil {
		return errors.New("crdt: a transaction is open")
	}
	c := checker{d: d, seen: make([]bool, len(d.items.slots))}
	c.clients()
	for b := range d.branches.slots {
		c.branch(int32(b))
	}
	c.slots()
	c.pending()
	return errors.Join(c.errs...)
}

// checker collects what is wrong.
type checker struct {
	d    *Doc
	seen []bool // items found in a sequence, and GC structs
	errs []error
}

func (c *checker) expect(ok bool, format string, args ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf("crdt: "+format, args...))
	}
}

// clients checks that the runs of each client follow each other without a gap.
func (c *checker) clients() {
	d := c.d
	for i := range d.clients {
		cl := &d.clients[i]
		index, found := d.clientIndex(cl.id)
		c.expect(found && index == uint32(i), "client %d is not found", cl.id)
		c.expect(!cl.changed, "client %d is in a transaction", cl.id)
		c.expect(len(cl.runs) > 0, "client %d has nothing", cl.id)
		clock := uint32(0)
		for _, r := range cl.runs {
			it := &d.items.slots[r.item]
			c.expect(r.clock == clock && it.clock == clock && it.client == uint32(i) && it.len > 0,
				"client %d: run at %d holds item %+v", cl.id, r.clock, *it)
			c.expect(it.kind <= kindDoc, "client %d: kind %d at %d", cl.id, it.kind, it.clock)
			c.expect(it.kind != kindDeleted && it.kind != kindGC || it.deleted(), "client %d: kind %d is alive", cl.id, it.kind)
			if it.deleted() {
				c.expect(it.kind == kindDeleted || it.kind == kindGC, "client %d: deleted kind %d at %d", cl.id, it.kind, it.clock)
			}
			if it.kind == kindGC {
				c.seen[r.item] = true
			}
			clock += it.len
		}
		c.expect(clock == cl.next, "client %d ends at %d, not %d", cl.id, clock, cl.next)
	}
}

func (c *checker) branch(b int32) {
	br := &c.d.branches.slots[b]
	switch {
	case br.item != none:
		it := &c.d.items.slots[br.item]
		c.expect(it.kind == kindType && c.d.payloads.slots[it.size].branch == b, "branch %d is not that of its item", b)
	case br.list >= 0 || br.keys != nil:
		c.expect(c.d.roots[br.name] == b, "root %q is not found", br.name)
	}
	if br.list >= 0 {
		c.sequence(b, br.list)
	}
	for key, s := range br.keys {
		seq := &c.d.sequences.slots[s]
		c.expect(seq.keyed && seq.key == key, "key %q is not that of its sequence", key)
		c.sequence(b, s)
	}
}

// sequence checks the links of a sequence, and the rope beside them.
func (c *checker) sequence(b, s int32) {
	d := c.d
	seq := &d.sequences.slots[s]
	c.expect(seq.branch == b, "sequence %d is of branch %d, not %d", s, seq.branch, b)
	var order []itemRef
	left := none
	for x := seq.head; x != none; x = d.items.slots[x].right {
		if c.seen[x] {
			c.expect(false, "item %d is linked twice", x)
			return
		}
		c.seen[x] = true
		it := &d.items.slots[x]
		c.expect(it.left == left, "item %d: left is %d, not %d", x, it.left, left)
		c.expect(it.kind != kindFree && d.sequenceOf(it) == s, "item %d is not of sequence %d", x, s)
		c.expect(it.inRope() == (seq.rope != nil), "item %d: rope", x)
		c.content(x)
		order = append(order, x)
		left = x
	}
	c.expect(!seq.keyed || seq.head != none, "sequence %d: key %q has no value", s, seq.key)
	c.expect(!seq.keyed || seq.last == left, "sequence %d: last is %d, not %d", s, seq.last, left)
	if seq.rope != nil {
		c.rope(s, order)
	}
}

// content checks that what an item carries has the length that it says.
func (c *checker) content(x itemRef) {
	it := &c.d.items.slots[x]
	var data []byte
	switch {
	case it.hasPayload():
		data = c.d.payloads.slots[it.size].data
	case it.kind == kindString:
		data = c.d.textOf(x)
	default:
		c.expect(it.size == 0, "item %d has size %d", x, it.size)
		return
	}
	f := ref{kind: it.kind}
	r := lib0.NewReader(appendContent(nil, it.kind, it.len, data, 0))
	readContent(&r, &f, &acceptAll)
	c.expect(r.Err() == nil && r.Len() == 0 && f.len == it.len, "item %d: content of kind %d and length %d: %v", x, it.kind, it.len, r.Err())
}

// rope checks that the leaves hold the items in order, and their text.
func (c *checker) rope(s int32, order []itemRef) {
	d := c.d
	r := d.sequences.slots[s].rope
	units, hint := 0, 0
	c.expect(len(r.lengths) == len(r.order), "rope: %d lengths of %d leaves", len(r.lengths), len(r.order))
	for i, slot := range r.order {
		if i == r.hint {
			hint = units
		}
		l := &d.leaves.slots[slot]
		c.expect(l.index == i && l.sequence == s && len(l.items) > 0, "leaf %d is %+v", i, *l)
		c.expect(utf8.Valid(l.text), "leaf %d: text is not UTF-8", i)
		size, length := 0, 0
		for _, x := range l.items {
			it := &d.items.slots[x]
			c.expect(len(order) > 0 && order[0] == x, "leaf %d: item %d is out of order", i, x)
			c.expect(it.home == slot, "item %d: home is %d, not %d", x, it.home, slot)
			if len(order) > 0 {
				order = order[1:]
			}
			size += int(it.textSize())
			if it.visible() {
				length += int(it.len)
			}
		}
		c.expect(size == len(l.text) && length == int(r.lengths[i]), "leaf %d: %d bytes and %d units, not %d and %d", i, len(l.text), r.lengths[i], size, length)
		units += length
	}
	c.expect(len(order) == 0, "%d items are in no leaf", len(order))
	c.expect(units == r.units, "rope has %d units, not %d", r.units, units)
	c.expect(r.hint >= len(r.order) || r.hintUnits == hint, "rope: %d units before leaf %d, not %d", r.hintUnits, r.hint, hint)
}

// slots checks that every slot is either in use or free.
func (c *checker) slots() {
	free := make([]bool, len(c.d.items.slots))
	for _, i := range c.d.items.free {
		c.expect(!free[i] && c.d.items.slots[i].kind == kindFree, "slot %d is not free", i)
		free[i] = true
	}
	for i, seen := range c.seen {
		c.expect(seen != free[i], "slot %d: in use %v, free %v", i, seen, free[i])
	}
}

func (c *checker) pending() {
	p := c.d.pending
	if p == nil {
		return
	}
	c.expect(len(p.updates) > 0 || len(p.deletes) > 0, "nothing is pending")
	size := 0
	for _, b := range p.updates {
		size += len(b)
	}
	c.expect(size == p.bytes, "pending: %d bytes, not %d", p.bytes, size)
	for _, r := range p.deletes {
		c.expect(r.clock < r.end && r.clock >= c.d.state(r.client), "pending: deleted range %+v", r)
	}
}
