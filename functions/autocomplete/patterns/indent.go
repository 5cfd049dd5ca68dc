package patterns

import (
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// A level of indentation has this many spaces. One space is a comment with stars,
// more than eight is something aligned with the line above.
const (
	leastSpaces = 2
	mostSpaces  = 8
)

// indentation is the white space before the line.
func indentation(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// render writes insert with the indentation, line breaks and case of the text around.
func (l *language) render(q *suggest.Query, insert string) string {
	if l.anyCase && !typedUpper(q.LineBefore()) {
		insert = strings.ToLower(insert)
	}
	if !strings.Contains(insert, "\n") {
		return insert
	}
	level, margin, lineBreak := l.level(q.Code), indentation(q.LineBefore()), lineBreakOf(q.Code)
	var out strings.Builder
	for i := range len(insert) {
		switch insert[i] {
		case '\n':
			out.WriteString(lineBreak)
			out.WriteString(margin)
		case '\t':
			out.WriteString(level)
		default:
			out.WriteByte(insert[i])
		}
	}
	return out.String()
}

// typedUpper reports whether the last word of the line is in upper case.
func typedUpper(line string) bool {
	line = strings.TrimRight(line, " \t(")
	last := line[strings.LastIndexAny(line, " \t(;,")+1:]
	return last == strings.ToUpper(last)
}

func lineBreakOf(code string) string {
	if end := strings.IndexByte(code, '\n'); end > 0 && code[end-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// level is the indentation of the first line that has one of a usual size.
func (l *language) level(code string) string {
	for code != "" {
		var line string
		line, code, _ = strings.Cut(code, "\n")
		white := indentation(line)
		body := strings.TrimRight(line[len(white):], "\r")
		switch {
		case white == "" || body == "":
		case white[0] == '\t':
			return "\t"
		case len(white) >= leastSpaces && len(white) <= mostSpaces && strings.IndexByte(white, '\t') < 0:
			return white
		}
	}
	return l.indent
}
