package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/process"
)

// style is how a person uses the room.
type style int

const (
	// watching: looks, and moves the cursor.
	watching style = iota

	// typing: sends each line as soon as it is there.
	typing

	// stating: typing, and says with each text which version it was made from.
	stating

	// erasing: typing, and deletes own lines now and then.
	erasing

	// holding: types as into the first frontend, which sends what was shown
	// after the last key, a while after it, whatever is shown by then.
	holding
)

const (
	// What a person does has a pace between these two.
	fastest = 50 * time.Millisecond
	slowest = 150 * time.Millisecond

	// Whoever holds text back types in bursts, or else would never send.
	slowestHolding = 500 * time.Millisecond

	// cursorPace is how often a watcher moves the cursor.
	cursorPace = time.Second

	// holdBack is the delay of the first frontend.
	holdBack = 300 * time.Millisecond

	// eraseShare is the share of an eraser's edits that delete.
	eraseShare = 0.35

	// A person comes back after rand(0, firstReturn), doubled with each attempt
	// that fails, up to lastReturn: sooner than frontends do, because how fast
	// they are is not what is measured.
	firstReturn = 100 * time.Millisecond
	lastReturn  = time.Second
)

// person comes back whenever the connection is lost.
type person struct {
	world  *world
	number int // of a writer; 0: a watcher
	label  string
	style  style
	home   *place // of a watcher: the only place; of a writer: the first one
	random *rand.Rand

	holdsBack atomic.Bool // something typed is not sent yet

	mu   sync.Mutex
	here *client // nil while away

	// Owned by run.
	next int      // number of the next marker
	own  []marker // that were typed, and are not known to be deleted
	held held
}

// held is what the first frontend is about to send.
type held struct {
	text  string
	typed []marker // in text, and not sent before
	timer *time.Timer
}

// client is the person's connection, or nil.
func (p *person) client() *client {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.here
}

func (p *person) set(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here = c
}

// run is the person until ctx ends.
func (p *person) run(ctx context.Context) {
	wait := firstReturn
	for ctx.Err() == nil {
		if c := p.come(ctx); c != nil {
			wait = firstReturn
			p.set(c)
			p.stay(ctx, c)
			p.set(nil)
		}
		if pause.For(ctx, time.Duration(p.random.Int64N(int64(wait)))) != nil {
			return
		}
		wait = min(2*wait, lastReturn)
	}
}

// come connects, or returns nil.
func (p *person) come(ctx context.Context) *client {
	relay := p.choose()
	if relay == nil {
		return nil
	}
	c, err := p.world.dial(ctx, p.label, relay)
	if errors.Is(err, errTurnedAway) {
		p.world.wrong("%s: %v", p.label, err)
	}
	if err != nil {
		return nil
	}
	if p.style != watching {
		p.home = nil
	}
	c.states = p.style == stating
	return c
}

// choose finds a relay to connect to.
func (p *person) choose() *process.Process {
	if p.home != nil {
		return p.home.relay()
	}
	return p.world.anyRelay(p.random)
}

// anyRelay is one of the relays that are there, by chance, or nil.
func (w *world) anyRelay(random *rand.Rand) *process.Process {
	var up []*process.Process
	for _, place := range w.places {
		if relay := place.relay(); relay != nil {
			up = append(up, relay)
		}
	}
	if len(up) == 0 {
		return nil
	}
	return up[random.IntN(len(up))]
}

// stay is what the person does while connected.
func (p *person) stay(ctx context.Context, c *client) {
	p.held = held{timer: time.NewTimer(time.Hour)}
	p.held.timer.Stop()
	key := time.NewTimer(p.pace())
	defer func() {
		key.Stop()
		p.held.timer.Stop()
		p.holdsBack.Store(false)
	}()
	for {
		var err error
		select {
		case <-ctx.Done():
			c.leave()
			return
		case <-c.ended:
			p.world.journal.forget(c)
			return
		case <-key.C:
			err = p.press(c)
			key.Reset(p.pace())
		case <-p.held.timer.C:
			err = p.release(c)
		}
		if err != nil {
			p.world.note("%s gives up: %v", c.name(), err)
			c.cut()
			return
		}
	}
}

func (p *person) pace() time.Duration {
	fast, slow := fastest, slowest
	switch p.style {
	case watching:
		fast, slow = cursorPace/2, cursorPace
	case holding:
		slow = slowestHolding
	}
	return fast + time.Duration(p.random.Int64N(int64(slow-fast)))
}

// press does the next thing, unless nobody may type.
func (p *person) press(c *client) error {
	p.world.keys.RLock()
	defer p.world.keys.RUnlock()
	if !p.world.mayType {
		return nil
	}
	switch {
	case p.style == watching:
		return c.moveCursor(1 + p.random.IntN(1+strings.Count(c.text(), "\n")))
	case p.style == holding:
		p.hold(c)
		return nil
	case p.style == erasing && p.random.Float64() < eraseShare:
		return c.edit(p.erase)
	}
	return c.edit(p.write)
}

// write adds a new line.
func (p *person) write(shown string) (string, change) {
	m := p.mark()
	p.own = append(p.own, m)
	return m.insert(shown, p.random), change{added: []marker{m}}
}

func (p *person) mark() marker {
	p.next++
	return marker{p.number, p.next}
}

// erase deletes a line of the person's own, if there is one that is
// acknowledged and shown, or else adds one.
func (p *person) erase(shown string) (string, change) {
	for i, m := range p.own {
		if !p.world.journal.ripe(m, p.world.form.ripeness) {
			continue
		}
		if text, ok := m.remove(shown); ok {
			p.own = slices.Delete(p.own, i, i+1)
			return text, change{removed: []marker{m}}
		}
	}
	return p.write(shown)
}

// hold types a line that is to be sent later, in place of what was to be sent.
func (p *person) hold(c *client) {
	m := p.mark()
	p.held.text = c.show(func(shown string) string { return m.insert(shown, p.random) })
	p.held.typed = append(p.held.typed, m)
	p.held.typed = slices.DeleteFunc(p.held.typed, func(m marker) bool { // a text that came in took them away again
		return !strings.Contains(p.held.text, m.line())
	})
	p.held.timer.Reset(holdBack)
	p.holdsBack.Store(true)
}

// release sends what was held back.
func (p *person) release(c *client) error {
	text, typed := p.held.text, p.held.typed
	p.held.typed = nil
	err := c.send(codeUpdate{Code: text}, change{added: typed})
	p.holdsBack.Store(false)
	return err
}

// people are the writers and, on each relay, a watcher.
func (w *world) newPeople() []*person {
	var all []*person
	add := func(p *person) {
		p.world, p.random = w, newRandom(w.seed, p.label)
		all = append(all, p)
	}
	for i, place := range w.places {
		add(&person{label: fmt.Sprintf("watcher %c", 'A'+i), style: watching, home: place})
	}
	styles := []style{typing, erasing, holding, stating}
	for i := range w.form.writers {
		writer := &person{number: i + 1, label: fmt.Sprintf("writer %d", i+1), style: styles[i%len(styles)]}
		if i < len(w.places) { // so that something is typed on each relay
			writer.home = w.places[i]
		}
		add(writer)
	}
	return all
}
