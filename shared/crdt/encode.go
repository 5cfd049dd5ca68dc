package crdt

import (
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
		known, sv = nil, nil
	}
	b := d.encodeState(known)
	if d.pending == nil {
		return b
	}
	parts := [][]byte{b, idSet.append(d.pending.deletes, []byte{0})}
	if waiting := d.pending.merged(); waiting != nil {
		if sv != nil {
			if waiting, err = DiffUpdate(waiting, sv); err != nil {
				panic("crdt: pending updates were read before: " + err.Error())
			}
		}
		parts = append(parts, waiting)
	}
	return mustMerge(parts...)
}

// encodeState writes the structs from the known clocks on, and the delete set
// of all.
func (d *Doc) encodeState(known StateVector) []byte {
	e := d.newEncoder()
	defer e.release()
	for _, c := range d.clientsByID() {
		if cl := &d.clients[c]; cl.next > known[cl.id] {
			e.clients++
		}
	}
	e.whole = len(known) == 0
	e.begin()
	for _, c := range d.clientsByID() {
		cl := &d.clients[c]
		if from := known[cl.id]; cl.next > from {
			e.structs(cl, from)
		}
		e.deletedRanges(cl)
	}
	return slices.Clone(e.deletes.append(e.out))
}

// encodeTransaction writes what the transaction did, as an update that is valid
// until the transaction is released.
func (d *Doc) encodeTransaction(tx *transaction) []byte {
	e := encoder{d: d, tx: tx, out: tx.scratch.out[:0], deletes: tx.scratch.set[:0], clients: len(tx.changed)}
	e.begin()
	slices.SortFunc(tx.changed, d.compareClients)
	for _, c := range tx.changed {
		e.structs(&d.clients[c], d.clients[c].before)
	}
	for _, s := range tx.deleted {
		e.deletes = append(e.deletes, idRange{d.clients[s.client].id, s.clock, s.end})
	}
	e.out = e.deletes.normalized().append(e.out)
	tx.scratch.out, tx.scratch.set = e.out, e.deletes
	return e.out
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
	d       *Doc
	tx      *transaction // whose memory it uses
	out     []byte
	deletes idSet
	clients int
	whole   bool     // all structs will be written
	offsets []uint32 // of the text of each item in its leaf, if whole
}

// newEncoder takes the memory of a transaction to write with.
func (d *Doc) newEncoder() *encoder {
	tx, ok := transactions.Get().(*transaction)
	if !ok {
		tx = new(transaction)
	}
	return &encoder{d: d, tx: tx, out: tx.scratch.out[:0], deletes: tx.scratch.set[:0]}
}

func (e *encoder) release() {
	e.tx.scratch.out, e.tx.scratch.set = e.out, e.deletes
	e.tx.release()
}

// begin writes the number of clients and, if all structs will be written, finds
// out where the text of each of them is.
func (e *encoder) begin() {
	e.out = lib0.AppendUvarint(e.out, uint64(e.clients))
	if !e.whole {
		return
	}
	d := e.d
	e.offsets = slices.Grow(e.tx.scratch.offsets[:0], len(d.items.slots))[:len(d.items.slots)]
	e.tx.scratch.offsets = e.offsets
	for i := range d.leaves.slots {
		offset := uint32(0)
		for _, x := range d.leaves.slots[i].items {
			e.offsets[x] = offset
			offset += d.items.slots[x].textSize()
		}
	}
}

// deletedRanges collects what is deleted of a client's units.
func (e *encoder) deletedRanges(c *client) {
	open := false
	for i := range c.runs {
		it := &e.d.items.slots[c.runs[i].item]
		switch {
		case !it.deleted():
			open = false
		case open:
			e.deletes[len(e.deletes)-1].end = it.end()
		default:
			e.deletes = append(e.deletes, idRange{c.id, it.clock, it.end()})
			open = true
		}
	}
}

// structs writes a client's structs from clock on.
func (e *encoder) structs(c *client, clock uint32) {
	first := c.find(clock)
	e.out = lib0.AppendUvarint(e.out, uint64(len(c.runs)-first))
	e.out = lib0.AppendUvarint(e.out, c.id)
	e.out = lib0.AppendUvarint(e.out, uint64(clock))
	skip := clock - c.runs[first].clock
	for _, r := range c.runs[first:] {
		e.item(r.item, skip)
		skip = 0
	}
}

// item writes one struct without its first units. (Item.write.)
func (e *encoder) item(x itemRef, skip uint32) {
	d := e.d
	it := &d.items.slots[x]
	if it.kind == kindGC {
		e.out = lib0.AppendUvarint(append(e.out, byte(kindGC)), uint64(it.len-skip))
		return
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
	seq := (*sequence)(nil)
	if !it.inRope() || info&(infoOrigin|infoRight) == 0 {
		if seq = &d.sequences.slots[d.sequenceOf(it)]; seq.keyed {
			info |= infoKey
		}
	}
	e.out = append(e.out, info)
	if origin.client != noClient {
		e.id(origin)
	}
	if it.rightOrigin.client != noClient {
		e.id(it.rightOrigin)
	}
	if info&(infoOrigin|infoRight) == 0 {
		e.parent(seq)
	}
	e.out = appendContent(e.out, it.kind, it.len, e.content(x, it), skip)
}

func (e *encoder) id(u id) {
	e.out = lib0.AppendUvarint(e.out, e.d.clients[u.client].id)
	e.out = lib0.AppendUvarint(e.out, uint64(u.clock))
}

func (e *encoder) parent(seq *sequence) {
	b := &e.d.branches.slots[seq.branch]
	if b.item == none {
		e.out = lib0.AppendString(append(e.out, 1), b.name)
	} else {
		owner := &e.d.items.slots[b.item]
		e.out = append(e.out, 0)
		e.id(id{owner.client, owner.clock})
	}
	if seq.keyed {
		e.out = lib0.AppendString(e.out, seq.key)
	}
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
