package crdt

import (
	"slices"
	"sync"
)

// transaction is one change of the document: an update that arrives, or the
// edits made together by this side. It collects what the end of the change
// needs: whom to tell what, and which neighbours may be joined.
type transaction struct {
	origin  any
	local   bool
	telling bool // the functions of OnUpdate are being called

	changed []uint32 // clients that got new units
	deleted []span   // units deleted, some more than once
	types   []int32  // branches of the nested types deleted
	cuts    []id     // units at which items were cut or may be joined
	broken  []id     // first halves of the surrogate pairs that were cut
	// brokeKnown is whether one of them was cut by a struct that was known.
	brokeKnown bool
	doomed     []itemRef // work list of deleteItem

	// marks says in which round of a conflict scan an item was seen. It
	// outlives transactions and documents: rounds only grow.
	marks []uint32
	round uint32

	update    update // the update being applied
	keystroke keystroke
	scratch   scratch
}

// span is the units [clock, end) of the client at that index.
type span struct {
	client     uint32
	clock, end uint32
}

// scratch is memory that the steps of a transaction use again and again.
type scratch struct {
	made    []itemRef
	windows []window
	set     idSet
	offsets []uint32
	moved   []moved
	ops     []Op
	changes []TextChange
	out     []byte
}

// transactions keeps the memory of transactions for the next one, of whatever
// document: most are a keystroke, and most documents are idle.
var transactions sync.Pool

// largestKept is how many elements a slice of a transaction may hold to be kept
// for the next one: that of an unusual transaction is left to the garbage
// collector. A whole document is read and written with less.
const largestKept = 1 << 15

func (tx *transaction) release() {
	s, u := &tx.scratch, &tx.update
	u.data = nil // the caller's; what else points to it or to texts, the pool forgets in time
	if tx.origin != nil || u.index != nil {
		tx.origin, u.index = nil, nil
	}
	largest := max(cap(tx.marks)/marksPerItem, cap(tx.deleted), cap(tx.cuts), cap(tx.doomed), cap(u.refs), cap(u.deletes), cap(u.clients), cap(u.parents),
		cap(s.made), cap(s.windows), cap(s.set), cap(s.offsets), cap(s.moved), cap(s.ops), cap(s.out)/largestBytes)
	if largest <= largestKept {
		transactions.Put(tx)
	}
}

// spare takes the memory of a transaction that is over.
func spare() *transaction {
	if tx, ok := transactions.Get().(*transaction); ok {
		return tx
	}
	return new(transaction)
}

// How many bytes of a written update, and how many marks, count as one element.
const (
	largestBytes = 32
	marksPerItem = 16
)

// begin opens a transaction. Every path from here leads to commit or, if nothing
// was changed, to end.
func (d *Doc) begin(origin any, local bool) *transaction {
	tx := spare()
	tx.origin, tx.local, tx.telling = origin, local, false
	tx.changed = tx.changed[:0]
	tx.deleted = tx.deleted[:0]
	tx.types = tx.types[:0]
	tx.cuts = tx.cuts[:0]
	tx.broken = tx.broken[:0]
	tx.brokeKnown = false
	d.tx = tx
	return tx
}

// touch notes that a client is about to get new units.
func (d *Doc) touch(tx *transaction, index uint32) *client {
	c := &d.clients[index]
	if !c.changed {
		c.changed, c.before = true, c.next
		tx.changed = append(tx.changed, index)
	}
	return c
}

// isNew tells whether the open transaction made that unit.
func (d *Doc) isNew(u id) bool {
	c := &d.clients[u.client]
	return c.changed && u.clock >= c.before
}

// commit ends the transaction: it joins what can be joined, tells who wants to
// know, and returns the memory. raw is the update that was applied if others
// can be sent it as it is, else nil, and beside is an update that they are to
// get as well, or nil.
func (d *Doc) commit(tx *transaction, raw, beside []byte) {
	defer d.end(tx)
	if len(tx.deleted) > 1 {
		tx.deleted = normalizedSpans(tx.deleted)
	}
	tell := len(d.observers) > 0 && len(tx.changed)+len(tx.deleted)+len(tx.broken) > 0
	var changes []TextChange
	if tell && d.watched {
		changes = d.textChanges(tx) // before what was deleted is joined
	}
	d.settle(tx)
	if tell {
		if raw == nil {
			raw = d.encodeTransaction(tx)
		}
		if beside != nil {
			raw = mustMerge(raw, beside)
		}
		tx.telling = true
		for _, o := range d.observers {
			o.f(raw, tx.origin, changes)
		}
	}
}

// end closes the transaction, also one that has changed nothing.
func (d *Doc) end(tx *transaction) {
	for _, c := range tx.changed {
		d.clients[c].changed = false
	}
	d.tx = nil
	tx.release()
}

// settle collects garbage and joins neighbours, in the places where Yjs does:
// that both end with the same structs is what makes their bytes equal.
// (cleanupTransactions in Transaction.js.)
func (d *Doc) settle(tx *transaction) {
	d.collectTypes(tx)
	d.mergeNeighbours(tx)
	d.shrink()
	for _, c := range tx.changed {
		// Someone else writes under this document's id: from now on, as another.
		if d.clients[c].id == d.clientID && !tx.local {
			d.clientID = randomClientID()
		}
	}
}

func compareSpans(a, b span) int {
	if a.client != b.client {
		return int(a.client) - int(b.client)
	}
	return int(a.clock) - int(b.clock)
}

func normalizedSpans(s []span) []span {
	if !slices.IsSortedFunc(s, compareSpans) {
		slices.SortFunc(s, compareSpans)
	}
	n := 0
	for _, r := range s {
		if n > 0 && s[n-1].client == r.client && s[n-1].end >= r.clock {
			s[n-1].end = max(s[n-1].end, r.end)
			continue
		}
		s[n] = r
		n++
	}
	return s[:n]
}
