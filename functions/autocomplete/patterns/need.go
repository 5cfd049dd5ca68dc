package patterns

import (
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// A need is something that must hold in the text for a row to be of use.
type need struct {
	holds func(q *suggest.Query, text string) bool
	text  string
}

// has: the text is mentioned, not as the end or the beginning of a longer word.
func has(text string) need { return need{mentioned, text} }

// missing: the text is nowhere.
func missing(text string) need {
	return need{func(q *suggest.Query, text string) bool { return !strings.Contains(q.Code, text) }, text}
}

// above: the last line before that is not blank mentions the text.
func above(text string) need { return need{mentionedAbove, text} }

// assigned: that line assigns to the variable and goes no further.
func assigned(variable string) need {
	return need{func(q *suggest.Query, variable string) bool {
		line, found := lineAbove(q.Code, lineStart(q), anyLine)
		name, assignment, both := cutAssignment(line)
		return found && both && endsWithWord(name, variable) && !strings.HasSuffix(assignment, "{")
	}, variable}
}

// cutAssignment cuts a line around its first "=" or ":=".
func cutAssignment(line string) (names, value string, found bool) {
	names, value, found = strings.Cut(line, "=")
	return strings.TrimRight(strings.TrimSuffix(names, ":"), " "), value, found
}

func endsWithWord(s, word string) bool {
	before, found := strings.CutSuffix(s, word)
	return found && !goesOnInWord(before)
}

// inside: the line to which this one is indented mentions the text.
func inside(text string) need { return need{mentionedOutside, text} }

// within: the declaration around it, which is not indented, has the text.
func within(text string) need { return need{declaredWithin, text} }

// top: nothing stands before this line.
var top = need{func(q *suggest.Query, _ string) bool {
	return strings.TrimSpace(q.Code[:q.Cursor-len(q.LineBefore())]) == ""
}, ""}

// outermost: the line is not indented.
var outermost = need{func(q *suggest.Query, _ string) bool { return indentation(q.LineBefore()) == "" }, ""}

func (r *row) needsMet(q *suggest.Query) bool {
	for i := range r.needs {
		if n := &r.needs[i]; !n.holds(q, n.text) {
			return false
		}
	}
	return true
}

func mentioned(q *suggest.Query, text string) bool { return mentions(q.Code, text) }

func mentions(s, text string) bool {
	for from := 0; ; {
		at := strings.Index(s[from:], text)
		if at < 0 {
			return false
		}
		at += from
		from = at + len(text)
		if (!beginsInWord(text) || !goesOnInWord(s[:at])) && (!endsInWord(text) || !beginsInWord(s[from:])) {
			return true
		}
	}
}

func mentionedAbove(q *suggest.Query, text string) bool {
	line, found := lineAbove(q.Code, lineStart(q), anyLine)
	return found && mentions(line, text)
}

func mentionedOutside(q *suggest.Query, text string) bool {
	own := len(indentation(q.LineBefore()))
	line, found := lineAbove(q.Code, lineStart(q), func(line string) bool {
		return len(indentation(line)) < own
	})
	return found && mentions(line, text)
}

func declaredWithin(q *suggest.Query, text string) bool {
	line, found := lineAbove(q.Code, lineStart(q), func(line string) bool {
		return line[0] != ' ' && line[0] != '\t' && line[0] != '{' && line[0] != '}'
	})
	return found && strings.Contains(line, text)
}

func anyLine(string) bool { return true }

func lineStart(q *suggest.Query) int { return q.Cursor - len(q.LineBefore()) }

// lineAbove returns the last line before the offset start, itself the start of a
// line, that is not blank and pleases.
func lineAbove(code string, start int, pleases func(line string) bool) (line string, found bool) {
	for start > 0 {
		end := start - 1
		start = strings.LastIndexByte(code[:end], '\n') + 1
		line = strings.TrimRight(code[start:end], " \t\r")
		if line != "" && pleases(line) {
			return line, true
		}
	}
	return "", false
}

// lineBelow returns the next line that is not blank after the one with the offset.
func lineBelow(code string, offset int) (line string, found bool) {
	for {
		end := strings.IndexByte(code[offset:], '\n')
		if end < 0 {
			return "", false
		}
		offset += end + 1
		line, _, _ = strings.Cut(code[offset:], "\n")
		if line = strings.TrimRight(line, " \t\r"); line != "" {
			return line, true
		}
	}
}
