package token

import (
	"unicode"
	"unicode/utf8"
)

// class says what a byte may begin.
type class uint8

const (
	single class = iota // a sign of one character
	operator
	mark // what may begin or end a comment or string
	space
	newline
	letter
	digit
	joiner // part of a word where it joins two parts of one
	beyondASCII
)

// A delimiter opens a comment or a string.
type delimiter struct {
	open, closer string
	place        Place
	oneLine      bool // ends with the line at the latest
	apart        bool // only after white space or at the start of the text
}

// A Language says what words, comments and strings look like.
type Language struct {
	delimiters []delimiter // the longer of two that begin alike comes first
	classes    [256]class
}

// WordStart returns where the word begins that is being typed at the end of text,
// which is its end if none is.
func (l *Language) WordStart(text string) int {
	start := len(text)
	for start > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:start])
		if !l.isWord(r) && (!l.joins(r) || !l.endsInWord(text[:start-size])) {
			break
		}
		start -= size
	}
	return start
}

func (l *Language) endsInWord(text string) bool {
	r, size := utf8.DecodeLastRuneInString(text)
	return size > 0 && l.isWord(r)
}

// WordEnd returns where the word ends, or the part of one, that text begins with.
func (l *Language) WordEnd(text string) int {
	if len(text) > 1 && l.classes[text[0]] == joiner && l.startsWord(text[1:]) {
		return l.wordEnd(text, 1)
	}
	return l.wordEnd(text, 0)
}

func (l *Language) startsWord(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size > 0 && l.isWord(r)
}

// asciiMask changes no character of ASCII.
const asciiMask = utf8.RuneSelf - 1

func (l *Language) isWord(r rune) bool {
	if r < utf8.RuneSelf {
		c := l.classes[r&asciiMask]
		return c == letter || c == digit
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

func (l *Language) joins(r rune) bool {
	return r < utf8.RuneSelf && l.classes[r&asciiMask] == joiner
}

// wordEnd returns where the word ends that goes on at i, which is i if none does.
func (l *Language) wordEnd(text string, i int) int {
	from := i
	for i < len(text) {
		switch l.classes[text[i]] {
		case letter, digit:
			i++
		case joiner:
			if i == from || !l.startsWord(text[i+1:]) {
				return i
			}
			i++
		case beyondASCII:
			r, size := utf8.DecodeRuneInString(text[i:])
			if !l.isWord(r) {
				return i
			}
			i += size
		default:
			return i
		}
	}
	return i
}

func isSpaceByte(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// newLanguage returns a language with words of letters, digits, underscores and the
// characters of more, of which - only joins.
func newLanguage(more string, delimiters ...delimiter) *Language {
	l := &Language{delimiters: delimiters}
	for c := range l.classes {
		switch {
		case c >= utf8.RuneSelf:
			l.classes[c] = beyondASCII
		case c == '\n':
			l.classes[c] = newline
		case c <= ' ' || c == 0x7F:
			l.classes[c] = space
		case c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z':
			l.classes[c] = letter
		case c >= '0' && c <= '9':
			l.classes[c] = digit
		}
	}
	for _, c := range []byte("=<>!+-*/%&|^:?~") {
		l.classes[c] = operator
	}
	for _, d := range delimiters {
		l.classes[d.open[0]] = mark
		if d.closer != "" {
			l.classes[d.closer[0]] = mark
		}
		if d.place == String {
			l.classes['\\'] = mark
		}
	}
	for _, c := range []byte(more) {
		if l.classes[c] = letter; c == '-' {
			l.classes[c] = joiner
		}
	}
	return l
}
