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
	served := make(chan error, 1)
	go func() { served <- httpserve.Serve(ctx, adminListener, admin, nil) }()
	ln, err := httpserve.Listen(ctx, int(settings.Relay.Port))
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "listening", slog.String("address", ln.Addr().String()))
	return errors.Join(httpserve.Serve(ctx, ln, stack.Relays[0].Handler(), stack.Drain), <-served)
}

// profiled does something that takes about d. With -profile, it writes profiles
// of a relay in that time, of its processor and of what it allocates; where d is
// 0, of what is on its heap then.
func (b *bench) profiled(ctx context.Context, r *relay, name string, d time.Duration, do func() error) error {
	if b.profile == "" {
		return do()
	}
	base := filepath.Join(b.profile, strings.NewReplacer(" ", "-", "/", "-", ",", "").Replace(name))
	if d == 0 {
		return errors.Join(do(), r.save(ctx, "/debug/pprof/heap?gc=1", base+".heap"))
	}
	seconds := max(1, int(d.Seconds()))
	return each(3, func(i int) error {
		switch i {
		case 0:
			return do()
		case 1:
			return r.save(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds), base+".cpu")
		default:
			return r.save(ctx, fmt.Sprintf("/debug/pprof/allocs?seconds=%d", seconds), base+".allocs")
		}
	})
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
