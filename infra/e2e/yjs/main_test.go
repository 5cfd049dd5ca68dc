// Package yjs tries the relay with the real clients of the Yjs world, as they
// come from npm: y-websocket in the versions that are in use, and Hocuspocus.
//
// They run in a Node process, testdata/clients/robot.mjs, which does what tests
// say and tells what happens to its clients. A test reads
//
//	r := startRobots(t)
//	a, b := r.join("y-websocket-1", url, room), r.join("y-websocket-3.1", url, room)
//	a.insert(0, "hello")
//	b.shows("hello")
//
// and ends with a list of all that happened when something did not in time. It
// also fails when a client complained, of a message that it does not know or of
// two in one frame, unless the test excuses that.
//
// The tests in harness_test.go show on the servers which come with the libraries
// that all this tells the truth. Without Node, npm or a network they
// are skipped, unless TUTTI_REQUIRE=all says that nothing may be.
package yjs

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/redistest"
	"github.com/tutti-live/tutti/shared/testtool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const scripts = "testdata/clients"

// needClients skips a test where there are no clients.
func needClients(t testing.TB) {
	t.Helper()
	testtool.RequirePackage(t, scripts, "yjs", "*.*js*")
}

// everywhere runs a test on each kind of Redis, with one process of clients.
func everywhere(t *testing.T, test func(t *testing.T, w *scene.World, r *robots)) {
	t.Helper()
	t.Parallel()
	robots := startRobots(t)
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		test(t, scene.Start(t, server), robots.in(t))
	})
}
