package lsp

import "strings"

// plainSnippet is the text that is left of a snippet of the language server protocol
// when nobody fills in its placeholders: those of arguments go, with what is between
// them; of others the text stays that they propose. ok is false if it is not one.
func plainSnippet(snippet string) (text string, ok bool) {
	s := snippetReader{in: snippet}
	s.read(false)
	return s.out.String(), s.in == "" && !s.bad
}

// maxSnippetDepth is how deep placeholders may stand in each other.
const maxSnippetDepth = 8

// A snippetReader reads a snippet from the front.
type snippetReader struct {
	in    string // what is still to be read
	out   snippetText
	depth int
	bad   bool
}

// snippetText is text in which brackets of arguments are emptied.
type snippetText struct {
	text  []byte
	open  []int // where the open brackets are
	empty int   // so many of them hold placeholders, from the outermost such
}

// read reads up to the end, or to the bracket that ends a placeholder.
func (s *snippetReader) read(nested bool) {
	for s.in != "" && !s.bad {
		c := s.in[0]
		s.in = s.in[1:]
		switch {
		case c == '\\' && s.in != "" && strings.IndexByte(`$}\,|`, s.in[0]) >= 0:
			s.out.add(s.in[0])
			s.in = s.in[1:]
		case c == '$':
			s.placeholder()
		case c == '}' && nested:
			return
		default:
			s.out.add(c)
		}
	}
	s.bad = s.bad || nested
}

// placeholder reads what follows a $: 1, name, {1}, {1:text}, {1|a,b|} or, of a
// variable only, {name/…/…/}.
func (s *snippetReader) placeholder() {
	if !strings.HasPrefix(s.in, "{") {
		name := wordLength(s.in)
		if name == 0 {
			s.out.add('$')
			return
		}
		s.in = s.in[name:]
		s.out.placeholder()
		return
	}
	s.in = s.in[1:]
	name := wordLength(s.in)
	s.in = s.in[name:]
	s.out.placeholder()
	switch {
	case name == 0 || s.in == "" || s.depth >= maxSnippetDepth:
		s.bad = true
	case s.in[0] == '}':
		s.in = s.in[1:]
	case s.in[0] == ':':
		s.in = s.in[1:]
		s.depth++
		s.read(true)
		s.depth--
	case s.in[0] == '|':
		s.choice()
	default:
		s.bad = true // a transformation, which needs what is typed
	}
}

// choice reads the rest of a placeholder with alternatives, and takes the first.
func (s *snippetReader) choice() {
	choices, rest, found := strings.Cut(s.in[1:], "|}")
	if !found {
		s.bad = true
		return
	}
	first, _, _ := strings.Cut(choices, ",")
	for i := range len(first) {
		s.out.add(first[i])
	}
	s.in = rest
}

// wordLength is the length of the number or name at the start of a text.
func wordLength(text string) int {
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	number := text != "" && isDigit(text[0])
	for i := range len(text) {
		c := text[i]
		if !isDigit(c) && (number || c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')) {
			return i
		}
	}
	return len(text)
}

func (t *snippetText) add(c byte) {
	switch c {
	case '(':
		t.open = append(t.open, len(t.text))
	case ')':
		if n := len(t.open); n > 0 {
			t.open = t.open[:n-1]
			t.empty = min(t.empty, n-1)
		}
	}
	if t.empty == 0 {
		t.text = append(t.text, c)
	}
}

// placeholder notes that there is one: within brackets it is an argument, and what
// the outermost of them hold goes.
func (t *snippetText) placeholder() {
	if len(t.open) > 0 && t.empty == 0 {
		t.text = t.text[:t.open[0]+1]
		t.empty = 1
	}
}

func (t *snippetText) String() string { return string(t.text) }
