// Package browser tests the page as people use it: in windows of a real
// browser, with real keys, against all of Tutti.
package browser

import (
	"testing"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
)

// TestMain also checks that nothing of the stacks goes on after the tests.
func TestMain(m *testing.M) { chromium.Main(m) }
