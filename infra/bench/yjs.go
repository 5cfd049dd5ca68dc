package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
)

// A stroke is an edit that is known again wherever it comes up: one letter that
// is like no other. Yjs clients see it in the change that brings it, others find
// it in the text.
type stroke struct {
	author int
	at     time.Time
}

// Letters of strokes are Chinese ones, of which no text here has any other.
const (
	firstStroke = 0x4E00
	maxStrokes  = 0x9FFF - firstStroke
)

// strokes are all there were in a room, and who has seen them.
type strokes struct {
	mu     sync.Mutex
	made   []stroke
	unseen int                // sights that are still to come
	eyes   int                // of how many each is to be seen
	took   map[string]samples // by what was measured
}

// make is the letter of the next stroke.
func (s *strokes) make(author int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.made) == maxStrokes {
		panic("a room with too many strokes")
	}
	s.made = append(s.made, stroke{author, time.Now()})
	s.unseen += s.eyes
	return string(rune(firstStroke + len(s.made) - 1)) //nolint:gosec // it is below maxStrokes
}

// sight notes what somebody sees, unless it is their own.
func (s *strokes) sight(letter rune, eyes int, what string, at time.Time) {
	n := int(letter) - firstStroke
	s.mu.Lock()
	defer s.mu.Unlock()
	if n < 0 || n >= len(s.made) || s.made[n].author == eyes {
		return
	}
	s.unseen--
	s.took[what] = append(s.took[what], millis(at.Sub(s.made[n].at)))
}

// count is how many there were.
func (s *strokes) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.made)
}

// missing is how many sights are still to come.
func (s *strokes) missing() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unseen
}

// take returns what was measured since the last time.
func (s *strokes) take() map[string]samples {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.took
	s.took = make(map[string]samples)
	return taken
}

// settle waits until all was seen by all, and returns how much was not within
// settleLimit.
func (s *strokes) settle(ctx context.Context) (missing int, err error) {
	for deadline := time.Now().Add(settleLimit); ; {
		missing = s.missing()
		if missing == 0 || time.Now().After(deadline) {
			return missing, nil
		}
		if err := pause.For(ctx, settlePoll); err != nil {
			return missing, err
		}
	}
}

// yjsURL is where a room is for Yjs clients.
func (r *relay) yjsURL(room string) string { return "ws://" + r.Addr + "/yjs/" + room }

// strokesIn are the letters of strokes that a change brings.
func strokesIn(changes []crdt.TextChange) (letters []rune) {
	for _, change := range changes {
		for _, op := range change.Delta {
			for _, letter := range op.Insert {
				if letter >= firstStroke && letter < firstStroke+maxStrokes {
					letters = append(letters, letter)
				}
			}
		}
	}
	return letters
}

// enterYjs has a Yjs client come in, and waits until it has all.
func enterYjs(ctx context.Context, options ywebsocket.Options) (*ywebsocket.Client, error) {
	c := ywebsocket.Open(ctx, options)
	within, cancel := context.WithTimeoutCause(ctx, initLimit, errNotSynced)
	defer cancel()
	if err := c.AwaitSync(within); err != nil {
		c.Leave()
		return nil, err
	}
	return c, nil
}

var errNotSynced = fmt.Errorf("a Yjs client had not come in within %v", initLimit)

// yjsCrowd is Yjs clients that are let go together.
type yjsCrowd struct {
	mu      sync.Mutex
	clients []*ywebsocket.Client
}

func (c *yjsCrowd) enter(ctx context.Context, options ywebsocket.Options) (*ywebsocket.Client, error) {
	one, err := enterYjs(ctx, options)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.clients = append(c.clients, one)
	}
	return one, err
}

// occupyYjs makes a room and has Yjs clients come in who do nothing but say who
// they are.
func (w *world) occupyYjs(ctx context.Context, here *yjsCrowd, page []byte, people int, options func(room string) ywebsocket.Options) error {
	room, err := w.create(ctx, page)
	if err != nil {
		return err
	}
	for i := range people {
		o := options(room)
		o.State = yjsState(i, nil)
		if _, err := here.enter(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// check is an error when any of them was sent what it cannot read.
func (c *yjsCrowd) check() error {
	for _, one := range c.clients {
		if err := one.Wrong(); err != nil {
			return err
		}
	}
	return nil
}

// received is how many bytes all of them got so far.
func (c *yjsCrowd) received() (sum float64) {
	for _, one := range c.clients {
		sum += float64(one.Received())
	}
	return sum
}

// unlike is how many of them have not what the first one has.
func (c *yjsCrowd) unlike() (n int) {
	first := c.clients[0].Content()
	for _, one := range c.clients[1:] {
		if content := one.Content(); content.Text != first.Text || !slices.Equal(content.Vector, first.Vector) {
			n++
		}
	}
	return n
}

// close lets all go.
func (c *yjsCrowd) close() {
	_ = each(len(c.clients), func(i int) error { // it cannot fail
		c.clients[i].Leave()
		return nil
	})
	c.clients = nil
}

// yjsState is what a client says of itself, as editors do.
func yjsState(number int, caret *crdt.RelativePosition) string {
	state := `{"user":{"name":"Person ` + strconv.Itoa(number) + `","color":"#1C978F","colorLight":"#1C978F33"}`
	if caret != nil {
		at, err := caret.MarshalJSON()
		if err != nil {
			panic(err) // numbers and a name
		}
		state += fmt.Sprintf(`,"cursor":{"anchor":%s,"head":%s}`, at, at)
	}
	return state + "}"
}
