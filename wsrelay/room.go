package wsrelay

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// liveRoom is a room as this relay holds it, for as long as somebody is in it
// here. What the people here do is shown to each other at once and brought to
// Redis by the room's keepers (see keeper.go); what others do comes in through
// hear (see hear.go).
type liveRoom struct {
	id    string
	relay *Relay
	store *room.Store
	log   *slog.Logger

	loaded chan struct{} // closed when the room is there, or loadErr is
	gone   chan struct{} // closed when nothing of the room is left in this relay

	saveWake     chan struct{} // holds one token when there is something to save or check
	presenceWake chan struct{} // holds one token when there is presence to report
	idle         chan struct{} // holds one token when nobody is left

	// Set before loaded is closed.
	loadErr error

	// Guarded by relay.mu.
	refs    int  // sessions that are in the room or on their way
	closing bool // no session gets in any more

	mu         sync.Mutex
	backlog    []room.Event // heard before the room was loaded
	ready      bool
	text       text
	language   register
	head       room.Position       // of the log, as far as it was heard
	suspect    bool                // the log must be read again
	people     map[string]*member  // by person id
	arriving   map[string]*arrival // people of ours who are on their way in
	unreported map[string]bool     // people of ours whom Redis does not know as they are
	departed   []string            // people of ours who left, and Redis does not know
	leaving    map[string]bool     // people of ours who left, and whose leave was not heard yet
	rollWanted bool                // everyone is to compare the whole list
}

// member is somebody in the room.
type member struct {
	room.Person
	session *session  // nil for somebody on another relay
	missing time.Time // since when a list lacked somebody on another relay; zero: it did not
}

// arrival is somebody of ours on the way in.
type arrival struct {
	heard chan struct{} // closed when Redis has told everyone, and so us
	color string        // that Redis gave, once heard
}

// sessionsLocked are those of the people who are connected here.
func (r *liveRoom) sessionsLocked() iter.Seq[*session] {
	return func(yield func(*session) bool) {
		for _, m := range r.people {
			if m.session != nil && !yield(m.session) {
				return
			}
		}
	}
}

// isFullLocked reports whether as many are connected here as a room takes.
func (r *liveRoom) isFullLocked() bool {
	n := 0
	for range r.sessionsLocked() {
		n++
	}
	return n >= r.relay.maxPeople
}

func newLiveRoom(relay *Relay, id string) *liveRoom {
	return &liveRoom{
		id:           id,
		relay:        relay,
		store:        relay.store,
		log:          relay.log.With(room.LogAttr(id)),
		loaded:       make(chan struct{}),
		gone:         make(chan struct{}),
		saveWake:     make(chan struct{}, 1),
		presenceWake: make(chan struct{}, 1),
		idle:         make(chan struct{}, 1),
		text:         text{register: register{kind: room.KindText}},
		language:     register{kind: room.KindLanguage},
		people:       make(map[string]*member),
		arriving:     make(map[string]*arrival),
		unreported:   make(map[string]bool),
		leaving:      make(map[string]bool),
	}
}

// join lets a session in and sends it init. All that was in Redis before the
// join is then in init, as long as Redis answers; while it does not, people
// still get into a room that is held here.
func (r *liveRoom) join(ctx context.Context, s *session) error {
	person := room.Person{ID: s.id}
	arrived := &arrival{heard: make(chan struct{})}
	r.mu.Lock()
	r.arriving[s.id] = arrived
	r.mu.Unlock()
	color, err := r.store.Join(ctx, r.id, person, room.Capacity{Most: r.relay.maxPeople, Fresh: 2 * r.relay.heartbeat})
	if err == nil {
		waitFor(ctx, arrived.heard, joinWait)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.arriving, s.id)
	if errors.Is(err, room.ErrFull) || err != nil && r.isFullLocked() {
		return room.ErrFull
	}
	if err != nil {
		r.log.WarnContext(ctx, "joined without Redis", slog.Any("error", err))
		color = cmp.Or(arrived.color, r.rarestColorLocked()) // only the reply may have been lost
		r.unreportedLocked(s.id)
		r.suspectLocked() // a room that is not found has to be put back
	}
	person.Color = color
	r.people[s.id] = &member{Person: person, session: s}
	s.view = view{own: r.text.value, version: r.text.version, proven: r.text.version} // nothing can cross with init
	s.out.push(protocol.Encode(r.initLocked(person)), "")
	r.broadcastLocked(protocol.UserJoined{UserID: person.ID, Color: person.Color}, "", s)
	return nil
}

// leave takes a session's person out.
func (r *liveRoom) leave(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.settle != nil {
		s.settle.Stop()
	}
	delete(r.people, s.id)
	delete(r.unreported, s.id)
	if len(r.departed) < maxDeparted { // the others time out
		r.departed = append(r.departed, s.id)
		r.leaving[s.id] = true
	}
	r.broadcastLocked(protocol.UserLeft{UserID: s.id}, "", s)
	signal(r.presenceWake)
}

// setText takes a client's whole text. The client gets it back when the room's
// text is another one than it sent; and after a while of saying nothing, when
// it may be showing another: not at once, because its person may be typing.
func (r *liveRoom) setText(s *session, m protocol.SetCode) {
	code := room.NormalizeText(m.Code)
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.BaseVersion != nil {
		s.view.receiveFrom(code, *m.BaseVersion)
	} else {
		s.view.receive(code)
	}
	if code != r.text.value {
		r.text.set(s.id, code)
		r.text.version++
		r.broadcastTextLocked(s)
		signal(r.saveWake)
	}
	if s.settle != nil {
		s.settle.Stop()
	}
	if code != m.Code {
		r.sendTextLocked(s)
	} else if s.view.behind {
		s.settle = time.AfterFunc(settleAfter, func() { r.settleText(s) })
	}
}

// settleText sends a client the room's text, unless it was sent one since.
func (r *liveRoom) settleText(s *session) {
	defer logPanic(r.log, s.out.abort)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.people[s.id] != nil && s.view.behind {
		r.sendTextLocked(s)
	}
}

func (r *liveRoom) setLanguage(s *session, language string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if language == r.language.value {
		return
	}
	r.language.set(s.id, language)
	r.broadcastLocked(protocol.LanguageChanged{Language: language, UserID: s.id}, "", s)
	signal(r.saveWake)
}

func (r *liveRoom) moveCursor(s *session, line, column int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	me := r.people[s.id]
	me.Cursor = &protocol.Cursor{Line: line, Column: column, Color: me.Color}
	r.broadcastLocked(protocol.CursorMove{UserID: s.id, Cursor: *me.Cursor}, slotCursor(s.id), s)
	r.unreportedLocked(s.id)
}

func (r *liveRoom) hello(s *session, name string, wantsSaved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.wantsSaved = wantsSaved
	if wantsSaved && r.text.unsaved == nil {
		s.out.push(r.savedFrameLocked(), slotSaved)
	}
	me := r.people[s.id]
	if me.Name == name {
		return
	}
	me.Name = name
	r.broadcastLocked(protocol.UserJoined{UserID: me.ID, Color: me.Color, Name: name}, "", s)
	r.unreportedLocked(s.id)
}

// initLocked is the room as somebody who just came finds it.
func (r *liveRoom) initLocked(you room.Person) protocol.Init {
	init := protocol.Init{
		Code:       r.text.value,
		Cursors:    make(map[string]protocol.Cursor),
		YourUserID: you.ID,
		YourColor:  you.Color,
		Version:    r.text.version,
		Language:   r.language.value,
		RoomID:     r.id,
		ExpiresIn:  r.store.TTLSeconds(),
	}
	for id, m := range r.people {
		init.Users = append(init.Users, id)
		init.Participants = append(init.Participants, protocol.Participant{ID: id, Name: m.Name, Color: m.Color})
		if m.Cursor != nil {
			init.Cursors[id] = *m.Cursor
		}
	}
	slices.Sort(init.Users)
	slices.SortFunc(init.Participants, func(a, b protocol.Participant) int { return cmp.Compare(a.ID, b.ID) })
	return init
}

// rarestColorLocked is the first of the colours that the fewest here have.
func (r *liveRoom) rarestColorLocked() string {
	having := make(map[string]int)
	for _, m := range r.people {
		having[m.Color]++
	}
	return slices.MinFunc(room.Colors(), func(a, b string) int { return having[a] - having[b] })
}

// broadcastLocked sends a message to everyone here but one, who may be nil.
func (r *liveRoom) broadcastLocked(message any, slot string, except *session) {
	frame := protocol.Encode(message)
	for s := range r.sessionsLocked() {
		if s != except {
			s.out.push(frame, slot)
		}
	}
}

// broadcastTextLocked sends the text to everyone here but one, who may be nil.
func (r *liveRoom) broadcastTextLocked(except *session) {
	frame := r.textFrameLocked()
	for s := range r.sessionsLocked() {
		if s != except {
			r.showTextLocked(s, frame)
		}
	}
}

func (r *liveRoom) sendTextLocked(s *session) { r.showTextLocked(s, r.textFrameLocked()) }

// showTextLocked sends a client the frame of the room's text.
func (r *liveRoom) showTextLocked(s *session, frame []byte) {
	s.view.show(r.text.value, r.text.version)
	s.out.pushProven(frame, slotText, strconv.AppendInt(nil, r.text.version, 10))
}

// prove notes that a client has received the text of a version.
func (r *liveRoom) prove(s *session, version int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.view.prove(version)
}

func (r *liveRoom) textFrameLocked() []byte {
	return protocol.Encode(protocol.CodeUpdate{Code: r.text.value, UserID: r.text.author, Version: r.text.version})
}

// slotSaved is the slot of the saved message: only the latest matters.
const slotSaved = "saved"

func (r *liveRoom) savedFrameLocked() []byte {
	return protocol.Encode(protocol.Saved{Version: r.text.version})
}

// unreportedLocked has Redis told of somebody of ours.
func (r *liveRoom) unreportedLocked(id string) {
	r.unreported[id] = true
	signal(r.presenceWake)
}

// suspectLocked has the log read again.
func (r *liveRoom) suspectLocked() {
	r.suspect = true
	signal(r.saveWake)
}

// signal puts a token into a channel that holds one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// waitFor waits for c to be closed, at most for limit.
func waitFor(ctx context.Context, c <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
	case <-ctx.Done():
	}
}
