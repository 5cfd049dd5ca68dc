package editors

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
)

// CodeMirror deletes most emoji at once and Monaco one part after the other, but
// neither ever leaves half a character: that would not be the same for everybody.
func TestEditors_EmojiAreTypedAndDeleted(t *testing.T) {
	const mostParts = 11 // of a family: three joiners, and people and joiners may go alone
	each(t, "()", func(t *testing.T, r *room) {
		r.ada.Press(kb.ArrowRight)
		for _, emoji := range []string{"😀", "👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "𝒳"} {
			r.ada.Insert(emoji)
			r.shows("(" + emoji + ")")
			for left, presses := "", 0; left != "()"; presses++ {
				if presses == mostParts {
					t.Fatalf("%q is left of %s", left, emoji)
				}
				r.ada.Press(kb.Backspace)
				left = r.ada.code()
				if strings.ContainsRune(left, '\uFFFD') {
					t.Fatalf("half a character is left of %s: %q", emoji, left)
				}
				r.shows(left)
			}
		}
	})
}

func (w *window) code() string {
	w.t.Helper()
	return chromium.Eval[string](w.Window, `page.code()`)
}
