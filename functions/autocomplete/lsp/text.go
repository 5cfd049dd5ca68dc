package lsp

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/wire"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// What stands in the place of characters that servers count in different ways.
const (
	letterStandIn = 'ⵣ' // for a letter that is two units of UTF-16; nobody's name has it
	otherStandIn  = '�' // for any other such character
)

// A coder says how positions are counted by a server, which is what wire.UTF8 or
// wire.UTF16 says. Some servers that say UTF-16 count code points, and several break
// lines where others do not, so what differs is replaced in the text that is sent.
type coder struct{ utf8 bool }

// plain is the text as it is sent: only \n and \r\n break its lines, and where units
// of UTF-16 are counted each character is one.
func (c coder) plain(text string) string {
	if !strings.ContainsFunc(text, c.isSpecial) && !hasLoneReturn(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i, r := range text {
		switch {
		case r == '\r' && !strings.HasPrefix(text[i+1:], "\n"):
			b.WriteByte('\n')
		case !c.isSpecial(r):
			b.WriteRune(r)
		case isBreak(r):
			b.WriteString(strings.Repeat(" ", c.width(r)))
		case unicode.IsLetter(r):
			b.WriteRune(letterStandIn)
		default:
			b.WriteRune(otherStandIn)
		}
	}
	return b.String()
}

// isSpecial reports whether plain replaces a character.
func (c coder) isSpecial(r rune) bool { return isBreak(r) || !c.utf8 && r > 0xFFFF }

// isBreak reports whether some server takes a character for the end of a line, of
// those that editors do not.
func isBreak(r rune) bool {
	return r == '\v' || r == '\f' || r >= 0x1C && r <= 0x1E || r == 0x85 || r == 0x2028 || r == 0x2029
}

func hasLoneReturn(text string) bool {
	for i := strings.IndexByte(text, '\r'); i >= 0; {
		text = text[i+1:]
		if !strings.HasPrefix(text, "\n") {
			return true
		}
		i = strings.IndexByte(text, '\r')
	}
	return false
}

// width is what a character counts.
func (c coder) width(r rune) int {
	if c.utf8 {
		return utf8.RuneLen(r)
	}
	return 1
}

// A place is where the cursor is, as servers see it.
type place struct {
	coder
	line   int
	start  int    // of the line, in bytes
	text   string // of the line, as it is in the document
	column int    // of the cursor
}

// placeOf finds the cursor.
func (c coder) placeOf(q *suggest.Query) place {
	before := q.Before()
	p := place{coder: c, start: strings.LastIndexAny(before, "\r\n") + 1}
	end := strings.IndexAny(q.After(), "\r\n")
	if end < 0 {
		end = len(q.After())
	}
	p.text = q.Code[p.start : q.Cursor+end]
	p.line = strings.Count(before, "\n") + strings.Count(before, "\r") - strings.Count(before, "\r\n")
	for _, r := range before[p.start:] {
		p.column += c.width(r)
	}
	return p
}

// position is the cursor as it is sent.
func (p *place) position() wire.Position { return wire.Position{Line: p.line, Character: p.column} }

// offset is where in the document a position is, which has to be on the line of the
// cursor and not within a character.
func (p *place) offset(at wire.Position) (offset int, ok bool) {
	if at.Line != p.line || at.Character < 0 {
		return 0, false
	}
	left := at.Character
	for i, r := range p.text {
		if left <= 0 {
			return p.start + i, left == 0
		}
		left -= p.width(r)
	}
	return p.start + len(p.text), left == 0
}
