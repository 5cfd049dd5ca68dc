package wsrelay

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/awareness"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// liveRoom is a room as this relay holds it, for as long as somebody is in it
// here and a little longer. What the people here do is shown to each other at
// once and brought to Redis by the room's keepers (keeper.go, presence.go); what
// others do comes in through its inbox (inbox.go, hear.go). How whole texts
// become edits of the document and back is in text.go.
type liveRoom struct {
	id    string
	relay *Relay
	store rooms
	log   *slog.Logger

	loaded chan struct{} // closed when the room is there, or loadErr is
	gone   chan struct{} // closed when nothing of the room is left in this relay

	saveWake     chan struct{} // holds one token when there is something to save or check
	presenceWake chan struct{} // holds one token when there is presence to report
	idle         chan struct{} // holds one token when nobody is left, or the relay stops
	inbox        inbox

	// Set before loaded is closed.
	loadErr error

	// Guarded by relay.mu.
	refs    int       // sessions that are in the room or on their way
	left    time.Time // when refs became 0
	closing bool      // no session gets in any more

	mu       sync.Mutex
	doc      *document
	broken   bool     // the document is of no use any more; nobody gets in
	language language // that the text is written in
	naming   naming   // of the text

	// The log. Guarded by mu.
	head       room.Position // as far as it was heard
	recent     recent        // what stands there, up to head
	suspect    bool          // it must be read again
	reason     string        // why, for the metrics
	reading    chan struct{} // closed when it was read again; nil: it needs not be
	sending    *batch        // the entry that is on its way
	lastSaved  string        // nonce of the last entry of ours that stands in the log
	acked      unheard       // entries of ours that the channel did not tell of yet
	mistrusted bool          // all of the log must be read again, for its end was lost
	tail       tail          // what stands behind the last snapshot
	packing    bool          // a compaction is under way
	packFailed time.Time     // when the last one failed

	// The text for other programs. Guarded by mu.
	viewed   int64     // the version that they see; unknownVersion when it is not known
	viewLast time.Time // when it was last written
	viewAt   time.Time // when it is to be written next; zero: it is fresh, or others see to it

	// Showing the text. Guarded by mu.
	frame        []byte // of the text at frameVersion
	frameVersion int64
	flush        pacer // sends it to all

	// The first sync of Yjs clients. Guarded by mu.
	firstSync   []byte // the message
	firstSyncAt int64  // how many changes and updates that wait it has; -1 before there is one

	// Presence. Guarded by mu.
	people     map[string]*member  // by person id
	arriving   map[string]*arrival // people of ours who are on their way in
	unreported map[string]bool     // people of ours whom Redis does not know as they are
	departed   []string            // people of ours who left, and Redis does not know
	farewells  []room.Person       // those of them who took their state back last, as Redis does not know either
	leaving    map[string]bool     // people of ours who left, and whose leave was not heard yet
	aware      awareness.States    // what Yjs clients know of everyone
	moved      []awareness.Entry   // what they were not told yet, the latest of each client
	changed    map[string]bool     // people of the JSON protocol whose state they were not told yet
	tell       pacer               // tells them
	toldBytes  int                 // that were sent when they were last told
	rollWanted bool                // everyone is to compare the whole list
}

// member is somebody in the room.
type member struct {
	room.Person
	session *session  // nil for somebody on another relay
	missing time.Time // since when a list lacked somebody on another relay; zero: it did not

	// The cursor is shown where it is said to be, which need not be in the text, and
	// moves from there with the text around its caret.
	caret   *crdt.RelativePosition // nil: there is none
	caretAt protocol.Cursor        // where that was when it was last looked at
	said    *protocol.Cursor       // by another relay
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
	r := &liveRoom{
		id:           id,
		relay:        relay,
		store:        relay.store,
		log:          relay.log.With(room.LogAttr(id)),
		loaded:       make(chan struct{}),
		gone:         make(chan struct{}),
		saveWake:     make(chan struct{}, 1),
		presenceWake: make(chan struct{}, 1),
		idle:         make(chan struct{}, 1),
		inbox:        inbox{wake: make(chan struct{}, 1)},
		doc:          newDocument(relay.textName),
		viewed:       unknownVersion,
		frameVersion: unknownVersion,
		firstSyncAt:  unknownVersion,
		people:       make(map[string]*member),
		arriving:     make(map[string]*arrival),
		unreported:   make(map[string]bool),
		leaving:      make(map[string]bool),
		changed:      make(map[string]bool),
	}
	r.flush = pacer{room: r, do: r.flushNowLocked}
	r.tell = pacer{room: r, do: r.tellNowLocked}
	return r
}

// join lets a session in and sends it init. All that was in Redis before the
// join is then in init, as long as Redis answers; while it does not, people
// still get into a room that is held here.
func (r *liveRoom) join(ctx context.Context, s *session) error {
	person := room.Person{ID: s.id, Yjs: s.yjs != nil}
	arrived := &arrival{heard: make(chan struct{})}
	r.mu.Lock()
	if r.broken {
		r.mu.Unlock()
		return apierr.New(apierr.Internal, "internal error")
	}
	r.arriving[s.id] = arrived
	r.mu.Unlock()
	color, err := r.store.Join(ctx, r.id, person, room.Capacity{Most: r.relay.maxPeople, Fresh: 2 * r.relay.heartbeat})
	if err == nil {
		waitFor(ctx, arrived.heard, joinWait)
		if reading := r.beingRead(); reading != nil { // what came before may have been missed
			waitFor(ctx, reading, joinWait)
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.arriving, s.id)
	switch {
	case errors.Is(err, room.ErrFull):
		return err
	case r.broken:
		r.departLocked(s.id)
		return apierr.New(apierr.Internal, "internal error")
	case err != nil && r.isFullLocked():
		r.departLocked(s.id) // only the reply may have been lost
		return room.ErrFull
	}
	if err != nil {
		r.log.WarnContext(ctx, "joined without Redis", slog.Any("error", err))
		color = cmp.Or(arrived.color, r.rarestColorLocked()) // only the reply may have been lost
		r.unreportedLocked(s.id)
		r.suspectLocked(repairJoin) // a room that is not found has to be put back
	}
	person.Color = color
	me := &member{Person: person, session: s}
	if s.yjs == nil {
		r.followCarets() // so that init has them where they are, and comes first
	}
	r.people[s.id] = me
	if s.yjs != nil {
		if r.doc.listeners++; r.doc.listeners == 1 {
			r.describeAllLocked()
		}
		r.wantTextLocked(s.yjs.text)
		r.greetYjsLocked(s)
	} else {
		r.showInitLocked(s)
		r.describeLocked(me)
	}
	r.broadcastLocked(protocol.UserJoined{UserID: person.ID, Color: person.Color}, "", s)
	return nil
}

// leave takes a session's person out.
func (r *liveRoom) leave(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.stopLocked()
	me := r.people[s.id]
	delete(r.people, s.id)
	r.fadeLocked(me)
	if s.yjs != nil {
		if r.doc.listeners--; r.doc.listeners == 0 {
			r.doc.untold = nil
		}
	}
	r.broadcastLocked(protocol.UserLeft{UserID: s.id}, "", s)
	if told := r.departLocked(s.id); told && r.unreported[s.id] && me.Client != 0 && me.State == "" {
		r.farewells = append(r.farewells, me.Person)
	}
	delete(r.unreported, s.id)
}

// departLocked has Redis told that somebody of ours is not there any more, unless
// there are too many: the others time out.
func (r *liveRoom) departLocked(id string) (told bool) {
	if told = len(r.departed) < maxDeparted; told {
		r.departed = append(r.departed, id)
		r.leaving[id] = true
	}
	signal(r.presenceWake)
	return told
}

func (r *liveRoom) moveCursor(s *session, line, column int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	me := r.people[s.id]
	me.Cursor = &protocol.Cursor{Line: line, Column: column, Color: me.Color}
	r.setCaretLocked(me)
	r.describeLocked(me)
	r.broadcastLocked(protocol.CursorMove{UserID: s.id, Cursor: *me.Cursor}, slotCursor(s.id), s)
	r.unreportedLocked(s.id)
}

func (r *liveRoom) hello(s *session, name string, wantsSaved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.wantsSaved = wantsSaved
	if wantsSaved && r.savedLocked() {
		r.tellSavedLocked(s, r.doc.version(), s.updates)
	}
	me := r.people[s.id]
	if me.Name == name {
		return
	}
	me.Name = name
	r.describeLocked(me)
	r.broadcastLocked(protocol.UserJoined{UserID: me.ID, Color: me.Color, Name: name}, "", s)
	r.unreportedLocked(s.id)
}

// initLocked is the room as somebody who just came finds it.
func (r *liveRoom) initLocked(you room.Person) protocol.Init {
	init := protocol.Init{
		Code:       r.doc.String(),
		Cursors:    make(map[string]protocol.Cursor),
		YourUserID: you.ID,
		YourColor:  you.Color,
		Version:    r.doc.version(),
		Language:   r.languageLocked(),
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

// broadcastLocked sends a message of the JSON protocol to everyone here who speaks
// that, but one, who may be nil.
func (r *liveRoom) broadcastLocked(message any, slot string, except *session) {
	frame := protocol.Encode(message)
	for s := range r.sessionsLocked() {
		if s != except && s.yjs == nil {
			r.sendLocked(s, frame, slot)
		}
	}
}

// broadcastYjsLocked sends a frame to everyone here who speaks the Yjs protocol,
// but one, who may be nil.
func (r *liveRoom) broadcastYjsLocked(frame []byte, except *session) {
	for s := range r.sessionsLocked() {
		if s != except && s.yjs != nil {
			r.sendLocked(s, frame, "")
		}
	}
}

// sendLocked sends somebody a frame. For whom too much waits already, what waits
// is replaced by the room as it is now.
func (r *liveRoom) sendLocked(s *session, frame []byte, slot string) {
	if !s.out.push(frame, slot) {
		r.relay.metrics.refreshed.Inc()
		if s.yjs != nil {
			r.restartYjsLocked(s)
		} else {
			r.showInitLocked(s)
		}
	}
}

// unreportedLocked has Redis told of somebody of ours.
func (r *liveRoom) unreportedLocked(id string) {
	r.unreported[id] = true
	signal(r.presenceWake)
}

// suspectLocked has the log read again, for one of the reasons in metrics.go.
func (r *liveRoom) suspectLocked(reason string) {
	if !r.suspect {
		r.suspect, r.reason = true, reason
	}
	if r.reading == nil {
		r.reading = make(chan struct{})
	}
	signal(r.saveWake)
}

// beingRead is closed when the log was read again; it is nil if it needs not be.
func (r *liveRoom) beingRead() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reading
}

// wasRead says so to those who wait for it, unless it has to be read once more.
func (r *liveRoom) wasRead() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.suspect && r.reading != nil {
		close(r.reading)
		r.reading = nil
	}
}

// mistrustLocked has all of the log read again: something stood there that does no
// more, though what we heard last may stand.
func (r *liveRoom) mistrustLocked() {
	r.mistrusted, r.acked = true, nil
	r.suspectLocked(repairRewind)
}

// breakLocked gives up a room whose document a bug has broken. Its people are
// sent away and find it loaded anew; what they did is still saved.
func (r *liveRoom) breakLocked(err error) {
	if !r.broken {
		r.broken = true
		r.log.Error("the document is broken", slog.Any("error", err))
	}
	for s := range r.sessionsLocked() {
		s.out.close(protocol.CloseInternal, "internal error")
	}
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
