package openai

import (
	"context"
	"net/netip"
	"slices"
	"sync"
)

// perClient is how many questions of one client are answered at once: people look at
// one place, and what they have typed past is of no use.
const perClient = 2

// clients has who waits for an answer.
type clients struct {
	mu      sync.Mutex
	waiting map[netip.Addr][]*context.CancelCauseFunc // the oldest first
}

// enter makes room for a question of a client: the oldest of too many ends. leave
// must be called.
func (c *clients) enter(ctx context.Context, client netip.Addr) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	mine := &cancel
	c.mu.Lock()
	defer c.mu.Unlock()
	others := c.waiting[client]
	if len(others) == perClient {
		(*others[0])(ErrSuperseded)
		others = others[1:]
	}
	c.waiting[client] = append(slices.Clip(others), mine)
	return ctx, func() { c.leave(client, mine) }
}

func (c *clients) leave(client netip.Addr, mine *context.CancelCauseFunc) {
	(*mine)(nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	var others []*context.CancelCauseFunc
	for _, other := range c.waiting[client] {
		if other != mine {
			others = append(others, other)
		}
	}
	if len(others) == 0 {
		delete(c.waiting, client)
		return
	}
	c.waiting[client] = others
}
