// Package token cuts source texts of many languages into words, numbers and
// signs, well enough to see which of them stand together. It knows comments and
// strings but no grammar: it never fails, and takes time in proportion to the text.
package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Kind says what a token is made of.
type Kind uint8

// The kinds.
const (
	Word   Kind = iota // characters of names, of which the first is no digit
	Number             // characters of names from a digit on
	Sign               // an operator, a bracket, a quote
)

// A Place says what a token is part of.
type Place uint8

// The places.
const (
	Code Place = iota
	Comment
	String
)

// A Token is text[Start:End] of the text that was scanned.
type Token struct {
	Start, End uint32
	Hash       uint32 // of its characters: equal tokens have equal ones, others hardly ever
	Kind       Kind
	Place      Place
	First      bool // of its line
}

// A Scanner cuts a text, piece after piece.
type Scanner struct {
	language *Language
	place    Place
	closer   string // what ends the comment or string in which it stands; "" for the end of the line
	oneLine  bool   // the end of the line ends it in any case
	first    bool   // nothing of the line was seen yet
}

// NewScanner returns a scanner that stands in code, at the start of a line.
func NewScanner(l *Language) Scanner { return Scanner{language: l, first: true} }

// Place is what the text that was scanned last is part of.
func (s *Scanner) Place() Place { return s.place }

// AtLineStart reports whether the scanner has seen nothing of its line.
func (s *Scanner) AtLineStart() bool { return s.first }

// Skip tells the scanner that a word stands before what it scans next.
func (s *Scanner) Skip() { s.first = false }

// Scan adds the tokens of text[from:to] to tokens, and cuts what goes on behind to.
// What is before from must have been scanned, or is taken for code.
func (s *Scanner) Scan(tokens []Token, text string, from, to int) []Token {
	text = text[:to]
	for i := from; i < to; {
		switch s.language.classes[text[i]] {
		case space:
			i++
			continue
		case newline:
			s.endLine()
			i++
			continue
		}
		token := s.next(text, i)
		if token.End > token.Start {
			token.First = s.first
			s.first = false
			tokens = append(tokens, token)
			i = int(token.End)
		} else { // white space beyond ASCII
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
		}
	}
	return tokens
}

// next returns the token that begins at i, which is empty if there is only white space.
func (s *Scanner) next(text string, i int) Token {
	place, kind, end := s.place, Sign, i+1
	switch s.language.classes[text[i]] {
	case letter:
		kind, end = Word, s.language.wordEnd(text, i)
	case digit:
		kind, end = Number, s.language.wordEnd(text, i)
	case beyondASCII:
		if end = s.language.wordEnd(text, i); end > i {
			kind = Word
		} else if r, size := utf8.DecodeRuneInString(text[i:]); !unicode.IsSpace(r) {
			end = i + size
		}
	case mark, joiner:
		end = s.mark(text, i)
		if s.place == Comment {
			place = Comment
		}
	case operator:
		for end < len(text) && s.language.classes[text[end]] == operator {
			end++
		}
	}
	// Nobody scans 4 GiB.
	return Token{Start: uint32(i), End: uint32(end), Hash: hash(text[i:end]), Kind: kind, Place: place} //nolint:gosec // see above
}

// mark returns the end of the sign at i, which may begin or end a comment or string.
func (s *Scanner) mark(text string, i int) int {
	rest := text[i:]
	if s.place != Code {
		switch {
		case s.place == String && rest[0] == '\\' && len(rest) > 1 && rest[1] < utf8.RuneSelf && rest[1] != '\n':
			return i + 2
		case s.closer != "" && strings.HasPrefix(rest, s.closer):
			end := i + len(s.closer)
			s.place, s.closer = Code, ""
			return end
		}
		return i + 1
	}
	for _, d := range s.language.delimiters {
		if strings.HasPrefix(rest, d.open) && (!d.apart || i == 0 || isSpaceByte(text[i-1])) {
			s.place, s.closer, s.oneLine = d.place, d.closer, d.oneLine
			return i + len(d.open)
		}
	}
	return i + 1
}

func (s *Scanner) endLine() {
	if s.place != Code && s.oneLine {
		s.place, s.closer = Code, ""
	}
	s.first = true
}

// hash is that of Fowler, Noll and Vo (FNV-1a), 32 bits.
func hash(s string) uint32 {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * prime
	}
	return h
}
