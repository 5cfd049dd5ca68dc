// Package client runs the tests of shared/client, the client in TypeScript, which
// try it against real processes.
package client

import (
	"testing"

	_ "github.com/tutti-live/tutti/infra/devstack" // is in the dev server
	"github.com/tutti-live/tutti/infra/e2e/vitest"
	"github.com/tutti-live/tutti/shared/testtool"
)

const source = "../vitest/client"

func TestClient(t *testing.T) {
	testtool.RequirePackage(t, source, "vitest", "*.*")
	testtool.Require(t, "redis-server")
	vitest.DependsOn(t, source+"/src", source+"/test")
	vitest.Run(t, source, []string{vitest.DevServer(t)})
}
