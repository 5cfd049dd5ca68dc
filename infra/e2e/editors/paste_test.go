package editors

import (
	"sync"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
)

// clipboard is the one of the browser, which all windows share.
var clipboard sync.Mutex

// paste puts a text into the clipboard and pastes it with Control and V.
func (w *window) paste(text string) {
	w.t.Helper()
	clipboard.Lock()
	defer clipboard.Unlock()
	chromium.Eval[bool](w.Window, `navigator.clipboard.writeText(`+chromium.Quote(text)+`).then(() => true)`, chromedp.EvalAwaitPromise)
	w.Shortcut("v", func(key *input.DispatchKeyEventParams) {
		if key.Type == kb.KeyDown {
			key.Commands = []string{"paste"} // which a browser without a desktop does not make of its keys
		}
	})
}

// CodeMirror pastes line feeds, and so does Monaco where the page has asked for them.
// The relay makes line feeds of what people of the JSON protocol send.
func TestEditors_LineEndsAreLineFeeds(t *testing.T) {
	each(t, "<>", func(t *testing.T, r *room) {
		r.ada.Press(kb.ArrowRight)
		r.ada.paste("one\r\ntwo\r\n👩‍💻\r\n")
		r.shows("<one\ntwo\n👩‍💻\n>")
		r.ada.Press("here")
		r.shows("<one\ntwo\n👩‍💻\nhere>")
		r.bob.Press(kb.ArrowDown + kb.End + "!")
		r.shows("<one\ntwo!\n👩‍💻\nhere>")

		r.cy.Edit(func(string) string { return "three\r\nfour\r\n" })
		r.ada.shows("three\nfour\n")
		r.bob.shows("three\nfour\n")
		r.ada.Shortcut(kb.End)
		r.ada.Press("!")
		r.shows("three\nfour\n!")
	})
}
