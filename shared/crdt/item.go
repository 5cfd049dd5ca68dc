package crdt

// kind is what a struct carries: the low five bits of its first byte in an
// update.
type kind uint8

const (
	kindGC      kind = 0  // units whose place is forgotten too
	kindDeleted kind = 1  // deleted units that still hold their place
	kindJSON    kind = 2  // values as JSON text, of old Yjs versions
	kindBinary  kind = 3  // a byte array
	kindString  kind = 4  // text
	kindEmbed   kind = 5  // an object within text, as JSON
	kindFormat  kind = 6  // the start or end of a text attribute
	kindType    kind = 7  // a nested map, array, text or XML node
	kindAny     kind = 8  // values in the any encoding
	kindDoc     kind = 9  // a subdocument
	kindSkip    kind = 10 // units that the update does not hold
	kindFree    kind = 31 // an unused slot
)

// countable kinds count in the length of their list.
func (k kind) countable() bool { return k >= kindJSON && k != kindFormat && k <= kindDoc }

// mergeable kinds can hold more than one unit, so they can be joined and cut.
func (k kind) mergeable() bool {
	return k == kindString || k == kindDeleted || k == kindAny || k == kindJSON
}

// itemRef is the slot of an item in Doc.items.
type itemRef int32

const none itemRef = -1

type flags uint8

const (
	flagDeleted flags = 1 << iota
	flagInRope        // home is a leaf, otherwise a sequence
	flagRemoved       // it was visible before the transaction that deleted it
)

// item is one struct: a run of units that one client made one after the other.
// It is kept at 48 bytes without a pointer: documents hold tens of thousands.
type item struct {
	client      uint32  // index into Doc.clients
	clock       uint32  // of the first unit
	len         uint32  // units; UTF-16 units of text
	size        uint32  // text in a rope: its bytes; other content: its slot in Doc.payloads
	origin      id      // the unit left of the first when it was made
	rightOrigin id      // the unit right of the last when it was made
	left, right itemRef // neighbours in the sequence
	home        int32   // slot of its leaf or its sequence; GC: -1
	kind        kind
	flags       flags
}

func (it *item) deleted() bool { return it.flags&flagDeleted != 0 }
func (it *item) inRope() bool  { return it.flags&flagInRope != 0 }
func (it *item) end() uint32   { return it.clock + it.len }
func (it *item) lastID() id    { return id{it.client, it.end() - 1} }

// visible items count in the length of their list.
func (it *item) visible() bool { return it.flags&flagDeleted == 0 && it.kind.countable() }

// textSize is the number of bytes of the item's text in its leaf.
func (it *item) textSize() uint32 {
	if it.kind == kindString && it.flags&flagInRope != 0 {
		return it.size
	}
	return 0
}

// hasPayload tells whether size is a slot in Doc.payloads.
func (it *item) hasPayload() bool {
	return it.kind >= kindJSON && it.kind <= kindDoc && (it.kind != kindString || it.flags&flagInRope == 0)
}

// collected is the GC struct of the same units.
func (it *item) collected() item {
	return item{
		client: it.client, clock: it.clock, len: it.len,
		origin: noID, rightOrigin: noID, left: none, right: none, home: -1,
		kind: kindGC, flags: flagDeleted,
	}
}

// payload is the content of an item that is not text in a rope.
type payload struct {
	// data is the content as it is encoded, without the number of elements of
	// JSON and any, and without the length of a string.
	data []byte
	// branch is that of a nested type, otherwise -1.
	branch int32
}

// slab is a growing array whose slots are reused. Slots are named by index, so
// that nothing in it needs a pointer and the garbage collector has nothing to
// follow.
type slab[T any] struct {
	slots []T
	free  []int32
}

// take returns the index of a slot set to v.
func (s *slab[T]) take(v T) int32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		s.slots[i] = v
		return i
	}
	s.slots = append(grown(s.slots), v)
	return int32(len(s.slots) - 1)
}

// release makes slot i free. The caller has cleared what it holds.
func (s *slab[T]) release(i int32) { s.free = append(s.free, i) }

// keep stores s in a place that it was taken from, if it has grown since: to
// store a pointer costs a write barrier, and most do not grow.
func keep[S ~[]T, T any](place *S, s S) {
	if cap(s) != cap(*place) {
		*place = s
	}
}

// grown returns s with room for at least one element more. It grows large
// slices by an eighth, where append adds a quarter: a room is full of them.
func grown[T any](s []T) []T {
	const small = 64
	if len(s) < cap(s) || len(s) < small {
		return s
	}
	return append(make([]T, 0, len(s)+len(s)/8+1), s...)
}
