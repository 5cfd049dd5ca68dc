package wsrelay

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tutti-live/tutti/shared/config"
)

const (
	simTextName = "code"
	simRoomID   = "simulation"
)

// simRelay is one relay process.
type simRelay struct {
	sim      *sim
	name     string
	relay    *Relay
	link     *simLink
	conns    map[*simConn]bool
	gone     bool      // it was killed or has drained
	draining bool      // it lets nobody in any more
	paused   time.Time // until when it does nothing; zero: it always did
	lost     bool      // it was stopped before all was done; guarded by sim.logMu
}

func (r *simRelay) hasLost() bool {
	r.sim.logMu.Lock()
	defer r.sim.logMu.Unlock()
	return r.lost
}

// simSettings are those of a relay, with the defaults of the environment.
func simSettings(ttl time.Duration) Settings {
	return Settings{
		Rooms: config.Rooms{
			TTLSeconds: config.TTLSeconds(ttl.Seconds()), MaxTextBytes: 512 << 10, TextName: simTextName, MissRate: 1e6,
		},
		MaxConnections: 1000, MaxConnectionsPerClient: 1000, MaxPeoplePerRoom: 256,
		HeartbeatInterval: config.Interval(10 * time.Second), PresenceTimeout: config.Interval(28 * time.Second),
	}
}

// startRelay starts a relay process.
func (s *sim) startRelay() *simRelay {
	s.started++
	r := &simRelay{sim: s, name: fmt.Sprintf("relay %d", s.started), conns: make(map[*simConn]bool)}
	r.link = newSimLink(s, r.name, rand.New(rand.NewPCG(s.seed, uint64(1000+s.started))))
	r.relay = newRelay(r.link, simSettings(s.store.ttl), slog.New(simLog{sim: s, relay: r}))
	s.relays = append(s.relays, r)
	return r
}

// kill ends a process without a word. Its goroutines find that nothing that they
// do has an effect.
func (r *simRelay) kill() {
	r.gone, r.link.dead = true, true
	clear(r.link.feeds)
	r.relay.cancel()
	for c := range r.conns {
		c.endServer(between(c.rng, 0, 3*time.Second))
	}
}

// drain stops a process as SIGTERM does.
func (r *simRelay) drain() {
	const limit = 8 * time.Second
	r.draining = true
	held := r.rooms()
	r.sim.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		r.relay.Drain(ctx)
		r.sim.mu.Lock()
		defer r.sim.mu.Unlock()
		if r.hasLost() {
			r.sim.ledger.destroy(held, r.sim.store.log())
		}
		r.gone, r.link.dead = true, true
		r.sim.note("%s has drained", r.name)
	})
	r.sim.after(limit-time.Second, func() { // as the writers' aborts would
		for c := range r.conns {
			c.endServer(0)
		}
	})
}

// pause is until when the relay does nothing.
func (r *simRelay) pause() time.Time {
	if r.gone {
		return time.Time{}
	}
	return r.paused
}

// rooms lists the rooms that the relay holds.
func (r *simRelay) rooms() []*liveRoom {
	r.relay.mu.Lock()
	defer r.relay.mu.Unlock()
	var live []*liveRoom
	for _, l := range r.relay.rooms {
		live = append(live, l)
	}
	return live
}

// simLog is a relay's log: what must never be said fails the simulation.
type simLog struct {
	sim   *sim
	relay *simRelay
}

// Enabled implements slog.Handler.
func (simLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements slog.Handler. It may be called under any lock but that of
// the simulation.
func (l simLog) Handle(_ context.Context, r slog.Record) error {
	l.sim.logMu.Lock()
	defer l.sim.logMu.Unlock()
	var b strings.Builder
	b.WriteString(l.relay.name + ": " + r.Message)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(" " + a.String())
		return true
	})
	l.sim.logged = append(l.sim.logged, b.String())
	switch r.Message {
	case "stopped with changes that Redis did not take",
		"not all connections and rooms ended in time", // a room that Redis has lost may not have been put back yet
		"stopped with work under way":                 // while Redis stalls, who is there is reported no more
		l.relay.lost = true
	default:
		l.sim.bad = append(l.sim.bad, b.String())
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (l simLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l simLog) WithGroup(string) slog.Handler { return l }
