package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/ywebsocket"
)

const (
	// overtime is how long beyond its promise a room is looked at, to tell late
	// from never.
	overtime = 20 * time.Second

	// joinEvery is how often it is tried to join anew, while that fails.
	joinEvery = 200 * time.Millisecond

	// atMost is how many findings of one kind are told.
	atMost = 5

	// maxLogEntries is above what a log has that is compacted past 200 entries.
	maxLogEntries = 1000
)

// play is one round. It reports whether there is sense in another.
func (w *world) play(ctx context.Context, result *Result) bool {
	round := result.Rounds
	w.letType()
	if err := pause.For(ctx, w.form.warmUp); err != nil {
		result.problem("round %d: %v", round, err)
		return false
	}
	w.note("round %d: strike", round)
	if err := w.fault.strike(ctx, w, round); err != nil {
		result.problem("round %d: %v", round, err)
		return false
	}
	w.note("round %d: over", round)
	took, ok := w.settle(ctx, result, "after the fault", w.fault.promise)
	result.Healed = max(result.Healed, took)
	if !ok {
		return false
	}
	w.letType()
	if err := pause.For(ctx, w.form.resume); err != nil {
		result.problem("round %d: %v", round, err)
		return false
	}
	_, ok = w.settle(ctx, result, "with typing resumed", promised)
	return ok
}

// settle makes everybody stop typing, and checks that all show one text within
// the promised time and that it is the right one.
func (w *world) settle(ctx context.Context, result *Result, when string, promise time.Duration) (took time.Duration, ok bool) {
	over := time.Now()
	err := w.quiet(ctx)
	if last := w.journal.lastEdit(); last.After(over) {
		over = last
	}
	var text, missing string // the last that was missing
	if err == nil {
		err = until(ctx, promise+overtime, func() string {
			var difference string
			if text, difference = w.difference(ctx); difference != "" {
				missing = difference
			}
			return difference
		})
	}
	took = time.Since(over)
	w.note("round %d: %s, settled in %v, %d bytes", result.Rounds, when, took.Round(time.Millisecond), len(text))
	switch {
	case err != nil:
		result.problem("round %d, %s: never settled: %v", result.Rounds, when, err)
	case took > promise:
		result.problem("round %d, %s: settled after %v, promised was %v: at last %s", result.Rounds, when, took.Round(time.Millisecond), promise, missing)
	}
	w.read(result, text)
	return took, err == nil
}

// difference returns the text that everyone shows, or says who does not.
func (w *world) difference(ctx context.Context) (text, what string) {
	if who := w.absent(); who != "" {
		return w.journalText(), who
	}
	text = w.people[0].client().text()
	for _, p := range w.people {
		c := p.client()
		if c == nil {
			return text, p.label + " is there"
		}
		if shown := c.text(); shown != text {
			return text, fmt.Sprintf("%s and %s show the same: %s", w.people[0].label, c.name(), contrast(text, shown))
		}
		if n := w.journal.unacked(c); n > 0 {
			return text, fmt.Sprintf("%d texts of %s are acknowledged", n, c.name())
		}
	}
	view, err := w.primary.admin.Get(ctx, w.key("code")).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return text, fmt.Sprintf("the view can be read: %v", err)
	}
	if view != text {
		return text, "the view in Redis is what people see: " + contrast(text, view)
	}
	if time.Since(w.joined) < joinEvery {
		return text, "who joins finds the same"
	}
	document, what := w.yjsDifference(text)
	if what != "" {
		return text, what
	}
	w.joined = time.Now()
	return text, w.joinersDifference(ctx, document)
}

// journalText is what some client shows, for the judgement of a room that does
// not settle.
func (w *world) journalText() string {
	for _, c := range w.visits.open() {
		return c.text()
	}
	return ""
}

// joinersDifference joins anew on each relay, and says who finds another text.
func (w *world) joinersDifference(ctx context.Context, document ywebsocket.Content) string {
	text := document.Text
	differences := make([]string, len(w.places))
	var joining sync.WaitGroup
	for i, place := range w.places {
		joining.Go(func() {
			relay := place.relay()
			if relay == nil {
				differences[i] = "all relays are there"
				return
			}
			c, err := w.dial(ctx, "joiner", relay)
			if err != nil {
				differences[i] = fmt.Sprintf("somebody can join: %v", err)
				return
			}
			defer c.leave()
			if found := c.text(); found != text {
				differences[i] = "who joins " + relay.Name + " finds what people see: " + contrast(text, found)
				return
			}
			differences[i] = w.yjsJoinerDifference(ctx, relay, document)
		})
	}
	joining.Wait()
	return strings.Join(slices.DeleteFunc(differences, func(s string) bool { return s == "" }), "; ")
}

// contrast tells two texts apart by their markers.
func contrast(a, b string) string {
	inA, inB := readMarkers(a).count, readMarkers(b).count
	only := func(in, other map[marker]int) []string {
		var names []string
		for m, n := range in {
			if other[m] != n {
				names = append(names, m.String())
			}
		}
		slices.Sort(names)
		return names
	}
	return fmt.Sprintf("%d and %d bytes, only in the first: %s; only in the second: %s",
		len(a), len(b), some(only(inA, inB)), some(only(inB, inA)))
}

// some lists the first few of many.
func some(names []string) string {
	if len(names) > atMost {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:atMost], " "), len(names)-atMost)
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " ")
}

// read compares a text with the journal.
func (w *world) read(result *Result, text string) {
	t := w.journal.compare(text)
	result.Acked, result.YjsEdits = t.acked, t.yjs
	w.readYjs(result)
	result.tell("lost", &result.Lost, t.lost, w.journal)
	result.tell("doubled", &result.Doubled, t.doubled, w.journal)
	result.tell("deleted but there", &result.Resurrected, t.resurrected, w.journal)
	// A line that comes in can be put in with the line end before it or with the
	// one behind it: where the line beside it is deleted at the same moment, one
	// choice leaves an empty line and two lines in one. No character is lost.
	if t.glued > 0 {
		w.note("round %d: %d lines are empty, or two in one", result.Rounds, t.glued)
	}
	result.Glued = t.glued
	if len(t.torn) > 0 {
		result.Torn = len(t.torn)
		result.problem("round %d: torn lines: %s", result.Rounds, some(t.torn))
	}
}

// judge looks at what is checked once, when all rounds are over.
func (w *world) judge(ctx context.Context, result *Result) {
	w.judgePresence(ctx, result)
	for _, what := range w.misreported() {
		result.problem("presence: %s", what)
	}
	for _, what := range w.sampler.complaints() {
		result.problem("%s", what)
	}
	w.judgeRoom(ctx, result)
	for _, c := range w.visits.clients() {
		if what := c.fault(); what != "" && !w.fault.breaksConnections {
			result.problem("%s", what)
		}
	}
	w.judgeYjs(result)
	w.mu.Lock()
	for _, what := range w.wrongs {
		result.problem("%s", what)
	}
	w.mu.Unlock()
	for _, place := range w.places {
		for _, what := range place.complaints() {
			result.problem("%s", what)
		}
	}
	if what := w.api.Complaint(); what != "" {
		result.problem("%s", what)
	}
}

// judgePresence checks that people see those who are there, and nobody else: in
// the eyes of Yjs clients, some of that takes as long as they decide.
func (w *world) judgePresence(ctx context.Context, result *Result) {
	since := time.Now()
	err := until(ctx, w.form.ghosts(), func() string { return w.visits.misseen(nil) })
	took := time.Since(since)
	if err == nil {
		err = until(ctx, max(w.form.ghosts(), yjsReturn)-took, w.misseen)
	}
	if err != nil {
		result.problem("presence: %v", err)
		return
	}
	w.note("all see each other after %v, and Yjs clients after %v", took.Round(time.Millisecond), time.Since(since).Round(time.Millisecond))
}

// judgeRoom checks what Redis has of the room in the end.
func (w *world) judgeRoom(ctx context.Context, result *Result) {
	ttl := func() string {
		for _, name := range []string{"log", "code"} {
			if left := w.primary.admin.TTL(ctx, w.key(name)).Val(); left < ttlFloor {
				return fmt.Sprintf("the room's %s lives %v from now; it has %v", name, roomTTL, left)
			}
		}
		return ""
	}
	if err := until(ctx, w.form.heartbeat+promised, ttl); err != nil {
		result.problem("%v", err)
	}
	log, err := w.primary.admin.XInfoStream(ctx, w.key("log")).Result()
	if err != nil || log.Length > maxLogEntries {
		result.problem("the log has more than %d entries, %v", maxLogEntries, err)
	} else {
		w.note("the log has %d entries of %d that were added", log.Length, log.EntriesAdded)
	}
	var answer struct{ Exists bool }
	if err := w.ask(ctx, "GET", "/rooms/"+w.room+"/exists", nil, &answer); err != nil || !answer.Exists {
		result.problem("asked whether the room exists: %v, %v", answer.Exists, err)
	}
}
