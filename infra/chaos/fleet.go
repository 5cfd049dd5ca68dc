package chaos

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/process"
)

// place is where a relay is: one process after the other, with one way to
// Redis.
type place struct {
	index int
	link  *proxy
	world *world

	mu      sync.Mutex
	current *process.Process // nil while there is none
	number  int              // of relays that were here
	past    []*process.Process
}

// newPlace makes a place with a relay in it.
func (w *world) newPlace(ctx context.Context, index int) (*place, error) {
	link, err := newProxy(ctx, w.primary.addr, false, newRandom(w.seed, fmt.Sprint("link ", index)))
	if err != nil {
		return nil, err
	}
	p := &place{index: index, link: link, world: w}
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(err, link.close())
	}
	return p, nil
}

// start puts a new relay in the place, and returns when it listens. The one
// that is there goes on, but gets no new clients.
func (p *place) start(ctx context.Context) error {
	w := p.world
	p.mu.Lock()
	p.number++
	name := fmt.Sprintf("relay %c%d", 'A'+p.index, p.number)
	p.mu.Unlock()
	cmd := exec.CommandContext(ctx, w.programs.Relay) //nolint:gosec // it was just built
	cmd.Dir = w.dir
	cmd.Env = append(cmd.Environ(),
		"PORT=0", "REDIS_URL=redis://"+p.link.addr,
		"HEARTBEAT_INTERVAL="+w.form.heartbeat.String(), "PRESENCE_TIMEOUT="+w.form.presence.String(),
	)
	relay, err := process.Start(ctx, name, cmd, process.SaysListening)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = relay
	p.past = append(p.past, relay)
	return nil
}

// relay is the one that is there, or nil.
func (p *place) relay() *process.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// empty takes the relay out: clients look for another.
func (p *place) empty() *process.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	relay := p.current
	p.current = nil
	return relay
}

// crash kills the relay, and starts another after a while.
func (p *place) crash(ctx context.Context, away time.Duration) error {
	relay := p.empty()
	relay.Kill()
	p.world.note("%s is killed", relay.Name)
	if err := pause.For(ctx, away); err != nil {
		return err
	}
	if err := p.start(ctx); err != nil {
		return err
	}
	p.world.note("%s has started", p.relay().Name)
	return nil
}

// all is the relays that are or were here.
func (p *place) all() []*process.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.past)
}

// complaints is what is wrong with the relays that are or were here.
func (p *place) complaints() []string {
	var all []string
	for _, relay := range p.all() {
		if what := relay.Complaint(); what != "" {
			all = append(all, what)
		}
	}
	return all
}

// close ends the relay and its way to Redis.
func (p *place) close() error {
	var err error
	if relay := p.empty(); relay != nil {
		_, err = relay.Stop()
	}
	return errors.Join(err, p.link.close())
}
