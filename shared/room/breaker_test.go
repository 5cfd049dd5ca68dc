package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestBreaker_WhoDoesNotAnswerIsLetAlone(t *testing.T) {
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	id := create(t, store, "", "")
	server.Stall(true)
	var asking sync.WaitGroup
	for range failuresToOpen {
		asking.Go(func() { _, _ = store.Load(t.Context(), id, Position{}) })
	}
	asking.Wait()
	start := time.Now()
	for range 100 {
		_, err := store.Load(t.Context(), id, Position{})
		if e := apierr.From(err); e.Code != apierr.Unavailable || e.Retry == 0 || !errors.Is(err, errResting) {
			t.Fatal(err)
		}
		if err := store.Follow(t.Context(), id, func(Event) {}); !errors.Is(err, errResting) {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took > openTime/2 {
		t.Errorf("it took %v to say no", took)
	}
	if err := store.Ping(t.Context()); err == nil || errors.Is(err, errResting) {
		t.Errorf("Ping = %v", err)
	}
	server.Stall(false)
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
	start = time.Now()
	within(t, healLimit, func() bool {
		_, err := store.Load(t.Context(), id, Position{})
		return err == nil
	})
	if took := time.Since(start); took > 2*openTime {
		t.Errorf("it was back after %v", took)
	}
}

func TestBreaker_WhatIsNotAFailure(t *testing.T) {
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	id := create(t, store, "kept", "")
	many := func(do func()) {
		t.Helper()
		for range 3 * failuresToOpen {
			do()
		}
		if text := textOf(t, store, id); text != "kept" {
			t.Errorf("the text is %q", text)
		}
	}
	many(func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := store.Load(ctx, id, Position{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	many(func() {
		if _, err := store.Load(t.Context(), "nobody", Position{}); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
	})
	if err := server.Client.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	many(func() {
		_, err := store.Create(t.Context(), "", "")
		if err == nil || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("memory is short, and Create = %v", err)
		}
	})
}

func TestIsFailure(t *testing.T) {
	server := redistest.Embedded(t)
	for reply, want := range map[string]bool{
		"LOADING Redis is loading the dataset in memory":        true,
		"MASTERDOWN Link with MASTER is down":                   true,
		"CLUSTERDOWN The cluster is down":                       true,
		"BUSY Redis is busy running a script":                   true,
		"ERR max number of clients reached":                     true,
		"NOAUTH Authentication required.":                       true,
		"WRONGPASS invalid username-password pair":              true,
		"BUSYGROUP Consumer Group name already exists":          false,
		"OOM command not allowed":                               false,
		"READONLY You can't write against a read only replica.": false,
		"NOREPLICAS Not enough good replicas to write.":         false,
		"MISCONF Redis is configured to save RDB snapshots":     false,
		"WRONGTYPE Operation against a key":                     false,
		"TRYAGAIN Multiple keys request during rehashing":       false,
		"NOPERM this user has no permissions":                   false,
		"ERR something in a script":                             false,
	} {
		err := server.Client.Eval(t.Context(), "return redis.error_reply(ARGV[1])", nil, reply).Err()
		if err == nil || isFailure(fmt.Errorf("wrapped: %w", err)) != want {
			t.Errorf("isFailure(%v) = %v", err, !want)
		}
	}
	for err, want := range map[error]bool{
		nil: false, redis.Nil: false, io.EOF: true, context.DeadlineExceeded: true, redis.ErrPoolTimeout: true, errResting: true,
	} {
		if isFailure(err) != want {
			t.Errorf("isFailure(%v) = %v", err, !want)
		}
	}
}
