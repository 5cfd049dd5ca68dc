// Package chromium gives tests windows of a real browser: each as one person
// has it open, with real keys.
//
// Where Chromium is not installed the tests are skipped, unless
// TUTTI_REQUIRE=all says that nothing may be.
package chromium

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

// browser is that of all tests of a package: it takes a second to start.
var browser struct {
	sync.Mutex
	ctx   context.Context
	close context.CancelFunc
}

// Main is TestMain of a package with windows. It ends the browser, does what else
// is to be done after the tests, and checks that nothing goes on after them.
func Main(m *testing.M, after ...func()) { goleak.VerifyTestMain(thenQuit{m, after}) }

type thenQuit struct {
	*testing.M
	after []func()
}

// Run implements goleak.TestingM.
func (m thenQuit) Run() int {
	code := m.M.Run()
	if browser.ctx != nil {
		if err := chromedp.Cancel(browser.ctx); err != nil && !errors.Is(err, context.Canceled) {
			code = max(code, 1)
		}
		browser.close()
	}
	for _, do := range m.after {
		do()
	}
	return code
}

// started returns the browser, with an empty profile of its own.
func started(t testing.TB) context.Context {
	t.Helper()
	const program = "chromium"
	testtool.Require(t, program)
	browser.Lock()
	defer browser.Unlock()
	if browser.ctx != nil {
		return browser.ctx
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
	browser.ctx, browser.close = ctx, func() { closeFirst(); quit() }
	return ctx
}
