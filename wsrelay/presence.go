package wsrelay

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tutti-live/tutti/shared/room"
)

// keepPresence says who is here: at once what changes, and everyone at each
// heartbeat. Then it says who has left, once more, and returns.
func (r *liveRoom) keepPresence(ctx context.Context) {
	interval := r.relay.heartbeat
	beat := time.NewTimer(rand.N(interval)) //nolint:gosec // spreads load, keeps no secret
	defer beat.Stop()
	wake := r.presenceWake
	for {
		whole := false
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
			_ = r.reportPresence(last, false) // if it fails they time out
			cancel()
			return
		case <-wake:
		case <-beat.C:
			whole = true
			beat.Reset(interval)
			r.tidy()
		}
		if err := r.reportPresence(ctx, whole); err == nil {
			wake = r.presenceWake
		} else if ctx.Err() == nil {
			r.log.DebugContext(ctx, "presence not reported", slog.Any("error", err))
			wake = nil // what people do meanwhile must not hurry it
			beat.Reset(min(interval, retryMax))
		}
		waitFor(ctx, nil, presencePace)
	}
}

// tidy does what a room needs now and then.
func (r *liveRoom) tidy() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shrinkLocked(time.Now())
	r.wantViewLocked()
	r.describeAllLocked()
	signal(r.saveWake)
}

// reportPresence tells Redis what it does not know about the people here, or
// all of it. What it fails to tell is told next time.
func (r *liveRoom) reportPresence(ctx context.Context, whole bool) error {
	r.mu.Lock()
	p := room.Presence{Left: r.departed, Whole: whole || r.rollWanted}
	for id, m := range r.people {
		if m.session != nil && (p.Whole || r.unreported[id]) {
			p.Here = append(p.Here, m.Person)
		}
	}
	farewells := r.farewells
	r.departed, r.farewells, r.rollWanted = nil, nil, false
	clear(r.unreported)
	r.mu.Unlock()
	if len(farewells) > 0 { // otherwise they are shown for a while, as if they could come back
		if err := r.store.SayPresence(ctx, r.id, room.Presence{Here: farewells}); err != nil {
			r.log.DebugContext(ctx, "farewells not reported", slog.Any("error", err)) // the next call fails too, or they fade
		}
	}
	if len(p.Here) == 0 && len(p.Left) == 0 { // a room that nobody is in here is not to be kept alive from here
		return nil
	}

	err := r.store.SayPresence(ctx, r.id, p)
	if err == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.departed = append(p.Left, r.departed...)
	r.rollWanted = r.rollWanted || p.Whole
	for _, person := range p.Here {
		r.unreported[person.ID] = true
	}
	if errors.Is(err, room.ErrNotFound) {
		r.suspectLocked(repairLost)
	}
	return err
}
