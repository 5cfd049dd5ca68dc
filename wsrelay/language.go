package wsrelay

import (
	"cmp"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// language is what the last one who chose it chose. Redis decides who was last:
// its log has one order. Until a choice of ours is heard it hides those of others,
// because it will come after them.
type language struct {
	value   string
	unheard *room.Entry // the choice of ours that was neither heard nor read yet
	saved   bool        // a reply said that it stands in the log
}

// choose makes a choice of ours, which is then to be saved.
func (l *language) choose(author, value string) {
	e := room.NewEntry(room.KindMeta, author, room.EncodeMeta(room.Meta{Language: value}))
	l.value, l.unheard, l.saved = value, &e, false
}

// isSaved reports whether the log has what was chosen here.
func (l *language) isSaved() bool { return l.unheard == nil || l.saved }

// setLanguage takes in what somebody chose.
func (r *liveRoom) setLanguage(s *session, language string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if language != r.language.value {
		r.language.choose(s.id, language)
		r.tellLanguageLocked(language, s.id, s)
		signal(r.saveWake)
	}
	if s.yjs != nil { // it makes its choice again until it hears of it
		r.sendLanguageLocked(s, protocol.LanguageChanged{Language: language, UserID: s.id})
	}
}

// languageLocked is the language that the text is written in.
func (r *liveRoom) languageLocked() string { return cmp.Or(r.language.value, room.DefaultLanguage) }

// tellLanguageLocked tells everyone here the language, but one, who may be nil.
func (r *liveRoom) tellLanguageLocked(language, author string, except *session) {
	changed := protocol.LanguageChanged{Language: language, UserID: author}
	r.broadcastLocked(changed, "", except)
	for s := range r.sessionsLocked() {
		if s != except && s.yjs != nil && s.yjs.talks {
			r.sendLanguageLocked(s, changed)
		}
	}
}

// sendLanguageLocked tells a Yjs client the language.
func (r *liveRoom) sendLanguageLocked(s *session, changed protocol.LanguageChanged) {
	r.sendLocked(s, s.encode(changed), "")
}
