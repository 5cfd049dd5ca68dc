package bridge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// Diff returns how before became after. Most of the time something was put in or
// taken out at one place. Anything else is compared word by word: letters that
// two words happen to share say nothing.
func Diff(before, after string) Change {
	start, end := commonEnds(before, after)
	added, dropped := after[start:len(after)-end], before[start:len(before)-end]
	switch {
	case added == "" && dropped == "":
		return nil
	case dropped == "":
		if left, ok := slide(before[:start], added); ok {
			start -= left
			added = after[start : start+len(added)]
			return Change{{At: units(before[:start]), Add: units(added), Text: added}}
		}
	case added == "":
		if left, ok := slide(before[:start], dropped); ok {
			start -= left
			return Change{{At: units(before[:start]), Drop: units(before[start : start+len(dropped)])}}
		}
	}
	start -= len(lastWord(before[:start]))
	end -= len(firstWord(before[len(before)-end:]))
	return diffWords(units(before[:start]), before[start:len(before)-end], after[start:len(after)-end])
}

// diffWords is Diff word by word, of what stands at a place.
func diffWords(at int, old, now string) Change {
	var c Change
	known := make(map[string]rune)
	oldWords, newWords := words(old), words(now)
	oldEnds, newEnds := ends(oldWords), ends(newWords)
	done := 0 // bytes of old that at stands behind
	for _, d := range lcs.DiffRunes(numbered(oldWords, known), numbered(newWords, known)) {
		at += units(old[done:oldEnds[d.Start]])
		gone, come := old[oldEnds[d.Start]:oldEnds[d.End]], now[newEnds[d.ReplStart]:newEnds[d.ReplEnd]]
		h := Hunk{At: at, Drop: units(gone), Add: units(come), Text: come}
		if start, end := commonEnds(gone, come); start+end == min(len(gone), len(come)) && d.End == d.Start+1 && d.ReplEnd == d.ReplStart+1 {
			gone, come := gone[start:len(gone)-end], come[start:len(come)-end] // letters of one word
			h = Hunk{At: at + units(old[oldEnds[d.Start]:][:start]), Drop: units(gone), Add: units(come), Text: come}
		}
		c = append(c, h)
		at, done = at+units(gone), oldEnds[d.End]
	}
	return c
}

// slide is by how many bytes something that was put in or taken out behind some
// text can as well stand further left, so that it begins with a line or a word.
// It is not ok when it is several words and none of them would be whole.
func slide(text, some string) (left int, ok bool) {
	best := 0
	for n := 0; ; n++ {
		if r := rankOf(text[:len(text)-n]); r > best && (n == 0 || utf8.RuneStart(text[len(text)-n])) {
			left, best = n, r
		}
		if n >= len(text) || n >= len(some) || text[len(text)-1-n] != some[len(some)-1-n] {
			return left, best > 0 || !strings.ContainsFunc(some, func(r rune) bool { return kindOf(r) != word })
		}
	}
}

// rankOf says how good a place the end of a text is to begin something new.
func rankOf(text string) int {
	if text == "" {
		return 3
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	switch kind := kindOf(last); {
	case last == '\n':
		return 3
	case kind == space:
		return 2
	case kind == other:
		return 1
	}
	return 0
}

// lastWord is the word that a text ends with or within.
func lastWord(s string) string {
	left := strings.TrimRightFunc(s, unicode.IsSpace)
	return s[len(strings.TrimRightFunc(left, func(r rune) bool { return kindOf(r) == word })):]
}

// firstWord is the rest of the word that a text begins within.
func firstWord(s string) string {
	left := strings.TrimLeftFunc(s, func(r rune) bool { return kindOf(r) == word })
	return s[:len(s)-len(strings.TrimLeftFunc(left, unicode.IsSpace))]
}

// words cuts a text into words and single characters of any other kind, each
// with the white space behind it: which space is which says nothing either.
func words(s string) []string {
	var cut []string
	start, last := 0, other
	for i, r := range s {
		kind := kindOf(r)
		if i > 0 && kind != space && (kind == other || kind != last) {
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
	case unicode.IsSpace(r):
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
