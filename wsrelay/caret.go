package wsrelay

import (
	"encoding/json"

	"github.com/tutti-live/tutti/shared/protocol"
)

// followCarets moves the cursors that clients of the JSON protocol see with the
// text around them.
func (r *liveRoom) followCarets() {
	for _, m := range r.people {
		// Who types says where the cursor is; but editors of the Yjs ecosystem do not, as
		// long as it stays before the same character.
		if m.ID != r.doc.author || m.Yjs {
			r.moveCaretLocked(m)
		}
	}
}

// followCaretLocked is followCarets for one person, when somebody sees it: who
// comes first to speak JSON will have all done.
func (r *liveRoom) followCaretLocked(m *member) {
	if r.speaksJSONLocked() {
		r.moveCaretLocked(m)
	}
}

// moveCaretLocked moves the cursor of somebody if its caret is not where it was.
func (r *liveRoom) moveCaretLocked(m *member) {
	at := r.caretLocked(m)
	if at == m.caretAt || at.Line == 0 {
		return
	}
	m.caretAt, m.Cursor = at, &at
	r.broadcastLocked(protocol.CursorMove{UserID: m.ID, Cursor: at}, slotCursor(m.ID), m.session)
}

// speaksJSONLocked reports whether somebody here speaks the JSON protocol.
func (r *liveRoom) speaksJSONLocked() bool {
	for s := range r.sessionsLocked() {
		if s.yjs == nil {
			return true
		}
	}
	return false
}

// caretLocked is where somebody's caret is now. It has no line if that is nowhere.
func (r *liveRoom) caretLocked(m *member) (at protocol.Cursor) {
	if m.caret == nil {
		return at
	}
	if index, ok := r.doc.text.Resolve(*m.caret); ok {
		at.Line, at.Column = r.doc.place(index)
		at.Color = m.Color
	}
	return at
}

// setCaretLocked notes beside what the cursor of a person of the JSON protocol is.
func (r *liveRoom) setCaretLocked(m *member) {
	caret := r.doc.text.RelativePosition(r.doc.index(m.Cursor.Line, m.Cursor.Column), -1)
	encoded, err := json.Marshal(caret)
	if err != nil { // numbers and a name
		panic(err)
	}
	m.caret, m.Caret = &caret, encoded
	m.caretAt = r.caretLocked(m)
}
