package crdt

import (
	"container/heap"

	"github.com/tutti-live/tutti/shared/lib0"
)

// acceptAll are limits for updates that were accepted before, or whose reader
// has no document to protect.
var acceptAll = Limits{
	StructLen:     maxClock,
	DeleteRanges:  maxUpdateLen,
	PendingBytes:  maxUpdateLen,
	PendingRanges: maxUpdateLen,
	AnyDepth:      lib0.MaxAnyDepth,
}

// MergeUpdates returns one update that does what all of them do, in whatever
// order they come. Where they leave a gap, so does the result. It joins no two
// structs, so many small updates make a large one: a document that applied them
// encodes its state in a fraction of that.
func MergeUpdates(updates ...[]byte) ([]byte, error) { return mergeUpdates(updates, &acceptAll) }

// source is one of the updates that are merged, and how far it has been read.
type source struct {
	update
	block int
	next  int // into refs
	rank  int // before which others of the same struct it is read
}

// head returns the next struct, or nil.
func (s *source) head() *ref {
	for s.block < len(s.blocks) && s.next == s.blocks[s.block].end {
		if s.block++; s.block < len(s.blocks) {
			s.next = s.blocks[s.block].next
		}
	}
	if s.block == len(s.blocks) {
		return nil
	}
	return &s.refs[s.next]
}

func (s *source) client(f *ref) uint64 { return s.clients[f.owner].id }

// sources is a heap: the largest client first, of that the lowest clock.
type sources []*source

func (s sources) Len() int      { return len(s) }
func (s sources) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s sources) Less(i, j int) bool {
	f, g := s[i].head(), s[j].head()
	if a, b := s[i].client(f), s[j].client(g); a != b {
		return a > b
	}
	if f.clock != g.clock {
		return f.clock < g.clock
	}
	if (f.kind == kindGC) != (g.kind == kindGC) {
		return s[i].rank > s[j].rank // of two, as the sort of Yjs happens to do it
	}
	return s[i].rank < s[j].rank
}

// Push is not used: sources only leave.
func (s *sources) Push(any) {}

// Pop removes the last one.
func (s *sources) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// mergeUpdates is mergeUpdatesV2 of Yjs, with a heap in place of a sort.
func mergeUpdates(updates [][]byte, limits *Limits) ([]byte, error) {
	var queue sources
	var deletes idSet
	for i, data := range updates {
		s := &source{rank: i}
		if err := s.read(data, limits); err != nil {
			return nil, err
		}
		deletes = append(deletes, s.deletes...)
		s.sortBlocks()
		if len(s.blocks) > 0 {
			s.next = s.blocks[0].next
		}
		if s.head() != nil {
			queue = append(queue, s)
		}
	}
	if len(updates) == 1 {
		return updates[0], nil
	}
	heap.Init(&queue)
	w := updateWriter{}
	for rank := -1; len(queue) > 0; rank-- {
		s := queue[0]
		w.copyRun(s)
		if s.head() == nil {
			heap.Pop(&queue)
			continue
		}
		// Of two with the same struct, the one that was read last goes on.
		s.rank = rank
		heap.Fix(&queue, 0)
	}
	w.flush()
	return w.finish(deletes.normalized()), nil
}

// copyRun copies structs of one source as long as each follows the one before.
func (w *updateWriter) copyRun(s *source) {
	f := s.head()
	client := s.client(f)
	if w.held != nil {
		skipped := false
		for f != nil && s.client(f) >= w.heldClient() && f.end() <= w.heldRef.end() {
			s.next++
			f = s.head()
			skipped = true
		}
		if f == nil || s.client(f) != client || skipped && f.clock > w.heldRef.end() {
			return // another source may come first
		}
	}
	w.hold(s, f)
	for f = s.head(); f != nil && s.client(f) == client && f.clock == w.heldRef.end(); f = s.head() {
		w.flush()
		w.hold(s, f)
	}
}

// hold takes the next struct of s to be written, without what the one held
// before has of it, which is written now. GC structs become one.
func (w *updateWriter) hold(s *source, f *ref) {
	skip := uint32(0)
	if w.held != nil && w.heldClient() == s.client(f) && w.heldRef.end() >= f.clock {
		skip = w.heldRef.end() - f.clock
		if w.heldRef.kind == kindGC && f.kind == kindGC {
			w.heldRef.len += f.len - skip
			return // and the next round finds that f is covered
		}
	}
	w.flush()
	w.held, w.heldRef, w.heldSkip = &s.update, *f, skip
	s.next++
}

func (w *updateWriter) heldClient() uint64 { return w.held.clients[w.heldRef.owner].id }

// flush writes the struct that is held.
func (w *updateWriter) flush() {
	if w.held != nil {
		w.write(w.held, &w.heldRef, w.heldSkip)
		w.held = nil
	}
}

// DiffUpdate returns what of the update is not covered by the state vector sv:
// of each client the structs from its clock on, and the whole delete set, for a
// state vector does not tell what is deleted.
func DiffUpdate(data, sv []byte) ([]byte, error) {
	known, err := DecodeStateVector(sv)
	if err != nil {
		return nil, err
	}
	var u update
	if err := u.read(data, &acceptAll); err != nil {
		return nil, err
	}
	return u.diff(known), nil
}

// diff writes what of the update the state vector does not cover.
func (u *update) diff(known StateVector) []byte {
	var w updateWriter
	for i := range u.refs {
		f := &u.refs[i]
		if clock := known[u.clients[f.owner].id]; f.end() > clock {
			w.write(u, f, max(clock, f.clock)-f.clock)
		}
	}
	return w.finish(u.deletes)
}

// StateVectorFromUpdate returns the state vector of a document that the update
// alone makes: of each client, how far its structs go from clock 0 on without a
// gap.
func StateVectorFromUpdate(data []byte) ([]byte, error) {
	var u update
	if err := u.read(data, &acceptAll); err != nil {
		return nil, err
	}
	var body []byte
	clients := 0
	for i := range u.blocks {
		b := &u.blocks[i]
		clock := uint32(0)
		for j := b.next; j < b.end && u.refs[j].clock == clock; j++ {
			clock = u.refs[j].end()
		}
		if clock > 0 {
			clients++
			body = lib0.AppendUvarint(body, u.clients[b.client].id)
			body = lib0.AppendUvarint(body, uint64(clock))
		}
	}
	return append(lib0.AppendUvarint(nil, uint64(clients)), body...), nil
}

// updateWriter writes structs of other updates as one.
type updateWriter struct {
	blocks  int
	body    []byte // finished blocks
	block   []byte // structs of the open one
	client  uint64 // whose they are
	structs int
	first   uint32
	next    uint32

	// held is the update of a struct that is not written yet.
	held     *update
	heldRef  ref
	heldSkip uint32
}

// write adds a struct of u without its first units. Structs come by client, and
// in order of clock; where some are missing between two, a Skip says so.
func (w *updateWriter) write(u *update, f *ref, skip uint32) {
	client := u.clients[f.owner].id
	if w.structs > 0 && w.client != client {
		w.close()
	}
	switch clock := f.clock + skip; {
	case w.structs == 0:
		w.client, w.first = client, clock
	case clock > w.next:
		w.block = lib0.AppendUvarint(append(w.block, byte(kindSkip)), uint64(clock-w.next))
		w.structs++
	}
	w.block = u.appendRef(w.block, f, skip)
	w.structs++
	w.next = f.end()
}

func (w *updateWriter) close() {
	w.body = lib0.AppendUvarint(w.body, uint64(w.structs))
	w.body = lib0.AppendUvarint(w.body, w.client)
	w.body = lib0.AppendUvarint(w.body, uint64(w.first))
	w.body = append(w.body, w.block...)
	w.block, w.structs = w.block[:0], 0
	w.blocks++
}

// finish returns the update, with a normalized delete set.
func (w *updateWriter) finish(deletes idSet) []byte {
	if w.structs > 0 {
		w.close()
	}
	b := lib0.AppendUvarint(make([]byte, 0, len(w.body)+16), uint64(w.blocks))
	return deletes.append(append(b, w.body...))
}
