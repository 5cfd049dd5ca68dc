// Package bridge lets clients that send whole texts edit a document together.
//
// A whole text says nothing about what its sender had seen. So a View keeps the
// texts that a client may be looking at, and takes an incoming text for a change
// of one of them: the one for which speaks what it has and what it lacks. What was
// changed is found by Diff, carried forward over what happened in the room since
// (History), and only then applied. So a client deletes nothing but what it was
// shown, and what others typed meanwhile stays.
//
// The carrying forward is operational transformation with one order of changes,
// that of the room in this relay (Ellis and Gibbs, Concurrency Control in
// Groupware Systems, 1989; Nichols et al., High-Latency, Low-Bandwidth Windowing
// in the Jupiter Collaboration System, 1995). Between relays the document's CRDT
// decides.
package bridge

import (
	"sort"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
)

// A Hunk is one place where a text changed. All numbers are UTF-16 units. What
// comes in stands before what goes.
type Hunk struct {
	At   int    // place in the text before the change
	Drop int    // how many units from there on go
	Add  int    // how many come
	Text string // those; may be left out where only the numbers matter
}

// A Change is how a text became another: its hunks, in the order of the text.
// No two overlap.
type Change []Hunk

// FromDelta makes a change of what a document told, without the text.
func FromDelta(delta crdt.Delta) Change {
	var c Change
	at, open := 0, false // open: the last hunk is still at this place
	for _, op := range delta {
		if op.Retain > 0 {
			at, open = at+op.Retain, false
			continue
		}
		if !open {
			c = append(c, Hunk{At: at})
			open = true
		}
		last := &c[len(c)-1]
		last.Add += units(op.Insert) + op.Embeds
		last.Drop += op.Delete
		at += op.Delete
	}
	return c
}

// Delta is the change as a document takes it.
func (c Change) Delta() crdt.Delta {
	delta := make(crdt.Delta, 0, 3*len(c))
	at := 0
	for _, h := range c {
		if h.At > at {
			delta = append(delta, crdt.Op{Retain: h.At - at})
		}
		if h.Text != "" {
			delta = append(delta, crdt.Op{Insert: h.Text})
		}
		if h.Drop > 0 {
			delta = append(delta, crdt.Op{Delete: h.Drop})
		}
		at = h.At + h.Drop
	}
	return delta
}

// Over carries a change forward over another of the same text: it returns what
// does to the text that other has changed what c does to the text before. Units
// that other dropped cannot go twice; what other put in between stays. Where both
// put something at one place, c's comes before if first is set.
func (c Change) Over(other Change, first bool) Change {
	if len(other) == 0 {
		return c
	}
	moved := other.moves()
	var out Change
	for _, h := range c {
		if h.Add > 0 {
			out = append(out, Hunk{At: moved.place(h.At, !first), Add: h.Add, Text: h.Text})
		}
		for from := h.At; from < h.At+h.Drop; {
			var n int
			from, n = other.survivor(from, h.At+h.Drop)
			if n == 0 {
				break
			}
			out = out.drop(moved.place(from, true), n)
			from += n
		}
	}
	return out
}

// drop adds that n units at a place go, to the last hunk if they follow it.
func (c Change) drop(at, n int) Change {
	if len(c) > 0 {
		if last := &c[len(c)-1]; last.At+last.Drop == at {
			last.Drop += n
			return c
		}
	}
	return append(c, Hunk{At: at, Drop: n})
}

// moves tells where places are after a change.
type moves struct {
	change Change
	sums   []int // by how much the hunks before each one move what follows
}

func (c Change) moves() moves {
	if len(c) == 1 {
		return moves{c, still}
	}
	sums := make([]int, len(c))
	for i := 1; i < len(c); i++ {
		sums[i] = sums[i-1] + c[i-1].Add - c[i-1].Drop
	}
	return moves{c, sums}
}

var still = []int{0}

// place is where a place of the text before the change is in the text after it:
// behind what was put just there, if behind is set, else before it.
func (m moves) place(at int, behind bool) int {
	n := sort.Search(len(m.change), func(i int) bool {
		h := m.change[i]
		return h.At > at || h.At == at && !behind
	})
	if n == 0 {
		return at
	}
	last := m.change[n-1]
	return at + m.sums[n-1] + last.Add - min(last.Drop, at-last.At)
}

// survivor is the next run of units, from a place on and before end, that the
// change leaves together: where it begins and how long it is, 0 if there is none.
func (c Change) survivor(from, end int) (begin, n int) {
	i := sort.Search(len(c), func(i int) bool { return c[i].At+c[i].Drop > from || c[i].At > from })
	for ; i < len(c) && c[i].At <= from; i++ {
		from = c[i].At + c[i].Drop
	}
	if i < len(c) {
		end = min(end, c[i].At)
	}
	return from, max(end-from, 0)
}

// sparing is the change without what not all others of the same text drop too:
// where it is not certain what somebody meant, nothing is to be lost that they may
// not have seen. spared, of the text after c, brings back what c would have dropped.
func (c Change) sparing(others []Change) (less, spared Change) {
	moved := 0
	for _, h := range c {
		drops := []Hunk{{At: h.At, Drop: h.Drop}}
		for _, other := range others {
			drops = other.overlap(drops)
		}
		left := h.Drop
		if h.Add > 0 {
			less = append(less, Hunk{At: h.At, Add: h.Add, Text: h.Text})
		}
		for _, d := range drops {
			if d.Drop > 0 {
				less = less.drop(d.At, d.Drop)
				left -= d.Drop
			}
		}
		if left > 0 {
			spared = append(spared, Hunk{At: h.At + moved + h.Add, Add: left})
		}
		moved += h.Add - h.Drop
	}
	return less, spared
}

// overlap is what of some ranges the change drops too.
func (c Change) overlap(ranges []Hunk) (both []Hunk) {
	for _, r := range ranges {
		first := sort.Search(len(c), func(i int) bool { return c[i].At+c[i].Drop > r.At })
		for _, h := range c[first:] {
			from, to := max(r.At, h.At), min(r.At+r.Drop, h.At+h.Drop)
			if from >= r.At+r.Drop {
				break
			}
			if from < to {
				both = append(both, Hunk{At: from, Drop: to - from})
			}
		}
	}
	return both
}

// dropped is how many of n units from a place on the change takes away.
func (c Change) dropped(at, n int) (sum int) {
	first := sort.Search(len(c), func(i int) bool { return c[i].At+c[i].Drop > at })
	for _, h := range c[first:] {
		if h.At >= at+n {
			break
		}
		sum += max(0, min(at+n, h.At+h.Drop)-max(at, h.At))
	}
	return sum
}

// Growth is by how many bytes the change makes a text longer.
func (c Change) Growth(text string) (bytes int) {
	gone := reader{rest: text}
	for _, h := range c {
		bytes += len(h.Text) - len(gone.cut(h.At, h.Drop))
	}
	return bytes
}

// A Range is n units of a text from a place on, in UTF-16 units.
type Range struct{ At, N int }

// Kept is what of a text the change leaves.
func (c Change) Kept(text string) (ranges []Range) {
	at := 0
	for _, h := range c {
		if h.At > at {
			ranges = append(ranges, Range{at, h.At - at})
		}
		at = h.At + h.Drop
	}
	if n := units(text); n > at {
		ranges = append(ranges, Range{at, n - at})
	}
	return ranges
}

// dropsAll reports whether the change leaves nothing of a text.
func (c Change) dropsAll(text string) bool {
	n := units(text)
	return c.dropped(0, n) == n
}

// size is how many units come and go.
func (c Change) size() (n int) {
	for _, h := range c {
		n += h.Add + h.Drop
	}
	return n
}

// withoutText is a copy of the change with numbers only.
func (c Change) withoutText() Change {
	out := make(Change, len(c))
	for i, h := range c {
		out[i] = Hunk{At: h.At, Drop: h.Drop, Add: h.Add}
	}
	return out
}

// units is the length of a text in UTF-16 units.
func units(s string) int {
	n, _ := lib0.UTF16Len([]byte(s)) // all text here is valid; the conversion copies nothing
	return n
}

// reader cuts pieces out of a text, one behind the other.
type reader struct {
	rest string
	at   int // in UTF-16 units
}

// cut is the n units from a place on, which is not before the last one's end.
func (r *reader) cut(at, n int) string {
	skip, _ := lib0.ByteOffset([]byte(r.rest), at-r.at) // the conversions copy nothing here either
	size, _ := lib0.ByteOffset([]byte(r.rest[skip:]), n)
	piece := r.rest[skip : skip+size]
	r.rest, r.at = r.rest[skip+size:], at+n
	return piece
}
