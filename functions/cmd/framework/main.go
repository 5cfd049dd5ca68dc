// Command framework serves the functions with the Functions Framework's own
// server, as buildpacks and Cloud Run functions do: to try them that way. It
// has no timeouts and no graceful stop; deploy cmd/functions.
package main

import (
	"cmp"
	"context"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	_ "github.com/tutti-live/tutti/functions" // registers the functions
	"github.com/tutti-live/tutti/shared/httpserve"
)

func main() {
	httpserve.Main(func(context.Context) error { return funcframework.Start(cmp.Or(os.Getenv("PORT"), "8000")) })
}
