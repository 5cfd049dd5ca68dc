package bridge

import (
	"slices"
	"strings"
	"time"
)

const (
	// debounce is for how long the frontends that we know hold back what is
	// typed, and a little more.
	debounce = 350 * time.Millisecond

	// held is how long after receiving a text a frontend may still send back an
	// earlier one: its thread may be busy.
	held = 1 * time.Second

	// quiet is for how long a client that sends nothing back after receiving a text
	// can be taken for one that never does.
	quiet = 3 * time.Second

	// promptly is how soon after one text a client must send another to be one that
	// holds nothing back: sooner than any frontend that does.
	promptly = 100 * time.Millisecond

	// maxFound is how many UTF-16 units of a piece count when it tells which text a
	// client had before it: beyond that it is certain enough.
	maxFound = 32

	// telling is how many UTF-16 units a word must have to tell anything by itself:
	// everybody types short ones.
	telling = 4
)

// base is a text that the client's new one may be a change of, and that change.
type base struct {
	index  int
	change Change
}

// bases finds the texts that a client's new one may be a change of, oldest first:
// mostly one.
//
// The texts that the client may be looking at follow each other: each has what
// others did since the one before it. Who made a text of the older lacks what
// came since, and has what went; who made it of the newer, the other way round.
// So every piece that came or went speaks for the one or the other, and the text
// for which the most is said is the base. Distance alone would not do: a line that
// somebody types is often much like the one that somebody else has just typed.
// Where nothing is said it is the newest, if the client has had that for a while
// or is known to hold nothing back; else any. Who leaves nothing of a text may not
// have seen all of it, unless there was no less before.
//
// A text that the client may be looking at and sends again was mostly changed back
// to: then it is a change of a newer one.
func (v *View) bases(text string, said *int64, now time.Time) []base {
	candidates := v.candidates(said)
	latest := v.texts[candidates[len(candidates)-1]]
	var all []base
	for _, i := range candidates {
		change := Diff(v.texts[i].text, text)
		if len(change) > 0 {
			all = append(all, base{i, change})
			continue
		}
		if text == latest.text || v.repeats(v.texts[i], latest, now) {
			return []base{{i, nil}}
		}
		all = nil
	}
	best := all[:1]
	for i, b := range all[1:] {
		switch order := v.compare(b, best[len(best)-1]); {
		case order > 0:
			best = all[i+1 : i+2 : i+2]
		case order == 0:
			best = append(best, b)
		}
	}
	last := best[len(best)-1]
	newest := v.texts[last.index]
	nearer := !last.change.dropsAll(newest.text) || last.change.size() <= best[0].change.size()
	if v.had(newest, held, now) || v.prompt && nearer {
		for v.texts[best[0].index].text != newest.text {
			best = best[1:]
		}
		return best[:1] // of several that are the same, the others may come later
	}
	return best
}

// candidates are the texts that the client may be looking at, oldest first: if it
// says which version it had seen, and there are such, only those.
func (v *View) candidates(said *int64) []int {
	isSaid := func(t shown) bool { return said != nil && t.seen == *said }
	for _, fits := range []func(shown) bool{
		func(t shown) bool { return isSaid(t) && v.mayShow(t) },
		isSaid, // it answers pings only now and then
		v.mayShow,
	} {
		var some []int
		for i, t := range v.texts {
			if fits(t) {
				some = append(some, i)
			}
		}
		if n := len(some); n > MaxUnproven+1 { // it answers no pings; the first may be its own
			some = slices.Delete(some, 1, n-MaxUnproven)
		}
		if len(some) > 0 {
			return some
		}
	}
	return []int{0}
}

// mayShow reports whether the client can be looking at a text. Clients answer in
// order, so it cannot have made anything of a text before it answered the ping
// that went out before that: if it answers pings at all, as it must.
func (v *View) mayShow(t shown) bool { return t.number == 0 || t.due || !v.answers }

// had reports whether the client has had a text for so long.
func (v *View) had(t shown, d time.Duration, now time.Time) bool {
	since := t.proven
	if !v.answers {
		since = t.shown.Add(presumed)
	}
	return !since.IsZero() && now.Sub(since) >= d
}

// repeats reports whether a client that sends a text again, though it has a newer
// one, says nothing by it: because it sends back whatever it receives, which may
// be late, or because what was typed and taken back was held back.
func (v *View) repeats(t, newer shown, now time.Time) bool {
	if t.number == 0 {
		return !v.prompt && !v.had(newer, debounce, now)
	}
	return (v.echoes || !v.plain && !v.prompt) && !v.had(newer, held, now)
}

// compare says whether more speaks for the client's having made its text of the
// newer of two others, or, if it is less than nothing, of the older.
func (v *View) compare(newer, older base) int {
	before, after := v.texts[older.index].text, v.texts[newer.index].text
	came, went := traces{change: newer.change, other: before}, traces{change: older.change, other: after}
	gone := reader{rest: before}
	moved := 0
	for _, h := range Diff(before, after) {
		came.look(h.At+moved, h.Text)
		went.look(h.At, gone.cut(h.At, h.Drop))
		moved += h.Add - h.Drop
	}
	switch alone := older.change.dropsAll(before); { // alone: nothing is left that could tell
	case came.found != went.found:
		return came.found - went.found
	case came.gone > 0 && went.gone == 0 && !alone:
		return -1
	case came.gone > 0 && came.lost < telling:
		return 1
	}
	return 0
}

// traces are what is left of some pieces of a text, which another has not, in the
// text after a change.
type traces struct {
	change Change
	other  string
	known  map[string]bool // its words, once they are needed

	found int // UTF-16 units that are there: hardly by chance
	gone  int // pieces that are not, which somebody may have changed
	lost  int // UTF-16 units that are not there of those
}

// look looks for a piece that stands at a place. If not all of it is there, only
// words tell anything that are not in the other text: letters and short words are
// alike everywhere.
func (t *traces) look(at int, piece string) {
	if piece == "" {
		return
	}
	n := units(piece)
	lost := t.change.dropped(at, n)
	found := n
	if lost > 0 {
		found = t.newWords(at, piece)
	}
	if found == 0 {
		t.gone++
		t.lost += lost
	}
	t.found += min(found, maxFound)
}

// newWords is how many units of a piece are there in words that are not in the
// other text.
func (t *traces) newWords(at int, piece string) (left int) {
	if len(t.other)+len(piece) > maxWordwise {
		return 0
	}
	if t.known == nil {
		t.known = make(map[string]bool)
		for _, w := range words(t.other) {
			t.known[bare(w)] = true
		}
	}
	for _, w := range words(piece) {
		size := units(bare(w))
		if size >= telling && t.change.dropped(at, size) == 0 && !t.known[bare(w)] {
			left += size
		}
		at += units(w)
	}
	return left
}

// bare is a word without what stands behind it.
func bare(w string) string {
	return strings.TrimRightFunc(w, func(r rune) bool { return kindOf(r) != word })
}
