package chromium

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Patience is how long a page may take for anything. Usually it is some ms, on a
// machine that others use too some s.
const Patience = 10 * time.Second

// Page is what a window shows.
type Page struct {
	URL      string
	Hosts    []string // that it may ask, with their ports
	Names    string   // declarations for the conditions of tests, in JavaScript
	Describe string   // an expression that says in words what the page looks like
}

// Window is a window of the browser that somebody has open.
type Window struct {
	t     testing.TB
	page  Page
	ctx   context.Context
	close func()

	mu         sync.Mutex
	sockets    int
	complaints []string // what no page should do
	excused    []string // parts of complaints that a test expects
}

// Open opens a page in a new window. At the end of the test the page must have had
// no errors, broken no rule of its policy, and asked no other host.
func Open(t testing.TB, page Page) *Window {
	t.Helper()
	w := &Window{t: t, page: page}
	ctx, closeTab := chromedp.NewContext(started(t), chromedp.WithListener(w.notice))
	w.ctx, w.close = ctx, sync.OnceFunc(closeTab)
	t.Cleanup(func() {
		w.close()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range w.complaints {
			if !slices.ContainsFunc(w.excused, func(e string) bool { return strings.Contains(c, e) }) {
				t.Error(c)
			}
		}
	})
	// Each window believes that it has the focus, as those of two people do.
	w.Do(focusAlways, chromedp.Navigate(page.URL))
	return w
}

// Close closes the window before the test ends.
func (w *Window) Close() { w.close() }

var focusAlways = chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return err
})

// notice sees all that happens in a window.
func (w *Window) notice(event any) {
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
		w.complaints = append(w.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	}
}

func (w *Window) noticeURL(raw string) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "data" && !slices.Contains(w.page.Hosts, u.Host) {
		w.complaints = append(w.complaints, "request to another host: "+raw)
	}
}

// Excuse says what of a page's complaints a test expects.
func (w *Window) Excuse(part string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.excused = append(w.excused, part)
}

// SocketsOpened counts the WebSockets that the page has opened.
func (w *Window) SocketsOpened() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sockets
}
