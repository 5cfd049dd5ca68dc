package editors

import (
	"strings"
	"testing"
	"unicode"

	"github.com/chromedp/chromedp/kb"

	"github.com/tutti-live/tutti/infra/e2e/scene"
)

func TestEditors_TwoTypeAtTheSameTime(t *testing.T) {
	each(t, "<>\n", func(t *testing.T, r *room) {
		const word = "abcdefghijklmnopqrstuvwxyz"
		r.ada.Press(kb.ArrowRight)
		r.bob.Press(kb.ArrowRight + kb.ArrowRight)
		r.bothType(word) // in one line
		before := "<" + word + ">" + strings.ToUpper(word) + "\n"
		r.shows(before)

		r.ada.Shortcut(kb.End)
		r.bob.Shortcut(kb.End)
		r.bothType(word) // at one place
		r.cy.Until("all letters are there", func(v *scene.View) bool { return len(v.Code) == len(before)+2*len(word) })
		text := r.cy.Text()
		r.shows(text)
		added := text[len(before):]
		if only(unicode.IsLower, added) != word || only(unicode.IsUpper, added) != strings.ToUpper(word) {
			t.Errorf("the words are not in order: %q", added)
		}
	})
}

// bothType has Ada and Bob type a word, she in small letters and he in capital ones.
// Nobody waits for what the other has typed.
func (r *room) bothType(word string) {
	for _, letter := range word {
		r.ada.Press(string(letter))
		r.bob.Press(strings.ToUpper(string(letter)))
	}
}

// only leaves the letters of a text that are of a kind.
func only(kind func(rune) bool, text string) string {
	return strings.Map(func(letter rune) rune {
		if kind(letter) {
			return letter
		}
		return -1
	}, text)
}

// People do not agree on an editor first.
func TestEditors_CodeMirrorAndMonacoShareARoom(t *testing.T) {
	t.Parallel()
	r := open(t, "one\n", codemirror, monaco)
	r.ada.Press("zero" + kb.Enter)
	r.shows("zero\none\n")
	r.bob.Insert("👩‍💻")
	r.shows("zero\n👩‍💻one\n")
	r.bob.Shortcut("z")
	r.ada.Shortcut("z")
	r.shows("one\n")
}
