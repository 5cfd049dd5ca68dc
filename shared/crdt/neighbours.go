package crdt

import "slices"

// window is a stretch of a client's runs, by index: each of them may be joined
// with the one before it.
type window struct {
	client   uint32
	from, to int // inclusive
}

// mergeNeighbours joins items with those that precede them, in the places where
// Yjs tries, and one after the other as Yjs does: next to what was deleted, next
// to what was added, next to what was cut. That leaves no two that could be
// joined, except among GC structs, where Yjs leaves some as well.
// (cleanupTransactions and tryMergeDeleteSet in Transaction.js.)
func (d *Doc) mergeNeighbours(tx *transaction) {
	if len(tx.deleted)+len(tx.cuts) > manyWindows {
		d.mergeManyNeighbours(tx)
		return
	}
	for _, s := range slices.Backward(tx.deleted) {
		d.mergeWindow(d.besideDeleted(s))
	}
	for _, index := range tx.changed {
		d.mergeWindow(d.besideAdded(index))
	}
	for _, u := range slices.Backward(tx.cuts) {
		d.mergeWindow(d.besideCut(u))
	}
}

// manyWindows is the number above which windows are not taken one by one, for
// each time all runs behind have to move. What is joined is the same then,
// except among GC structs.
const manyWindows = 512

// mergeManyNeighbours does what mergeNeighbours does in one pass for each
// client.
func (d *Doc) mergeManyNeighbours(tx *transaction) {
	windows := tx.scratch.windows[:0]
	for _, s := range tx.deleted {
		windows = append(windows, d.besideDeleted(s))
	}
	for _, index := range tx.changed {
		windows = append(windows, d.besideAdded(index))
	}
	for _, u := range tx.cuts {
		windows = append(windows, d.besideCut(u))
	}
	keep(&tx.scratch.windows, windows)
	slices.SortFunc(windows, func(a, b window) int { return int(a.client) - int(b.client) })
	for len(windows) > 0 {
		c := &d.clients[windows[0].client]
		beside := make([]bool, len(c.runs)) // by run: may it be joined with the one before it
		n := 0
		for ; n < len(windows) && windows[n].client == windows[0].client; n++ {
			for i := windows[n].from; i <= windows[n].to; i++ {
				beside[i] = true
			}
		}
		windows = windows[n:]
		d.mergeRuns(c, 1, len(c.runs)-1, func(i int) bool { return beside[i] })
	}
}

// besideDeleted is the first run that begins in the span to the one after its
// last.
func (d *Doc) besideDeleted(s span) window {
	c := &d.clients[s.client]
	from := c.find(s.clock)
	if c.runs[from].clock < s.clock {
		from++
	}
	return window{s.client, from, min(c.find(s.end-1)+1, len(c.runs)-1)}
}

// besideAdded is all runs that the transaction added to a client. A run that
// only became longer is not one of them.
func (d *Doc) besideAdded(index uint32) window {
	c := &d.clients[index]
	from := c.find(c.before)
	if c.runs[from].clock < c.before {
		from++
	}
	return window{index, from, len(c.runs) - 1}
}

// besideCut is the run that the unit is in now and the one after it.
func (d *Doc) besideCut(u id) window {
	c := &d.clients[u.client]
	i := c.find(u.clock)
	return window{u.client, i, min(i+1, len(c.runs)-1)}
}

// mergeWindow joins the runs of a window.
func (d *Doc) mergeWindow(w window) {
	d.mergeRuns(&d.clients[w.client], w.from, w.to, func(int) bool { return true })
}

// mergeRuns joins runs with those before them, from the last to the first, if
// they are beside a change. As in Yjs, a run that was joined lets the one before
// it be tried as well.
func (d *Doc) mergeRuns(c *client, first, last int, beside func(run int) bool) {
	lowest, highest := len(c.runs), 0 // of the runs that are gone
	for i := last; i > 0 && i >= first; i-- {
		if !beside(i) {
			continue
		}
		end := i
		for i > 0 && d.joinable(c.runs[i-1].item, c.runs[i].item) {
			i--
		}
		for k := i + 1; k <= end; k++ { // from the left: what is long is not copied again
			d.join(c.runs[i].item, c.runs[k].item)
			c.runs[k].item = none
			lowest, highest = min(lowest, k), max(highest, k)
		}
	}
	if lowest > highest {
		return
	}
	kept := lowest
	for _, r := range c.runs[lowest : highest+1] {
		if r.item != none {
			c.runs[kept] = r
			kept++
		}
	}
	c.runs = slices.Delete(c.runs, kept, highest+1)
}

// joinable tells whether two items that follow each other in clock are as if
// they had been made in one go. (Item.mergeWith.) Joining others does not change
// that.
func (d *Doc) joinable(a, b itemRef) bool {
	l, r := &d.items.slots[a], &d.items.slots[b]
	if l.kind != r.kind || l.flags&flagDeleted != r.flags&flagDeleted {
		return false
	}
	return l.kind == kindGC ||
		l.right == b && r.origin == l.lastID() && l.rightOrigin == r.rightOrigin && l.kind.mergeable()
}

// join makes one item of two that are joinable.
func (d *Doc) join(a, b itemRef) {
	l, r := &d.items.slots[a], &d.items.slots[b]
	l.len += r.len
	if l.kind != kindGC {
		d.unlinkJoined(a, b)
	}
	*r = item{kind: kindFree}
	d.items.release(int32(b))
}

// unlinkJoined takes b, which is being joined to a on its left, out of the
// sequence and hands its content to a.
func (d *Doc) unlinkJoined(a, b itemRef) {
	l, r := &d.items.slots[a], &d.items.slots[b]
	l.right = r.right
	if r.right != none {
		d.items.slots[r.right].left = a
	}
	if r.inRope() {
		d.joinText(a, b)
		return
	}
	if seq := &d.sequences.slots[r.home]; seq.last == b {
		seq.last = a
	}
	if r.hasPayload() {
		d.joinPayload(l, r)
	}
}

// joinText hands the text of b to a, which precedes it in the rope.
func (d *Doc) joinText(a, b itemRef) {
	l, r := &d.items.slots[a], &d.items.slots[b]
	from := &d.leaves.slots[r.home]
	rope := d.ropeOf(l)
	i := 0
	if l.home == r.home {
		i = d.spotOf(rope, a).index + 1
	} else { // a is the last of its leaf, b the first of the next
		to := &d.leaves.slots[l.home]
		size := r.textSize()
		to.text = append(to.text, from.text[:size]...)
		from.text = slices.Delete(from.text, 0, int(size))
		if r.visible() {
			d.resize(from, -int(r.len))
			d.resize(to, int(r.len))
		}
	}
	if rope.spot.item != a {
		rope.spot.item = none
	}
	from.items = slices.Delete(from.items, i, i+1)
	if len(from.items) == 0 {
		d.dropLeaf(r.home)
	}
	if r.hasPayload() {
		d.joinPayload(l, r)
	} else {
		l.size += r.textSize()
	}
	d.balance(l.home)
}

func (d *Doc) joinPayload(l, r *item) {
	p := &d.payloads.slots[l.size]
	p.data = append(p.data, d.payloads.slots[r.size].data...)
	d.dropPayload(r)
}
