package wsrelay

import (
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// hear takes in what happened in the room, here or on other relays. After a bug
// on the way nobody knows what the document is: the room is loaded anew.
func (r *liveRoom) hear(event room.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer logPanic(r.log, func() { r.breakLocked(errPanic) })
	switch e := event.(type) {
	case room.Appended:
		r.hearEntryLocked(e.Entry)
	case room.Here:
		r.hearHereLocked(e.Person)
	case room.Left:
		r.hearLeftLocked(e.ID)
	case room.Roll:
		r.hearRollLocked(e)
	case room.Lost:
		r.suspectLocked(repairLost)
	case room.Interrupted:
		r.suspectLocked(repairInterrupted)
	}
}

var errPanic = errors.New("a panic while an event was taken in")

// hearEntryLocked takes in an entry of the log, if it is the next one.
// Anything else that is not known already has the log read again.
func (r *liveRoom) hearEntryLocked(e room.Entry) {
	switch {
	case e.Follows(r.head):
		r.moveLocked(e)
		r.savedEntryLocked(e.Nonce)
		if room.MadeWith(e.Nonce) == r.lastSaved { // what is ours is in the document
			r.hearMetaLocked(e)
		} else {
			r.takeLocked([]room.Entry{e})
		}
	case e.Epoch != r.head.Epoch:
		r.suspectLocked(repairEpoch)
	case r.recent.has(e.Position): // it was read before it was heard
		r.savedEntryLocked(e.Nonce)
	case e.Seq <= r.head.Seq+1: // it stands where another one stood, or behind another one
		r.mistrustLocked()
	default:
		r.suspectLocked(repairGap)
	}
}

// moveLocked moves the position in the log to an entry.
func (r *liveRoom) moveLocked(e room.Entry) {
	if !r.acked.hear(e.Position) {
		r.mistrustLocked() // ours stood there
	}
	r.head = e.Position
	r.recent.add(e.Position)
	r.tail.add(e)
	if r.tail.long(1) {
		signal(r.saveWake)
	}
}

// takeLocked takes in entries of the log, and tells everyone here what they change.
func (r *liveRoom) takeLocked(entries []room.Entry) {
	before := r.doc.version()
	skipped, err := r.doc.take(entries)
	r.skippedLocked(skipped)
	if err != nil {
		r.breakLocked(err)
		return
	}
	for _, e := range entries {
		r.hearMetaLocked(e)
	}
	r.relayLocked()
	if r.doc.version() != before {
		r.flushLocked()
		r.wantViewAtLocked(time.Now().Add(viewOthers))
		if r.savedLocked() {
			r.allSavedLocked()
		}
	}
}

// skippedLocked reports entries of the log that cannot be read.
func (r *liveRoom) skippedLocked(n int) {
	if n > 0 {
		r.relay.metrics.skipped.Add(float64(n))
		r.log.Error("entries of the log cannot be read and were skipped", slog.Int("entries", n))
	}
}

// hearMetaLocked takes in what an entry says about the room.
func (r *liveRoom) hearMetaLocked(e room.Entry) {
	var meta room.Meta
	if e.Kind != room.KindMeta || meta.Update(e.Payload) != nil { // what cannot be read says nothing
		return
	}
	if ours := r.language.unheard; ours != nil && ours.Nonce == room.MadeWith(e.Nonce) {
		r.language.unheard, r.language.saved = nil, false
	}
	r.hearLanguageLocked(meta.Language, e.Author)
	r.hearTextLocked(meta.Text)
}

// hearLanguageLocked takes in the language that the log says. One of ours that was
// not heard yet will come after it.
func (r *liveRoom) hearLanguageLocked(value, author string) {
	if value == "" || r.language.unheard != nil || value == r.language.value {
		return
	}
	r.language.value = value
	r.tellLanguageLocked(value, author, nil)
}

// hearHereLocked takes in somebody who came or changed. People of ours are
// known better here, those who just left too: what was said of them before is
// still being heard.
func (r *liveRoom) hearHereLocked(p room.Person) {
	if r.leaving[p.ID] {
		return
	}
	if arrived, ok := r.arriving[p.ID]; ok {
		arrived.color = p.Color
		closeOnce(arrived.heard)
		return
	}
	known := r.people[p.ID]
	if known != nil && known.session != nil {
		return
	}
	m := r.meetLocked(p, known)
	if known == nil || known.Name != p.Name || known.Color != p.Color {
		r.broadcastLocked(protocol.UserJoined{UserID: p.ID, Color: p.Color, Name: p.Name}, "", nil)
	}
	if p.Cursor != nil && !p.Yjs && (known == nil || known.said == nil || *known.said != *p.Cursor) {
		r.broadcastLocked(protocol.CursorMove{UserID: p.ID, Cursor: *p.Cursor}, slotCursor(p.ID), nil)
	}
	r.followCaretLocked(m)
}

func (r *liveRoom) hearLeftLocked(id string) {
	delete(r.leaving, id)
	known := r.people[id]
	switch {
	case known == nil:
	case known.session != nil: // we were not heard of for a while; we still are here
		r.unreportedLocked(id)
	default:
		delete(r.people, id)
		r.fadeLocked(known)
		r.broadcastLocked(protocol.UserLeft{UserID: id}, "", nil)
	}
}

// hearRollLocked compares the list of people and the head of the log with what
// was heard so far. They differ only if something was lost.
func (r *liveRoom) hearRollLocked(roll room.Roll) {
	if roll.Head != r.head {
		r.suspectLocked(repairHead)
	}
	r.hearPeopleLocked(roll.People)
}

// hearPeopleLocked takes in a list of everyone. Whom it lacks twice, with
// time for a heartbeat in between, is gone; once may only mean that Redis lost
// the list and that another relay has not said yet who is there.
func (r *liveRoom) hearPeopleLocked(people []room.Person) {
	listed := make(map[string]bool, len(people))
	for _, p := range people {
		listed[p.ID] = true
		r.hearHereLocked(p)
	}
	maps.DeleteFunc(r.leaving, func(id string, _ bool) bool { return !listed[id] })
	for id, m := range r.people {
		switch {
		case listed[id]:
		case m.session == nil && m.missing.IsZero():
			m.missing = time.Now()
		case m.session != nil, time.Since(m.missing) >= r.relay.heartbeat:
			r.hearLeftLocked(id)
		}
	}
}

// closeOnce closes c, unless it is closed. Only for channels that are closed
// under one mutex.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}
