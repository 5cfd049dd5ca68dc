// Package editors tries the two editors of the Yjs world as people have them:
// CodeMirror 6 with y-codemirror.next and Monaco with y-monaco, each with
// y-websocket, in windows of a real browser, with real keys.
//
// Ada and Bob have a window each, on different relays; Cy has a client of the
// JSON protocol. All are in one room.
//
// The pages are in testdata/pages. They come from an origin of their own, as
// those of any frontend. Without Node, npm, a network or Chromium the tests are
// skipped, unless TUTTI_REQUIRE=all says that nothing may be.
//
// With TUTTI_PICTURES=folder they leave pictures of the windows there.
package editors

import (
	"testing"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
)

// TestMain also checks that nothing of the stacks goes on after the tests.
func TestMain(m *testing.M) { chromium.Main(m, site.close) }
