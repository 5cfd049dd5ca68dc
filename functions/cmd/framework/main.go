// Command framework serves the functions with the Functions Framework's own
// server, as buildpacks and Cloud Run functions do: to try them that way. It
// has no timeouts and no graceful stop; deploy cmd/functions.
package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	_ "github.com/tutti-live/tutti/functions/framework" // registers the functions
)

// main leaves signals alone, so that they end the process: Start never returns
// for one.
func main() {
	sandbox.Enter() // when it is started to become a language server
	if err := funcframework.Start(cmp.Or(os.Getenv("PORT"), "8000")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
