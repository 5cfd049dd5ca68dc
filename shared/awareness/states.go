package awareness

import (
	"iter"
	"maps"
	"slices"
)

// maxGone is how many clients without a state have their clock kept. Echoes of
// old states arrive within seconds, and clients drop what they have not heard of
// for 30; so this is enough unless more than a thousand leave in that time. It
// takes some 50 kB.
const maxGone = 1024

// States is what is known of all clients of a document. The zero value is empty
// and ready. Its methods must not run concurrently.
type States struct {
	known map[uint64]said
	gone  []uint64 // known clients that have no state, the longest gone first; at most maxGone
}

// said is the last that a client said.
type said struct {
	clock uint32
	state string // "" once it is gone
}

// Apply takes an entry over unless it is an old one, and reports whether it did:
// whether others should hear of it. The state must be one that [Decode] accepts.
//
// An entry is new if its clock is above the one known, which is 0 for an unknown
// client; or if it says at the very clock that a client is gone that has a state.
func (s *States) Apply(e Entry) (changed bool) {
	known, ok := s.known[e.Client]
	leaves := e.State == "" && known.state != ""
	if e.Clock < known.clock || e.Clock == known.clock && !leaves {
		return false
	}
	if ok && known.state == "" {
		s.notGone(e.Client)
	}
	s.set(e)
	return true
}

// set takes an entry of a client over that is not among the gone.
func (s *States) set(e Entry) {
	if s.known == nil {
		s.known = make(map[uint64]said)
	}
	s.known[e.Client] = said{e.Clock, e.State}
	if e.State != "" {
		return
	}
	if len(s.gone) == maxGone {
		delete(s.known, s.gone[0])
		s.gone = slices.Delete(s.gone, 0, 1)
	}
	s.gone = append(s.gone, e.Client)
}

func (s *States) notGone(client uint64) {
	if i := slices.Index(s.gone, client); i >= 0 {
		s.gone = slices.Delete(s.gone, i, i+1)
	}
}

// Get returns what a client says, if it has a state.
func (s *States) Get(client uint64) (Entry, bool) {
	known := s.known[client]
	if known.state == "" {
		return Entry{}, false
	}
	return Entry{client, known.clock, known.state}, true
}

// All goes through the clients that have a state, in the order of their ids. Of
// changes meanwhile, it sees those of clients that were there at the start.
func (s *States) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, client := range slices.Sorted(maps.Keys(s.known)) {
			if e, ok := s.Get(client); ok && !yield(e) {
				return
			}
		}
	}
}

// Len returns the number of clients that have a state.
func (s *States) Len() int { return len(s.known) - len(s.gone) }

// Remove takes a client's state away, when its connection has ended or it has
// been silent for too long. It returns the entry that tells others so: of the
// same clock, without a state. A client that has no state is left as it is.
func (s *States) Remove(client uint64) (Entry, bool) {
	e, ok := s.Get(client)
	if !ok {
		return Entry{}, false
	}
	e.State = ""
	s.set(e)
	return e, true
}

// Forget lets go of all that is known of a client, its clock too: what it says
// next is accepted whatever its clock, unless that is 0.
func (s *States) Forget(client uint64) {
	if known, ok := s.known[client]; ok && known.state == "" {
		s.notGone(client)
	}
	delete(s.known, client)
}
