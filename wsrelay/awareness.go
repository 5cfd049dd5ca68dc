package wsrelay

import (
	"encoding/json"
	"hash/fnv"
	"time"

	"github.com/tutti-live/tutti/shared/awareness"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// Everyone in a room is one person to all others, whichever protocol they speak.
// Yjs clients know each other by awareness states. Of those a person's name,
// colour and cursor are read for clients of the JSON protocol; and for people of
// the JSON protocol each relay makes a state, which is the same on all.

const (
	// maxClockJump is by how much a client's clock may have grown while the relay
	// took it for somebody who is still there: some minutes of moves.
	maxClockJump = 1000

	// tellEvery is the least time between two messages of who moved where: twenty a
	// second are as smooth as anyone sees.
	tellEvery = 50 * time.Millisecond

	// tellBytes is how many bytes a second a room tells of that at most: in a room of
	// more than fifty it is told more rarely, and nobody's typing waits for cursors.
	tellBytes = 8 << 20

	// maxStateBytes is the longest awareness state: those of editors have some hundred
	// bytes, and each goes through Redis with every move.
	maxStateBytes = 2 << 10

	// fadeAfter is how long a Yjs client that lost its connection is shown to be
	// there: most come back at once, and need not flicker.
	fadeAfter = 3 * time.Second
)

// hearAwareness takes in what a client says of itself. Clients repeat what others
// said; only what a client says of itself is of interest. What cannot be read is
// dropped, for who sent it need not be who wrote it.
func (r *liveRoom) hearAwareness(s *session, update []byte) {
	limits := awareness.Limits{StateBytes: maxStateBytes}
	if client := r.knownAs(s); client != 0 {
		if e, ok, err := awareness.Find(update, client, limits); ok && err == nil {
			r.hearEntries(s, e)
		}
	} else if entries, err := awareness.Decode(update, limits); err == nil {
		r.hearEntries(s, entries...)
	}
}

// knownAs is the awareness id of a client that has said who it is, or 0.
func (r *liveRoom) knownAs(s *session) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.people[s.id].State == "" { // it may say that it is another one
		return 0
	}
	return s.yjs.client
}

func (r *liveRoom) hearEntries(s *session, entries ...awareness.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	me, first := r.people[s.id], !s.yjs.spoke
	s.yjs.spoke = true
	for _, e := range entries {
		if me.State == "" && len(entries) == 1 && r.isOfLocked(s, e, first) {
			s.yjs.client = e.Client
		}
		if e.Client != 0 && e.Client == s.yjs.client {
			r.hearStateLocked(me, e)
		} else if first && len(entries) == 1 { // who was cut off comes back before that is known
			r.nudgeLocked(s, e)
		}
	}
}

// nudgeLocked tells a client once that it is gone, which it may be for the others,
// who take no state of a clock that they know. A client that hears so says that it
// is not, with another clock.
func (r *liveRoom) nudgeLocked(s *session, e awareness.Entry) {
	if e.State == "" || e.Client == 0 || isMadeUp(e.Client) || s.yjs.nudged {
		return
	}
	s.yjs.nudged = true
	known, _ := r.aware.Get(e.Client)
	e.State, e.Clock = "", max(e.Clock, known.Clock)
	r.sendLocked(s, protocol.EncodeAwareness(awareness.Append(nil, e)), "")
}

func (r *liveRoom) hearStateLocked(me *member, e awareness.Entry) {
	if !r.aware.Apply(e) {
		if _, shown := r.aware.Get(e.Client); !shown && e.Clock > 0 {
			r.nudgeLocked(me.session, e)
		}
		return
	}
	me.Client, me.Clock, me.State = e.Client, e.Clock, e.State
	r.tellLocked(e)
	r.readStateLocked(me)
	r.unreportedLocked(me.ID)
}

// isOfLocked reports whether a state is that of the client that sends it, which
// has not said yet who it is: of somebody who is not there, or newer than what is
// known of them, as after a connection that nobody has ended. Who only repeats
// what others said does neither.
func (r *liveRoom) isOfLocked(s *session, e awareness.Entry, first bool) bool {
	if e.State == "" || e.Client == 0 || e.Client == s.yjs.client || isMadeUp(e.Client) {
		return false
	}
	known, _ := r.aware.Get(e.Client)
	if owner := r.ownerLocked(e.Client); owner != nil {
		if e.Clock <= known.Clock || e.Clock-known.Clock > maxClockJump {
			return false
		}
		owner.Client, owner.Clock, owner.State = 0, 0, ""
		if owner.session != nil {
			owner.session.yjs.client = 0
		}
		return true
	}
	if known.State != "" && e.Clock <= known.Clock && !first {
		return false // who comes says first who it is: this is of somebody who has just left
	}
	if e.Clock == known.Clock && known.State != "" { // it was here a moment ago, and is not gone for the others
		me := r.people[s.id]
		me.Client, me.Clock, me.State = known.Client, known.Clock, known.State
		r.readStateLocked(me)
		r.unreportedLocked(me.ID)
	}
	return true
}

// ownerLocked is the person whose awareness id it is, or nil.
func (r *liveRoom) ownerLocked(client uint64) *member {
	for _, m := range r.people {
		if m.Yjs && m.Client == client {
			return m
		}
	}
	return nil
}

// meetLocked takes in a person of another relay as it is now. known is what was
// known of it; nil: nothing.
func (r *liveRoom) meetLocked(p room.Person, known *member) *member {
	m := &member{Person: p, said: p.Cursor}
	r.people[p.ID] = m
	if p.Yjs {
		m.caret, m.Cursor = readState(p.State).caret(), nil
	} else if p.Caret != nil {
		m.caret = new(crdt.RelativePosition)
		if json.Unmarshal(p.Caret, m.caret) != nil {
			m.caret = nil
		}
	}
	if known != nil && (p.Yjs || p.Cursor != nil && known.said != nil && *known.said == *p.Cursor) {
		m.Cursor, m.caretAt = known.Cursor, known.caretAt // as the text here has moved it
	} else if !p.Yjs {
		m.caretAt = r.caretLocked(m)
	}
	if known != nil && known.Client != 0 && known.Client != p.Client { // another connection has said that it is that client
		r.fadeLocked(known)
	}
	switch {
	case !p.Yjs && (known == nil || known.Name != p.Name || known.Color != p.Color || string(known.Caret) != string(p.Caret)):
		r.describeLocked(m)
	case p.Yjs && p.Client != 0:
		if e := (awareness.Entry{Client: p.Client, Clock: p.Clock, State: p.State}); r.aware.Apply(e) {
			r.tellLocked(e)
		}
	}
	return m
}

// fadeLocked lets the state of somebody who left go: after a while, if it may
// come back.
func (r *liveRoom) fadeLocked(m *member) {
	client := clientOf(m)
	if isMadeUp(client) {
		r.forgetLocked(client)
		return
	}
	time.AfterFunc(fadeAfter, func() {
		defer logPanic(r.log, func() {})
		r.mu.Lock()
		defer r.mu.Unlock()
		r.forgetLocked(client)
	})
}

func (r *liveRoom) forgetLocked(client uint64) {
	if r.ownerLocked(client) == nil {
		if e, ok := r.aware.Remove(client); ok {
			r.tellLocked(e)
		}
	}
}

// describeLocked has Yjs clients here told soon what somebody of the JSON protocol
// does.
func (r *liveRoom) describeLocked(m *member) {
	if r.doc.listeners > 0 { // for the first who comes it is done
		r.changed[m.ID] = true
		r.wantTellLocked()
	}
}

// describeAllLocked says again that people of the JSON protocol are there: Yjs
// clients drop whom they have not heard of for 30 s.
func (r *liveRoom) describeAllLocked() {
	if r.doc.listeners == 0 {
		return
	}
	for id, m := range r.people {
		if !m.Yjs {
			r.changed[id] = true
		}
	}
	r.wantTellLocked()
}

// stateLocked makes the state of a person of the JSON protocol anew. Its clock is
// the time: so it is about the same on all relays, of whom each makes its own.
func (r *liveRoom) stateLocked(m *member) awareness.Entry {
	var s state
	s.User.Name, s.User.Color, s.User.ColorLight = m.Name, m.Color, m.Color+"33"
	if m.caret != nil {
		s.Cursor = &selection{m.caret, m.caret}
		s.Selection = s.Cursor
	}
	encoded, err := json.Marshal(s)
	if err != nil { // strings, and numbers
		panic(err)
	}
	client := clientOf(m)
	known, _ := r.aware.Get(client)
	return awareness.Entry{Client: client, Clock: max(known.Clock+1, ticks(time.Now())), State: string(encoded)}
}

// clientOf is the awareness id of a person. Of those who have none it is made of
// their own id, so that it is the same on every relay.
func clientOf(m *member) uint64 {
	if m.Yjs {
		return m.Client
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(m.ID)) // it never fails
	return madeUp | uint64(h.Sum32())
}

// madeUp marks awareness ids that are made of a person's id: those of Yjs clients
// have 32 bits.
const madeUp = 1 << 33

func isMadeUp(client uint64) bool { return client>>32 == madeUp>>32 }

// ticks is a clock that all relays agree on well enough: a client that comes from
// another relay must find what we say newer.
func ticks(now time.Time) uint32 {
	return uint32(now.Sub(ticksBegin) / tellEvery) //nolint:gosec // awareness takes it until 2029
}

var ticksBegin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// tellLocked has Yjs clients here told what somebody says, soon, and only the last
// of it.
func (r *liveRoom) tellLocked(e awareness.Entry) {
	if r.doc.listeners == 0 {
		return // who comes is shown everyone
	}
	for i := range r.moved {
		if r.moved[i].Client == e.Client {
			r.moved[i] = e
			return
		}
	}
	r.moved = append(r.moved, e)
	r.wantTellLocked()
}

func (r *liveRoom) wantTellLocked() {
	r.tell.wantLocked(max(tellEvery, time.Duration(r.toldBytes)*time.Second/tellBytes))
}

// tellNowLocked tells Yjs clients, the one it is about too: so it hears from us.
func (r *liveRoom) tellNowLocked() (told bool) {
	for id := range r.changed {
		if m := r.people[id]; m != nil { // else it has left
			if e := r.stateLocked(m); r.aware.Apply(e) {
				r.moved = append(r.moved, e)
			}
		}
	}
	clear(r.changed)
	if len(r.moved) == 0 {
		return false
	}
	frame := protocol.EncodeAwareness(awareness.Append(nil, r.moved...))
	r.moved, r.toldBytes = nil, len(frame)*r.doc.listeners
	r.broadcastYjsLocked(frame, nil)
	return true
}

// showEveryoneLocked tells a client of all who are there.
func (r *liveRoom) showEveryoneLocked(s *session) {
	var all []awareness.Entry
	for e := range r.aware.All() {
		all = append(all, e)
	}
	if len(all) > 0 {
		s.out.pushWhole(protocol.EncodeAwareness(awareness.Append(nil, all...)), slotEveryone)
	}
}

const slotEveryone = "everyone"

// readStateLocked shows clients of the JSON protocol what a Yjs client says.
func (r *liveRoom) readStateLocked(m *member) {
	if m.State == "" { // it is about to leave
		return
	}
	s := readState(m.State)
	name, color := cleanName(s.User.Name), m.Color
	if cssColor.MatchString(s.User.Color) {
		color = s.User.Color
	}
	if name != m.Name || color != m.Color {
		m.Name, m.Color = name, color
		r.broadcastLocked(protocol.UserJoined{UserID: m.ID, Color: color, Name: name}, "", m.session)
	}
	m.caret = s.caret()
	r.followCaretLocked(m)
}
