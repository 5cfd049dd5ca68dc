// Package trim makes what may be inserted at a cursor of what a model answered.
//
// Models say more than they were asked: they explain, repeat what is there already
// on either side, and do not stop. Each rule takes one such thing away; none adds
// anything but indentation.
package trim

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/fim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
)

// An Answer is what a model said, or has said so far.
type Answer struct {
	Text   string
	Family fim.Family // whose tokens may be in it
	Chat   bool       // it may talk to us
	Cut    bool       // it would have gone on: its last line may be half a line
}

// Text returns what of an answer may be inserted at the cursor of a window, with LF
// at the ends of lines, or "".
func Text(w *window.Window, answer Answer) string {
	d := draft{w: w, text: plain(answer.Text)}
	d.read(answer)
	if answer.Cut && !d.ended {
		d.dropHalfLine()
	}
	d.judge()
	return d.finish()
}

// Done reports whether what follows an answer can no longer change its Text: there
// is no need to wait for the rest.
func Done(w *window.Window, answer Answer) bool {
	d := draft{w: w, text: plain(answer.Text)}
	d.read(answer)
	if d.ended || d.unclear {
		return d.ended
	}
	i := strings.LastIndexByte(d.text, '\n')
	if i < 0 {
		return false
	}
	d.text = d.text[:i+1]
	d.judge()
	return d.ended
}

// A draft is an answer on its way to a suggestion.
type draft struct {
	w     *window.Window
	text  string
	ended bool // something was cut off its end, and will be however it goes on

	unclear bool // how it goes on will say whether this is the answer at all
}

// end cuts the draft.
func (d *draft) end(text string) { d.text, d.ended = text, true }

// read takes the answer out of what is said around it.
func (d *draft) read(answer Answer) {
	d.dropThoughts()
	if answer.Chat {
		d.dropRole()
	}
	d.openFence(answer.Chat)
	if text, was := answer.Family.Cut(d.text); was {
		d.end(text)
	}
	d.dropHead()
	d.startLine()
}

// judge cuts what does not belong here. Each rule looks at whole lines.
func (d *draft) judge() {
	d.singleLine()
	d.dropRepeatOfAbove()
	d.stopAtNextLine()
	d.stopAtEndOfBlock()
	d.stopAtRepetition()
}

// finish fits the end and the white space to the text around.
func (d *draft) finish() string {
	d.cutOverlap()
	d.cutUnmatched()
	d.reindent()
	d.text = strings.TrimRightFunc(d.text, unicode.IsSpace)
	if !worthwhile(d.text) {
		return ""
	}
	return d.text
}

// plain removes what cannot be seen: control characters, those that turn the
// direction of text around, halves of characters; and makes all line ends LF.
func plain(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r == utf8.RuneError, r == '\ufeff',
			r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, text)
}

// minVisible is how many visible characters a suggestion has at least: one is typed
// sooner than it is accepted.
const minVisible = 2

func worthwhile(text string) bool {
	visible, closers := 0, 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			visible++
			if isCloser(r) || r == ';' || r == ',' {
				closers++
			}
		}
	}
	return visible >= minVisible && closers < visible
}

// onlyClosers reports whether a line has nothing on it but closing brackets.
func onlyClosers(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && strings.Trim(line, ")]};,") == ""
}

func isCloser(r rune) bool { return r == ')' || r == ']' || r == '}' }

// firstLine returns a text up to its first line break, and whether it has one.
func firstLine(text string) (string, bool) {
	line, _, found := strings.Cut(text, "\n")
	return line, found
}
