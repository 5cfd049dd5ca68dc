package crdt

import "slices"

// pending is what has arrived before what it refers to.
type pending struct {
	// updates hold structs only, in the order in which they came. They are
	// merged when they are needed and not before: a hundred updates behind a
	// gap would otherwise be merged a hundred times.
	updates [][]byte
	bytes   int // of updates
	// missing are units of which one must become known before the structs are
	// tried again: the lowest of each client.
	missing map[uint64]uint32
	// mostMissing is the size of missing above which it is found out anew: some
	// of it may be of structs that others have taken the place of.
	mostMissing int
	deletes     idSet // normalized
}

// fewMissing is a size of missing that needs no review.
const fewMissing = 1024

// reviewPending merges what is pending and finds out again what it waits for.
func (d *Doc) reviewPending(p *pending) {
	u := mustRead(p.merged())
	u.plan(d)
	p.missing = nil
	p.note(u.missing)
	p.mostMissing = 2*len(p.missing) + fewMissing
}

// mergedAtOnce is up to how many bytes pending updates are merged when they
// come, which Yjs does with all: of several versions of a struct the same one
// stays.
const mergedAtOnce = 2 << 10

// triedOften is up to how many bytes of pending updates are read again at every
// sign of what they wait for.
const triedOften = 64 << 10

// waits tells whether what is pending can still not be used.
func (p *pending) waits(d *Doc, changed []uint32) bool {
	for _, c := range changed {
		if clock, found := p.missing[d.clients[c].id]; found && clock < d.clients[c].next {
			return false
		}
	}
	return true
}

// add takes over what the update leaves waiting.
func (p *pending) add(rest []byte, missing []need, deletes idSet) {
	if rest != nil {
		p.updates = append(p.updates, rest)
		p.bytes += len(rest)
		if p.bytes < mergedAtOnce {
			p.merged()
		}
		p.note(missing)
	}
	if len(deletes) > 0 {
		p.deletes = append(p.deletes, deletes...).normalized()
	}
}

// note takes over what must become known.
//
// Yjs tries again as soon as anything more is known of the client, and so do we:
// the same waits for the same time then, which in rare orders of arrival is
// longer than it has to be. But what waits has to be read for that, and someone
// could let a lot of it wait for a client who is typing.
func (p *pending) note(missing []need) {
	if p.missing == nil {
		p.missing = make(map[uint64]uint32)
	}
	p.mostMissing = max(p.mostMissing, fewMissing)
	for _, n := range missing {
		clock := n.known
		if p.bytes > triedOften {
			clock = n.clock
		}
		if noted, found := p.missing[n.client]; !found || clock < noted {
			p.missing[n.client] = clock
		}
	}
}

// wouldHold tells whether what waits stays within the limits with what the
// update adds: what is sent again because it was not answered adds nothing.
func (p *pending) wouldHold(rest []byte, deletes idSet, limits *Limits) bool {
	if len(deletes) > 0 && len(slices.Concat(p.deletes, deletes).normalized()) > limits.PendingRanges {
		return false
	}
	return p.bytes+len(rest) <= limits.PendingBytes ||
		len(mustMerge(append(slices.Clone(p.updates), rest)...)) <= limits.PendingBytes
}

// merged returns the structs as one update, or nil.
func (p *pending) merged() []byte {
	if len(p.updates) > 1 {
		p.updates = [][]byte{mustMerge(p.updates...)}
		p.bytes = len(p.updates[0])
	}
	if len(p.updates) == 0 {
		return nil
	}
	return p.updates[0]
}

// mustRead reads an update that this package wrote or has read before.
func mustRead(data []byte) *update {
	u := new(update)
	if err := u.read(data, &acceptAll); err != nil {
		panic("crdt: an update can no longer be read: " + err.Error())
	}
	return u
}

// mustMerge merges updates that this package wrote or has read before.
func mustMerge(updates ...[]byte) []byte {
	merged, err := mergeUpdates(updates, &acceptAll)
	if err != nil {
		panic("crdt: an update can no longer be read: " + err.Error())
	}
	return merged
}

// encodeRest writes the structs that plan left waiting as an update.
func (u *update) encodeRest() []byte {
	var w updateWriter
	for i := range u.blocks {
		b := &u.blocks[i]
		for j := b.next; j < b.end; j++ {
			w.write(u, &u.refs[j], 0)
		}
	}
	return w.finish(nil)
}

// resume integrates what was pending and has become usable, and drops pending
// if nothing is left of it.
func (d *Doc) resume(tx *transaction) (resumed bool) {
	p := d.pending
	if !p.waits(d, tx.changed) {
		u := mustRead(p.merged())
		p.updates, p.bytes, p.missing = nil, 0, nil
		waiting := u.plan(d)
		d.integrateAll(tx, u)
		resumed = len(u.order) > 0
		if waiting > 0 {
			p.add(u.encodeRest(), u.missing, nil)
		}
	}
	if d.resumeDeletes(tx) {
		resumed = true
	}
	if len(p.updates) == 0 && len(p.deletes) == 0 {
		d.pending = nil
	}
	return resumed
}

// resumeDeletes deletes what of the pending ranges has become known.
func (d *Doc) resumeDeletes(tx *transaction) (resumed bool) {
	p := d.pending
	if len(p.deletes) == 0 {
		return false
	}
	for _, c := range tx.changed {
		ranges := p.deletes.find(d.clients[c].id)
		if len(ranges) > 0 && ranges[0].clock < d.clients[c].next {
			resumed = true
			break
		}
	}
	if !resumed {
		return false
	}
	var waiting idSet
	for rest := p.deletes; len(rest) > 0; {
		var ranges idSet
		ranges, rest = rest.of()
		c, found := d.clientIndex(ranges[0].client)
		if !found {
			waiting = append(waiting, ranges...)
			continue
		}
		var known idSet
		for _, r := range ranges {
			known, waiting = r.divide(d.clients[c].next, known, waiting)
		}
		if len(known) > 0 {
			d.deleteRanges(tx, c, known)
		}
	}
	p.deletes = waiting
	return true
}
