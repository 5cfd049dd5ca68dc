package patterns

import (
	"strings"
	"unicode/utf8"
)

// A line is the text between the last line break and the cursor, cut as the
// patterns need it. It is cut once, however many patterns there are, so the
// time for a line of any length is proportional to that length.
type line struct {
	text    string
	trimmed string // without the white space around it
	head    string // without a name at its end and the white space before that; empty if there is no such space
}

// find returns the first of the patterns that matches the text before the
// cursor, or nil.
func find(patterns []pattern, text string) *pattern {
	l := cutLine(text)
	for i := range patterns {
		if l.matches(&patterns[i]) {
			return &patterns[i]
		}
	}
	return nil
}

func cutLine(text string) line {
	l := line{text: text, trimmed: strings.TrimFunc(text, isSpace)}
	beforeName := strings.TrimRightFunc(text, isWord)
	if head := strings.TrimRightFunc(beforeName, isSpace); len(head) < len(beforeName) {
		l.head = head
	}
	return l
}

func (l *line) matches(p *pattern) bool {
	switch p.match {
	case ends:
		return strings.HasSuffix(l.text, p.text)
	case is:
		return l.trimmed == p.text
	case endsTrimmed:
		return strings.HasSuffix(l.trimmed, p.text)
	case names:
		before, found := strings.CutSuffix(l.head, p.text)
		return found && !endsInWord(before)
	}
	return false
}

func endsInWord(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	return size > 0 && isWord(r)
}

func beginsInWord(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size > 0 && isWord(r)
}
