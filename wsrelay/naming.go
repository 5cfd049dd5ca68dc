package wsrelay

import (
	"net/url"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/room"
)

// naming is how a room's text comes by its name: which root type of the document
// it is. Clients of the JSON protocol need not know; Yjs clients bind their editor
// to one, and may say which. As long as the text is empty, another name than that of
// the settings can be asked for, and the first that stands in the log is the name.
type naming struct {
	recorded string // in the log; "": the name is that of the settings
	lost     bool   // it does not stand there any more, and has to be written again
	wanted   string // by a Yjs client here; "": nobody wants another
}

// textWanted reads what a Yjs client says its text is; "" if it does not say.
func textWanted(query url.Values) (string, error) {
	if !query.Has("text") {
		return "", nil
	}
	var name config.TextName
	if err := name.Decode(query.Get("text")); err != nil {
		return "", apierr.New(apierr.Invalid, "text: %v", err)
	}
	return string(name), nil
}

// wantTextLocked has the text named as a client here asks for.
func (r *liveRoom) wantTextLocked(name string) {
	if name != "" && name != r.doc.name {
		r.naming.wanted = name
		signal(r.saveWake)
	}
}

// namingEntryLocked is the entry of the log that names the text; nil when nothing
// is to be said. All of the document is saved.
func (r *liveRoom) namingEntryLocked() *room.Entry {
	n := &r.naming
	switch {
	case n.lost:
		e := room.NewEntry(room.KindMeta, "", room.EncodeMeta(room.Meta{Text: n.recorded}))
		return &e
	case n.wanted == "":
		return nil
	case n.recorded != "" || r.doc.text.Len() > 0: // it has been used
		n.wanted = ""
		return nil
	}
	// Whoever reads the log must find the old text empty there, as it is here.
	e := room.NewEntry(room.KindMeta, "", room.EncodeMeta(room.Meta{Text: n.wanted}))
	e.Previous = r.head.Nonce
	if last := len(r.acked) - 1; last >= 0 {
		e.Previous = r.acked[last].Nonce
	}
	return &e
}

// hearTextLocked takes in the name that the log gives to the text.
func (r *liveRoom) hearTextLocked(name string) {
	n := &r.naming
	if n.lost && name != "" && name != n.recorded { // somebody else was faster to say one again
		n.recorded = ""
	}
	if name != "" {
		n.lost = false
	}
	if name == "" || n.recorded != "" {
		return
	}
	n.recorded, n.wanted = name, ""
	if name == r.doc.name {
		return
	}
	before := r.doc.version()
	// Where this stands in the log the text was empty, so what is in it here was
	// typed by people here, and is on its way.
	typed := !r.savedLocked() || len(r.acked) > 0
	if err := r.doc.rename(name, typed); err != nil {
		r.breakLocked(err)
		return
	}
	for _, m := range r.people {
		if !m.Yjs && m.Cursor != nil {
			r.setCaretLocked(m)
		}
	}
	r.relayLocked()
	signal(r.saveWake)
	if r.doc.version() != before {
		r.flushLocked()
	}
}
