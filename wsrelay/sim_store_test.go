package wsrelay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tutti-live/tutti/shared/room"
)

// simStore is Redis, as far as rooms need it: what the scripts of shared/room do,
// in Go, without a network. sim_contract_test.go holds it to the real ones. It is
// guarded by the lock of its simulation, as everything there is.
type simStore struct {
	ttl      time.Duration
	presence time.Duration // length of seen
	rooms    map[string]*simRoom
	made     int // epochs and nonces

	publish func(id string, e room.Event) (receivers int)
	expired func() // called before a log goes because its time is over
}

// The keys of a room, in the order of the scripts.
const (
	simLogKey = iota
	simSeenKey
	simPresenceKey
	simCodeKey
	simUsersKey
	simCursorsKey
	simKeys
)

var simKeyNames = [simKeys]string{"log", "seen", "presence", "code", "users", "cursors"}

// simRoom is all keys of a room. One that is empty is not there.
type simRoom struct {
	log      *simStream
	seen     map[string]int64     // until when, in milliseconds
	presence map[string]simPerson // by id
	code     *string
	users    map[string]bool
	cursors  map[string]bool
	ends     [simKeys]time.Time // of the keys that are there; zero: none
}

// simPerson is a person, and the bytes that stand for one in Redis.
type simPerson struct {
	room.Person
	raw string
}

// simStream is a stream.
type simStream struct {
	epoch   string
	last    int64 // seq that was given last
	entries []simEntry
}

type simEntry struct {
	room.Entry
	meta    string // of a snapshot
	covered int64  // by a snapshot: seq
}

func newSimStore(ttl, presence time.Duration) *simStore {
	return &simStore{
		ttl: ttl, presence: presence, rooms: make(map[string]*simRoom),
		publish: func(string, room.Event) int { return 0 },
		expired: func() {},
	}
}

// room finds a room, without what has expired.
func (s *simStore) room(id string) *simRoom {
	r := s.rooms[id]
	if r == nil {
		r = &simRoom{
			seen: make(map[string]int64), presence: make(map[string]simPerson),
			users: make(map[string]bool), cursors: make(map[string]bool),
		}
		s.rooms[id] = r
	}
	now := time.Now()
	for key := range simKeys {
		if r.has(key) && !r.ends[key].IsZero() && !now.Before(r.ends[key]) {
			if key == simLogKey {
				s.expired()
			}
			r.del(key)
		}
	}
	return r
}

// log is that of the simulation's room, be its time over or not.
func (s *simStore) log() *simStream {
	if r := s.rooms[simRoomID]; r != nil {
		return r.log
	}
	return nil
}

func (r *simRoom) has(key int) bool {
	switch key {
	case simLogKey:
		return r.log != nil
	case simSeenKey:
		return len(r.seen) > 0
	case simPresenceKey:
		return len(r.presence) > 0
	case simCodeKey:
		return r.code != nil
	case simUsersKey:
		return len(r.users) > 0
	}
	return len(r.cursors) > 0
}

func (r *simRoom) del(key int) {
	switch key {
	case simLogKey:
		r.log = nil
	case simSeenKey:
		clear(r.seen)
	case simPresenceKey:
		clear(r.presence)
	case simCodeKey:
		r.code = nil
	case simUsersKey:
		clear(r.users)
	case simCursorsKey:
		clear(r.cursors)
	}
	r.ends[key] = time.Time{}
}

// expire is EXPIRE for all keys that are there.
func (s *simStore) expire(r *simRoom, keys ...int) {
	for _, key := range keys {
		if r.has(key) {
			r.ends[key] = time.Now().Add(s.ttl)
		}
	}
	for key := range simKeys {
		if !r.has(key) {
			r.ends[key] = time.Time{}
		}
	}
}

var allSimKeys = []int{simLogKey, simSeenKey, simPresenceKey, simCodeKey, simUsersKey, simCursorsKey}

// clone is the room as it is, to go back to.
func (r *simRoom) clone() *simRoom {
	c := *r
	c.seen, c.presence = maps.Clone(r.seen), maps.Clone(r.presence)
	c.users, c.cursors = maps.Clone(r.users), maps.Clone(r.cursors)
	if r.log != nil {
		log := *r.log
		log.entries = slices.Clone(log.entries)
		c.log = &log
	}
	return &c
}

func (s *simStore) nonce() string {
	s.made++
	return fmt.Sprintf("store%d", s.made)
}

// add is XADD.
func (l *simStream) add(e simEntry) room.Position {
	l.last++
	e.Position = room.Position{Epoch: l.epoch, Seq: l.last, Nonce: e.Nonce}
	l.entries = append(l.entries, e)
	return e.Position
}

func (l *simStream) head() room.Position {
	if l == nil || len(l.entries) == 0 {
		return room.Position{}
	}
	return l.entries[len(l.entries)-1].Position
}

// find is where the entry of a position stands; -1 when it does not.
func (l *simStream) find(p room.Position) int {
	if l.epoch != p.Epoch {
		return -1
	}
	return slices.IndexFunc(l.entries, func(e simEntry) bool { return e.Position == p })
}

// seed is seed.lua.
func (s *simStore) seed(id string, snapshot room.Snapshot, text *string) (made bool) {
	r := s.room(id)
	if r.log != nil && len(r.log.entries) > 0 || text != nil && r.code != nil {
		return false
	}
	s.made++
	r.log = &simStream{epoch: strconv.Itoa(1_000_000 + s.made)}
	at := r.log.add(simEntry{
		Entry: room.Entry{
			Position: room.Position{Nonce: s.nonce()}, Kind: room.KindSnapshot, Payload: string(snapshot.Document),
		},
		meta: room.EncodeMeta(snapshot.Meta),
	})
	if text != nil {
		r.code = text
	}
	s.expire(r, allSimKeys...)
	s.publish(id, room.Appended{Entry: room.Entry{Position: at, Kind: room.KindSnapshot}})
	return true
}

// load is load.lua, and how its reply is read.
func (s *simStore) load(id string, from room.Position) (room.State, error) {
	r := s.room(id)
	if r.log == nil || len(r.log.entries) == 0 {
		return room.State{}, room.ErrNotFound
	}
	entries, state := r.log.entries, room.State{Whole: true}
	known := int64(-1)
	if at := r.log.find(from); from.Nonce != "" && at >= 0 {
		entries, state.Whole, known = entries[at+1:], false, from.Seq
	}
	state.Head = r.log.head()
	type said struct {
		seq     int64
		payload string
	}
	var meta []said
	for _, e := range entries {
		state.Entries = append(state.Entries, e.Entry)
		switch at := (said{e.covered, e.meta}); {
		case e.Kind == room.KindSnapshot && at.seq > known:
			meta = append(meta, at)
		case e.Kind == room.KindMeta:
			meta = append(meta, said{e.Seq, e.Payload})
		}
	}
	slices.SortStableFunc(meta, func(a, b said) int { return cmp.Compare(a.seq, b.seq) })
	for _, at := range meta {
		if state.Meta == nil {
			state.Meta = new(room.Meta)
		}
		if state.Meta.Update(at.payload) != nil {
			state.Broken++
		}
	}
	now := time.Now().UnixMilli()
	for person, until := range r.seen {
		if p, ok := r.presence[person]; ok && until > now {
			state.People = append(state.People, p.copy())
		}
	}
	slices.SortFunc(state.People, func(a, b room.Person) int { return cmp.Compare(a.ID, b.ID) })
	return state, nil
}

// copy is a person as somebody else reads them.
func (p simPerson) copy() room.Person {
	person := p.Person
	if p.Cursor != nil {
		cursor := *p.Cursor
		person.Cursor = &cursor
	}
	return person
}

// simLookBack is how far append.lua looks for an entry that is sent again.
const simLookBack = 64

// append is append.lua.
func (s *simStore) append(id string, e room.Entry, again bool) (room.Position, error) {
	r := s.room(id)
	switch {
	case r.log == nil || len(r.log.entries) == 0:
		return room.Position{}, room.ErrNotFound
	case r.log.epoch != e.Epoch:
		return room.Position{}, room.ErrEpoch
	}
	if again {
		last := r.log.entries[max(0, len(r.log.entries)-simLookBack):]
		for _, known := range slices.Backward(last) {
			if room.MadeWith(known.Nonce) == e.Nonce {
				return known.Position, nil
			}
		}
		e.Nonce += "." + s.nonce()
	}
	previous := r.log.head().Nonce
	if e.Previous != "" && e.Previous != previous {
		return room.Position{}, room.ErrMoved
	}
	at := r.log.add(simEntry{Entry: room.Entry{
		Position: room.Position{Nonce: e.Nonce}, Kind: e.Kind, Payload: e.Payload,
	}})
	if left := time.Until(r.ends[simLogKey]); left < s.ttl-min(time.Minute, s.ttl/10) {
		s.expire(r, allSimKeys...)
	}
	s.publish(id, room.Appended{Entry: room.Entry{
		Position: at, Kind: e.Kind, Author: e.Author, Previous: previous, Payload: e.Payload,
	}})
	return at, nil
}

// compact is compact.lua.
func (s *simStore) compact(id string, covered room.Position, snapshot room.Snapshot) error {
	r := s.room(id)
	if r.log == nil || r.log.find(covered) < 0 {
		return room.ErrEpoch
	}
	previous := r.log.head().Nonce
	at := r.log.add(simEntry{
		Entry: room.Entry{
			Position: room.Position{Nonce: s.nonce()}, Kind: room.KindSnapshot, Payload: string(snapshot.Document),
		},
		meta: room.EncodeMeta(snapshot.Meta), covered: covered.Seq,
	})
	r.log.entries = slices.DeleteFunc(slices.Clone(r.log.entries), func(e simEntry) bool { return e.Seq <= covered.Seq })
	s.publish(id, room.Appended{Entry: room.Entry{Position: at, Kind: room.KindSnapshot, Previous: previous}})
	return nil
}

// view is view.lua.
func (s *simStore) view(id string, head room.Position, text string) bool {
	r := s.room(id)
	if r.log == nil || r.log.head() != head {
		return false
	}
	r.code = &text
	r.ends[simCodeKey] = time.Now().Add(s.ttl)
	return true
}

// join is join.lua.
func (s *simStore) join(id string, p room.Person, c room.Capacity) (color string, err error) {
	r := s.room(id)
	if r.log == nil || len(r.log.entries) == 0 {
		return "", room.ErrNotFound
	}
	now := time.Now()
	heard, fresh := 0, now.Add(s.presence-c.Fresh).UnixMilli()
	for _, until := range r.seen {
		if until >= fresh {
			heard++
		}
	}
	if heard >= c.Most {
		return "", room.ErrFull
	}
	having := make(map[string]int)
	for _, other := range r.presence {
		having[other.Color]++
	}
	p.Color = slices.MinFunc(room.Colors(), func(a, b string) int { return having[a] - having[b] })
	r.seen[p.ID] = now.Add(s.presence).UnixMilli()
	r.presence[p.ID] = simPerson{p, "as Lua writes it"}
	r.users[p.ID] = true
	s.expire(r, allSimKeys...)
	s.publish(id, room.Here{Person: p})
	return p.Color, nil
}

func encodePerson(p room.Person) string {
	b, err := json.Marshal(p)
	if err != nil { // a struct of strings and numbers
		panic(err)
	}
	return string(b)
}
