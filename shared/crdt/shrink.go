package crdt

// shrinkFrom is the number of item slots from which on most of them being free
// is worth the work of moving the others.
const shrinkFrom = 4096

// shrink gives back the memory of items that are gone. Slots are reused, so a
// document normally has few that are free; but someone may cut a text into a
// thousand pieces and delete it, and the pieces are joined again.
func (d *Doc) shrink() {
	old := d.items.slots
	if len(old) < shrinkFrom || len(d.items.free) < len(old)*3/4 {
		return
	}
	moved := make([]itemRef, len(old)) // where each item is now
	items := make([]item, 0, (len(old)-len(d.items.free))*9/8)
	for i := range old {
		moved[i] = none
		if old[i].kind != kindFree {
			moved[i] = itemRef(len(items))
			items = append(items, old[i])
		}
	}
	follow := func(x *itemRef) {
		if *x != none {
			*x = moved[*x]
		}
	}
	for i := range items {
		follow(&items[i].left)
		follow(&items[i].right)
	}
	for i := range d.clients {
		for j := range d.clients[i].runs {
			follow(&d.clients[i].runs[j].item)
		}
	}
	for i := range d.leaves.slots {
		for j := range d.leaves.slots[i].items {
			follow(&d.leaves.slots[i].items[j])
		}
	}
	for i := range d.sequences.slots {
		seq := &d.sequences.slots[i]
		follow(&seq.head)
		follow(&seq.last)
		if seq.rope != nil {
			seq.rope.spot.item = none
		}
	}
	for i := range d.branches.slots {
		follow(&d.branches.slots[i].item)
	}
	d.items = slab[item]{slots: items}
}
