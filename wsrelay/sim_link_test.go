package wsrelay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
)

// simOpTimeout is how long a caller waits for Redis, as in shared/room.
const simOpTimeout = 1500 * time.Millisecond

// simLink is a relay's way to Redis: rooms as the relay sees them. What it is
// asked is carried to the store after a while, if at all, and so is the reply
// back; what is published comes in the order in which it was, mostly.
type simLink struct {
	sim     *sim
	name    string
	rng     *rand.Rand
	weather simWeather
	dead    bool      // its relay was killed
	stalled time.Time // until when nothing gets through; it is not lost
	refused time.Time // until when calls fail at once
	deaf    time.Time // until when what is published is lost
	feeds   map[string]*simFeed
	heard   time.Time // when the last message on the channel arrives
}

var _ rooms = (*simLink)(nil)

// simFeed is a room that the relay follows.
type simFeed struct {
	deliver    func(room.Event)
	subscribed bool // Redis knows
}

// simWeather is how bad a link is. Chances are from 0 to 1.
type simWeather struct {
	latency                    time.Duration // of one way, on average
	refuse, forget, late       float64       // calls that fail, whose reply is lost, that take seconds
	drop, double, overtakeable float64       // messages on the channel
}

func newSimLink(s *sim, name string, rng *rand.Rand) *simLink {
	return &simLink{sim: s, name: name, rng: rng, weather: s.plan.weather, feeds: make(map[string]*simFeed)}
}

// between is a time from low to high.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rng.Int64N(int64(high-low)+1))
}

func chance(rng *rand.Rand, p float64) bool { return rng.Float64() < p }

// way is how long one way takes. Of two calls the later may be the faster.
func (l *simLink) way() time.Duration {
	d := between(l.rng, l.weather.latency/4, l.weather.latency*2)
	if chance(l.rng, l.weather.late) {
		d += between(l.rng, 100*time.Millisecond, 4*time.Second)
	}
	return d
}

// stall is until when nothing gets through.
func (l *simLink) stall() time.Time { return l.stalled }

func simUnavailable(why string) error {
	return apierr.Wrap(apierr.Unavailable, errors.New(why), "the room store does not answer; try again")
}

// simCall has something done in Redis. An error of its own is not the end of it:
// it may have been done, or be done yet.
func simCall[T any](ctx context.Context, l *simLink, do func(*simStore) (T, error)) (T, error) {
	type reply struct {
		value T
		err   error
	}
	var none T
	replies := make(chan reply, 1)
	l.sim.mu.Lock()
	lost := l.dead || ctx.Err() != nil
	refused := time.Until(l.refused) > 0 || chance(l.rng, l.weather.refuse)
	forget := chance(l.rng, l.weather.forget)
	there, back := l.way(), l.way()
	if !lost && !refused {
		l.sim.afterStall(there, l.stall, func() {
			if l.dead && chance(l.rng, 0.5) {
				return // it had not left the relay
			}
			value, err := do(l.sim.store)
			if !forget {
				l.sim.afterStall(back, l.stall, func() { replies <- reply{value, err} })
			}
		})
	}
	l.sim.mu.Unlock()
	if lost {
		return none, simUnavailable("killed")
	}
	limit := simOpTimeout
	if refused || forget {
		limit = min(limit, there+back)
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case r := <-replies:
		return r.value, r.err
	case <-timer.C:
		return none, simUnavailable("no reply")
	case <-ctx.Done():
		return none, simUnavailable("cancelled")
	}
}

// Follow implements rooms.
func (l *simLink) Follow(ctx context.Context, id string, deliver func(room.Event)) error {
	feed := &simFeed{deliver: deliver}
	l.sim.locked(func() { l.feeds[id] = feed })
	_, err := simCall(ctx, l, func(*simStore) (bool, error) {
		feed.subscribed = true
		return true, nil
	})
	if err != nil {
		l.Unfollow(id)
	}
	return err
}

// Unfollow implements rooms.
func (l *simLink) Unfollow(id string) {
	l.sim.mu.Lock()
	defer l.sim.mu.Unlock()
	delete(l.feeds, id)
}

// hear takes what Redis publishes. It reports whether the link is one that follows.
func (l *simLink) hear(id string, e room.Event) bool {
	feed := l.feeds[id]
	if feed == nil || !feed.subscribed || l.dead {
		return false
	}
	switch {
	case time.Until(l.deaf) > 0:
	case chance(l.rng, l.weather.drop):
		l.sim.plan.lossy = true
	case chance(l.rng, l.weather.overtakeable):
		l.deliver(id, feed, e, l.way()+between(l.rng, 0, time.Second))
	default:
		at := time.Now().Add(l.way())
		if !at.After(l.heard) {
			at = l.heard.Add(1)
		}
		l.heard = at
		l.deliver(id, feed, e, time.Until(at))
		if chance(l.rng, l.weather.double) {
			l.deliver(id, feed, e, time.Until(at)+1+l.way())
		}
	}
	return true
}

func (l *simLink) deliver(id string, feed *simFeed, e room.Event, after time.Duration) {
	l.sim.afterStall(after, l.stall, func() {
		if l.feeds[id] == feed && !l.dead {
			l.sim.detail("%s hears %s", l.name, eventName(e))
			feed.deliver(e)
		}
	})
}

// eventName is what a timeline says of an event.
func eventName(e room.Event) string {
	switch e := e.(type) {
	case room.Appended:
		return fmt.Sprintf("entry %v", e.Position)
	case room.Roll:
		return fmt.Sprintf("all, head %v", e.Head)
	}
	return fmt.Sprintf("%T", e)
}

// interrupt loses what is published for a while. The relay is told afterwards,
// unless it is silent.
func (l *simLink) interrupt(length time.Duration, silent bool) {
	l.deaf = time.Now().Add(length)
	l.sim.plan.lossy = l.sim.plan.lossy || silent
	if silent {
		return
	}
	l.sim.after(length+1, func() {
		for id, feed := range l.feeds {
			l.deliver(id, feed, room.Interrupted{}, l.way())
		}
	})
}

// Exists implements rooms.
func (l *simLink) Exists(ctx context.Context, id string) (bool, error) {
	stands := func(s *simStore) (bool, error) {
		r := s.room(id)
		return r.log != nil || r.code != nil, nil
	}
	found, err := simCall(ctx, l, stands)
	if found || err != nil {
		return found, err
	}
	holders, err := simCall(ctx, l, func(s *simStore) (int, error) { return s.publish(id, room.Lost{}), nil })
	if holders == 0 || err != nil {
		return false, err
	}
	for range 20 {
		waitFor(ctx, nil, 50*time.Millisecond)
		if found, err = simCall(ctx, l, stands); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// Load implements rooms.
func (l *simLink) Load(ctx context.Context, id string, from room.Position) (room.State, error) {
	return simCall(ctx, l, func(s *simStore) (room.State, error) {
		state, err := s.load(id, from)
		l.sim.detail("%s loads from %v: %d entries to %v, whole %v, %v", l.name, from, len(state.Entries), state.Head, state.Whole, err)
		return state, err
	})
}

// simAdopter is the first of the clients that adopt, as in shared/room.
const simAdopter = 1 << 32

// Adopt implements rooms.
func (l *simLink) Adopt(ctx context.Context, id string) error {
	text, err := simCall(ctx, l, func(s *simStore) (*string, error) { return s.room(id).code, nil })
	if err != nil {
		return err
	}
	if text == nil {
		return room.ErrNotFound
	}
	adopter := crdt.NewDoc(crdt.WithClientID(simAdopter + uint64(rand.Uint32())))
	made, err := l.Seed(ctx, id, simSnapshot(adopter, room.NormalizeText(*text)))
	if made {
		l.sim.locked(func() { l.sim.ledger.adopt(*text) })
	}
	return err
}

// simSnapshot is a document with this text.
func simSnapshot(doc *crdt.Doc, text string) room.Snapshot {
	if err := doc.Text(simTextName).Insert(0, text); err != nil {
		panic(err)
	}
	return room.Snapshot{Document: doc.EncodeStateAsUpdate(nil)}
}

// Seed implements rooms.
func (l *simLink) Seed(ctx context.Context, id string, snapshot room.Snapshot) (made bool, err error) {
	return simCall(ctx, l, func(s *simStore) (bool, error) { return s.seed(id, snapshot, nil), nil })
}

// Append implements rooms.
func (l *simLink) Append(ctx context.Context, id string, e room.Entry, again bool) (room.Position, error) {
	return simCall(ctx, l, func(s *simStore) (room.Position, error) {
		at, err := s.append(id, e, again)
		l.sim.detail("%s appends %s %v: %v %v", l.name, e.Nonce, again, at, err)
		return at, err
	})
}

// Compact implements rooms.
func (l *simLink) Compact(ctx context.Context, id string, covered room.Position, snapshot room.Snapshot) error {
	_, err := simCall(ctx, l, func(s *simStore) (bool, error) { return true, s.compact(id, covered, snapshot) })
	return err
}

// View implements rooms.
func (l *simLink) View(ctx context.Context, id string, head room.Position, text string) (bool, error) {
	return simCall(ctx, l, func(s *simStore) (bool, error) { return s.view(id, head, text), nil })
}

// Join implements rooms.
func (l *simLink) Join(ctx context.Context, id string, p room.Person, c room.Capacity) (color string, err error) {
	return simCall(ctx, l, func(s *simStore) (string, error) { return s.join(id, p, c) })
}

// SayPresence implements rooms.
func (l *simLink) SayPresence(ctx context.Context, id string, p room.Presence) error {
	p.Here, p.Left = slices.Clone(p.Here), slices.Clone(p.Left)
	_, err := simCall(ctx, l, func(s *simStore) (bool, error) { return true, s.sayPresence(id, p) })
	return err
}

// TTLSeconds implements rooms.
func (l *simLink) TTLSeconds() int { return int(l.sim.store.ttl.Seconds()) }

// Ping implements rooms.
func (l *simLink) Ping(ctx context.Context) error {
	_, err := simCall(ctx, l, func(*simStore) (bool, error) { return true, nil })
	return err
}
