package bridge

import (
	"unicode"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// Diff returns how before became after. Most of the time one place has changed.
// If what lies between the common beginning and the common end is more than one
// insertion or deletion, it is compared word by word: letters that two words
// happen to share say nothing.
func Diff(before, after string) Change {
	start, end := commonEnds(before, after)
	old, now := before[start:len(before)-end], after[start:len(after)-end]
	at := units(before[:start])
	switch {
	case old == "" && now == "":
		return nil
	case old == "" || now == "":
		return Change{{At: at, Drop: units(old), Add: units(now), Text: now}}
	}
	var c Change
	known := make(map[string]rune)
	oldWords, newWords := words(old), words(now)
	oldEnds, newEnds := ends(oldWords), ends(newWords)
	done := 0 // bytes of old that at stands behind
	for _, d := range lcs.DiffRunes(numbered(oldWords, known), numbered(newWords, known)) {
		at += units(old[done:oldEnds[d.Start]])
		gone, come := old[oldEnds[d.Start]:oldEnds[d.End]], now[newEnds[d.ReplStart]:newEnds[d.ReplEnd]]
		h := Hunk{At: at, Drop: units(gone), Add: units(come), Text: come}
		c = append(c, h)
		at, done = at+h.Drop, oldEnds[d.End]
	}
	return c
}

// words cuts a text into words, runs of other white space than line ends, and
// single characters of any other kind.
func words(s string) []string {
	var cut []string
	start, last := 0, other
	for i, r := range s {
		kind := kindOf(r)
		if i > 0 && (kind == other || kind != last) {
			cut = append(cut, s[start:i])
			start = i
		}
		last = kind
	}
	return append(cut, s[start:])
}

const (
	other = iota
	word
	space
)

func kindOf(r rune) int {
	switch {
	case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
		return word
	case r != '\n' && unicode.IsSpace(r):
		return space
	}
	return other
}

// numbered gives each different word a number, as the diff library compares numbers.
func numbered(words []string, known map[string]rune) []rune {
	numbers := make([]rune, len(words))
	for i, w := range words {
		n, ok := known[w]
		if !ok {
			n = rune(len(known)) //nolint:gosec // fewer words than a text has bytes
			known[w] = n
		}
		numbers[i] = n
	}
	return numbers
}

// ends lists where each word begins, in bytes, and where the last one ends.
func ends(words []string) []int {
	at := make([]int, len(words)+1)
	for i, w := range words {
		at[i+1] = at[i] + len(w)
	}
	return at
}

// commonEnds are the lengths in bytes of the common beginning of two texts, and
// of the common end of what follows it. Both end between characters.
func commonEnds(a, b string) (start, end int) {
	const block = 64 // bytes that are compared at once, by a fast routine
	n := min(len(a), len(b))
	for start+block <= n && a[start:start+block] == b[start:start+block] {
		start += block
	}
	for start < n && a[start] == b[start] {
		start++
	}
	for start > 0 && (start < len(a) && !utf8.RuneStart(a[start]) || start < len(b) && !utf8.RuneStart(b[start])) {
		start--
	}
	a, b, n = a[start:], b[start:], n-start
	for end+block <= n && a[len(a)-end-block:len(a)-end] == b[len(b)-end-block:len(b)-end] {
		end += block
	}
	for end < n && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	for end > 0 && !utf8.RuneStart(a[len(a)-end]) {
		end--
	}
	return start, end
}
