// Package devstack is all of Tutti in one process, on one port: the functions,
// relays, the playground, and a Redis where none is given. `make dev` runs it,
// and the end-to-end tests are run against it.
package devstack

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/infra/gateway"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/room"
	"github.com/tutti-live/tutti/wsrelay"
)

// Stack is a running Tutti.
type Stack struct {
	API    *functions.API
	Relays []*wsrelay.Relay

	stores []*room.Store
	redis  *embeddedRedis // nil when one was given
	next   atomic.Uint64  // counts sockets, to share them out
}

// Start makes a stack. It serves nothing until its handlers are.
func Start(settings Settings, log *slog.Logger) (_ *Stack, err error) {
	s := &Stack{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	url := settings.RedisURL
	if url == "" {
		if s.redis, err = startRedis(); err != nil {
			return s, err
		}
		url = s.redis.url()
	}
	store, err := s.open(url, settings)
	if err != nil {
		return s, err
	}
	if s.API, err = functions.New(store, settings.Functions, log); err != nil {
		return s, err
	}
	for range settings.Relays {
		store, err := s.open(url, settings)
		if err != nil {
			return s, err
		}
		s.Relays = append(s.Relays, wsrelay.New(store, settings.Relay, log))
	}
	return s, nil
}

func (s *Stack) open(url config.RedisURL, settings Settings) (*room.Store, error) {
	store, err := room.Open(url, settings.Relay.Rooms, room.Options{
		CodeLength: int(settings.Functions.RoomCodeLength),
		Presence:   settings.Relay.PresenceTimeout.Duration(),
	})
	if err == nil {
		s.stores = append(s.stores, store)
	}
	return store, err
}

// Handler serves everything on one port. Sockets go to the relays in turn, so
// that two windows meet over Redis, as they do in the cloud.
func (s *Stack) Handler() (http.Handler, error) {
	api, err := s.API.Handler(functions.Everything)
	if err != nil {
		return nil, err
	}
	var relays []http.Handler
	for _, relay := range s.Relays {
		relays = append(relays, relay.Handler())
	}
	sockets := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		relays[s.next.Add(1)%uint64(len(relays))].ServeHTTP(w, r)
	})
	return gateway.Routes(api, sockets), nil
}

// Drain lets all relays finish, until ctx ends.
func (s *Stack) Drain(ctx context.Context) {
	var wg sync.WaitGroup
	for _, relay := range s.Relays {
		wg.Go(func() { relay.Drain(ctx) })
	}
	wg.Wait()
}

// Close ends the connections to Redis, and an embedded Redis. Drain first.
func (s *Stack) Close() error {
	var errs []error
	if s.API != nil {
		s.API.Close()
	}
	for _, store := range s.stores {
		errs = append(errs, store.Close())
	}
	if s.redis != nil {
		s.redis.close()
	}
	return errors.Join(errs...)
}
