package words

import (
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/words/token"
)

// When the rest of a line is taken from elsewhere in the text.
const (
	// leastContext is how many tokens must stand before the other place as they do
	// before the cursor. From there on the next one is nearly always the same.
	leastContext = 8

	// leastWords is how many of them must be more than signs, which stand together
	// in the same order in many places.
	leastWords = 3

	// longestLine is how many bytes may be suggested: more than people write in a line.
	longestLine = 200
)

// restOfLine returns how the line of the cursor goes on from what is typed of a word,
// where the same tokens stand before it elsewhere in the text, or "". Of several such
// places those count that have the longest context, and they must agree.
func (p *place) restOfLine() string {
	if p.typed == "" && !p.member || p.here != token.Code || strings.TrimSpace(p.lineAfter()) != "" {
		return ""
	}
	line, longest := "", leastContext-1
	for i := range p.tokens {
		t := &p.tokens[i]
		if t.First != p.first || t.Place != token.Code || !strings.HasPrefix(p.text[t.Start:], p.typed) {
			continue
		}
		n := p.context(i)
		if n < longest || n == longest && line == "" || p.wordsBefore(i, n) < leastWords {
			continue
		}
		switch other := p.lineFrom(int(t.Start)); {
		case n > longest:
			line, longest = other, n
		case other != line:
			line = ""
		}
		if line == "" && longest == longestContext {
			break // no other place can have more
		}
	}
	return line
}

// wordsBefore returns how many of the n tokens before tokens[i] are words or numbers.
func (p *place) wordsBefore(i, n int) int {
	words := 0
	for _, t := range p.tokens[i-n : i] {
		if t.Kind != token.Sign {
			words++
		}
	}
	return words
}

// lineFrom is the line from start on, without white space at its end, or "" if it is
// too long or no longer than what is typed.
func (p *place) lineFrom(start int) string {
	line := p.text[start:min(len(p.text), start+longestLine+1)]
	line, _, whole := strings.Cut(line, "\n")
	if !whole && len(line) > longestLine {
		return ""
	}
	if line = strings.TrimRight(line, " \t\r"); len(line) <= len(p.typed) {
		return ""
	}
	return line
}
