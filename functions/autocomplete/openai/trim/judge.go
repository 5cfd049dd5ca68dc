package trim

import (
	"slices"
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
)

// singleLine keeps the first line where only one was asked for.
func (d *draft) singleLine() {
	if d.w.Multi {
		return
	}
	if line, more := firstLine(d.text); more {
		d.end(line)
	}
}

// dropHalfLine removes the last line of several, which broke off.
func (d *draft) dropHalfLine() {
	if i := strings.LastIndexByte(d.text, '\n'); i >= 0 && strings.TrimSpace(d.text[:i]) != "" {
		d.text = d.text[:i]
	}
}

// minLine is how many bytes a line has, without white space around, that says
// something: shorter ones are the same by chance.
const minLine = 4

// dropRepeatOfAbove drops an answer that is the line above once more.
func (d *draft) dropRepeatOfAbove() {
	above := strings.TrimSpace(d.w.Above())
	line, _ := firstLine(d.text)
	line = strings.TrimSpace(d.w.Head + line)
	if len(above) >= minLine && !onlyClosers(above) && similar(line, above) {
		d.end("")
	}
}

// stopAtNextLine stops before a line that follows the cursor already.
func (d *draft) stopAtNextLine() {
	next := firstVisible(d.w.Below)
	if len(next) < minLine || onlyClosers(next) {
		return
	}
	whole := d.w.Head + d.text
	for at := 0; at < len(whole); {
		line, _ := firstLine(whole[at:])
		if similar(strings.TrimSpace(line), next) {
			d.end(strings.TrimSuffix(d.text[:max(0, at-len(d.w.Head))], "\n"))
			return
		}
		at += len(line) + 1
	}
}

// firstVisible returns the first line that is not blank, without white space around.
func firstVisible(text string) string {
	line, _ := firstLine(strings.TrimLeft(text, " \t\n"))
	return strings.TrimSpace(line)
}

// continuations are words with which a block goes on that had come to its end.
var continuations = []string{"else", "elif", "elsif", "except", "finally", "catch", "rescue", "case", "default", "ensure", "when", "while"}

// stopAtEndOfBlock stops where the block ends that the cursor is in, or that the
// typed line opens.
func (d *draft) stopAtEndOfBlock() {
	first, more := firstLine(d.text)
	if !more {
		return
	}
	depth := d.width(window.Indent(d.w.Head + first))
	opened, deeper := window.Opens(d.w.Head), false
	for at := len(first) + 1; at < len(d.text); {
		line, _ := firstLine(d.text[at:])
		next := min(at+len(line)+1, len(d.text))
		if strings.TrimSpace(line) != "" {
			width := d.width(window.Indent(line))
			switch {
			case width < depth:
				d.end(d.text[:at-1])
				return
			case width > depth:
				deeper = true
			case opened && deeper && !goesOn(line):
				d.endBlock(at, line)
				return
			}
		}
		at = next
	}
}

// endBlock ends the draft with a line that closes the opened block, or before one
// that has nothing to do with it.
func (d *draft) endBlock(at int, line string) {
	if isCloser(rune(strings.TrimSpace(line)[0])) {
		d.end(d.text[:at+len(line)])
		return
	}
	d.end(d.text[:at-1])
}

// goesOn reports whether a line continues the statement whose block it ends.
func goesOn(line string) bool {
	words := strings.TrimLeft(line, " \t)]}")
	if len(words) < len(strings.TrimLeft(line, " \t")) && window.Opens(line) {
		return true
	}
	return slices.ContainsFunc(continuations, func(word string) bool {
		rest, found := strings.CutPrefix(words, word)
		return found && (rest == "" || !isWord(rest[0]))
	})
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// width is how wide indentation looks, in columns.
func (d *draft) width(indent string) int {
	const tab = 4 // the usual one; tabs and spaces are compared only where they are mixed
	return len(indent) + (tab-1)*strings.Count(indent, "\t")
}

// A block of up to maxPeriod lines may stand there twice, and not a third time. So
// may a piece of minPiece to maxPiece bytes of one line maxPieces times.
const (
	maxPeriod = 8
	minPiece  = 4
	maxPiece  = 40
	maxPieces = 3
)

// stopAtRepetition stops where a model began to say the same for ever.
func (d *draft) stopAtRepetition() {
	lines := strings.SplitAfter(d.text, "\n")
	length := 0
	for i, line := range lines {
		if end := repeatedPiece(line); end >= 0 {
			d.end(d.text[:length+end])
			return
		}
		for period := 1; period <= min(maxPeriod, (i+1)/3); period++ {
			third := i + 1 - period
			if repeated(lines[third-2*period:i+1], period) {
				d.end(d.text[:length+len(line)-len(strings.Join(lines[third:i+1], ""))])
				return
			}
		}
		length += len(line)
	}
}

// repeated reports whether three blocks of lines are the same and say something.
func repeated(lines []string, period int) bool {
	visible := 0
	for i := range period {
		a := strings.TrimSpace(lines[i])
		if a != strings.TrimSpace(lines[i+period]) || a != strings.TrimSpace(lines[i+2*period]) {
			return false
		}
		visible += len(a)
	}
	return visible == 0 || visible >= minLine
}

// repeatedPiece returns where a line begins to say a piece of it once too often, or -1.
func repeatedPiece(line string) int {
	for size := minPiece; size <= maxPiece; size++ {
		same := 0 // how many bytes in a row are those of one piece earlier
		for i := size; i < len(line); i++ {
			if line[i] != line[i-size] {
				same = 0
				continue
			}
			if same++; same < maxPieces*size {
				continue
			}
			piece := line[i+1-size : i+1]
			if strings.Trim(piece, piece[:1]) == "" || strings.TrimSpace(piece) == "" {
				break // a rule of one character, as in headings
			}
			return startOfRune(line, i+1-size)
		}
	}
	return -1
}

func startOfRune(text string, i int) int {
	for i > 0 && i < len(text) && text[i]&0xC0 == 0x80 {
		i--
	}
	return i
}
