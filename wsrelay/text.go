package wsrelay

import (
	"fmt"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
	"github.com/tutti-live/tutti/wsrelay/bridge"
)

const (
	// flushEvery is the least time between two sendings of a room's text to all:
	// twenty a second are as smooth as anyone sees.
	flushEvery = 50 * time.Millisecond

	// flushBytes is how many bytes a second of a long text each client is sent at
	// most: above that, the sendings are rarer.
	flushBytes = 2 << 20

	// settleAfter is how long a client must say nothing to be sent the room's
	// text once more, when it was not certain which text it had changed: long
	// enough not to be in the way of somebody who types, and below the 5 s in
	// which all must show the same.
	settleAfter = 3 * time.Second
)

// setText takes a client's whole text: what it changed of what it was shown
// becomes an edit of the document. It gets the room's text back when that is
// another one than it sent, or than it will show.
func (r *liveRoom) setText(s *session, m protocol.SetCode) {
	code := room.NormalizeText(m.Code)
	r.mu.Lock()
	defer r.mu.Unlock()
	current := r.doc.String()
	if r.tooLargeLocked(s, len(code), len(code)-len(current)) {
		return
	}
	before := s.view
	change := s.view.Receive(code, m.BaseVersion, current, &r.doc.history, time.Now())
	if growth := change.Growth(current); r.tooLargeLocked(s, len(current)+growth, growth) {
		s.view = before
		return
	}
	s.updates++
	if len(change) > 0 {
		if err := r.doc.edit(change, s.id); err != nil {
			r.breakLocked(err)
			return
		}
		r.relayLocked()
		signal(r.saveWake)
	}
	if s.settle != nil {
		s.settle.Stop()
	}
	s.shows = unknownVersion
	if same := s.view.Settle(r.doc.String(), r.doc.version()); same && code == m.Code {
		s.shows = r.doc.version()
		if s.view.Guessed() {
			s.settle = time.AfterFunc(settleAfter, func() { r.settleText(s) })
		}
	}
	if len(change) > 0 || s.shows == unknownVersion {
		r.flushLocked()
	}
	if r.savedLocked() { // it changed nothing
		r.tellSavedLocked(s, r.doc.version(), s.updates)
	}
}

// tooLargeLocked refuses a text that would make the room's too large, and shows
// its client the room's again. One that is too large already may become smaller.
func (r *liveRoom) tooLargeLocked(s *session, bytes, growth int) bool {
	if bytes <= r.relay.maxTextBytes || growth <= 0 {
		return false
	}
	s.refuse(errCodeTooLarge, fmt.Sprintf("the text would have %d bytes, a room holds %d", bytes, r.relay.maxTextBytes))
	s.shows = unknownVersion
	r.flushLocked()
	return true
}

// unknownVersion is the version of a text that no room had.
const unknownVersion = -1

// settleText sends a client the room's text once more, unless it was sent one since.
func (r *liveRoom) settleText(s *session) {
	defer logPanic(r.log, s.out.abort)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.people[s.id] != nil && s.view.Guessed() {
		s.shows = unknownVersion
		r.flushLocked()
	}
}

// flushLocked sends the text to all who do not show it: now, or when the next
// sending is due.
func (r *liveRoom) flushLocked() {
	length := len(r.doc.cached) // near enough, and not copied for this
	r.flush.wantLocked(max(flushEvery, time.Duration(length)*time.Second/flushBytes))
}

func (r *liveRoom) flushNowLocked() (sent bool) {
	for s := range r.sessionsLocked() {
		if s.yjs == nil && s.shows != r.doc.version() && s.view.Ready() {
			r.showTextLocked(s)
			sent = true
		}
	}
	if sent {
		r.followCarets()
	}
	return sent
}

// showTextLocked sends somebody the text.
func (r *liveRoom) showTextLocked(s *session) {
	if r.frameVersion != r.doc.version() {
		r.frameVersion = r.doc.version()
		r.frame = protocol.Encode(protocol.CodeUpdate{Code: r.doc.String(), UserID: r.doc.author, Version: r.doc.version()})
	}
	number := s.view.Show(r.doc.String(), r.doc.version(), time.Now())
	if replaced := s.out.pushText(r.frame, number); replaced != 0 {
		s.view.Unshow(replaced)
	}
	s.shows = r.doc.version()
}

// showInitLocked sends somebody the room as it is, in place of all that waits:
// first of all, or when too much waits.
func (r *liveRoom) showInitLocked(s *session) {
	number := s.view.Show(r.doc.String(), r.doc.version(), time.Now())
	if !s.out.startOver(protocol.Encode(r.initLocked(r.people[s.id].Person)), number) {
		s.view.Unshow(number)
		return
	}
	s.shows = r.doc.version()
	if r.savedLocked() { // what was said of it may have been among what waited
		r.tellSavedLocked(s, r.doc.version(), s.updates)
	}
}

// due notes that a client has received all that was sent before a text.
func (r *liveRoom) due(s *session, number int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.view.Due(number)
}

// prove notes that a client has received a text.
func (r *liveRoom) prove(s *session, number int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.view.Prove(number, time.Now())
	if s.shows != r.doc.version() {
		r.flushLocked()
	}
	r.probeLocked(s)
}

// answered notes that a client has answered a ping that went out at a time.
func (r *liveRoom) answered(s *session, asked time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.probing = false
	s.view.Answered(asked)
	r.probeLocked(s)
}

// probeLocked has a client asked in a while, when there is doubt about which text
// it is looking at: its answer ends that, unless it was sent others meanwhile.
func (r *liveRoom) probeLocked(s *session) {
	if s.probing || !s.view.Doubtful() || r.people[s.id] == nil {
		return
	}
	s.probing = true
	if s.probe == nil {
		s.probe = time.AfterFunc(bridge.Grace, s.out.probe)
	} else {
		s.probe.Reset(bridge.Grace)
	}
}

// slotSaved is the slot of the saved message: only the latest matters.
const slotSaved = "saved"

// savedLocked reports whether all that was done here is in the log.
func (r *liveRoom) savedLocked() bool {
	return len(r.doc.unsaved) == 0 && (r.sending == nil || !r.sending.document)
}

// allSavedLocked tells those who asked that everything is in the log.
func (r *liveRoom) allSavedLocked() {
	for s := range r.sessionsLocked() {
		r.tellSavedLocked(s, r.doc.version(), s.updates)
	}
}

// tellSavedLocked tells somebody who asked what is in the log.
func (r *liveRoom) tellSavedLocked(s *session, version, updates int64) {
	switch {
	case s.yjs != nil && s.yjs.counts:
		r.tellKeptLocked(s, updates)
	case s.yjs != nil && s.yjs.asked: // what it did while it was away is in its answer
	case s.wantsSaved:
		r.sendLocked(s, s.encode(protocol.Saved{Version: version, Updates: updates}), slotSaved)
	}
}

// shrinkLocked lets go of what only a busy room needs.
func (r *liveRoom) shrinkLocked(now time.Time) {
	oldest := r.doc.version()
	for s := range r.sessionsLocked() {
		if s.yjs == nil {
			s.view.Prune(now)
			oldest = min(oldest, s.view.Oldest())
		}
	}
	r.doc.history.Forget(oldest)
	if now.Sub(r.flush.last) > shrinkAfter {
		r.frame, r.frameVersion = nil, unknownVersion
		r.firstSync, r.firstSyncAt = nil, unknownVersion
		r.doc.lines, r.doc.linesVersion = lines{}, unknownVersion
	}
}
