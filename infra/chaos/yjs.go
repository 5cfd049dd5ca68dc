package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
)

const (
	// yjsNumber is the writer's number before that of the first Yjs client.
	yjsNumber = 500

	// sharedKeys are how many keys of the map everybody writes to.
	sharedKeys = 3
)

// Of what a Yjs client does, these are the shares; the rest are new lines.
const (
	yjsEraseShare  = 0.15
	yjsFieldShare  = 0.2
	yjsAppendShare = 0.15
	yjsMoveShare   = 0.1
)

// yjsPerson is somebody with a Yjs client. Unlike the others, it types on while
// it is away, and its document has all that it ever typed: so all of that is owed
// by Tutti, acknowledged or not.
type yjsPerson struct {
	world  *world
	number int // of a writer
	label  string
	client *ywebsocket.Client

	choosing sync.Mutex
	home     *place     // the first one; then nil
	random   *rand.Rand // of the places

	// Owned by run while people may type, and read when they may not.
	hand  *rand.Rand
	next  int    // number of the next marker
	own   []line // in the text
	field string // the value of its own key; "" before there is one
	list  []string

	mu     sync.Mutex
	visits []ywebsocket.Visit // that have ended
}

// line is a line that somebody wrote.
type line struct {
	marker marker
	typed  time.Time
}

// newYjsPeople are the Yjs clients, the first of them on each relay.
func (w *world) newYjsPeople(ctx context.Context) []*yjsPerson {
	var all []*yjsPerson
	for i := range w.form.yjs {
		p := &yjsPerson{world: w, number: yjsNumber + i + 1, label: fmt.Sprintf("yjs %d", i+1)}
		p.random, p.hand = newRandom(w.seed, p.label), newRandom(w.seed, p.label+" types")
		if i < len(w.places) {
			p.home = w.places[i]
		}
		p.client = ywebsocket.Open(context.WithoutCancel(ctx), ywebsocket.Options{URL: p.choose, State: p.state(nil), OnVisit: p.visited})
		all = append(all, p)
	}
	return all
}

// choose finds the room on some relay.
func (p *yjsPerson) choose() string {
	p.choosing.Lock()
	defer p.choosing.Unlock()
	relay := p.world.anyRelay(p.random)
	if p.home != nil {
		relay = p.home.relay()
		p.home = nil
	}
	if relay == nil {
		return ""
	}
	return p.world.yjsURL(relay)
}

func (w *world) yjsURL(relay *process.Process) string {
	return "ws://" + relay.Addr + "/yjs/" + w.room
}

// visited notes a connection that has ended.
func (p *yjsPerson) visited(v ywebsocket.Visit) {
	if code := closeCodeOf(v.Err); code >= 4400 && code <= 4499 {
		p.world.wrong("%s@%s: turned away for good: %v", p.label, p.world.relayOf(v), v.Err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.visits = append(p.visits, v)
}

// past is the connections that have ended.
func (p *yjsPerson) past() []ywebsocket.Visit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.visits)
}

// yjsOn lists the Yjs clients that are with a relay.
func (w *world) yjsOn(relay *process.Process) []*yjsPerson {
	return slices.DeleteFunc(slices.Clone(w.yjsPeople), func(p *yjsPerson) bool {
		v := p.client.Visit()
		return v.URL != w.yjsURL(relay) || !v.Ended.IsZero()
	})
}

// closeCode is how the last connection to an address ended; 0 if without a word,
// or not.
func (p *yjsPerson) closeCode(url string) (code int) {
	for _, v := range p.past() {
		if v.URL == url {
			code = closeCodeOf(v.Err)
		}
	}
	return code
}

// relayOf is the name of the relay of a connection.
func (w *world) relayOf(v ywebsocket.Visit) string {
	for _, place := range w.places {
		for _, relay := range place.all() {
			if w.yjsURL(relay) == v.URL {
				return relay.Name
			}
		}
	}
	return v.URL
}

// run is the person until ctx ends.
func (p *yjsPerson) run(ctx context.Context) {
	for pause.For(ctx, fastest+time.Duration(p.hand.Int64N(int64(slowest-fastest)))) == nil {
		if err := p.press(); err != nil {
			p.world.wrong("%s cannot write into its own document: %v", p.label, err)
		}
	}
	p.client.Leave()
}

// press does the next thing, unless nobody may type.
func (p *yjsPerson) press() error {
	p.world.keys.RLock()
	defer p.world.keys.RUnlock()
	if !p.world.mayType {
		return nil
	}
	dice := p.hand.Float64()
	below := func(share float64) bool { dice -= share; return dice < 0 }
	switch {
	case below(yjsEraseShare):
		return p.client.Edit(p.erase)
	case below(yjsFieldShare):
		return p.set()
	case below(yjsAppendShare):
		value := p.mark().String()
		p.list = append(p.list, value)
		p.world.journal.wrote()
		return p.client.Append(value)
	case below(yjsMoveShare):
		return p.move()
	}
	return p.client.Edit(p.write)
}

// set writes to a key: to its own, whose value is known, or to one of everybody.
func (p *yjsPerson) set() error {
	value := p.mark().String()
	p.world.journal.wrote()
	if key := p.hand.IntN(2 * sharedKeys); key < sharedKeys {
		return p.client.Set(fmt.Sprint("shared ", key), value)
	}
	p.field = value
	return p.client.Set(p.label, value)
}

func (p *yjsPerson) mark() marker {
	p.next++
	return marker{p.number, p.next}
}

// write adds a line between two lines, anywhere.
func (p *yjsPerson) write(text *crdt.Text) error {
	m := p.mark()
	p.own = append(p.own, line{m, time.Now()})
	p.world.journal.kept(p, change{added: []marker{m}})
	shown := text.String()
	return text.Insert(units(shown[:anyLine(shown, p.hand)]), m.line())
}

// erase deletes a line of its own that is not so new that others may not have it,
// if there is one, or else adds one.
func (p *yjsPerson) erase(text *crdt.Text) error {
	shown := text.String()
	for i, l := range p.own {
		whole := l.marker.line()
		if time.Since(l.typed) > p.world.form.ripeness && strings.Count(shown, whole) == 1 {
			p.own = slices.Delete(p.own, i, i+1)
			p.world.journal.kept(p, change{removed: []marker{l.marker}})
			before, _, _ := strings.Cut(shown, whole)
			return text.Delete(units(before), units(whole))
		}
	}
	return p.write(text)
}

// move says where the cursor is: anywhere.
func (p *yjsPerson) move() error {
	var at crdt.RelativePosition
	err := p.client.Edit(func(text *crdt.Text) error {
		at = text.RelativePosition(p.hand.IntN(text.Len()+1), 0)
		return nil
	})
	p.client.Say(p.state(&at))
	return err
}

// state is what the person says of itself, as editors do.
func (p *yjsPerson) state(caret *crdt.RelativePosition) string {
	var s struct {
		User struct {
			Name string `json:"name"`
		} `json:"user"`
		Cursor map[string]any `json:"cursor,omitempty"`
	}
	s.User.Name = p.label
	if caret != nil {
		s.Cursor = map[string]any{"anchor": caret, "head": caret}
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(err) // names and numbers
	}
	return string(encoded)
}

// nameIn is the name in what somebody says of itself.
func nameIn(state string) string {
	var s struct{ User struct{ Name string } }
	if json.Unmarshal([]byte(state), &s) != nil {
		return state
	}
	return s.User.Name
}

// units is the length of a text as Yjs counts.
func units(text string) int {
	n, _ := lib0.UTF16Len([]byte(text))
	return n
}

// closeCodeOf is the code with which a connection was closed; 0 if without one.
func closeCodeOf(err error) int {
	if end, ok := errors.AsType[*websocket.CloseError](err); ok {
		return end.Code
	}
	return 0
}
