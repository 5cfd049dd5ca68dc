package chromium

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Do acts as a person at the window.
func (w *Window) Do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx); err != nil { // starts the window, which is to outlive the deadline
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.ctx, 2*Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatalf("%v\n%s", err, w.Description())
	}
}

// Press types keys, one by one.
func (w *Window) Press(keys string, options ...chromedp.KeyOption) {
	w.t.Helper()
	w.Do(chromedp.KeyEvent(keys, append(options, handledOnce)...))
}

// handledOnce has the browser do nothing of its own with a key that the page has
// taken, as with keys from a keyboard.
func handledOnce(key *input.DispatchKeyEventParams) {
	if key.Type == kb.KeyDown {
		key.Type = kb.KeyRawDown
	}
}

// Shortcut presses a key together with Control.
func (w *Window) Shortcut(key string, options ...chromedp.KeyOption) {
	w.t.Helper()
	w.Press(key, append(options, chromedp.KeyModifiers(kb.ModifierCtrl))...)
}

// Insert enters text that is on no key, as emoji pickers do.
func (w *Window) Insert(text string) {
	w.t.Helper()
	w.Do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// Eval asks the page.
func Eval[T any](w *Window, js string, options ...chromedp.EvaluateOption) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 2*Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, options...))
	if err != nil {
		w.t.Fatalf("%s: %v", js, err)
	}
	return value
}

// Happens waits for something to become true on the page, and says whether it did.
// It is not chromedp.Poll, which the policy of a page may forbid: that makes functions of strings.
func (w *Window) Happens(within time.Duration, condition string) bool {
	w.t.Helper()
	return Eval[bool](w, fmt.Sprintf(`new Promise(done => {
		%s
		const end = Date.now() + %d
		const look = () => {
			if (%s) done(true)
			else if (Date.now() > end) done(false)
			else setTimeout(look, 10)
		}
		look()
	})`, w.page.Names, within.Milliseconds(), condition), chromedp.EvalAwaitPromise)
}

// Until waits for something that must become true on the page.
func (w *Window) Until(condition string) {
	w.t.Helper()
	if !w.Happens(Patience, condition) {
		w.t.Fatalf("waited in vain for %s\n%s", condition, w.Description())
	}
}

// Description is what the page looks like, for messages.
func (w *Window) Description() string {
	ctx, cancel := context.WithTimeout(w.ctx, Patience)
	defer cancel()
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`JSON.stringify({ url: location.href, visible: document.body.innerText, page: `+w.page.Describe+` }, null, 2)`))
	if err != nil {
		return err.Error()
	}
	return seen
}

// Picture is what a person sees, as a PNG.
func (w *Window) Picture() ([]byte, error) {
	ctx, cancel := context.WithTimeout(w.ctx, 2*Patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// Quote writes a text as JavaScript does.
func Quote(text string) string {
	literal, err := json.Marshal(text)
	if err != nil { // a string: this cannot be
		panic(err)
	}
	return string(literal)
}
