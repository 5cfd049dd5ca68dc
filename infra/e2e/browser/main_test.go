// Package browser tests the page as people use it: in windows of a real
// browser, with real keys, against all of Tutti.
//
// Where Chromium is not installed the tests are skipped, unless
// TUTTI_REQUIRE=all says that nothing may be.
package browser

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/testtool"
)

// chromium is the browser of all tests: it takes a second to start.
var chromium struct {
	sync.Mutex
	ctx   context.Context
	close context.CancelFunc
}

// TestMain also checks that nothing of the stacks goes on after the tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(thenQuit{m}) }

// thenQuit runs tests and ends their browser.
type thenQuit struct{ *testing.M }

func (m thenQuit) Run() int {
	code := m.M.Run()
	if chromium.ctx != nil {
		if err := chromedp.Cancel(chromium.ctx); err != nil && !errors.Is(err, context.Canceled) {
			code = max(code, 1)
		}
		chromium.close()
	}
	return code
}

// browser returns the browser, with an empty profile of its own.
func browser(t *testing.T) context.Context {
	t.Helper()
	const program = "chromium"
	testtool.Require(t, program)
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx != nil {
		return chromium.ctx
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // has no user namespaces in containers, and only sees our own pages
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, quit := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeFirst := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		closeFirst()
		quit()
		t.Fatalf("starting %s: %v", program, err)
	}
	chromium.ctx, chromium.close = ctx, func() { closeFirst(); quit() }
	return ctx
}
