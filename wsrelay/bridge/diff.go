package bridge

import (
	"slices"
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
	if len(added)+len(dropped) <= maxWordwise {
		start -= len(lastWord(before[:start]))
		end -= len(firstWord(before[len(before)-end:]))
		return diffWords(units(before[:start]), before[start:len(before)-end], after[start:len(after)-end])
	}
	start = strings.LastIndexByte(before[:start], '\n') + 1
	end -= strings.IndexByte(before[len(before)-end:], '\n') + 1
	return diffLines(units(before[:start]), before[start:len(before)-end], after[start:len(after)-end])
}

// maxWordwise is how many bytes are compared word by word at most, which takes
// some milliseconds. What is more is compared line by line first.
const maxWordwise = 64 << 10

// diffLines is Diff line by line, and word by word in the lines that changed.
func diffLines(at int, old, now string) Change {
	left := maxWordwise
	return diffParts(at, old, now, slices.Collect(strings.Lines(old)), slices.Collect(strings.Lines(now)),
		func(at int, gone, come string, _ bool) Change {
			if left -= len(gone) + len(come); left < 0 || gone == "" || come == "" {
				return Change{replace(at, gone, come)}
			}
			return diffWords(at, gone, come)
		})
}

// diffWords is Diff word by word.
func diffWords(at int, old, now string) Change {
	return diffParts(at, old, now, words(old), words(now), func(at int, gone, come string, single bool) Change {
		if start, end := commonEnds(gone, come); single && start+end == min(len(gone), len(come)) { // letters of one word
			at += units(gone[:start])
			gone, come = gone[start:len(gone)-end], come[start:len(come)-end]
		}
		return Change{replace(at, gone, come)}
	})
}

// diffParts finds the parts of two texts that differ, and compares those. single
// says that it is one part of each.
func diffParts(at int, old, now string, oldParts, newParts []string, compare func(at int, gone, come string, single bool) Change) Change {
	var c Change
	known := make(map[string]rune)
	oldEnds, newEnds := ends(oldParts), ends(newParts)
	done := 0 // bytes of old that at stands behind
	for _, d := range align(numbered(oldParts, known), numbered(newParts, known)) {
		from, to := oldEnds[d.Start], oldEnds[d.End]
		at += units(old[done:from])
		single := d.End == d.Start+1 && d.ReplEnd == d.ReplStart+1
		c = append(c, compare(at, old[from:to], now[newEnds[d.ReplStart]:newEnds[d.ReplEnd]], single)...)
		at, done = at+units(old[from:to]), to
	}
	return c
}

// replace is the hunk by which one piece stands in for another.
func replace(at int, gone, come string) Hunk {
	return Hunk{At: at, Drop: units(gone), Add: units(come), Text: come}
}

const (
	// alignLimit is how many differences the library finds from either end before
	// it takes all that is between for one.
	alignLimit = 50

	// alignRounds is how often it is asked to go on there: enough for some thousand
	// differences.
	alignRounds = 64
)

// align finds the parts that differ.
func align(a, b []rune) []lcs.Diff {
	diffs := lcs.DiffRunes(a, b)
	for i, round := 0, 0; i < len(diffs) && round < alignRounds; {
		d := diffs[i]
		if min(d.End-d.Start, d.ReplEnd-d.ReplStart) == 0 || d.End-d.Start+d.ReplEnd-d.ReplStart <= 2*alignLimit {
			i++
			continue
		}
		round++
		inner := lcs.DiffRunes(a[d.Start:d.End], b[d.ReplStart:d.ReplEnd])
		if len(inner) == 1 && inner[0].End == d.End-d.Start && inner[0].ReplEnd == d.ReplEnd-d.ReplStart && inner[0].Start == 0 && inner[0].ReplStart == 0 {
			i++ // nothing in them is alike
			continue
		}
		for j := range inner {
			inner[j].Start, inner[j].End = inner[j].Start+d.Start, inner[j].End+d.Start
			inner[j].ReplStart, inner[j].ReplEnd = inner[j].ReplStart+d.ReplStart, inner[j].ReplEnd+d.ReplStart
		}
		diffs = slices.Replace(diffs, i, i+1, inner...)
	}
	return diffs
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
