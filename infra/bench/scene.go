package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
)

// cast is who is in a room, and what they do.
type cast struct {
	size     int     // bytes of the text
	typists  int     // they are on the relays in turn
	rate     float64 // edits a second of each
	watchers int     // they do not type; on the relays in turn too
	saved    bool    // typists ask to be told what is saved
	cursors  bool    // typists tell after each edit where their cursor is
}

// scene is a room in which people type and others watch.
type scene struct {
	cast    cast
	relays  []*relay
	room    string
	typists []*typist
	crowd   crowd

	mu   sync.Mutex
	took map[string]samples // by what was measured; kept until take
}

// What is measured in a scene.
const (
	sameRelay  = "same relay"
	otherRelay = "other relay"
	toSaved    = "saved"
)

// openScene makes a room and has everyone come in, on these relays in turn.
func (w *world) openScene(ctx context.Context, c cast, relays []*relay) (_ *scene, err error) {
	room, err := w.create(ctx, newPage(c.size, c.typists))
	if err != nil {
		return nil, err
	}
	s := &scene{cast: c, relays: relays, room: room, took: make(map[string]samples)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	for i := range c.typists {
		t := &typist{scene: s, relay: s.place(i), mark: mark(i)}
		s.typists = append(s.typists, t)
		if t.client, err = s.enter(ctx, t.relay, t.hear); err != nil {
			return nil, err
		}
		if c.saved {
			if err := t.client.send([]byte(`{"type":"hello","features":["saved"]}`)); err != nil {
				return nil, err
			}
		}
	}
	for i := range c.watchers {
		watch := &watcher{scene: s, relay: s.place(i), seen: make([]int, c.typists)}
		if _, err := s.enter(ctx, watch.relay, watch.hear); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// place is the relay of the i-th person of a kind.
func (s *scene) place(i int) *relay { return s.relays[i%len(s.relays)] }

// enter has somebody come in.
func (s *scene) enter(ctx context.Context, r *relay, hear func([]byte, time.Time)) (*client, error) {
	c, err := join(ctx, r, s.room, hear)
	if err == nil {
		s.crowd.add(c)
	}
	return c, err
}

// close has everyone leave.
func (s *scene) close() error {
	err := s.crowd.check()
	s.crowd.close()
	return err
}

// play has all typists type for a while, and waits until everybody has seen it.
func (s *scene) play(ctx context.Context, d time.Duration) error {
	playing, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := each(len(s.typists), func(i int) error { return s.typists[i].keepTyping(playing) }); err != nil {
		return err
	}
	return s.settle(ctx)
}

const (
	// settleLimit is how long the last edits may take: above it they are lost.
	settleLimit = 10 * time.Second

	// settlePoll is how often it is looked whether they are there: seldom enough
	// to take no time from the relays.
	settlePoll = 5 * time.Millisecond
)

// settle waits until all that was typed was seen, and was said to be saved.
func (s *scene) settle(ctx context.Context) error {
	deadline := time.Now().Add(settleLimit)
	for {
		if err := s.crowd.check(); err != nil {
			return err
		}
		missing := 0
		for _, t := range s.typists {
			missing += t.missing()
		}
		if missing == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d sights of edits are missing in room %s after %v", missing, s.room, settleLimit)
		}
		if err := pause.For(ctx, settlePoll); err != nil {
			return err
		}
	}
}

// edits is how many edits were made so far.
func (s *scene) edits() int {
	n := 0
	for _, t := range s.typists {
		n += t.count()
	}
	return n
}

// received is how many bytes the clients got so far, on average.
func (s *scene) received() float64 {
	var sum int64
	for _, c := range s.crowd.clients {
		sum += c.bytes.Load()
	}
	return float64(sum) / float64(len(s.crowd.clients))
}

// note adds a measured time.
func (s *scene) note(what string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took[what] = append(s.took[what], millis(d))
}

// take returns what was measured since the last time.
func (s *scene) take() map[string]samples {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.took
	s.took = make(map[string]samples)
	return taken
}

// typist is somebody who types, as a simple frontend does: what comes replaces
// what is shown, and each edit sends all of it.
type typist struct {
	scene  *scene
	client *client
	relay  *relay
	mark   []byte
	frame  []byte // owned by keepTyping

	mu    sync.Mutex
	page  []byte      // what is shown
	sent  []time.Time // when each edit was
	seen  int         // by how many watchers edits were seen, all together
	saved int         // how many edits were said to be saved
}

// hear takes in what the server says.
func (t *typist) hear(frame []byte, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if page := pageOf(frame); page != nil {
		t.page = append(t.page[:0], page...)
		return
	}
	if !t.scene.cast.saved || !bytes.HasPrefix(frame, savedFrame) {
		return
	}
	var version, updates int
	_, err := fmt.Sscanf(string(frame), `{"type":"saved","version":%d,"updates":%d}`, &version, &updates)
	if err != nil || updates <= t.saved {
		return // what cannot be read is missing when the scene settles
	}
	for _, sent := range t.between(t.saved, updates) {
		t.scene.note(toSaved, at.Sub(sent))
	}
	t.saved = updates
}

// keepTyping types until ctx ends.
func (t *typist) keepTyping(ctx context.Context) error {
	return keepDoing(ctx, t.scene.cast.rate, t.edit)
}

// edit types one letter.
func (t *typist) edit() error {
	t.mu.Lock()
	t.frame = typed(t.frame, t.page, t.mark, len(t.sent))
	t.page = append(t.page[:0], t.frame[len(textFrame):len(t.frame)-len(`"}`)]...)
	t.sent = append(t.sent, time.Now())
	n := len(t.sent)
	t.mu.Unlock()
	err := t.client.send(t.frame)
	if t.scene.cast.cursors {
		err = errors.Join(err, t.client.send(fmt.Appendf(nil, `{"type":"cursor_move","line":1,"column":%d}`, n)))
	}
	return err
}

// count is how many edits were made so far.
func (t *typist) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sent)
}

// missing is how much of what is to be told of this typist's edits was not yet.
// It is below 0 when more edits were told of than made, which is a bug too.
func (t *typist) missing() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	missing := t.scene.cast.watchers*len(t.sent) - t.seen
	if t.scene.cast.saved {
		missing += len(t.sent) - t.saved
	}
	return missing
}

// watched notes that a watcher sees so many edits now, of which it saw fewer
// before. Edits take as long as the first text that has them.
func (t *typist) watched(r *relay, before, now int, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what := otherRelay
	if r == t.relay {
		what = sameRelay
	}
	for _, sent := range t.between(before, now) {
		t.scene.note(what, at.Sub(sent))
	}
	t.seen += now - before
}

// between is when the edits behind the first so many and up to so many were made,
// as far as that many were; t.mu is held.
func (t *typist) between(first, last int) []time.Time {
	made := len(t.sent)
	return t.sent[min(first, made):min(last, made)]
}

// watcher is somebody who looks on.
type watcher struct {
	scene *scene
	relay *relay
	seen  []int // edits of each typist; owned by the reader
}

// hear looks how many edits of each typist are in the text.
func (w *watcher) hear(frame []byte, at time.Time) {
	page := pageOf(frame)
	if page == nil {
		return
	}
	for i, t := range w.scene.typists {
		begin, end := line(page, t.mark)
		if now := end - begin; now > w.seen[i] {
			t.watched(w.relay, w.seen[i], now, at)
			w.seen[i] = now
		}
	}
}
