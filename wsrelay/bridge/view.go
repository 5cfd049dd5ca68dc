package bridge

import (
	"math"
	"slices"
	"time"
)

const (
	// grace is how long a text may still be the base of what a client sends
	// after the client is known to have received a newer one: twice held, to be
	// on the safe side.
	grace = 2 * time.Second

	// held is how long after receiving a text a client may well send one that it
	// made before: frontends hold back what is typed for 300 ms.
	held = 1 * time.Second

	// presumed is when a client that answers no pings is taken to have received a
	// text.
	presumed = 1 * time.Second

	// MaxUnproven is how many texts may be on the way to a client: more than
	// come within any usual round trip. The next waits until the client is known
	// to have received one.
	MaxUnproven = 16

	// MaxUnprovenBytes bounds them in bytes, for long texts on slow lines. One
	// is always let go.
	MaxUnprovenBytes = 2 << 20
)

// A View is what one client of whole texts may be looking at: its own last
// text, and each text that it was sent since. The zero value has none yet: Show
// comes first.
type View struct {
	texts []shown // oldest first
	sent  int64   // counts the texts that it was sent

	// guessed: there were several that its own last text could be a change of, and
	// it was not sent another since.
	guessed bool

	answers bool // the client has answered a ping
}

// shown is a text that a client may be looking at.
type shown struct {
	text   string
	number int64 // of a text that the client was sent, from 1; 0 for its own
	seen   int64 // the newest version that a client who shows this has seen

	// Where the text stands in the room's history: lag, and then the changes
	// since version, make it the room's present text.
	version int64
	lag     []Change

	due    bool      // the client may have received it: a pong came that was asked for before it
	shown  time.Time // when it was sent
	proven time.Time // since when the client is known to have received it; zero: it is not
}

// Show notes that the client is being sent the room's text. It returns the
// number by which Due and Prove know this sending.
func (v *View) Show(text string, version int64, now time.Time) (number int64) {
	v.Prune(now)
	v.guessed = false
	v.sent++
	v.texts = append(v.texts, shown{text: text, number: v.sent, seen: version, version: version, shown: now})
	return v.sent
}

// Unshow notes that the text with a number never left, because a newer one took
// its place.
func (v *View) Unshow(number int64) {
	v.texts = slices.DeleteFunc(v.texts, func(t shown) bool { return t.number == number })
}

// Ready reports whether the client can be sent one more text.
func (v *View) Ready() bool {
	n, bytes := 0, 0
	for _, t := range v.texts {
		if t.number > 0 && t.proven.IsZero() {
			n++
			bytes += len(t.text)
		}
	}
	return !v.answers || n < MaxUnproven && bytes < MaxUnprovenBytes
}

// Due notes a pong that was asked for right before the text with a number.
func (v *View) Due(number int64) {
	v.answers = true
	for i := range v.texts {
		if t := &v.texts[i]; t.number > 0 && t.number <= number {
			t.due = true
		}
	}
}

// Prove notes a pong that was asked for right behind the text with a number: the
// client has received it.
func (v *View) Prove(number int64, now time.Time) {
	v.answers = true
	for i := range v.texts {
		if t := &v.texts[i]; t.number > 0 && t.number <= number && t.proven.IsZero() {
			t.due, t.proven = true, now
		}
	}
	v.Prune(now)
}

// Prune drops texts that the client cannot be looking at any more.
func (v *View) Prune(now time.Time) {
	for i := len(v.texts) - 1; i > 0; i-- {
		since := v.texts[i].proven
		if !v.answers && v.texts[i].number > 0 { // all that can be done without an answer is to presume
			since = v.texts[i].shown.Add(presumed)
		}
		if !since.IsZero() && now.Sub(since) >= grace {
			v.texts = slices.Delete(v.texts, 0, i)
			return
		}
	}
}

// Oldest is the version up to which the room's history is of no use to the view.
func (v *View) Oldest() int64 {
	oldest := v.texts[0].version
	for _, t := range v.texts {
		oldest = min(oldest, t.version)
	}
	return oldest
}

// Guessed reports whether the client's last text could be a change of several
// texts, so that it may be looking at another one now than it sent. That ends
// when it is sent one.
func (v *View) Guessed() bool { return v.guessed }

// Receive takes a text of the client's and returns what it changes in the room's
// present text, which is current. base is the version that the client says it
// had seen; nil if it does not say.
//
// Apply the change, add it to the history if there is any, and then call Settle.
func (v *View) Receive(text string, base *int64, current string, history *History, now time.Time) Change {
	v.Prune(now)
	newest := v.texts[len(v.texts)-1]
	v.guessed = len(v.texts) > 1 && (newest.proven.IsZero() || now.Sub(newest.proven) < held)
	i, edit := v.base(text, base)
	from := v.texts[i]
	own := shown{text: text, seen: from.seen}
	since, ok := history.Since(from.version)
	if !ok { // so old that only the texts tell what happened
		from.lag, since = nil, []Change{Diff(from.text, current).withoutText()}
	}
	for _, happened := range [][]Change{from.lag, since} {
		for _, change := range happened {
			if later := change.Over(edit, false); len(later) > 0 {
				own.lag = append(own.lag, later)
			}
			edit = edit.Over(change, true)
		}
	}
	v.texts = append([]shown{own}, v.texts[i+1:]...)
	return edit
}

// Settle notes the room's text and version after what Receive returned was
// applied. It reports whether the client shows just that, for all that is
// known: a client that was sent something since, which it had not seen, will
// show that as soon as it arrives.
func (v *View) Settle(current string, version int64) (same bool) {
	own := &v.texts[0]
	own.version = version
	if own.text == current {
		own.text = current // one copy in memory
		own.lag = nil
	}
	return own.text == current && len(v.texts) == 1
}

// base finds the text that the client's new text is a change of, and the change:
// the one that says so, or else the smallest, of equals that of the newest. A
// text that the client cannot have received is none, and one that the new text
// just repeats only if there is no other: but frontends do repeat what they were
// just sent.
func (v *View) base(text string, said *int64) (int, Change) {
	if said != nil {
		for i, t := range v.texts {
			if t.seen == *said {
				return i, Diff(t.text, text)
			}
		}
	}
	same, nearest, least := -1, -1, 0
	var change Change
	for i, t := range v.texts {
		if !v.mayShow(t) {
			continue
		}
		c := Diff(t.text, text)
		if len(c) == 0 {
			same = i
		} else if n := c.size(t.text); nearest < 0 || n <= least {
			nearest, least, change = i, n, c
		}
	}
	if same >= 0 && (nearest < 0 || v.isEcho(same)) {
		return same, nil
	}
	return nearest, change
}

// mayShow reports whether the client can be looking at a text. Clients answer in
// order, so it cannot have made anything of a text before it answered the ping
// that went out before that: if it answers pings at all, as it must.
func (v *View) mayShow(t shown) bool { return t.number == 0 || t.due || !v.answers }

// isEcho reports whether a text is the last that the client is known to have
// received. It repeats that rather than undoing something within moments.
func (v *View) isEcho(i int) bool {
	newer := slices.ContainsFunc(v.texts[i+1:], func(t shown) bool { return t.due })
	return !v.texts[i].proven.IsZero() && !newer
}

// size is how much a change of a text changes. If it leaves nothing of it, the
// two texts have nothing to do with each other, and lengths tell nothing.
func (c Change) size(text string) int {
	changed, dropped := 0, 0
	for _, h := range c {
		changed += h.Add + h.Drop
		dropped += h.Drop
	}
	if dropped == units(text) {
		return math.MaxInt
	}
	return changed
}
