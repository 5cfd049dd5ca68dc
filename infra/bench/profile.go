package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/httpserve"
)

// serveRelay is cmd/wsrelay, which also serves profiles beside its metrics.
func serveRelay(ctx context.Context) (err error) {
	settings, err := devstack.LoadSettings()
	if err != nil {
		return err
	}
	settings.Relays = 1
	log := httpserve.NewLogger(os.Stderr, settings.Functions.LogLevel)
	stack, err := devstack.Start(settings, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	admin := http.NewServeMux()
	admin.Handle("/", stack.Relays[0].AdminHandler())
	admin.HandleFunc("/debug/pprof/", pprof.Index)
	admin.HandleFunc("/debug/pprof/profile", pprof.Profile)
	adminListener, err := httpserve.Listen(ctx, int(settings.Relay.AdminPort))
	if err != nil {
		return err
	}
	ln, err := httpserve.Listen(ctx, int(settings.Relay.Port))
	if err != nil {
		return errors.Join(err, adminListener.Close())
	}
	log.InfoContext(ctx, "listening", slog.String("address", ln.Addr().String()))
	return together(
		func() error { return httpserve.Serve(ctx, adminListener, admin, nil) },
		func() error { return httpserve.Serve(ctx, ln, stack.Relays[0].Handler(), stack.Drain) })
}

// profiled does something that takes about d. With -profile, it writes profiles
// of a relay in that time, of its processor and of what it allocates.
func (b *bench) profiled(ctx context.Context, r *relay, name string, d time.Duration, do func() error) error {
	if b.profile == "" {
		return do()
	}
	seconds := max(1, int(d.Seconds()))
	return together(
		do,
		func() error {
			return r.save(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds), b.profilePath(name, "cpu"))
		},
		func() error {
			return r.save(ctx, fmt.Sprintf("/debug/pprof/allocs?seconds=%d", seconds), b.profilePath(name, "allocs"))
		})
}

// heapProfile writes, with -profile, what is on the heap of a relay.
func (b *bench) heapProfile(ctx context.Context, r *relay, name string) error {
	if b.profile == "" {
		return nil
	}
	return r.save(ctx, "/debug/pprof/heap?gc=1", b.profilePath(name, "heap"))
}

func (b *bench) profilePath(name, kind string) string {
	return filepath.Join(b.profile, strings.NewReplacer(" ", "-", "/", "-", ",", "").Replace(name)+"."+kind)
}

// save writes what the port for operators answers to a file.
func (r *relay) save(ctx context.Context, path, file string) (err error) {
	response, err := r.ask(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	out, err := os.Create(file) //nolint:gosec // in the folder that was asked for
	if err != nil {
		return err
	}
	_, err = io.Copy(out, response.Body)
	return errors.Join(err, out.Close())
}
