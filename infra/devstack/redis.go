package devstack

import (
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/tutti-live/tutti/shared/config"
)

// embeddedRedis is a Redis inside the process, which forgets all when it ends.
type embeddedRedis struct {
	server *miniredis.Miniredis
	stop   chan struct{}
	clock  sync.WaitGroup
}

// clockTick is how far the embedded Redis's clock goes at a time.
const clockTick = time.Second

func startRedis() (*embeddedRedis, error) {
	server, err := miniredis.Run()
	if err != nil {
		return nil, fmt.Errorf("starting the embedded Redis: %w", err)
	}
	r := &embeddedRedis{server: server, stop: make(chan struct{})}
	r.clock.Go(r.drive)
	return r, nil
}

// drive makes time pass: the server's keys do not grow older by themselves.
func (r *embeddedRedis) drive() {
	ticker := time.NewTicker(clockTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.server.FastForward(clockTick)
		case <-r.stop:
			return
		}
	}
}

func (r *embeddedRedis) url() config.RedisURL { return config.RedisURL("redis://" + r.server.Addr()) }

func (r *embeddedRedis) close() {
	close(r.stop)
	r.clock.Wait()
	r.server.Close()
}
