package wsrelay

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// simText is a text as somebody types it: words that nobody else ever types,
// each with the space or line end behind it. So it can be told of each word
// where it came from, and changes are put together word by word.
type simText []string

func parseSimText(text string) simText {
	var words simText
	start, spaces := 0, false
	for i, r := range text {
		space := unicode.IsSpace(r)
		if spaces && !space {
			words = append(words, text[start:i])
			start = i
		}
		spaces = space
	}
	if start < len(text) {
		words = append(words, text[start:])
	}
	return words
}

// String is the whole text.
func (t simText) String() string { return strings.Join(t, "") }

// simEdit puts a word behind another, or takes one away.
type simEdit struct {
	word   string
	gone   bool
	behind []string // the words before it, the nearest first; it is put behind the first that is there
}

// with is the text after some edits. Made again on another text, they do what
// they can.
func (t simText) with(edits []simEdit) simText {
	t = slices.Clone(t)
	for _, e := range edits {
		at := slices.Index(t, e.word)
		switch {
		case e.gone && at >= 0:
			t = slices.Delete(t, at, at+1)
		case !e.gone && at < 0:
			t = slices.Insert(t, t.place(e.behind), e.word)
		}
	}
	return t
}

// place is right behind the first of some words that is there.
func (t simText) place(behind []string) int {
	for _, word := range behind {
		if at := slices.Index(t, word); at >= 0 {
			return at + 1
		}
	}
	return 0
}

// before lists the words before a place, the nearest first.
func (t simText) before(at int) []string {
	words := slices.Clone(t[max(0, at-8):at])
	slices.Reverse(words)
	return words
}

// newWord makes up a word.
func (c *simClient) newWord() string {
	c.words++
	word := fmt.Sprintf("w%dx%03d", c.number, c.words)
	switch c.rng.IntN(12) {
	case 0:
		word += "𐐷" // letters of two UTF-16 units
	case 1:
		word = "𝒳" + word + "é"
	}
	end := " "
	if c.rng.IntN(4) == 0 {
		end = "\n"
	}
	c.sim.ledger.typed(word+end, c)
	return word + end
}

// edits is what the client does next to the text that it shows.
func (c *simClient) edits() []simEdit {
	t := c.editor
	at := c.rng.IntN(len(t) + 1)
	switch dice := c.rng.IntN(100); {
	case dice < 68 || len(t) == 0:
		return []simEdit{c.insert(at)}
	case dice < 80:
		return c.remove(min(at, len(t)-1), 1+c.rng.IntN(3))
	case dice < 89: // a line is replaced
		start, end := t.line(min(at, len(t)-1))
		return append(c.remove(start, end-start), c.insert(start))
	case dice < 97: // two cursors
		second := c.rng.IntN(len(t) + 1)
		return []simEdit{c.insert(max(at, second)), c.insert(min(at, second))}
	case dice < 98: // all is selected, and something typed
		c.sim.ledger.undo(nil, c)
		return append(c.remove(0, len(t)), c.insert(0))
	}
	return []simEdit{c.insert(len(t)), c.insert(len(t))}
}

func (c *simClient) insert(at int) simEdit {
	return simEdit{word: c.newWord(), behind: c.editor.before(at)}
}

func (c *simClient) remove(at, n int) []simEdit {
	var edits []simEdit
	for _, word := range c.editor[at:min(at+n, len(c.editor))] {
		c.sim.ledger.removed(word)
		edits = append(edits, simEdit{word: word, gone: true})
	}
	return edits
}

// line is where the line of a word begins and ends.
func (t simText) line(at int) (start, end int) {
	start, end = at, at+1
	for start > 0 && !strings.HasSuffix(t[start-1], "\n") {
		start--
	}
	for end < len(t) && !strings.HasSuffix(t[end-1], "\n") {
		end++
	}
	return start, end
}
