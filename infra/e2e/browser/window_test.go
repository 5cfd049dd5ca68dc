package browser

import (
	"fmt"

	"github.com/chromedp/chromedp"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
)

// Parts of the page.
const (
	create   = chromedp.CSS("#create")
	editor   = chromedp.CSS("#editor")
	roomName = chromedp.CSS("#room-name")
)

// window is a window of the browser that somebody has open on a site.
type window struct {
	*chromium.Window
	site *site
}

// open opens a page of a site in a new window.
func (s *site) open(path string) *window {
	s.t.Helper()
	w := &window{site: s, Window: chromium.Open(s.t, chromium.Page{
		URL:   s.url(path),
		Hosts: []string{s.addr},
		Names: `const byId = id => document.getElementById(id), editor = byId('editor')`,
		Describe: `{
			text: document.getElementById('editor')?.value,
			caret: document.getElementById('editor')?.selectionEnd,
		}`,
	})}
	// That there is no suggestion is an answer, though the browser logs every 404.
	w.Excuse("404 (Not Found) " + s.url("/rooms/autocomplete"))
	return w
}

// openRoom makes a room and returns the window in which it was made.
func (s *site) openRoom() *window {
	s.t.Helper()
	w := s.open("/")
	w.Do(chromedp.Click(create))
	w.entered()
	return w
}

// join opens the room of another window by its link.
func (w *window) join() *window {
	w.site.t.Helper()
	other := w.site.open(w.path())
	other.entered()
	return other
}

func (w *window) path() string {
	w.site.t.Helper()
	return chromium.Eval[string](w.Window, `location.pathname`)
}

func (w *window) text() string {
	w.site.t.Helper()
	return chromium.Eval[string](w.Window, `document.getElementById('editor').value`)
}

// entered waits until the window is in a room.
func (w *window) entered() {
	w.site.t.Helper()
	w.Do(chromedp.WaitVisible(roomName), chromedp.WaitEnabled(editor))
	w.Until(`byId('status').textContent === 'connected' && document.activeElement === editor`)
}

// shows waits for the text of the editor.
func (w *window) shows(text string) {
	w.site.t.Helper()
	w.Until(`editor.value === ` + chromium.Quote(text))
}

// says waits for a part of the page to have a text somewhere.
func (w *window) says(id, text string) {
	w.site.t.Helper()
	w.Until(fmt.Sprintf(`byId(%s).textContent.includes(%s)`, chromium.Quote(id), chromium.Quote(text)))
}

// saved waits for the page to say that all that was typed is kept.
func (w *window) saved() {
	w.site.t.Helper()
	w.Until(`byId('saved').textContent === 'saved'`)
}

// others waits for the list to have so many people beside oneself.
func (w *window) others(count int) {
	w.site.t.Helper()
	w.Until(fmt.Sprintf(`byId('people').children.length === %d`, count+1))
}
