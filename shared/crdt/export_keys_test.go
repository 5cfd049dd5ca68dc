package crdt

// LoadsAsSomethingElse reports whether the document holds what no editor makes,
// and what Yjs, too, may load as something else than it saved: a key with a
// value that counts besides its last one, which comes of several units under
// a key that are cut apart, or an item that was made between a unit and one that
// the same client may have made before it, in the same go.
func LoadsAsSomethingElse(d *Doc) bool {
	for i := range d.sequences.slots {
		seq := &d.sequences.slots[i]
		for x := seq.head; seq.keyed && x != seq.last; x = d.items.slots[x].right {
			if !d.items.slots[x].deleted() {
				return true
			}
		}
	}
	for i := range d.items.slots {
		it := &d.items.slots[i]
		if it.origin.client != noClient && it.origin.client == it.rightOrigin.client && it.rightOrigin.clock <= it.origin.clock {
			return true
		}
	}
	return false
}
