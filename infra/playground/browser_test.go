package playground_test

import (
	"os"
	"os/exec"
	"testing"

	_ "github.com/tutti-live/tutti/infra/devstack" // is in the dev server
	"github.com/tutti-live/tutti/infra/e2e/vitest"
	"github.com/tutti-live/tutti/shared/testtool"
)

// needSources skips a test where the packages of the page are not installed, and says
// what the page is made of.
func needSources(t *testing.T) {
	t.Helper()
	testtool.RequirePackage(t, ".", "vite", "*.*")
	vitest.DependsOn(t, "src", "test", "../e2e/vitest/client/src", "../e2e/vitest/client/test")
}

// needChromium skips a test where there is no browser that test/browser finds.
func needChromium(t *testing.T) {
	t.Helper()
	if os.Getenv("TUTTI_CHROMIUM") != "" {
		return
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if _, err := exec.LookPath(name); err == nil {
			return
		}
	}
	testtool.Missing(t, "no Chromium is installed")
}

func TestPage_Units(t *testing.T) {
	needSources(t)
	vitest.Run(t, ".", nil, "test/unit")
}

// TestPage_InBrowser uses the page as people do. With TUTTI_PICTURES=folder it leaves
// pictures there.
func TestPage_InBrowser(t *testing.T) {
	needSources(t)
	needChromium(t)
	testtool.Require(t, "redis-server")
	testtool.RequirePackage(t, ".", "playwright-core", "*.json")
	vitest.Run(t, ".", []string{vitest.DevServer(t)}, "--config", "test/browser/vitest.config.ts")
}
