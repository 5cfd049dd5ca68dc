package words

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/functions/autocomplete/words/token"
)

// What is read of a text, in bytes around the cursor. What is further away says
// little about what is typed here, and the time for an answer is proportional to this.
const (
	readBefore = 192 << 10
	readAfter  = 64 << 10
)

// longestContext is how many tokens before the cursor are compared with those before
// another place. What follows is hardly more certain with more.
const longestContext = 24

// A place is the cursor and the text around it.
type place struct {
	q        *suggest.Query
	language *token.Language
	typed    string      // the part of a word before the cursor; may be empty
	here     token.Place // what the cursor is in
	first    bool        // nothing but white space stands before what is typed in its line
	member   bool        // it follows a dot or the like

	text   string // the part of the text that is read
	cursor int    // where in it
	tokens []token.Token
	at     int // tokens[:at] stand before what is typed, the others behind the cursor
}

var places = sync.Pool{New: func() any { return new(place) }}

// placeOf reads the text around the cursor. It returns false in the middle of a
// word. What it returns must be released.
func placeOf(q *suggest.Query) (*place, bool) {
	l := token.Of(q.Language)
	from, to := max(0, q.Cursor-readBefore), min(len(q.Code), q.Cursor+readAfter)
	for from < q.Cursor && !utf8.RuneStart(q.Code[from]) {
		from++
	}
	for to < len(q.Code) && !utf8.RuneStart(q.Code[to]) {
		to--
	}
	text, cursor := q.Code[from:to], q.Cursor-from
	if l.WordEnd(text[cursor:]) > 0 {
		return nil, false
	}
	start := l.WordStart(text[:cursor])

	p, _ := places.Get().(*place)
	scanner := token.NewScanner(l)
	tokens := scanner.Scan(p.tokens[:0], text, 0, start)
	at, first, here := len(tokens), scanner.AtLineStart(), scanner.Place()
	if start < cursor {
		scanner.Skip()
	}
	*p = place{
		q: q, language: l, typed: text[start:cursor], here: here, first: first, member: isMember(text, start),
		text: text, cursor: cursor, tokens: scanner.Scan(tokens, text, cursor, len(text)), at: at,
	}
	return p, true
}

// release gives the memory of the place to others, without the text. That is at most
// one token for each byte that is read, 16 bytes long.
func (p *place) release() {
	*p = place{tokens: p.tokens[:0]}
	places.Put(p)
}

// isMember reports whether what begins at start is part of what stands before it, as
// after a dot. Two dots are something else: a range, or what spreads a list.
func isMember(text string, start int) bool {
	if start < 2 {
		return start == 1 && text[0] == '.'
	}
	switch text[start-1] {
	case '.':
		return text[start-2] != '.'
	case '>':
		return text[start-2] == '-'
	case ':':
		return text[start-2] == ':'
	}
	return false
}

// context returns how many tokens before tokens[i] equal those before the cursor.
func (p *place) context(i int) int {
	n, most := 0, min(i, p.at, longestContext)
	for n < most && p.tokens[i-1-n].Hash == p.tokens[p.at-1-n].Hash {
		n++
	}
	return n
}

// lineAfter is the rest of the line of the cursor.
func (p *place) lineAfter() string {
	line, _, _ := strings.Cut(p.text[p.cursor:], "\n")
	return line
}
