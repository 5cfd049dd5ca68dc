package trim

import (
	"strings"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
)

// minOverlap is how many bytes at the end of an answer are taken for the start of
// what follows the cursor. Fewer are the same by chance, unless they close a bracket
// that is not open.
const minOverlap = 3

// cutOverlap cuts off the end what the text after the cursor begins with.
func (d *draft) cutOverlap() {
	if d.cutLinesOfBelow() {
		return
	}
	tail := strings.TrimSpace(d.w.Tail)
	text := strings.TrimRight(d.text, " \t\n")
	for n := min(len(tail), len(text)); n >= 1; n-- {
		if !strings.HasSuffix(text, tail[:n]) || !utf8.ValidString(tail[:n]) {
			continue
		}
		if overlap := tail[:n]; onlyClosers(overlap) {
			if _, open := scan(text, d.w.Language); open > 0 {
				d.text = text[:len(text)-min(n, open)]
			}
			return
		} else if n >= minOverlap && !wordsJoin(text, n) {
			d.text = text[:len(text)-n]
			return
		}
	}
}

// wordsJoin reports whether the last n bytes of a text begin within a word.
func wordsJoin(text string, n int) bool {
	i := len(text) - n
	return i > 0 && isWord(text[i-1]) && isWord(text[i])
}

// cutLinesOfBelow cuts off lines at the end that are the first of those below, and
// reports whether there were some.
func (d *draft) cutLinesOfBelow() bool {
	below := visibleLines(d.w.Below)
	lines := strings.Split(d.text, "\n")
	for n := min(len(below), len(lines)-1); n >= 1; n-- {
		last := lines[len(lines)-n:]
		same := true
		for i := range n {
			if last[i] != below[i] && (onlyClosers(below[i]) || strings.TrimSpace(last[i]) != strings.TrimSpace(below[i])) {
				same = false
				break
			}
		}
		if same {
			d.text = strings.Join(lines[:len(lines)-n], "\n")
			return true
		}
	}
	return false
}

// visibleLines returns the first lines of a text that are not blank, as many as an
// answer may end with.
func visibleLines(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimRight(line, " \t"); line != "" {
			if lines = append(lines, line); len(lines) == maxPeriod {
				break
			}
		}
	}
	return lines
}

// cutUnmatched cuts an answer before a bracket that closes nothing: nothing is open
// before the cursor, or what follows closes it.
func (d *draft) cutUnmatched() {
	open, _ := scan(d.w.Prefix(), d.w.Language)
	_, closed := scan(d.w.Suffix(), d.w.Language)
	if !d.w.Whole {
		// Blocks may be open that were opened before the window. Those of this line are known.
		open, _ = scan(d.w.Head, d.w.Language)
		_, closed = scan(d.w.Tail, d.w.Language)
	}
	open = open[:max(0, len(open)-closed)]
	if i := unmatched(open, d.text, d.w); i >= 0 {
		d.text = d.text[:i]
	}
}

// unmatched returns where in a text a bracket closes none of those that are open, or
// -1. On lines after the first it may close one from before the window.
func unmatched(open []byte, text string, w *window.Window) int {
	s := scanner{language: w.Language, open: open}
	for i := range len(text) {
		if !s.next(text, i) && (w.Whole || strings.IndexByte(text[:i], '\n') < 0) {
			return i
		}
	}
	return -1
}

// scan returns which brackets are open behind a text, and how many it closes that
// were not.
func scan(text, language string) ([]byte, int) {
	s, closed := scanner{language: language}, 0
	for i := range len(text) {
		if !s.next(text, i) {
			closed++
		}
	}
	return s.open, closed
}

// A scanner follows the brackets of a text. It knows strings and comments only
// roughly: those that begin and end on a line.
type scanner struct {
	language string
	open     []byte // the brackets that are open, the last one last
	quote    byte   // the string it is in
	escaped  bool
	comment  bool
}

// next reads a byte, and reports whether it is anything but a bracket that closes
// what is not open.
func (s *scanner) next(text string, i int) bool {
	c := text[i]
	switch {
	case c == '\n':
		s.comment, s.escaped = false, false
		if s.quote != '`' {
			s.quote = 0
		}
	case s.comment:
	case s.escaped:
		s.escaped = false
	case s.quote != 0:
		s.escaped = c == '\\'
		if c == s.quote {
			s.quote = 0
		}
	case c == '"' || c == '`' || c == '\'' && (i == 0 || !isWord(text[i-1])):
		s.quote = c
	case c == '(' || c == '[' || c == '{':
		s.open = append(s.open, c)
	case isCloser(rune(c)):
		return s.close(c)
	case c == '#' || c == '/' || c == '-':
		s.comment = window.IsComment(s.language, text[i:min(len(text), i+2)])
	}
	return true
}

var openers = map[byte]byte{')': '(', ']': '[', '}': '{'}

func (s *scanner) close(c byte) bool {
	last := len(s.open) - 1
	if last < 0 || s.open[last] != openers[c] {
		return false
	}
	s.open = s.open[:last]
	return true
}

// reindent writes the indentation of all lines but the first with the document's
// tabs or spaces.
func (d *draft) reindent() {
	lines := strings.Split(d.text, "\n")
	step := d.step(lines[1:])
	for i, line := range lines[1:] {
		code := strings.TrimLeft(line, " \t")
		indent := line[:len(line)-len(code)]
		code = strings.TrimRight(code, " \t")
		switch {
		case code == "":
			indent = ""
		case d.w.Unit == "\t":
			indent = strings.ReplaceAll(indent, step, "\t")
		default:
			indent = strings.ReplaceAll(indent, "\t", d.w.Unit)
		}
		lines[i+1] = indent + code
	}
	d.text = strings.Join(lines, "\n")
}

// step is by how many spaces an answer is indented for a document with tabs.
func (d *draft) step(lines []string) string {
	const most = 8
	least := most + 1
	for _, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if indent > 1 && indent < len(line) {
			least = min(least, indent)
		}
	}
	if least > most {
		least = 4
	}
	return strings.Repeat(" ", least)
}
