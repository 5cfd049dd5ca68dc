// Command dev runs all of Tutti in one process on one port, for trying it and
// for working on a frontend: functions, two relays, a page, and an embedded
// Redis unless REDIS_URL is set. It reads .env from the folder it is started in.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"github.com/joho/godotenv"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
)

func main() {
	sandbox.Enter() // when it is started to become a language server
	httpserve.Main(run)
}

func run(ctx context.Context) (err error) {
	if err := godotenv.Load(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(".env: %w", err)
	}
	settings, err := devstack.LoadSettings()
	if err != nil {
		return err
	}
	ln, err := httpserve.Listen(ctx, int(settings.Functions.Port))
	if err != nil {
		return err
	}
	addr, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("listening on %v, which is no TCP address", ln.Addr())
	}
	settings.ServedOn(addr.Port)

	log := httpserve.NewLogger(os.Stderr, settings.Relay.LogLevel)
	slog.SetDefault(log)
	stack, err := devstack.Start(settings, log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	handler, err := stack.Handler()
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	greet(addr.Port, settings.RedisURL)
	return httpserve.Serve(ctx, ln, handler, stack.Drain)
}

func greet(port int, url config.RedisURL) {
	redis := "embedded, forgotten when this stops (set REDIS_URL for another)"
	if url != "" {
		redis = url.String()
	}
	fmt.Printf("Tutti is running.\n\n"+
		"  Try it   http://localhost:%[1]d/\n"+
		"  API      http://localhost:%[1]d/docs\n"+
		"  Redis    %[2]s\n"+
		"  Stop     Ctrl-C\n\n", port, redis)
}
