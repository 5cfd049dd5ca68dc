package wsrelay

import (
	"maps"
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/awareness"
)

// simOutdated is how long y-protocols takes somebody for being there who says
// nothing. It says again that it is there itself after half of that.
const simOutdated = 30 * time.Second

// simAware is the class Awareness of y-protocols: who is there, as one client
// knows it.
type simAware struct {
	me     uint64
	states map[uint64]string // of those who are there
	said   map[uint64]simSaid
}

// simSaid is when somebody was last heard of.
type simSaid struct {
	clock uint32
	at    time.Time
}

func newSimAware(me uint64, state string) *simAware {
	a := &simAware{me: me, states: make(map[uint64]string), said: make(map[uint64]simSaid)}
	a.say(state)
	return a
}

// say changes the client's own state; "": it is about to leave.
func (a *simAware) say(state string) (changed []uint64) {
	clock := uint32(0)
	if last, ok := a.said[a.me]; ok {
		clock = last.clock + 1
	}
	a.set(awareness.Entry{Client: a.me, Clock: clock, State: state})
	return []uint64{a.me}
}

func (a *simAware) set(e awareness.Entry) {
	a.said[e.Client] = simSaid{e.Clock, time.Now()}
	a.states[e.Client] = e.State
	if e.State == "" {
		delete(a.states, e.Client)
	}
}

// apply is applyAwarenessUpdate.
func (a *simAware) apply(entries []awareness.Entry) (changed []uint64) {
	for _, e := range entries {
		last, known := a.said[e.Client]
		_, there := a.states[e.Client]
		if e.Clock < last.clock || e.Clock == last.clock && (e.State != "" || !there) {
			continue
		}
		if known || e.State != "" {
			changed = append(changed, e.Client)
		}
		if e.Client == a.me && e.State == "" && there { // nobody else can say that it is gone
			e.Clock, e.State = e.Clock+1, a.states[a.me]
		}
		a.set(e)
	}
	return changed
}

// renew says again that the client is there, when it is time.
func (a *simAware) renew() (changed []uint64) {
	if state := a.states[a.me]; state != "" && time.Since(a.said[a.me].at) >= simOutdated/2 {
		return a.say(state)
	}
	return nil
}

// dropSilent forgets those who were not heard of for long.
func (a *simAware) dropSilent() (dropped []uint64) {
	return a.drop(func(client uint64) bool { return time.Since(a.said[client].at) >= simOutdated })
}

// dropOthers forgets everybody else, as when the connection is lost.
func (a *simAware) dropOthers() { a.drop(func(uint64) bool { return true }) }

func (a *simAware) drop(is func(client uint64) bool) (dropped []uint64) {
	for _, client := range slices.Sorted(maps.Keys(a.states)) {
		if client != a.me && is(client) {
			delete(a.states, client)
			dropped = append(dropped, client)
		}
	}
	return dropped
}

// encode is encodeAwarenessUpdate.
func (a *simAware) encode(clients ...uint64) []byte {
	entries := make([]awareness.Entry, 0, len(clients))
	for _, client := range clients {
		entries = append(entries, awareness.Entry{Client: client, Clock: a.said[client].clock, State: a.states[client]})
	}
	return awareness.Append(nil, entries...)
}
