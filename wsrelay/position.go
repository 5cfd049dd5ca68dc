package wsrelay

import (
	"hash/maphash"

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
