package crdt

import "slices"

// deleteRanges deletes ranges of one client, in order and all of them known.
// It returns how many units it deleted that were not.
func (d *Doc) deleteRanges(tx *transaction, index uint32, ranges idSet) (units uint64) {
	if len(ranges) == 1 && d.backspace(tx, index, ranges[0]) {
		return uint64(ranges[0].end - ranges[0].clock)
	}
	d.cutRanges(tx, index, ranges)
	c := &d.clients[index]
	for _, r := range ranges {
		for i := c.find(r.clock); i < len(c.runs) && c.runs[i].clock < r.end; i++ {
			if it := &d.items.slots[c.runs[i].item]; !it.deleted() {
				units += uint64(it.len)
				d.deleteItem(tx, c.runs[i].item)
			}
		}
	}
	return units
}

// backspace is the short way of the most frequent deletion: the last units of
// visible text that are followed by deleted ones, so that only the boundary
// between the two moves. It does what cutting, deleting and joining would do,
// and reports whether it could.
func (d *Doc) backspace(tx *transaction, index uint32, r idRange) bool {
	c := &d.clients[index]
	i := c.find(r.clock)
	if i+1 >= len(c.runs) || c.runs[i+1].clock != r.end || c.runs[i].clock == r.clock {
		return false
	}
	x, y := c.runs[i].item, c.runs[i+1].item
	kept, gone := &d.items.slots[x], &d.items.slots[y]
	if kept.kind != kindString || !kept.inRope() || kept.right != y || gone.kind != kindDeleted ||
		gone.origin != kept.lastID() || gone.rightOrigin != kept.rightOrigin || d.isNew(id{index, r.clock}) {
		return false
	}
	n := r.end - r.clock
	before, after := d.splitText(tx, x, kept.len-n)
	l := &d.leaves.slots[kept.home]
	end := d.spotOf(d.ropeOf(kept), x).offset + int(before+after)
	l.cut(end-int(after), end)
	d.resize(l, -int(n))
	kept.len, kept.size = kept.len-n, before
	gone.clock, gone.len, gone.origin = r.clock, gone.len+n, id{index, r.clock - 1}
	gone.flags |= flagRemoved
	c.runs[i+1].clock = r.clock
	tx.deleted = append(tx.deleted, span{index, r.clock, r.end})
	return true
}

// cutRanges cuts the items that straddle the beginning or end of a range. All
// cuts are made first, and entered among the client's runs in one pass, so that
// a delete set of ten thousand ranges costs no more than it must.
func (d *Doc) cutRanges(tx *transaction, index uint32, ranges idSet) {
	c := &d.clients[index]
	made := tx.scratch.made[:0]
	last := none // the item that the latest cut made
	cut := func(clock uint32) {
		x := last
		if x == none || d.items.slots[x].end() <= clock {
			x = c.runs[c.find(clock)].item
		}
		if it := &d.items.slots[x]; it.deleted() || it.clock == clock {
			return
		}
		last = d.split(tx, x, clock-d.items.slots[x].clock)
		made = append(made, last)
	}
	if len(ranges) > manyRanges {
		d.items.slots = slices.Grow(d.items.slots, d.countCuts(c, ranges))
	}
	for _, r := range ranges {
		cut(r.clock)
		if r.end < c.next {
			cut(r.end)
		}
	}
	d.enterRuns(c, made)
	keep(&tx.scratch.made, made)
}

// manyRanges is the number above which room for what is cut off is made at once.
const manyRanges = 64

// countCuts returns about how many items cutRanges will make.
func (d *Doc) countCuts(c *client, ranges idSet) (n int) {
	straddles := func(clock uint32) bool {
		r := c.runs[c.find(clock)]
		return r.clock < clock && !d.items.slots[r.item].deleted()
	}
	for _, r := range ranges {
		if straddles(r.clock) {
			n++
		}
		if r.end < c.next && straddles(r.end) {
			n++
		}
	}
	return n
}

// enterRuns adds items, in order of clock, among the runs of their client.
func (d *Doc) enterRuns(c *client, made []itemRef) {
	n := len(c.runs) // of the runs that are still where they were
	if len(made) == 1 {
		c.runs = append(grown(c.runs), run{})
	} else {
		c.runs = slices.Grow(c.runs, len(made))[:n+len(made)]
	}
	for i, x := range slices.Backward(made) {
		clock := d.items.slots[x].clock
		before := client{runs: c.runs[:n]}
		from := before.find(clock) + 1
		copy(c.runs[from+i+1:], c.runs[from:n])
		c.runs[from+i] = run{clock, x}
		n = from
	}
}

// deleteItem deletes an item and, if it is a nested type, everything in it. It
// works through a list, for types can be nested as deeply as their makers like,
// in the order in which Yjs calls itself: it decides which GC structs are joined.
// What was deleted before may be joined with what is deleted now.
func (d *Doc) deleteItem(tx *transaction, x itemRef) {
	if d.items.slots[x].deleted() {
		return
	}
	tx.doomed = append(tx.doomed[:0], x)
	for len(tx.doomed) > 0 {
		x := tx.doomed[len(tx.doomed)-1]
		tx.doomed = tx.doomed[:len(tx.doomed)-1]
		it := &d.items.slots[x]
		if it.deleted() {
			if u := (id{it.client, it.clock}); !d.isNew(u) {
				tx.cuts = append(tx.cuts, u)
			}
			continue
		}
		if it.inRope() && it.kind.countable() {
			d.cutText(x)
			if !d.isNew(id{it.client, it.clock}) {
				it.flags |= flagRemoved
			}
		}
		it.flags |= flagDeleted
		tx.deleted = append(tx.deleted, span{it.client, it.clock, it.end()})
		if it.kind == kindType {
			d.deleteChildren(tx, d.payloads.slots[it.size].branch)
			continue
		}
		d.dropPayload(it)
		it.kind = kindDeleted
	}
}

// deleteChildren dooms what a type that is being deleted holds, the first on top.
func (d *Doc) deleteChildren(tx *transaction, b int32) {
	tx.types = append(tx.types, b)
	n := len(tx.doomed)
	br := &d.branches.slots[b]
	if br.list >= 0 {
		for x := d.sequences.slots[br.list].head; x != none; x = d.items.slots[x].right {
			tx.doomed = append(tx.doomed, x)
		}
	}
	for _, s := range br.keys {
		tx.doomed = append(tx.doomed, d.sequences.slots[s].last)
	}
	slices.Reverse(tx.doomed[n:])
}

// collectTypes forgets where the children of deleted types were: all that is
// left of them is that their units exist, so that nobody waits for them.
func (d *Doc) collectTypes(tx *transaction) {
	for _, b := range tx.types {
		br := &d.branches.slots[b]
		if owner := &d.items.slots[br.item]; owner.kind == kindType {
			d.dropPayload(owner)
			owner.kind = kindDeleted
		}
		if br.list >= 0 {
			d.collectSequence(br.list)
		}
		for _, s := range br.keys {
			d.collectSequence(s)
		}
		*br = branch{item: none, list: -1}
		d.branches.release(b)
	}
}

// collectSequence turns the items of a sequence into GC structs.
func (d *Doc) collectSequence(s int32) {
	for x := d.sequences.slots[s].head; x != none; {
		it := &d.items.slots[x]
		right := it.right
		d.dropPayload(it)
		*it = it.collected()
		x = right
	}
	d.sequences.slots[s] = sequence{branch: -1, head: none, last: none}
	d.sequences.release(s)
}

// dropPayload forgets the content of an item if it is kept apart from it.
func (d *Doc) dropPayload(it *item) {
	if it.hasPayload() {
		d.payloads.slots[it.size] = payload{branch: -1}
		d.payloads.release(int32(it.size))
	}
	it.size = 0
}
