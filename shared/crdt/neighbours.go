package crdt

import "slices"

// window is a stretch of a client's runs, by index: each of them may be joined
// with the one before it.
type window struct {
	client   uint32
	from, to int // inclusive
}

// mergeNeighbours joins items with those that precede them, in the places where
// Yjs tries: next to what was deleted and added, then next to what was cut. That
// leaves no two that could be joined, except among GC structs, where Yjs leaves
// some as well.
func (d *Doc) mergeNeighbours(tx *transaction) {
	windows := tx.scratch.windows[:0]
	for _, s := range tx.deleted {
		c := &d.clients[s.client]
		// The first run that begins in the span, and the one after its last.
		from := c.find(s.clock)
		if c.runs[from].clock < s.clock {
			from++
		}
		to := min(c.find(s.end-1)+1, len(c.runs)-1)
		windows = append(windows, window{s.client, from, to})
	}
	for _, index := range tx.changed {
		c := &d.clients[index]
		from := c.find(c.before)
		if c.runs[from].clock < c.before { // a run that has become longer, no new one
			from++
		}
		if from < len(c.runs) {
			windows = append(windows, window{index, from, len(c.runs) - 1})
		}
	}
	cuts := tx.cuts
	if len(cuts) > manyCuts {
		for _, u := range cuts {
			c := &d.clients[u.client]
			i := c.find(u.clock)
			windows = append(windows, window{u.client, i, min(i+1, len(c.runs)-1)})
		}
		cuts = nil
	}
	keep(&tx.scratch.windows, windows)
	d.mergeWindows(windows)
	for _, u := range slices.Backward(cuts) {
		c := &d.clients[u.client]
		at := c.find(u.clock)
		if at+1 < len(c.runs) && d.mergeLeft(c, at+1) > 1 {
			continue // with what was before the cut as well
		}
		d.mergeLeft(c, at)
	}
}

// manyCuts is the number above which runs are not joined cut by cut, for each
// time all runs behind have to move.
const manyCuts = 512

// mergeLeft joins run i with those before it, as far as they can be, and
// returns how many there were.
func (d *Doc) mergeLeft(c *client, i int) (merged int) {
	first := i
	for first > 0 && d.join(c.runs[first-1].item, c.runs[first].item) {
		first--
	}
	if first < i {
		c.runs = slices.Delete(c.runs, first+1, i+1)
	}
	return i - first
}

// mergeWindows joins the runs within the windows.
func (d *Doc) mergeWindows(windows []window) {
	byEnd := func(a, b window) int { // within a client, from its end
		if a.client != b.client {
			return int(a.client) - int(b.client)
		}
		return b.to - a.to
	}
	if len(windows) > 1 {
		slices.SortFunc(windows, byEnd)
	}
	for len(windows) > 0 {
		n := 1
		for n < len(windows) && windows[n].client == windows[0].client {
			n++
		}
		d.mergeRuns(&d.clients[windows[0].client], windows[:n])
		windows = windows[n:]
	}
}

// mergeRuns joins the runs of one client within its windows, from the end. As
// in Yjs, a run that was joined with the one before it lets that one be tried
// as well.
func (d *Doc) mergeRuns(c *client, windows []window) {
	lowest, highest := len(c.runs), 0 // of the runs that are gone
	next := len(c.runs)               // the last run that was tried
	for _, w := range windows {
		joined := false
		for i := min(w.to, next-1); i > 0 && (i >= w.from || joined); i-- {
			next = i
			if joined = d.join(c.runs[i-1].item, c.runs[i].item); joined {
				c.runs[i].item = none
				lowest, highest = i, max(highest, i)
			}
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

// join makes one item of two that follow each other in clock, if they are as
// if they had been made in one go. (Item.mergeWith.)
func (d *Doc) join(a, b itemRef) bool {
	l, r := &d.items.slots[a], &d.items.slots[b]
	if l.kind != r.kind || l.flags&flagDeleted != r.flags&flagDeleted {
		return false
	}
	if l.kind != kindGC {
		if l.right != b || r.origin != l.lastID() || l.rightOrigin != r.rightOrigin || !l.kind.mergeable() {
			return false
		}
		d.unlinkJoined(a, b)
	}
	l.len += r.len
	*r = item{kind: kindFree}
	d.items.release(int32(b))
	return true
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
	p.data = slices.Concat(p.data, d.payloads.slots[r.size].data)
	d.dropPayload(r)
}
