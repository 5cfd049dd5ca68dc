// Command framework serves the functions with the Functions Framework's own
// server, as buildpacks and Cloud Run functions do: to try them that way. It
// has no timeouts and no graceful stop; deploy cmd/functions.
package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	_ "github.com/tutti-live/tutti/functions" // registers the functions
)

// main leaves signals alone, so that they end the process: Start never returns
// for one.
func main() {
	if err := funcframework.Start(cmp.Or(os.Getenv("PORT"), "8000")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
