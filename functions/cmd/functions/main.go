// Command functions is the HTTP side of Tutti as it is deployed. Its settings
// are the fields of functions.Settings; FUNCTION_TARGET picks one function,
// and without it all are served.
package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/room"
)

func main() {
	sandbox.Enter() // when it is started to become a language server
	httpserve.Main(run)
}

func run(ctx context.Context) (err error) {
	var settings functions.Settings
	if err := config.Load(&settings); err != nil {
		return err
	}
	log := httpserve.NewLogger(os.Stderr, settings.LogLevel)
	slog.SetDefault(log)
	store, err := room.Open(settings.URL, settings.Rooms, room.Options{CodeLength: int(settings.RoomCodeLength)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	api, err := functions.New(store, settings, log)
	if err != nil {
		return err
	}
	defer api.Close()
	target := cmp.Or(os.Getenv("FUNCTION_TARGET"), functions.Everything)
	handler, err := api.Handler(target)
	if err != nil {
		return err
	}
	ln, err := httpserve.Listen(ctx, int(settings.Port))
	if err != nil {
		return err
	}
	stopAdmin, err := httpserve.ServeAdmin(ctx, int(settings.AdminPort), api.AdminHandler)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, stopAdmin()) }()
	log.InfoContext(ctx, "listening", slog.String("address", ln.Addr().String()), slog.String("target", target),
		slog.String("version", httpserve.Version), slog.String("redis", settings.URL.String()))
	return httpserve.Serve(ctx, ln, handler, nil)
}
