package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a page may take for anything. Usually it is some ms.
const patience = 5 * time.Second

// Parts of the page.
const (
	create   = chromedp.CSS("#create")
	editor   = chromedp.CSS("#editor")
	roomName = chromedp.CSS("#room-name")
)

// window is a window of the browser that somebody has open on a site.
type window struct {
	t     *testing.T
	site  *site
	ctx   context.Context
	close func()

	mu         sync.Mutex
	sockets    int
	complaints []string // what no page should do
	excused    []string // parts of complaints that a test expects
}

// open opens a page of a site in a new window. At the end of the test the page
// must have had no errors, broken no rule of its policy, and asked no other host.
func (s *site) open(path string) *window {
	s.t.Helper()
	w := &window{t: s.t, site: s}
	ctx, closeTab := chromedp.NewContext(browser(s.t), chromedp.WithListener(w.notice))
	w.ctx, w.close = ctx, sync.OnceFunc(closeTab)
	s.t.Cleanup(func() {
		w.close()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range w.complaints {
			if !slices.ContainsFunc(w.excused, func(e string) bool { return strings.Contains(c, e) }) {
				s.t.Error(c)
			}
		}
	})
	// Each window believes that it has the focus, as those of two people do.
	w.do(focusAlways, chromedp.Navigate(s.url(path)))
	return w
}

// openRoom makes a room and returns the window in which it was made.
func (s *site) openRoom() *window {
	s.t.Helper()
	w := s.open("/")
	w.do(chromedp.Click(create))
	w.entered()
	return w
}

// join opens the room of another window by its link.
func (w *window) join() *window {
	w.t.Helper()
	other := w.site.open(w.path())
	other.entered()
	return other
}

var focusAlways = chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return err
})

// notice sees all that happens in a window.
func (w *window) notice(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.noticeURL(e.Request.URL)
	case *network.EventWebSocketCreated:
		w.sockets++
		w.noticeURL(e.URL)
	case *runtime.EventConsoleAPICalled:
		w.complaints = append(w.complaints, fmt.Sprintf("console.%s: %s", e.Type, e.Args[0].Value))
	case *runtime.EventExceptionThrown:
		w.complaints = append(w.complaints, "exception: "+(&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *log.EventEntryAdded:
		// That there is no suggestion is an answer, though the browser logs every 404.
		if !strings.HasSuffix(e.Entry.URL, "/rooms/autocomplete") || !strings.Contains(e.Entry.Text, "404") {
			w.complaints = append(w.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	}
}

func (w *window) noticeURL(raw string) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "data" && u.Host != w.site.addr {
		w.complaints = append(w.complaints, "request to another host: "+raw)
	}
}

// excuse says what of a page's complaints a test expects.
func (w *window) excuse(part string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.excused = append(w.excused, part)
}

func (w *window) socketsOpened() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sockets
}

// do acts as a person at the window.
func (w *window) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx); err != nil { // starts the window, which is to outlive the deadline
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 2*patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatalf("%v\n%s", err, w.describe())
	}
}

// press types keys, one by one.
func (w *window) press(keys string) {
	w.t.Helper()
	w.do(chromedp.KeyEvent(keys))
}

// shortcut presses a key together with Control.
func (w *window) shortcut(key string) {
	w.t.Helper()
	w.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(kb.ModifierCtrl)))
}

// insert enters text that is on no key, as emoji pickers do.
func (w *window) insert(text string) {
	w.t.Helper()
	w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// eval asks the page.
func eval[T any](w *window, js string, options ...chromedp.EvaluateOption) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 2*patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, options...))
	if err != nil {
		w.t.Fatalf("%s: %v", js, err)
	}
	return value
}

func (w *window) path() string {
	w.t.Helper()
	return eval[string](w, `location.pathname`)
}

func (w *window) text() string {
	w.t.Helper()
	return eval[string](w, `document.getElementById('editor').value`)
}

// happens waits for something to become true on the page, and says whether it did.
// It is not chromedp.Poll, which the policy of the page forbids: that makes functions of strings.
func (w *window) happens(within time.Duration, condition string) bool {
	w.t.Helper()
	return eval[bool](w, fmt.Sprintf(`new Promise(done => {
		const byId = id => document.getElementById(id)
		const editor = byId('editor')
		const end = Date.now() + %d
		const look = () => {
			if (%s) done(true)
			else if (Date.now() > end) done(false)
			else setTimeout(look, 10)
		}
		look()
	})`, within.Milliseconds(), condition), chromedp.EvalAwaitPromise)
}

// until waits for something that must become true on the page.
func (w *window) until(condition string) {
	w.t.Helper()
	if !w.happens(patience, condition) {
		w.t.Fatalf("waited in vain for %s\n%s", condition, w.describe())
	}
}

// entered waits until the window is in a room.
func (w *window) entered() {
	w.t.Helper()
	w.do(chromedp.WaitVisible(roomName), chromedp.WaitEnabled(editor))
	w.until(`byId('status').textContent === 'connected' && document.activeElement === editor`)
}

// shows waits for the text of the editor.
func (w *window) shows(text string) {
	w.t.Helper()
	w.until(`editor.value === ` + quote(text))
}

// says waits for a part of the page to have a text somewhere.
func (w *window) says(id, text string) {
	w.t.Helper()
	w.until(fmt.Sprintf(`byId(%s).textContent.includes(%s)`, quote(id), quote(text)))
}

// saved waits for the page to say that all that was typed is kept.
func (w *window) saved() {
	w.t.Helper()
	w.until(`byId('saved').textContent === 'saved'`)
}

// others waits for the list to have so many people beside oneself.
func (w *window) others(count int) {
	w.t.Helper()
	w.until(fmt.Sprintf(`byId('people').children.length === %d`, count+1))
}

// describe is what the page looks like, for messages.
func (w *window) describe() string {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`JSON.stringify({
		url: location.href,
		visible: document.body.innerText,
		text: document.getElementById('editor')?.value,
		caret: document.getElementById('editor')?.selectionEnd,
	}, null, 2)`))
	if err != nil {
		return err.Error()
	}
	return seen
}

func quote(text string) string {
	literal, err := json.Marshal(text)
	if err != nil { // a string: this cannot be
		panic(err)
	}
	return string(literal)
}
