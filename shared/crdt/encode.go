package crdt

import (
	"encoding/binary"
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// EncodeStateAsUpdate returns an update that brings a replica with the state
// vector sv to the state of this one: the structs it lacks, all that is deleted,
// and what is pending. With sv nil it is the whole document. An sv that cannot
// be read counts as that of an empty document, which is never wrong; use
// [DecodeStateVector] to tell.
func (d *Doc) EncodeStateAsUpdate(sv []byte) []byte {
	known, err := DecodeStateVector(sv)
	if err != nil {
		known = nil
	}
	b := d.encodeState(known)
	if d.pending == nil {
		return b
	}
	parts := [][]byte{b, idSet.append(d.pending.deletes, []byte{0})}
	if waiting := d.pending.merged(); waiting != nil {
		if len(known) > 0 {
			waiting = mustRead(waiting).diff(known)
		}
		parts = append(parts, waiting)
	}
	return mustMerge(parts...)
}

// encodeState writes the structs from the known clocks on, and the delete set
// of all.
func (d *Doc) encodeState(known StateVector) []byte {
	tx := spare()
	defer tx.release()
	e := encoder{d: d}
	if len(known) == 0 {
		e.findTexts(tx)
	}
	clients := 0
	for _, c := range d.clientsByID() {
		if cl := &d.clients[c]; cl.next > known[cl.id] {
			clients++
		}
	}
	b := lib0.AppendUvarint(tx.scratch.out[:0], uint64(clients))
	deletes := tx.scratch.set[:0]
	for _, c := range d.clientsByID() {
		cl := &d.clients[c]
		if from := known[cl.id]; cl.next > from {
			b = e.appendStructs(b, cl, from)
		}
		deletes = e.appendDeleted(deletes, cl)
	}
	b = deletes.append(b)
	tx.scratch.out, tx.scratch.set = b, deletes
	return slices.Clone(b)
}

// encodeTransaction writes what the transaction did, as an update that is valid
// until the transaction is released.
func (d *Doc) encodeTransaction(tx *transaction) []byte {
	e := encoder{d: d}
	b := lib0.AppendUvarint(tx.scratch.out[:0], uint64(len(tx.changed)))
	slices.SortFunc(tx.changed, d.compareClients)
	for _, c := range tx.changed {
		b = e.appendStructs(b, &d.clients[c], d.clients[c].before)
	}
	deletes := tx.scratch.set[:0]
	for _, s := range tx.deleted {
		deletes = append(deletes, idRange{d.clients[s.client].id, s.clock, s.end})
	}
	b = deletes.normalized().append(b)
	keep(&tx.scratch.out, b)
	keep(&tx.scratch.set, deletes)
	return b
}

// compareClients orders clients by id, the largest first.
func (d *Doc) compareClients(a, b uint32) int {
	if d.clients[a].id > d.clients[b].id {
		return -1
	}
	return 1
}

// encoder writes structs of a document.
type encoder struct {
	d *Doc
	// offsets is where the text of each item is in its leaf, if that was found
	// out at once because all of them will be written.
	offsets []uint32
}

// findTexts sets offsets.
func (e *encoder) findTexts(tx *transaction) {
	d := e.d
	e.offsets = slices.Grow(tx.scratch.offsets[:0], len(d.items.slots))[:len(d.items.slots)]
	tx.scratch.offsets = e.offsets
	for i := range d.leaves.slots {
		offset := uint32(0)
		for _, x := range d.leaves.slots[i].items {
			e.offsets[x] = offset
			offset += d.items.slots[x].textSize()
		}
	}
}

// appendDeleted adds what is deleted of a client's units to the set.
func (e *encoder) appendDeleted(deletes idSet, c *client) idSet {
	open := false
	for i := range c.runs {
		it := &e.d.items.slots[c.runs[i].item]
		switch {
		case !it.deleted():
			open = false
		case open:
			deletes[len(deletes)-1].end = it.end()
		default:
			deletes = append(deletes, idRange{c.id, it.clock, it.end()})
			open = true
		}
	}
	return deletes
}

// appendStructs writes a client's structs from clock on.
func (e *encoder) appendStructs(b []byte, c *client, clock uint32) []byte {
	first := c.find(clock)
	b = lib0.AppendUvarint(b, uint64(len(c.runs)-first))
	b = lib0.AppendUvarint(b, c.id)
	b = lib0.AppendUvarint(b, uint64(clock))
	skip := clock - c.runs[first].clock
	for _, r := range c.runs[first:] {
		b = e.appendItem(b, r.item, skip)
		skip = 0
	}
	return b
}

// appendItem writes one struct without its first units. (Item.write.)
func (e *encoder) appendItem(b []byte, x itemRef, skip uint32) []byte {
	d := e.d
	it := &d.items.slots[x]
	if it.kind == kindGC {
		return lib0.AppendUvarint(append(b, byte(kindGC)), uint64(it.len-skip))
	}
	origin := it.origin
	if skip > 0 {
		origin = id{it.client, it.clock + skip - 1}
	}
	info := byte(it.kind)
	if origin.client != noClient {
		info |= infoOrigin
	}
	if it.rightOrigin.client != noClient {
		info |= infoRight
	}
	var seq *sequence
	if !it.inRope() || info&(infoOrigin|infoRight) == 0 {
		if seq = &d.sequences.slots[d.sequenceOf(it)]; seq.keyed {
			info |= infoKey
		}
	}
	b = append(b, info)
	if origin.client != noClient {
		b = e.appendID(b, origin)
	}
	if it.rightOrigin.client != noClient {
		b = e.appendID(b, it.rightOrigin)
	}
	if info&(infoOrigin|infoRight) == 0 {
		b = e.appendParent(b, seq)
	}
	return appendContent(b, it.kind, it.len, e.content(x, it), skip)
}

// appendID writes the name of a unit. Nearly half of a state are client ids, so
// they are kept ready to be written: in one store, of which the rest is cut off.
func (e *encoder) appendID(b []byte, u id) []byte {
	c := &e.d.clients[u.client]
	b = binary.LittleEndian.AppendUint64(b, c.wire)[:len(b)+int(c.wireLen)]
	return lib0.AppendUvarint(b, uint64(u.clock))
}

func (e *encoder) appendParent(b []byte, seq *sequence) []byte {
	br := &e.d.branches.slots[seq.branch]
	if br.item == none {
		b = lib0.AppendString(append(b, 1), br.name)
	} else {
		owner := &e.d.items.slots[br.item]
		b = e.appendID(append(b, 0), id{owner.client, owner.clock})
	}
	if seq.keyed {
		b = lib0.AppendString(b, seq.key)
	}
	return b
}

// content returns the content of an item as appendContent wants it.
func (e *encoder) content(x itemRef, it *item) []byte {
	switch {
	case it.hasPayload():
		return e.d.payloads.slots[it.size].data
	case it.kind != kindString:
		return nil
	case e.offsets != nil:
		offset := e.offsets[x]
		return e.d.leaves.slots[it.home].text[offset : offset+it.size]
	default:
		return e.d.textOf(x)
	}
}
