package bridge

import (
	"slices"
	"time"
)

const (
	// Grace is how long a text may still be the base of what a client sends
	// after the client is known to have received a newer one: twice held, to be
	// on the safe side.
	Grace = 2 * time.Second

	// presumed is when a client that answers no pings is taken to have received a
	// text.
	presumed = 10 * time.Second

	// MaxUnproven is how many texts may be on the way to a client: more than
	// come within any usual round trip. The next waits until the client is known
	// to have received one.
	MaxUnproven = 16

	// maxLag is in how many places a client's own text may lack what others did.
	maxLag = 1 << 14

	// MaxUnprovenBytes bounds them in bytes, for long texts on slow lines. One
	// is always let go.
	MaxUnprovenBytes = 2 << 20
)

// maxUnheard and maxUnheardBytes are the same for a client that was not heard yet:
// half a minute of a busy room. Views of one room share the texts.
const (
	maxUnheard      = 512
	maxUnheardBytes = 16 << 20
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

	heard   bool // the client has sent a text
	answers bool // it has answered a ping
	echoes  bool // it has sent back what it had received
	plain   bool // it has let something be that it could have sent back
	prompt  bool // it has sent two texts in so short a time that it holds back nothing

	asked  time.Time // when the last ping went out of those that it has answered
	before time.Time // a time before which its last text was not sent, nor anything before init
}

// shown is a text that a client may be looking at.
type shown struct {
	text   string
	number int64 // of a text that the client was sent, from 1; 0 for its own
	seen   int64 // the newest version that a client who shows this has seen

	// Where the text stands in the room's history: lag, and then the changes
	// since version, make it the room's present text.
	version int64
	lag     Change
	adrift  bool // there was too much of that: only the texts tell

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
	if v.sent == 1 {
		v.asked, v.before = now, now
	} else if last := v.texts[len(v.texts)-1]; last.number > 0 && v.had(last, quiet, now) {
		v.plain = true
	}
	v.texts = append(v.texts, shown{text: text, number: v.sent, seen: version, version: version, shown: now})
	return v.sent
}

// Unshow notes that the text with a number never left, because a newer one took
// its place.
func (v *View) Unshow(number int64) {
	if len(v.texts) > 1 { // with only one, the connection is ending
		v.texts = slices.DeleteFunc(v.texts, func(t shown) bool { return t.number == number })
	}
}

// Ready reports whether the client can be sent one more text.
func (v *View) Ready() bool {
	n, bytes := v.unproven()
	return !v.answers || n < MaxUnproven && bytes < MaxUnprovenBytes
}

// unproven is how many texts are on the way to the client, for all that is known.
func (v *View) unproven() (n, bytes int) {
	for _, t := range v.texts {
		if t.number > 0 && t.proven.IsZero() {
			n++
			bytes += len(t.text)
		}
	}
	return n, bytes
}

// Due notes a pong that was asked for right before the text with a number.
func (v *View) Due(number int64) {
	v.answers = true
	for i := range v.texts {
		if t := &v.texts[i]; t.number > 0 && t.number <= number {
			t.due = true
			v.asked = later(v.asked, t.shown)
		}
	}
}

// Prove notes a pong that was asked for right behind the text with a number: the
// client has received it.
func (v *View) Prove(number int64, now time.Time) {
	var asked time.Time
	for i := range v.texts {
		if t := &v.texts[i]; t.number > 0 && t.number <= number {
			asked = t.shown
			if t.proven.IsZero() {
				t.due, t.proven = true, now
			}
		}
	}
	v.Answered(asked)
}

// Prune drops what a client that answers no pings is not likely to be looking at
// any more: all that can be done is to presume. That it answers none is certain
// only once it was heard, for clients answer in order: before, their answers may
// wait for this process, which may have stood still, or for a line that does.
func (v *View) Prune(now time.Time) {
	if n, bytes := v.unproven(); v.answers || !v.heard && n <= maxUnheard && bytes <= maxUnheardBytes {
		return
	}
	for i := len(v.texts) - 1; i > 0; i-- {
		if t := v.texts[i]; t.number > 0 && now.Sub(t.shown) >= presumed+Grace {
			v.texts = slices.Clone(v.texts[i:])
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
// Apply the change, add it to the history if there is any, and then call Settle;
// or put a copy of the View back that was made before, and nothing was received.
func (v *View) Receive(text string, base *int64, current string, history *History, now time.Time) Change {
	v.heard = true
	v.Prune(now)
	v.learn(text, now)
	newest := v.texts[len(v.texts)-1]
	v.guessed = len(v.texts) > 1 && text != newest.text && !v.had(newest, held, now)
	bases := v.bases(text, base, now)
	var own shown
	edits := make([]Change, len(bases))
	for i, b := range bases {
		own, edits[i] = v.carry(v.texts[b.index], b.change, text, current, history)
	}
	last := len(bases) - 1
	edit, spared := edits[last].sparing(edits[:last])
	if len(spared) > 0 {
		own.lag = own.lag.Then(spared)
	}
	v.guessed = v.guessed || last > 0
	own.shown = now
	v.texts = append([]shown{own}, v.texts[bases[0].index+1:]...)
	return edit
}

// learn notes what a text tells about how its sender was written.
func (v *View) learn(text string, now time.Time) {
	if now.Sub(v.before) < promptly {
		v.prompt = true
	}
	v.before = v.asked
	for i, t := range v.texts {
		newest := i == len(v.texts)-1
		if t.number > 0 && t.text == text && v.mayShow(t) && (newest || !v.prompt && !v.plain) {
			v.echoes, v.plain = true, false
		}
	}
}

// carry carries the change of a text forward to the room's present text. It
// returns the new text with what happened since.
func (v *View) carry(from shown, change Change, text, current string, history *History) (own shown, edit Change) {
	edit = change
	own = shown{text: text, seen: from.seen}
	var missed []Change
	since, ok := history.Since(from.version)
	if !ok || from.adrift { // so old that only the texts tell what happened
		from.lag, since = nil, []Change{Diff(from.text, current).withoutText()}
	}
	for _, happened := range [][]Change{{from.lag}, since} {
		for _, change := range happened {
			if later := change.Over(edit, false); len(later) > 0 {
				missed = append(missed, later)
			}
			edit = edit.Over(change, true)
		}
	}
	own.lag = compose(missed)
	if len(own.lag) > maxLag {
		own.lag, own.adrift = nil, true
	}
	return own, edit
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
		own.lag, own.adrift = nil, false
	}
	newest := v.texts[len(v.texts)-1]
	return newest.text == current && (own.text == current || newest.number > 0 && !newest.due)
}

// Answered notes a pong to a ping that went out at a time: all that the client
// sent before it answered has arrived. It drops what the client cannot be looking
// at any more. That is not a matter of the time that has passed here: a client's
// last text can be held up on the way, or this process can be, behind the pong
// which shows that a newer text was received.
func (v *View) Answered(asked time.Time) {
	v.answers = true
	v.asked = later(v.asked, asked)
	for i := len(v.texts) - 1; i > 0; i-- {
		if t := v.texts[i]; !t.proven.IsZero() && !asked.Before(t.proven.Add(Grace)) {
			first := 0
			if own := v.texts[0]; own.number == 0 && own.shown.After(t.proven) { // it came later
				first = 1
			}
			v.texts = slices.Delete(v.texts, first, i)
			return
		}
	}
}

// Doubtful reports whether there are several texts that the client may be
// looking at.
func (v *View) Doubtful() bool { return len(v.texts) > 1 }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
