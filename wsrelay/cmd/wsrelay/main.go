// Command wsrelay is the relay as it is deployed: it holds the WebSockets of
// the rooms. Its settings are the fields of wsrelay.Settings.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/room"
	"github.com/tutti-live/tutti/wsrelay"
)

func main() { httpserve.Main(run) }

func run(ctx context.Context) (err error) {
	var settings wsrelay.Settings
	if err := config.Load(&settings); err != nil {
		return err
	}
	if err := settings.Check(); err != nil {
		return err
	}
	log := httpserve.NewLogger(os.Stderr, settings.LogLevel)
	slog.SetDefault(log)
	store, err := room.Open(settings.URL, settings.Rooms, room.Options{Presence: settings.PresenceTimeout.Duration()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	ln, err := httpserve.Listen(ctx, int(settings.Port))
	if err != nil {
		return err
	}
	relay := wsrelay.New(store, settings, log)
	stopAdmin, err := httpserve.ServeAdmin(ctx, int(settings.AdminPort), relay.AdminHandler)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, stopAdmin()) }()
	log.InfoContext(ctx, "listening", slog.String("address", ln.Addr().String()),
		slog.String("version", httpserve.Version), slog.String("redis", settings.URL.String()))
	return httpserve.Serve(ctx, ln, relay.Handler(), relay.Drain)
}
