package window

import (
	"strings"
)

// comments has how a comment to the end of the line begins in a language.
var comments = map[string][]string{
	"python": {"#"}, "ruby": {"#"}, "shell": {"#"}, "shellscript": {"#"}, "bash": {"#"}, "sh": {"#"},
	"yaml": {"#"}, "toml": {"#"}, "dockerfile": {"#"}, "makefile": {"#"}, "r": {"#"}, "perl": {"#"},
	"sql": {"--"}, "lua": {"--"}, "haskell": {"--"},
	"javascript": {"//"}, "typescript": {"//"}, "javascriptreact": {"//"}, "typescriptreact": {"//"},
	"jsx": {"//"}, "tsx": {"//"}, "go": {"//"}, "java": {"//"}, "c": {"//"}, "cpp": {"//"}, "csharp": {"//"},
	"rust": {"//"}, "swift": {"//"}, "kotlin": {"//"}, "scala": {"//"}, "dart": {"//"}, "scss": {"//"},
	"php": {"//", "#"},
}

// comment returns how a language begins a comment to the end of the line, or "".
func comment(language string) string {
	if starts := comments[language]; len(starts) > 0 {
		return starts[0]
	}
	return ""
}

// IsComment reports whether a line is nothing but a comment.
func IsComment(language, line string) bool {
	line = strings.TrimSpace(line)
	for _, start := range comments[language] {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return false
}

// Opens reports whether a line ends with what begins a block or a list.
func Opens(line string) bool {
	line = strings.TrimSpace(line)
	if line == "" {
		return false
	}
	return strings.ContainsRune(":{([", rune(line[len(line)-1])) || strings.HasSuffix(line, "=>")
}

// Indent returns the white space that a line begins with.
func Indent(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// Above returns the last line of Context that is not blank, or "".
func (w *Window) Above() string {
	for end := len(w.Context); end > 0; {
		start := strings.LastIndexByte(w.Context[:end-1], '\n') + 1
		if line := w.Context[start : end-1]; strings.TrimSpace(line) != "" {
			return line
		}
		end = start
	}
	return ""
}

// multi reports whether several lines may follow: nothing stands behind the cursor,
// and a block begins, goes on, or was described by a comment.
func (w *Window) multi() bool {
	if strings.TrimSpace(w.Tail) != "" || IsComment(w.Language, w.Head) {
		return false
	}
	if strings.TrimSpace(w.Head) != "" {
		return Opens(w.Head)
	}
	above := w.Above()
	return w.Head != "" || Opens(above) || Indent(above) != "" || IsComment(w.Language, above)
}

// widths has by how many spaces a language is indented that nothing says more of.
var widths = map[string]string{
	"go": "\t", "makefile": "\t",
	"javascript": "  ", "typescript": "  ", "javascriptreact": "  ", "typescriptreact": "  ", "jsx": "  ", "tsx": "  ",
	"html": "  ", "css": "  ", "scss": "  ", "json": "  ", "yaml": "  ", "ruby": "  ",
}

// maxUnit is the deepest level that is taken for one.
const maxUnit = 8

// unit returns one level of indentation: the smallest step between lines, or what is
// usual in the language.
func unit(language string, texts ...string) string {
	smallest, before := maxUnit+1, 0
	for _, text := range texts {
		for line := range strings.SplitSeq(text, "\n") {
			indent := Indent(line)
			if len(indent) == len(line) {
				continue // nothing on it
			}
			if strings.HasPrefix(indent, "\t") {
				return "\t"
			}
			if step := len(indent) - before; step > 1 && step < smallest {
				smallest = step
			}
			before = len(indent)
		}
	}
	switch usual := widths[language]; {
	case smallest <= maxUnit:
		return strings.Repeat(" ", smallest)
	case usual != "":
		return usual
	}
	return "    "
}

// Header is a line of comment that tells a model the language and the indentation,
// or "" where the language has none.
func (w *Window) Header() string {
	start := comment(w.Language)
	switch {
	case start == "":
		return ""
	case w.Unit == "\t":
		return start + " Language: " + w.Language + ", indented with tabs\n"
	}
	return start + " Language: " + w.Language + ", indented with " + spaces[len(w.Unit)] + "\n"
}

var spaces = [maxUnit + 1]string{
	2: "2 spaces", 3: "3 spaces", 4: "4 spaces", 5: "5 spaces", 6: "6 spaces", 7: "7 spaces", 8: "8 spaces",
}
