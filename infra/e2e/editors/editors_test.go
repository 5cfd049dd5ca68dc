package editors

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestEditors_TypingShowsEverywhere(t *testing.T) {
	each(t, "one\n", func(t *testing.T, r *room) {
		r.ada.Press("zero" + kb.Enter)
		r.shows("zero\none\n")
		r.bob.Shortcut(kb.Home) // Monaco's cursor went along with the text behind it
		r.bob.Press(kb.ArrowDown + kb.End + "!")
		r.shows("zero\none!\n")
		r.cy.Edit(func(code string) string { return code + "two\n" })
		r.shows("zero\none!\ntwo\n")
		r.ada.Press(kb.Backspace + kb.Delete)
		r.shows("zerone!\ntwo\n")
	})
}

func TestEditors_EverybodySeesCursorsOfAll(t *testing.T) {
	each(t, "def hello(name):\n    return name\n\nhello('you')\n", func(t *testing.T, r *room) {
		r.ada.Press(kb.ArrowDown + kb.End)
		r.bob.Press(kb.ArrowDown + kb.ArrowDown)
		r.cy.PutCursor(4, 6)
		r.ada.sees("Bob #1565c0 3:1", "Cy "+r.cy.Init.YourColor+" 4:6")
		r.bob.sees("Ada #c2185b 2:16", "Cy "+r.cy.Init.YourColor+" 4:6")
		ada, bob := r.cy.SeesNamed("Ada"), r.cy.SeesNamed("Bob")
		r.cy.SeesCursor(ada, 2, 16)
		r.cy.SeesCursor(bob, 3, 1)
		r.picture(t, "cursors")

		r.ada.Press("!")
		r.bob.sees("Ada #c2185b 2:17", "Cy "+r.cy.Init.YourColor+" 4:6")
		r.bob.Press(kb.Enter) // all that is below moves with its text
		r.ada.sees("Bob #1565c0 4:1", "Cy "+r.cy.Init.YourColor+" 5:6")
		r.bob.Close()
		r.ada.sees("Cy " + r.cy.Init.YourColor + " 5:6")
		r.cy.Misses(bob)
	})
}

// Typing moves the cursor, whether or not the editor says so: y-codemirror.next does
// not, as long as the same letter comes after it.
func TestEditors_CursorGoesWithWhatItsOwnerTypes(t *testing.T) {
	each(t, "()\n", func(t *testing.T, r *room) {
		r.ada.Press(kb.ArrowRight)
		ada := r.cy.SeesNamed("Ada")
		r.cy.SeesCursor(ada, 1, 2)
		r.ada.Press("abc")
		r.cy.Shows("(abc)\n")
		r.bob.sees("Ada #c2185b 1:5")
		r.cy.SeesCursor(ada, 1, 5)
	})
}
