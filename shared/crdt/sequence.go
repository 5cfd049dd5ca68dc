package crdt

// branch is a type that has children: a root, which has a name, or a nested
// type, which is the content of an item. Whether it is a map, an array, a text
// or an XML node is for those who read it: any of them may have a list and
// keys.
type branch struct {
	name string  // of a root
	item itemRef // that holds it; none for a root
	list int32   // sequence of its children without key, or -1
	keys map[string]int32
}

// sequence is a doubly linked list of items: the list of a branch, or all
// values that a key of it ever had, of which the last one counts.
type sequence struct {
	branch     int32
	head, last itemRef // last is kept for keys only
	keyed      bool
	key        string
	rope       *rope // of a root's list
}

// root returns the branch of that name, made if it was not there.
func (d *Doc) root(name []byte) int32 {
	if b, found := d.roots[string(name)]; found {
		return b
	}
	if d.roots == nil {
		d.roots = make(map[string]int32, 1)
	}
	b := d.branches.take(branch{name: string(name), item: none, list: -1})
	d.roots[d.branches.slots[b].name] = b
	return b
}

// listOf returns the sequence of the branch's children without key.
func (d *Doc) listOf(b int32) int32 {
	if s := d.branches.slots[b].list; s >= 0 {
		return s
	}
	seq := sequence{branch: b, head: none, last: none}
	if d.branches.slots[b].item == none {
		seq.rope = &rope{spot: spot{item: none}}
	}
	s := d.sequences.take(seq)
	d.branches.slots[b].list = s
	return s
}

// keyOf returns the sequence of the values of a key of the branch.
func (d *Doc) keyOf(b int32, key []byte) int32 {
	br := &d.branches.slots[b]
	if s, found := br.keys[string(key)]; found {
		return s
	}
	if br.keys == nil {
		br.keys = make(map[string]int32, 1)
	}
	k := string(key)
	s := d.sequences.take(sequence{branch: b, head: none, last: none, keyed: true, key: k})
	br.keys[k] = s
	return s
}

// sequenceOf returns the sequence that the item is part of, which a GC struct
// is not.
func (d *Doc) sequenceOf(it *item) int32 {
	if it.inRope() {
		return d.leaves.slots[it.home].sequence
	}
	return it.home
}
