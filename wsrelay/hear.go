package wsrelay

import (
	"maps"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// hear takes in what happened in the room, here or on other relays. It is
// called by the one goroutine that hears all rooms: it never waits, and a bug
// in one room does not end the others.
func (r *liveRoom) hear(event room.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer logPanic(r.log, r.suspectLocked)
	if !r.ready {
		r.backlog = append(r.backlog, event)
		return
	}
	r.hearLocked(event)
}

func (r *liveRoom) hearLocked(event room.Event) {
	switch e := event.(type) {
	case room.Appended:
		r.hearEntryLocked(e.Entry)
	case room.Here:
		r.hearHereLocked(e.Person)
	case room.Left:
		r.hearLeftLocked(e.ID)
	case room.Roll:
		r.hearRollLocked(e)
	case room.Interrupted:
		r.suspectLocked()
	}
}

// hearEntryLocked takes in an entry of the log, if it is the next one.
// Anything else has the log read again.
func (r *liveRoom) hearEntryLocked(e room.Entry) {
	switch {
	case e.Next(r.head):
		r.head = e.Position
	case e.Epoch == r.head.Epoch && e.Seq < r.head.Seq, e.Position == r.head:
		return // read before it was heard
	default:
		r.suspectLocked()
		return
	}
	r.noteSavedLocked(e)
	r.takeLocked(e)
}

// takeLocked takes in what the log says, and tells everyone here what that changes.
func (r *liveRoom) takeLocked(e room.Entry) {
	switch e.Kind {
	case room.KindText:
		if r.text.heard(e) {
			r.text.version++
			r.broadcastTextLocked(nil)
		}
	case room.KindLanguage:
		if r.language.heard(e) {
			r.broadcastLocked(protocol.LanguageChanged{Language: e.Payload, UserID: e.Author}, "", nil)
		}
	}
}

// noteSavedLocked notes that an entry of ours is in the log. When it is the
// text it tells those who asked. It may be called for the same entry by the
// reply and by the channel.
func (r *liveRoom) noteSavedLocked(e room.Entry) {
	r.language.saved(e)
	if !r.text.saved(e) {
		return
	}
	var frame []byte
	for s := range r.sessionsLocked() {
		if s.wantsSaved {
			if frame == nil {
				frame = r.savedFrameLocked()
			}
			s.out.push(frame, slotSaved)
		}
	}
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
	r.people[p.ID] = &member{Person: p}
	if known == nil || known.Name != p.Name || known.Color != p.Color {
		r.broadcastLocked(protocol.UserJoined{UserID: p.ID, Color: p.Color, Name: p.Name}, "", nil)
	}
	if p.Cursor != nil && (known == nil || known.Cursor == nil || *known.Cursor != *p.Cursor) {
		r.broadcastLocked(protocol.CursorMove{UserID: p.ID, Cursor: *p.Cursor}, slotCursor(p.ID), nil)
	}
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
		r.broadcastLocked(protocol.UserLeft{UserID: id}, "", nil)
	}
}

// hearRollLocked compares the list of people and the head of the log with what
// was heard so far. They differ only if something was lost.
func (r *liveRoom) hearRollLocked(roll room.Roll) {
	if roll.Head != r.head {
		r.suspectLocked()
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
