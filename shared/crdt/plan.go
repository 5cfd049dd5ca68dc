package crdt

import "slices"

// plan decides which structs of the update can be integrated and in which
// order, from the state of the document alone. What cannot is left in the
// blocks: it waits for others. Nothing is changed, so that the caller may still
// refuse. (integrateStructs of Yjs, of which the order of things is the same.)
//
// Clients are taken in the order of their ids, the largest first, for it meets
// the fewest conflicts. When a struct refers to one that is not known yet but in
// this update, the client of that one goes first.
func (u *update) plan(d *Doc) (waiting int) {
	for i := range u.clients {
		c := &u.clients[i]
		if index, found := d.clientIndex(c.id); found {
			c.index, c.next = index, d.clients[index].next
		}
	}
	if len(u.blocks) > 1 {
		u.sortBlocks()
	}
	for i := range u.blocks {
		if !u.blocks[i].waiting {
			u.stack = append(u.stack[:0], int32(i))
			waiting += u.planBlock()
		}
	}
	return waiting
}

// sortBlocks sorts the blocks by client id, the largest first.
func (u *update) sortBlocks() {
	slices.SortStableFunc(u.blocks, func(a, b block) int {
		if u.clients[a.client].id > u.clients[b.client].id {
			return -1
		}
		return 1
	})
	for i := range u.blocks {
		u.clients[u.blocks[i].client].block = int32(i)
	}
}

// planBlock plans the block on the stack, and of others what it refers to. It
// returns how many structs have to wait.
func (u *update) planBlock() (waiting int) {
	for len(u.stack) > 0 {
		b := &u.blocks[u.stack[len(u.stack)-1]]
		if b.next == b.end {
			u.stack = u.stack[:len(u.stack)-1]
			continue
		}
		f := &u.refs[b.next]
		owner := &u.clients[b.client]
		need, clock := u.needs(b.client, f)
		switch {
		case f.end() <= owner.next: // known
			u.order = append(u.order, int32(b.next))
		case need < 0:
			u.order = append(u.order, int32(b.next))
			b.planned++
			owner.next = f.end()
		default:
			b.waiting = true
			other := u.clients[need].block
			if need != b.client && other >= 0 && u.blocks[other].next < u.blocks[other].end && !u.blocks[other].waiting {
				u.stack = append(u.stack, other)
				continue
			}
			return u.giveUp(b, need, clock)
		}
		b.next++
		b.waiting = false
		if len(u.stack) > 1 { // it may have been all that the one below needs
			u.stack = u.stack[:len(u.stack)-1]
		}
	}
	return 0
}

// needs returns a unit that must become known before f can be integrated, of
// client -1 if there is none.
func (u *update) needs(owner int32, f *ref) (client int32, clock uint32) {
	if f.clock > u.clients[owner].next {
		return owner, f.clock - 1
	}
	if f.origin >= 0 && f.originClock >= u.clients[f.origin].next {
		return f.origin, f.originClock
	}
	if f.right >= 0 && f.rightClock >= u.clients[f.right].next {
		return f.right, f.rightClock
	}
	if f.parent >= 0 {
		if p := &u.parents[f.parent]; p.root == nil && p.clock >= u.clients[p.client].next {
			return p.client, p.clock
		}
	}
	return -1, 0
}

// need is what structs wait for: that the unit of that clock becomes known, or
// as a first sign any that is above known.
type need struct {
	client       uint64
	known, clock uint32
}

// giveUp leaves what is left of the blocks on the stack to wait, and notes
// what for: block b needs the unit of that client and clock.
func (u *update) giveUp(b *block, client int32, clock uint32) (waiting int) {
	n := need{u.clients[client].id, u.clients[client].next, clock}
	if client == b.client {
		n.known = clock
	}
	u.missing = append(u.missing, n)
	for _, i := range u.stack {
		b := &u.blocks[i]
		waiting += b.end - b.next
		b.waiting = true
	}
	return waiting
}
