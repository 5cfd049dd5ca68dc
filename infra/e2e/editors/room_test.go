package editors

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/redistest"
)

// The editors, as their pages are called.
const (
	codemirror = "codemirror"
	monaco     = "monaco"
)

// room is one with three people in it.
type room struct {
	*scene.World
	id       string
	ada, bob *window       // on the first relay, and on the second
	cy       *scene.Person // on the first
}

// each runs a test with each of the editors.
func each(t *testing.T, code string, test func(t *testing.T, r *room)) {
	t.Helper()
	t.Parallel()
	for _, editor := range []string{codemirror, monaco} {
		t.Run(editor, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, code, editor, editor))
		})
	}
}

// open makes a room with a text and lets all three in, Ada and Bob with the
// editors that are named.
func open(t *testing.T, code, adas, bobs string) *room {
	t.Helper()
	origin := site.origin(t)
	r := &room{World: scene.Start(t, redistest.Embedded(t), origin)}
	r.id = r.Create(code)
	r.cy = r.Join(r.id, 0)
	r.cy.Hello("Cy")
	r.ada = r.enter(t, origin, adas, 0, "Ada", "#c2185b")
	r.bob = r.enter(t, origin, bobs, 1, "Bob", "#1565c0")
	t.Cleanup(func() {
		if t.Failed() {
			r.picture(t, "failed")
		}
	})
	r.shows(code)
	return r
}

// window is one with an editor in it.
type window struct {
	*chromium.Window
	t testing.TB
}

// enter opens a window on the room for somebody, by way of one of the relays.
func (r *room) enter(t testing.TB, origin, editor string, relay int, name, color string) *window {
	t.Helper()
	server := r.Relays[relay] + "/yjs"
	asked := url.Values{"relay": {server}, "room": {r.id}, "name": {name}, "color": {color}}
	w := &window{t: t, Window: chromium.Open(t, chromium.Page{
		URL:      origin + "/" + editor + ".html?" + asked.Encode(),
		Hosts:    []string{strings.TrimPrefix(origin, "http://"), strings.TrimPrefix(r.Relays[relay], "ws://")},
		Describe: `page.describe()`,
	})}
	w.Until(`globalThis.page?.synced()`)
	w.Shortcut(kb.Home) // Monaco's cursor has gone along with what came from the room
	return w
}

// shows waits until all three show a text, and the windows' documents have it.
func (r *room) shows(code string) {
	r.ada.t.Helper()
	r.ada.shows(code)
	r.bob.shows(code)
	r.cy.Shows(code)
}

func (w *window) shows(code string) {
	w.t.Helper()
	w.Until(`page.shows(` + chromium.Quote(code) + `)`)
}

// sees waits for carets of others to be on the screen, each as "name #color line:column".
func (w *window) sees(carets ...string) {
	w.t.Helper()
	w.Until(`page.carets().join().toLowerCase() === ` + chromium.Quote(strings.ToLower(strings.Join(carets, ","))))
}
