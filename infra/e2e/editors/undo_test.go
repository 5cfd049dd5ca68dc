package editors

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
)

func TestEditors_UndoTakesBackOnesOwn(t *testing.T) {
	each(t, "", func(t *testing.T, r *room) {
		r.ada.Press("mine")
		r.shows("mine")
		r.bob.Shortcut(kb.Home)
		r.bob.Press("his ")
		r.shows("his mine")
		r.cy.Prepend("hers\n")
		r.shows("hers\nhis mine")
		r.ada.Shortcut("z")
		r.shows("hers\nhis ")
		r.bob.Shortcut("z")
		r.shows("hers\n")
		r.ada.Shortcut("y")
		r.shows("hers\nmine")
	})
}

// Monaco remembers places and not text: what it takes back after somebody else has
// typed before it can be theirs. That is why the page puts another undo on Ctrl-Z.
// Who uses Monaco's all the same sees what everybody sees.
func TestMonaco_OwnUndo_LeavesAllWithOneText(t *testing.T) {
	t.Parallel()
	r := open(t, "", monaco, monaco)
	r.ada.Press("mine")
	r.shows("mine")
	chromium.Eval[any](r.ada.Window, `page.undo()`)
	r.shows("")

	r.ada.Press("mine")
	r.shows("mine")
	r.bob.Shortcut(kb.Home)
	r.bob.Press("his own ")
	r.shows("his own mine")
	chromium.Eval[any](r.ada.Window, `page.undo()`)
	r.shows(r.ada.code())
}
