// Command wsrelay is the relay as it is deployed: it holds the WebSockets of
// the rooms. Its settings are the fields of wsrelay.Settings.
package main

import (
	"context"
	"errors"
	"fmt"
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
	stopAdmin, err := serveAdmin(ctx, relay, int(settings.AdminPort))
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, stopAdmin()) }()
	log.InfoContext(ctx, "listening", slog.String("address", ln.Addr().String()),
		slog.String("version", httpserve.Version), slog.String("redis", settings.URL.String()))
	return httpserve.Serve(ctx, ln, relay.Handler(), relay.Drain)
}

// serveAdmin serves what only the operator may see, on a port of its own.
func serveAdmin(ctx context.Context, relay *wsrelay.Relay, port int) (stop func() error, err error) {
	if port == 0 {
		return func() error { return nil }, nil
	}
	ln, err := httpserve.Listen(ctx, port)
	if err != nil {
		return nil, fmt.Errorf("ADMIN_%w", err)
	}
	serving, cancel := context.WithCancel(ctx) // it ends while the sockets do, not after them
	done := make(chan error, 1)
	go func() { done <- httpserve.Serve(serving, ln, relay.AdminHandler(), nil) }()
	return func() error {
		cancel()
		return <-done
	}, nil
}
