// Command gateway is the one door to Tutti in `docker compose up`. See package
// gateway.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/tutti-live/tutti/infra/gateway"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
)

func main() { httpserve.Main(run) }

func run(ctx context.Context) error {
	var settings gateway.Settings
	if err := config.Load(&settings); err != nil {
		return err
	}
	log := httpserve.NewLogger(os.Stderr, settings.LogLevel)
	handler, err := gateway.New(settings, log)
	if err != nil {
		return err
	}
	ln, err := httpserve.Listen(ctx, int(settings.Port))
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "listening", slog.String("address", ln.Addr().String()), slog.String("version", httpserve.Version))
	return httpserve.Serve(ctx, ln, handler, nil)
}
