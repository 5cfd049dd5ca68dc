package wsrelay

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/redistest"
	"github.com/tutti-live/tutti/shared/room"
)

// contractPresence is how long people stay without a word: long enough for some
// calls on a busy machine.
const contractPresence = 2 * time.Second

// The simulation is worth as much as its Redis is like the real one: the same
// random calls get the same replies, tell the same on the channel, and leave the
// same keys.
func TestSimStore_AnswersAsRedisDoes(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		const rounds, calls = 12, 80
		store, err := room.Open(server.URL, config.Rooms{TTLSeconds: 100, TextName: simTextName}, room.Options{Presence: contractPresence})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		for round := range rounds {
			c := newContract(t, server, store, seed+uint64(round))
			for n := range calls {
				if n == calls/2 && round%6 == 0 {
					<-time.After(contractPresence + 100*time.Millisecond)
				}
				c.step()
			}
			store.Unfollow(c.id)
		}
	})
}

// contract is one sequence of calls.
type contract struct {
	t      *testing.T
	rng    *rand.Rand
	id     string
	server *redistest.Server
	model  *simStore
	real   *contractSide
	sim    *contractSide
	people []room.Person
	sent   []room.Entry
}

// contractSide is one of the two stores, and what is known of it. Epochs and the
// nonces that a store makes differ, so each is told by when it was first met.
type contractSide struct {
	store     rooms
	met       map[string]string
	positions []room.Position

	mu     sync.Mutex
	events []room.Event
}

func newContract(t *testing.T, server *redistest.Server, store *room.Store, seed uint64) *contract {
	s := newSim(seed)
	s.plan.weather = simWeather{}
	s.store = newSimStore(100*time.Second, contractPresence)
	r := s.startRelay()
	c := &contract{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), id: fmt.Sprintf("contract%d", seed), server: server, model: s.store,
		real: &contractSide{store: store, met: make(map[string]string)},
		sim:  &contractSide{store: r.link, met: make(map[string]string)},
	}
	for _, side := range c.sides() {
		side.positions = []room.Position{{}}
	}
	s.store.publish = func(_ string, e room.Event) int {
		c.sim.hear(e)
		return 1
	}
	if err := store.Follow(t.Context(), c.id, c.real.hear); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *contract) sides() []*contractSide { return []*contractSide{c.real, c.sim} }

func (s *contractSide) hear(e room.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// heard takes so many events, which may still be on their way.
func (s *contractSide) heard(t *testing.T, n int) []room.Event {
	for deadline := time.Now().Add(5 * time.Second); ; <-time.After(time.Millisecond) {
		s.mu.Lock()
		if len(s.events) >= n || time.Now().After(deadline) {
			events := s.events
			s.events = nil
			s.mu.Unlock()
			if len(events) != n {
				t.Errorf("%d events, want %d", len(events), n)
			}
			return events
		}
		s.mu.Unlock()
	}
}

// alias names something that differs between the stores.
func (s *contractSide) alias(kind, value string) string {
	if value == "" {
		return ""
	}
	if s.met[kind+value] == "" {
		s.met[kind+value] = fmt.Sprintf("%s%d", kind, len(s.met))
	}
	return s.met[kind+value]
}

func (s *contractSide) position(p room.Position) string {
	if p.Nonce != "" && !slices.Contains(s.positions, p) {
		s.positions = append(s.positions, p)
	}
	return fmt.Sprintf("%s-%d %s", s.alias("epoch", p.Epoch), p.Seq, s.alias("nonce", p.Nonce))
}

// step makes one call on both.
func (c *contract) step() {
	name, call := c.choose()
	var said [2]string
	for i, side := range c.sides() {
		said[i] = call(side)
	}
	c.sim.mu.Lock()
	n := len(c.sim.events)
	c.sim.mu.Unlock()
	for i, side := range c.sides() {
		events := side.heard(c.t, n)
		slices.SortStableFunc(events, leavesLast)
		for _, e := range events {
			said[i] += "\n" + side.event(e)
		}
	}
	said[0] += "\n" + strings.Join(c.realKeys(), " ")
	said[1] += "\n" + strings.Join(c.simKeys(), " ")
	if said[0] != said[1] {
		c.t.Fatalf("%s: %s\nRedis:\n%s\nmodel:\n%s", c.id, name, said[0], said[1])
	}
}

// leavesLast puts what a call told of people leaving behind all else, by name:
// Redis tells them in the order of a hash.
func leavesLast(a, b room.Event) int {
	left, isA := a.(room.Left)
	other, isB := b.(room.Left)
	switch {
	case isA && isB:
		return cmp.Compare(left.ID, other.ID)
	case isA:
		return 1
	case isB:
		return -1
	}
	return 0
}

func (c *contract) realKeys() []string {
	var keys []string
	for _, name := range simKeyNames {
		key := "room:" + c.id + ":" + name
		if c.server.Client.Exists(c.t.Context(), key).Val() == 1 {
			if c.server.TTL(key) <= 0 {
				c.t.Errorf("%s has no end", key)
			}
			keys = append(keys, name)
		}
	}
	return keys
}

func (c *contract) simKeys() []string {
	r := c.model.room(c.id)
	var keys []string
	for key, name := range simKeyNames {
		if r.has(key) {
			keys = append(keys, name)
		}
	}
	return keys
}

// choose chooses a call.
func (c *contract) choose() (name string, call func(*contractSide) string) {
	ctx, id := c.t.Context(), c.id
	position := c.rng.IntN(len(c.real.positions))
	if c.rng.IntN(2) == 0 {
		position = len(c.real.positions) - 1
	}
	at := func(s *contractSide) room.Position { return s.positions[min(position, len(s.positions)-1)] }
	snapshot := c.snapshot()
	dice := c.rng.IntN(14)
	if dice == 8 && position == 0 { // a relay compacts what it has read
		dice = 1
	}
	if r := c.model.room(id); dice == 0 && r.log == nil && r.code == nil && c.rng.IntN(20) > 0 { // which takes a second
		dice = 1
	}
	switch dice {
	case 0:
		return "exists", func(s *contractSide) string { return reply(s.store.Exists(ctx, id)) }
	case 1, 2:
		return "load", func(s *contractSide) string {
			state, err := s.store.Load(ctx, id, at(s))
			return s.state(state) + reason(err)
		}
	case 3:
		return "seed", func(s *contractSide) string { return reply(s.store.Seed(ctx, id, snapshot)) }
	case 4, 5, 6, 7:
		entry, again := c.entry()
		behind := c.rng.IntN(4) == 0
		return fmt.Sprintf("append %s again %v", entry.Kind, again), func(s *contractSide) string {
			e := entry
			e.Epoch = at(s).Epoch
			if behind {
				e.Previous = at(s).Nonce
			}
			p, err := s.store.Append(ctx, id, e, again)
			return s.position(p) + reason(err)
		}
	case 8:
		return "compact", func(s *contractSide) string { return reason(s.store.Compact(ctx, id, at(s), snapshot)) }
	case 9:
		return "view", func(s *contractSide) string { return reply(s.store.View(ctx, id, at(s), "text\n")) }
	case 10:
		p := c.person(true)
		return "join", func(s *contractSide) string {
			return reply(s.store.Join(ctx, id, p, room.Capacity{Most: 4, Fresh: time.Minute}))
		}
	case 11, 12:
		p := c.presence()
		return fmt.Sprintf("presence %+v", p), func(s *contractSide) string { return reason(s.store.SayPresence(ctx, id, p)) }
	}
	return c.destroy()
}

// destroy loses a key, or has a lost log adopted.
func (c *contract) destroy() (name string, call func(*contractSide) string) {
	if c.rng.IntN(2) == 0 {
		return "adopt", func(s *contractSide) string { return reason(s.store.Adopt(c.t.Context(), c.id)) }
	}
	key := c.rng.IntN(simKeys)
	return "del " + simKeyNames[key], func(s *contractSide) string {
		if s == c.real {
			c.server.Client.Del(c.t.Context(), "room:"+c.id+":"+simKeyNames[key])
		} else {
			c.model.room(c.id).del(key)
		}
		return ""
	}
}

func (c *contract) snapshot() room.Snapshot {
	s := simSnapshot(crdt.NewDoc(), fmt.Sprintf("text %d", c.rng.IntN(100)))
	s.Meta.Language = []string{"", "go", "python"}[c.rng.IntN(3)]
	return s
}

// entry is a new one, or one that was sent before.
func (c *contract) entry() (e room.Entry, again bool) {
	if len(c.sent) > 0 && c.rng.IntN(3) == 0 {
		return c.sent[c.rng.IntN(len(c.sent))], c.rng.IntN(3) > 0
	}
	switch c.rng.IntN(3) {
	case 0:
		e = room.NewEntry(room.KindMeta, "somebody", room.EncodeMeta(room.Meta{Language: "c"}))
	case 1:
		e = room.NewEntry("z", "", "of a version to come")
	default:
		e = room.NewEntry(room.KindUpdate, "somebody", string(c.snapshot().Document))
	}
	c.sent = append(c.sent, e)
	return e, false
}

// person is somebody who was there, or not.
func (c *contract) person(fresh bool) room.Person {
	if fresh || len(c.people) == 0 {
		c.people = append(c.people, room.Person{ID: fmt.Sprintf("person%d", len(c.people)), Color: room.Colors()[c.rng.IntN(8)]})
		return c.people[len(c.people)-1]
	}
	p := c.people[c.rng.IntN(len(c.people))]
	p.Name = strconv.Itoa(c.rng.IntN(3))
	return p
}

func (c *contract) presence() room.Presence {
	p := room.Presence{Whole: c.rng.IntN(2) == 0}
	for range c.rng.IntN(3) {
		if here := c.person(false); !slices.ContainsFunc(p.Here, func(o room.Person) bool { return o.ID == here.ID }) {
			p.Here = append(p.Here, here)
		}
	}
	for range c.rng.IntN(2) {
		p.Left = append(p.Left, c.person(false).ID)
	}
	return p
}

func reply[T any](value T, err error) string { return fmt.Sprint(value) + reason(err) }

func reason(err error) string {
	for _, known := range []error{room.ErrNotFound, room.ErrEpoch, room.ErrFull} {
		if errors.Is(err, known) {
			return " " + known.Error()
		}
	}
	if err != nil {
		return " failed"
	}
	return ""
}

func (s *contractSide) state(state room.State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "whole %v, head %s, broken %d", state.Whole, s.position(state.Head), state.Broken)
	if state.Meta != nil {
		fmt.Fprintf(&b, ", %+v", *state.Meta)
	}
	for _, e := range state.Entries {
		b.WriteString("\n" + s.entry(e))
	}
	b.WriteString(people(state.People))
	return b.String()
}

func people(all []room.Person) string {
	all = slices.SortedFunc(slices.Values(all), func(a, b room.Person) int { return cmp.Compare(a.ID, b.ID) })
	return fmt.Sprintf("\n%+v", all)
}

// entry says what an entry is. Of a document it is the text: one that was adopted
// is by a client of its own.
func (s *contractSide) entry(e room.Entry) string {
	payload := e.Payload
	if doc := crdt.NewDoc(); e.Kind != room.KindMeta && doc.Load([]byte(payload), nil) == nil {
		payload = doc.Text(simTextName).String()
	}
	return fmt.Sprintf("%s %s %q %q", s.position(e.Position), e.Kind, e.Author, payload)
}

func (s *contractSide) event(e room.Event) string {
	switch e := e.(type) {
	case room.Appended:
		return "appended " + s.entry(e.Entry)
	case room.Roll:
		return "all " + s.position(e.Head) + people(e.People)
	}
	return fmt.Sprintf("%T %+v", e, e)
}
