package wsrelay

import (
	"hash/maphash"
	"slices"

	"github.com/tutti-live/tutti/shared/room"
)

// recent is the last places of one log that a room has taken in. What is heard
// late is found among them; what is not, though it stands before the last, comes
// from a log that was put back and written on.
type recent [64]struct {
	seq   int64
	nonce uint64 // hash of the entry's
}

var nonceSeed = maphash.MakeSeed()

func (r *recent) add(p room.Position) {
	slot := &r[uint64(p.Seq)%uint64(len(r))] //nolint:gosec // any number will do
	slot.seq, slot.nonce = p.Seq, maphash.String(nonceSeed, p.Nonce)
}

func (r *recent) has(p room.Position) bool {
	slot := r[uint64(p.Seq)%uint64(len(r))] //nolint:gosec // any number will do
	return slot.seq == p.Seq && slot.nonce == maphash.String(nonceSeed, p.Nonce)
}

// maxUnheard is how many entries the channel may be late with: some seconds of
// a room in which people type.
const maxUnheard = 64

// unheard is entries of this relay that stand in the log, as replies said, and
// that the channel did not tell of yet: their places in order. An entry that the
// log loses meanwhile is noticed by them, as nobody else has it.
type unheard []room.Position

// last is the last of them; 0 if there are none.
func (u unheard) last() int64 {
	if len(u) == 0 {
		return 0
	}
	return u[len(u)-1].Seq
}

// hear takes out what stands at a place or before it. It is not ok when another
// entry stood there.
func (u *unheard) hear(p room.Position) (ok bool) {
	n := 0
	for ok = true; n < len(*u) && (*u)[n].Seq <= p.Seq; n++ {
		ok = ok && (*u)[n] == p
	}
	*u = slices.Delete(*u, 0, n)
	return ok
}

// A log is compacted when so much stands behind its last snapshot: what somebody
// who joins has to read stays small, and the work is shared by many edits.
const (
	compactEntries = 200
	compactBytes   = 256 << 10
)

// tail is how much stands in the log behind its last snapshot.
type tail struct{ entries, bytes int }

func (t *tail) add(e room.Entry) {
	if e.Kind == room.KindSnapshot {
		*t = tail{}
		return
	}
	t.entries++
	t.bytes += len(e.Payload)
}

// long reports whether it is so long, times a factor, that the log is to be compacted.
func (t *tail) long(times int) bool {
	return t.entries >= times*compactEntries || t.bytes >= times*compactBytes
}
