package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// sampleEvery is how often the keys in Redis are looked at.
const sampleEvery = time.Second

// noEnd is what PTTL gives for a key that never goes.
const noEnd = -1

// sampler looks for keys in Redis that never go.
type sampler struct {
	world *world

	mu      sync.Mutex
	server  *redisServer
	samples int // that were answered
	endless map[string]int
}

func newSampler(w *world) *sampler {
	return &sampler{world: w, server: w.primary, endless: make(map[string]int)}
}

// follow makes the sampler look at another server.
func (s *sampler) follow(server *redisServer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = server
}

func (s *sampler) run(ctx context.Context) {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.sample(ctx)
		}
	}
}

// sample looks at all keys. What Redis does not answer, while it is broken, is
// looked at the next time.
func (s *sampler) sample(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sampleEvery)
	defer cancel()
	s.mu.Lock()
	admin := s.server.admin
	s.mu.Unlock()
	keys := admin.Scan(ctx, 0, "*", 1000).Iterator()
	answered := false
	for keys.Next(ctx) {
		ttl, err := admin.PTTL(ctx, keys.Val()).Result()
		if err != nil {
			return
		}
		answered = true
		if ttl == noEnd {
			s.mu.Lock()
			s.endless[keys.Val()]++
			s.mu.Unlock()
		}
	}
	if answered {
		s.mu.Lock()
		s.samples++
		s.mu.Unlock()
	}
}

// complaints lists the keys that had no end.
func (s *sampler) complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for key, times := range s.endless {
		all = append(all, fmt.Sprintf("%s had no end, %d of %d times", key, times, s.samples))
	}
	if s.samples == 0 {
		all = append(all, "Redis never told what it holds")
	}
	return all
}
