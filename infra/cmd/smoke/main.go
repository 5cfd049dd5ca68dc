// Command smoke tells whether a deployed Tutti works: it makes a room, works in it
// with every kind of client, and says of each step how it went.
//
//	smoke -url https://tutti.example.com
//
// It goes to the relay that the new room's links name, and so tries these too. It
// sends no Origin header: a relay with REQUIRE_ORIGIN refuses it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// defaultLimit is how long everything may take, on a service that has to start first.
const defaultLimit = 90 * time.Second

var errFailed = errors.New("it does not work")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	url := flag.String("url", "http://localhost:8000", "where the functions are")
	limit := flag.Duration("timeout", defaultLimit, "how long everything may take")
	flag.Parse()
	ctx, cancel := context.WithTimeoutCause(ctx, *limit, fmt.Errorf("not within %v", *limit))
	defer cancel()
	return smoke(ctx, strings.TrimSuffix(*url, "/"), os.Stdout)
}

// smoke tries everything, in order. What needs a room is left out when none can be made.
func smoke(ctx context.Context, url string, report io.Writer) error {
	s := &site{url: url}
	failed := 0
	for _, step := range []struct {
		name     string
		needs    bool // a room
		try      func(context.Context) error
		patience time.Duration // it is tried again for so long
	}{
		{"health", false, s.health, startLimit},
		{"readyz", false, s.ready, startLimit},
		{"create a room", false, s.create, 0},
		{"the room exists", true, s.exists, 0},
		{"autocomplete", false, s.autocomplete, 0},
		{"two people on /ws see one text", true, s.people, startLimit},
		{"y-websocket on /yjs sees it too", true, s.yjs, 0},
		{"hocuspocus lets in who knows a room", true, s.hocuspocusAllows, 0},
		{"hocuspocus denies what is no room", true, s.hocuspocusDenies, 0},
	} {
		if step.needs && s.room.ID == "" {
			continue
		}
		began := time.Now()
		err := persist(ctx, step.patience, step.try)
		mark, detail := "ok  ", ""
		if err != nil {
			failed++
			mark, detail = "FAIL", ": "+err.Error()
		}
		if _, err := fmt.Fprintf(report, "%s %6d ms  %s%s\n", mark, time.Since(began).Milliseconds(), step.name, detail); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%w: %d steps failed at %s", errFailed, failed, url)
	}
	return nil
}
