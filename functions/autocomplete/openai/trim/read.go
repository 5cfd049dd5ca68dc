package trim

import (
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
)

// dropThoughts removes what a model thought before it answered. One whose template
// begins the thought says only where it ends.
func (d *draft) dropThoughts() {
	const opening, closing = "<think>", "</think>"
	if i := strings.Index(d.text, closing); i >= 0 {
		before := d.text[:i]
		if strings.HasPrefix(strings.TrimSpace(before), opening) || !strings.Contains(before, opening) {
			d.text = strings.TrimLeft(d.text[i+len(closing):], "\n")
		}
		return
	}
	if strings.HasPrefix(strings.TrimSpace(d.text), opening) {
		d.text = ""
	}
}

// dropRole removes the name under which a model speaks, and the mark of the cursor
// up to which it repeats the text.
func (d *draft) dropRole() {
	for _, role := range []string{"assistant:", "assistant\n", "Assistant:", "Assistant\n", "AI:"} {
		if rest, found := strings.CutPrefix(strings.TrimLeft(d.text, " \n"), role); found {
			d.text = strings.TrimPrefix(rest, " ")
		}
	}
	if i := strings.Index(d.text, CursorMark); i >= 0 {
		before, after := d.text[:i], d.text[i+len(CursorMark):]
		if line := strings.TrimSpace(lastLine(before)); line == strings.TrimSpace(d.w.Head) {
			d.text = after
			return
		}
		d.end(before)
	}
}

// CursorMark stands for the cursor in what is shown to a chat model.
const CursorMark = "<CURSOR>"

const fence = "```"

// openFence takes the code out of a fence. In Markdown fences are part of the text.
// Without chat there is nothing but code, and a fence is where that is over.
func (d *draft) openFence(chat bool) {
	if d.w.Language == "markdown" {
		return
	}
	start := lineStart(d.text, fence)
	if start < 0 {
		d.unclear = chat // these may be words about the code that is to come
		return
	}
	if !chat && strings.TrimSpace(d.text[:start]) != "" {
		d.end(d.text[:start])
		return
	}
	_, inside, found := strings.Cut(d.text[start:], "\n")
	if !found {
		d.text = "" // the rest of the line names the language
		return
	}
	d.text = inside
	if i := lineStart(inside, fence); i >= 0 {
		d.end(strings.TrimSuffix(inside[:i], "\n"))
	}
}

// lineStart returns where a line begins that starts with something, white space
// aside; or -1.
func lineStart(text, with string) int {
	for at := 0; at <= len(text); {
		line := text[at:]
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), with) {
			return at
		}
		i := strings.IndexByte(line, '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	return -1
}

// minHead is how many bytes of what is typed are taken for a repetition of it: less
// may well occur twice.
const minHead = 3

// maxEcho is how many lines before the cursor's a model may repeat.
const maxEcho = 20

// dropHead removes a repetition of the typed part of the line, and of lines before it.
func (d *draft) dropHead() {
	text := strings.TrimLeft(d.text, " \t\n")
	before := d.w.Prefix()
	for at, lines := len(before), 0; at > 0 && lines <= maxEcho; lines++ {
		at = strings.LastIndexByte(before[:at-1], '\n') + 1
		echo := strings.TrimLeft(before[at:], " \t\n")
		if len(strings.TrimSpace(echo)) < minHead {
			continue
		}
		if rest, found := strings.CutPrefix(text, echo); found {
			d.text = rest
			return
		}
		d.unclear = d.unclear || text != "" && strings.HasPrefix(echo, text)
	}
}

// startLine fits the first line to the typed part of the cursor's line: no second
// space, no line break where a line is to be written, no indentation twice.
func (d *draft) startLine() {
	head := d.w.Head
	if strings.TrimSpace(head) != "" {
		if strings.HasSuffix(head, " ") {
			d.text = strings.TrimLeft(d.text, " ")
		}
		return
	}
	broken := strings.TrimLeft(d.text, " \t")
	if strings.HasPrefix(broken, "\n") { // nothing but indentation is typed, so this is the line
		blank := strings.TrimLeft(d.text, " \t\n")
		d.text = d.text[strings.LastIndexByte(d.text[:len(d.text)-len(blank)], '\n')+1:]
	}
	indent := window.Indent(d.text)
	surplus := len(head) + len(indent) - d.expected()
	if head != "" && surplus > 0 {
		d.text = d.text[min(surplus, len(indent)):]
	}
}

// expected is how deep the cursor's line is indented, in bytes, as far as the lines
// above tell.
func (d *draft) expected() int {
	above, head := d.w.Above(), len(d.w.Head)
	depth := len(window.Indent(above))
	if window.Opens(above) && head <= depth {
		depth += len(d.w.Unit)
	}
	return max(depth, head)
}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }
