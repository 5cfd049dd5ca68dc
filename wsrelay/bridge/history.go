package bridge

// MaxHistory is how many changes of a room's text are kept at most: what a busy
// room sees in the seconds for which a text can be on its way.
const MaxHistory = 1 << 14

// maxHunks is how many places of the text they may be in at most: of texts that
// are rewritten again and again, less is kept.
const maxHunks = 1 << 16

// History is the latest changes of a room's text. The zero value is that of a
// text at version 0.
type History struct {
	version int64 // of the text after the last change
	changes []Change
	hunks   int // in changes
}

// Version counts the changes there have been.
func (h *History) Version() int64 { return h.version }

// Add notes a change.
func (h *History) Add(c Change) {
	if n := len(h.changes); n == MaxHistory || n > 0 && h.hunks+len(c) > maxHunks {
		h.Forget(h.version - int64(n/2))
	}
	h.changes = append(h.changes, c)
	h.hunks += len(c)
	h.version++
}

// Since returns the changes that led from a version to the present one. It is
// not ok when they are forgotten.
func (h *History) Since(version int64) (changes []Change, ok bool) {
	n := h.version - version
	if n < 0 || n > int64(len(h.changes)) {
		return nil, false
	}
	return h.changes[int64(len(h.changes))-n:], true
}

// Forget lets go of the changes that led to a version.
func (h *History) Forget(version int64) {
	n := int64(len(h.changes)) - (h.version - version)
	switch {
	case n >= int64(len(h.changes)):
		h.changes = nil
	case n > 0:
		h.changes = append([]Change(nil), h.changes[n:]...)
	}
	h.hunks = 0
	for _, c := range h.changes {
		h.hunks += len(c)
	}
}
