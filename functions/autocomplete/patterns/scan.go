package patterns

import (
	"slices"
	"strings"
)

// A syntax says where comments and strings of a language begin and end. That is
// enough to tell whether a place is in one of them.
type syntax struct {
	lineComments []string
	block        [2]string // of comments over several lines
	nested       bool      // they may hold others
	quotes       []quote   // the longer before the shorter

	// special returns the end of something that only this language has and that
	// begins at s[i], like scan, or i if nothing does.
	special func(s string, i int) int

	begins [256]bool // bytes with which any of these may begin
}

// A quote is what strings of one kind stand in.
type quote struct {
	mark    string
	escapes bool // a backslash takes the meaning from the next byte
	lines   bool // may have line breaks; without, an open string ends with its line
}

// unclosed says that something has no end: the text ends within it.
const unclosed = -1

// newSyntax returns x, ready for use. The bytes are those with which x.special may
// find something.
func newSyntax(x syntax, bytes string) *syntax {
	starts := append(slices.Clone(x.lineComments), x.block[0])
	for _, q := range x.quotes {
		starts = append(starts, q.mark)
	}
	for _, start := range starts {
		if start != "" {
			x.begins[start[0]] = true
		}
	}
	for _, b := range []byte(bytes) {
		x.begins[b] = true
	}
	return &x
}

// view looks at the end of s.
func (x *syntax) view(s string) view {
	for i := 0; i < len(s); {
		if !x.begins[s[i]] {
			i++
			continue
		}
		if i = x.scan(s, i); i == unclosed {
			return view{}
		}
	}
	return view{code: true}
}

// scan returns the end of the comment or string that begins at s[i], i+1 if none
// does, or unclosed.
func (x *syntax) scan(s string, i int) int {
	if x.special != nil {
		if end := x.special(s, i); end != i {
			return end
		}
	}
	if x.block[0] != "" && strings.HasPrefix(s[i:], x.block[0]) {
		return x.blockEnd(s, i+len(x.block[0]))
	}
	for _, mark := range x.lineComments {
		if strings.HasPrefix(s[i:], mark) {
			return endOfLine(s, i)
		}
	}
	for k := range x.quotes {
		if q := &x.quotes[k]; strings.HasPrefix(s[i:], q.mark) {
			return q.end(s, i+len(q.mark))
		}
	}
	return i + 1
}

// endOfLine returns the offset of the next line break, or unclosed.
func endOfLine(s string, i int) int {
	if end := strings.IndexByte(s[i:], '\n'); end >= 0 {
		return i + end
	}
	return unclosed
}

// endOf returns the offset behind the next occurrence of mark, or unclosed.
func endOf(s string, i int, mark string) int {
	if at := strings.Index(s[i:], mark); at >= 0 {
		return i + at + len(mark)
	}
	return unclosed
}

func (x *syntax) blockEnd(s string, i int) int {
	if !x.nested {
		return endOf(s, i, x.block[1])
	}
	for depth := 1; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], x.block[1]):
			i += len(x.block[1])
			if depth--; depth == 0 {
				return i
			}
		case strings.HasPrefix(s[i:], x.block[0]):
			i += len(x.block[0])
			depth++
		default:
			i++
		}
	}
	return unclosed
}

// end returns where the string ends that is open at s[i].
func (q *quote) end(s string, i int) int {
	if q.lines && !q.escapes {
		return endOf(s, i, q.mark)
	}
	for i < len(s) {
		switch c := s[i]; {
		case c == '\\' && q.escapes:
			i += 2
		case c == '\n' && !q.lines:
			return i
		case c == q.mark[0] && strings.HasPrefix(s[i:], q.mark):
			return i + len(q.mark)
		default:
			i++
		}
	}
	return unclosed
}
