package crdt

import (
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// update is one update read: its structs in the order of the bytes, and what it
// deletes. Nothing of it is copied; it points into the bytes.
type update struct {
	data    []byte
	refs    []ref
	blocks  []block
	clients []updateClient
	index   map[uint64]int32 // into clients, once there are many
	parents []parent
	deletes idSet
	deleted uint64 // units of all ranges of the delete set
	// Of plan: which structs to integrate, in which order, and what those left in
	// the blocks wait for.
	order   []int32
	missing []need
	stack   []int32
	// exact is whether the bytes hold nothing but what was read into refs and
	// deletes: no gaps, no empty structs, nothing behind the end.
	exact bool
}

// ref is one struct of an update.
type ref struct {
	clock, len  uint32
	originClock uint32
	rightClock  uint32
	owner       int32 // index into update.clients
	origin      int32 // the same, or -1
	right       int32
	parent      int32 // index into update.parents, or -1
	from, to    uint32
	kind        kind
}

func (f *ref) end() uint32 { return f.clock + f.len }

// parent is where a struct without neighbours belongs.
type parent struct {
	root   []byte // name of a root type, or nil
	client int32  // a nested type, if root is nil
	clock  uint32
	key    []byte
	keyed  bool
}

// block is the structs of one client, refs[next:end].
type block struct {
	client    int32
	next, end int
	planned   int  // structs that plan found new
	waiting   bool // it is on the stack of plan, or plan has given it up
}

// updateClient is a client that the update names.
type updateClient struct {
	id    uint64
	index uint32 // into Doc.clients, or noClient
	next  uint32 // clock expected next once what is planned is done
	block int32  // its structs, or -1
}

// reset forgets the update that was read before. Each slice is cut by itself,
// which costs no write barrier.
func (u *update) reset(data []byte) {
	u.data = data
	u.refs = u.refs[:0]
	u.blocks = u.blocks[:0]
	u.parents = u.parents[:0]
	u.clients = u.clients[:0]
	u.deletes = u.deletes[:0]
	u.order = u.order[:0]
	u.missing = u.missing[:0]
	u.stack = u.stack[:0]
	if u.index != nil {
		u.index = nil
	}
	u.exact = true
}

// findClient returns the index of a client in u.clients, or -1.
func (u *update) findClient(id uint64) int32 {
	if u.index != nil {
		if i, found := u.index[id]; found {
			return i
		}
		return -1
	}
	for i := range u.clients {
		if u.clients[i].id == id {
			return int32(i)
		}
	}
	return -1
}

// client returns the index of a client in u.clients, where it adds it.
func (u *update) client(id uint64) int32 {
	if i := u.findClient(id); i >= 0 {
		return i
	}
	i := int32(len(u.clients))
	u.clients = append(u.clients, updateClient{id: id, index: noClient, block: -1})
	switch {
	case u.index != nil:
		u.index[id] = i
	case len(u.clients) > fewClients:
		u.index = make(map[uint64]int32, 2*fewClients)
		for i := range u.clients {
			u.index[u.clients[i].id] = int32(i)
		}
	}
	return i
}

// read decodes data, which must hold still while u is in use, and checks
// everything that can be checked without a document. (readClientsStructRefs and
// readDeleteSet.)
func (u *update) read(data []byte, limits *Limits) error {
	u.reset(data)
	if len(data) > maxUpdateLen {
		return overLimit("the update has %d bytes", len(data))
	}
	r := lib0.NewReader(data)
	for clients := r.Uvarint(); clients > 0; clients-- {
		if err := u.readBlock(&r, limits); err != nil {
			return err
		}
	}
	var err error
	if u.deletes, u.deleted, err = readDeleteSet(&r, u.deletes, limits); err != nil {
		return err
	}
	if len(u.deletes) > 1 {
		u.deletes = u.deletes.normalized()
	}
	u.exact = u.exact && r.Len() == 0
	return nil
}

func (u *update) readBlock(r *lib0.Reader, limits *Limits) error {
	structs := r.Uvarint()
	owner := u.client(r.Uvarint())
	clock := r.Uvarint()
	switch {
	case r.Err() != nil:
		return malformed("update: %w", r.Err())
	case u.clients[owner].block >= 0:
		return malformed("update names client %d twice", u.clients[owner].id)
	case clock > maxClock:
		return overLimit("clock %d", clock)
	}
	if structs > 64 { // a claim: it may save growing, no more
		const typical = 8 // bytes, of a small struct
		u.refs = slices.Grow(u.refs, int(min(structs, uint64(r.Len()/typical))))
	}
	first := len(u.refs)
	at := uint32(clock)
	for ; structs > 0; structs-- {
		f := ref{clock: at, owner: owner, origin: -1, right: -1, parent: -1}
		if err := u.readStruct(r, &f, limits); err != nil {
			return err
		}
		if f.len > maxClock-at {
			return overLimit("a struct ends above clock %d", maxClock)
		}
		at += f.len
		if f.kind == kindSkip || f.len == 0 {
			u.exact = false
			continue
		}
		u.refs = append(u.refs, f)
	}
	u.clients[owner].block = int32(len(u.blocks))
	u.blocks = append(u.blocks, block{client: owner, next: first, end: len(u.refs)})
	return nil
}

// Bits of the first byte of a struct, above its kind.
const (
	infoKind   = 0x1f
	infoKey    = 0x20
	infoRight  = 0x40
	infoOrigin = 0x80
)

func (u *update) readStruct(r *lib0.Reader, f *ref, limits *Limits) error {
	owner := f.owner
	info := r.Uint8()
	f.kind = kind(info & infoKind)
	if f.kind == kindGC || f.kind == kindSkip {
		length := r.Uvarint()
		f.len = uint32(min(length, maxClock+1))
	} else {
		if info&infoOrigin != 0 {
			f.origin, f.originClock = u.readID(r)
		}
		if info&infoRight != 0 {
			f.right, f.rightClock = u.readID(r)
		}
		if info&(infoOrigin|infoRight) == 0 {
			u.readParent(r, f, info&infoKey != 0)
		}
		readContent(r, f, limits)
	}
	switch {
	case r.Err() != nil:
		return malformed("struct at byte %d of client %d: %w", r.Pos(), u.clients[owner].id, r.Err())
	case f.len > limits.StructLen && f.kind != kindSkip:
		return overLimit("a struct has more than %d units", limits.StructLen)
	case f.origin == owner && f.originClock >= f.clock, f.right == owner && f.rightClock >= f.clock:
		return malformed("client %d refers to its own future", u.clients[owner].id)
	}
	if f.parent >= 0 {
		if p := &u.parents[f.parent]; p.root == nil && p.client == owner && p.clock >= f.clock {
			return malformed("client %d refers to its own future", u.clients[owner].id)
		}
	}
	return nil
}

func (u *update) readID(r *lib0.Reader) (client int32, clock uint32) {
	c, k := r.Uvarint(), r.Uvarint()
	if k > maxClock {
		r.Fail(errClock)
	}
	if r.Err() != nil {
		return -1, 0
	}
	return u.client(c), uint32(k)
}

func (u *update) readParent(r *lib0.Reader, f *ref, keyed bool) {
	p := parent{client: -1, keyed: keyed}
	switch r.Uvarint() {
	case 1:
		p.root, _ = r.StringBytes()
	case 0:
		p.client, p.clock = u.readID(r)
	default:
		r.Fail(errParent)
	}
	if keyed {
		p.key, _ = r.StringBytes()
	}
	// Most structs of an update that name their parent name the same.
	if n := len(u.parents); n > 0 && p.same(&u.parents[n-1]) {
		f.parent = int32(n - 1)
		return
	}
	f.parent = int32(len(u.parents))
	u.parents = append(u.parents, p)
}

func (p *parent) same(q *parent) bool {
	return (p.root == nil) == (q.root == nil) && p.client == q.client && p.clock == q.clock && p.keyed == q.keyed &&
		slices.Equal(p.root, q.root) && slices.Equal(p.key, q.key)
}
