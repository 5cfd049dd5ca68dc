package crdt

import (
	"bytes"
	"slices"
)

// ApplyUpdate brings an update of format V1 into the document. Updates may
// come in any order, twice, or overlapping; what refers to something unknown
// waits for it. Either all of the update is taken or, with an error that wraps
// [ErrMalformed] or [ErrLimit], nothing. The bytes are not kept. origin is
// handed to the functions of [Doc.OnUpdate].
func (d *Doc) ApplyUpdate(data []byte, origin any) error {
	return d.apply(data, origin, d.limits)
}

// Load brings in a state or update that this side has stored: it is ApplyUpdate
// without [Limits]. What a document holds may be more than one update may bring,
// and it must be able to load what it has written.
func (d *Doc) Load(data []byte, origin any) error {
	return d.apply(data, origin, &acceptAll)
}

func (d *Doc) apply(data []byte, origin any, limits *Limits) error {
	if d.tx != nil {
		return ErrBusy
	}
	if d.broken {
		return ErrBroken
	}
	tx := d.begin(origin, false)
	defer func() {
		if d.tx == tx && !tx.telling { // a panic: what is half done stays so
			d.tx, d.broken = nil, true
		}
	}()
	u := &tx.update
	if err := u.read(data, limits); err != nil {
		d.end(tx)
		return err
	}
	waiting := u.plan(d)
	known, later := d.divideDeletes(tx, u)
	if waiting > 0 || len(later) > 0 {
		if err := d.addPending(u, waiting, later, limits); err != nil {
			d.end(tx)
			return err
		}
	}
	whole := d.integrateAll(tx, u) && waiting == 0 && len(later) == 0
	var deleted uint64
	for len(known) > 0 {
		var ranges idSet
		ranges, known = known.of()
		if c, found := d.clientIndex(ranges[0].client); found {
			deleted += d.deleteRanges(tx, c, ranges)
		}
	}
	if d.pending != nil && d.resume(tx) {
		whole = false
	}
	// Peers can be sent the bytes if all of it was new. Where it cut a surrogate
	// pair of ours, they get all of it too, to cut theirs.
	whole = whole && u.exact && (deleted == u.deleted || d.deletedAll(tx, u))
	switch {
	case whole || len(tx.changed)+len(tx.deleted) == 0:
		d.commit(tx, data, nil)
	case tx.brokeKnown:
		d.commit(tx, nil, data)
	default:
		d.commit(tx, nil, nil)
	}
	return nil
}

// deletedAll tells whether all that the update deletes was alive before the
// transaction or is new: some of it may have been overruled before its delete
// set came to it.
func (d *Doc) deletedAll(tx *transaction, u *update) bool {
	tx.deleted = normalizedSpans(tx.deleted)
	for _, r := range u.deletes {
		c, found := d.clientIndex(r.client)
		if !found {
			return false
		}
		// The last span that begins no later than the range.
		after, _ := slices.BinarySearchFunc(tx.deleted, id{c, r.clock + 1}, func(s span, u id) int {
			return compareSpans(s, span{client: u.client, clock: u.clock})
		})
		if after == 0 || tx.deleted[after-1].client != c || tx.deleted[after-1].end < r.end {
			return false
		}
	}
	return true
}

// divideDeletes divides the delete set by whether its units will be known once
// the planned structs are integrated.
func (d *Doc) divideDeletes(tx *transaction, u *update) (known, later idSet) {
	known = tx.scratch.set[:0]
	var next uint32
	for i, r := range u.deletes {
		if i == 0 || r.client != u.deletes[i-1].client {
			next = d.state(r.client)
			if c := u.findClient(r.client); c >= 0 {
				next = max(next, u.clients[c].next)
			}
		}
		known, later = r.divide(next, known, later)
	}
	keep(&tx.scratch.set, known)
	return known, later
}

// addPending takes what of the update has to wait, unless that is too much.
func (d *Doc) addPending(u *update, waiting int, later idSet, limits *Limits) error {
	p := d.pending
	if p == nil {
		p = &pending{}
	}
	var rest []byte
	if waiting > 0 {
		rest = u.encodeRest()
	}
	if !p.wouldHold(rest, later, limits) {
		return ErrPendingFull
	}
	p.add(rest, u.missing, later)
	d.waits++
	if p.bytes > limits.PendingBytes || len(p.missing) > p.mostMissing {
		d.reviewPending(p)
	}
	d.pending = p
	return nil
}

// integrateAll integrates the planned structs. It tells whether they were all
// structs of the update, and all of each was new.
func (d *Doc) integrateAll(tx *transaction, u *update) (whole bool) {
	whole = len(u.order) == len(u.refs)
	d.reserve(u)
	for _, i := range u.order {
		f := &u.refs[i]
		owner := &u.clients[f.owner]
		if owner.index == noClient {
			owner.index = d.addClient(owner.id)
		}
		if d.clients[owner.index].next != f.clock {
			whole = false
			if f.end() <= d.clients[owner.index].next {
				d.cutAround(tx, u, f)
				continue
			}
		}
		if d.extend(tx, u, f) {
			continue
		}
		in := incoming{
			item: item{
				client: owner.index, clock: f.clock, len: f.len, kind: f.kind,
				origin: u.localID(d, f.origin, f.originClock), rightOrigin: u.localID(d, f.right, f.rightClock),
			},
			content: u.data[f.from:f.to],
		}
		if f.parent >= 0 {
			p := &u.parents[f.parent]
			in.root, in.key, in.keyed = p.root, p.key, p.keyed
			in.parent = u.localID(d, p.client, p.clock)
		}
		d.integrate(tx, &in)
	}
	return whole
}

// reserve makes room for the structs of a large update at once.
func (d *Doc) reserve(u *update) {
	const large = 64
	if len(u.order) < large {
		return
	}
	d.items.slots = slices.Grow(d.items.slots, len(u.order))
	for i := range u.blocks {
		b := &u.blocks[i]
		c := &u.clients[b.client]
		if c.index == noClient && c.next > 0 {
			c.index = d.addClient(c.id)
		}
		if c.index != noClient {
			cl := &d.clients[c.index]
			cl.runs = slices.Grow(cl.runs, b.planned)
		}
	}
}

// cutAround cuts the surrogate pair that a known struct says it was made
// between. It finds one where the struct is the rest of a text that a peer cut
// for our state vector, and Yjs breaks the pair then, though it has all of it.
// Such a rest begins with half a pair.
func (d *Doc) cutAround(tx *transaction, u *update, f *ref) {
	const half = "\uFFFD"
	if f.origin == f.owner && f.kind == kindString && bytes.HasPrefix(u.data[f.from:f.to], []byte(half)) {
		if o := u.localID(d, f.origin, f.originClock); d.inPair(o.client, o.clock+1) {
			d.endingAt(tx, o)
			tx.brokeKnown = true
		}
	}
}

// inPair tells whether the unit of that clock is the second half of a surrogate
// pair.
func (d *Doc) inPair(client, clock uint32) bool {
	if client == noClient || clock >= d.clients[client].next {
		return false
	}
	x := d.at(id{client, clock})
	it := &d.items.slots[x]
	if it.kind != kindString || clock == it.clock {
		return false
	}
	text := []byte(nil)
	switch {
	case !it.inRope():
		text = d.payloads.slots[it.size].data
	case it.size != it.len:
		text = d.textOf(x)
	}
	if text == nil {
		return false
	}
	_, inPair := byteOffset(text, clock-it.clock, it.len)
	return inPair
}

// localID names a unit that the update names, which is known.
func (u *update) localID(d *Doc, client int32, clock uint32) id {
	if client < 0 {
		return noID
	}
	c := &u.clients[client]
	if c.index == noClient { // it became known in this very update
		if index, found := d.clientIndex(c.id); found {
			c.index = index
		}
	}
	return id{c.index, clock}
}

// extend is the short way of the most frequent struct: text that its client
// adds to the end of what it wrote last, which only makes that item longer. It
// does what integrating and joining would do, and reports whether it could.
func (d *Doc) extend(tx *transaction, u *update, f *ref) bool {
	if f.kind != kindString || f.origin != f.owner || f.originClock+1 != f.clock {
		return false
	}
	c := &d.clients[u.clients[f.owner].index]
	if c.next != f.clock || len(c.runs) == 0 {
		return false
	}
	x := c.runs[len(c.runs)-1].item
	it := &d.items.slots[x]
	if it.kind != kindString || !it.inRope() || it.rightOrigin != u.localID(d, f.right, f.rightClock) {
		return false
	}
	if it.right == none {
		if f.right >= 0 {
			return false
		}
	} else if r := &d.items.slots[it.right]; it.rightOrigin != (id{r.client, r.clock}) {
		return false
	}
	d.touch(tx, it.client).next += f.len
	d.lengthen(x, u.data[f.from:f.to], f.len)
	return true
}
