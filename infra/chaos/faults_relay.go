package chaos

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/shared/protocol"
)

// nothing is for comparison: people come and go.
func nothing(ctx context.Context, w *world, round int) error {
	length := w.length(round, 9*time.Second, 30*time.Second) // long enough for the log to be compacted
	for _, place := range w.places {
		pair, err := w.newPair(ctx, place)
		if err != nil {
			return err
		}
		slowest, err := pair.latency(ctx, length/time.Duration(len(w.places)))
		pair.part()
		if err != nil {
			return err
		}
		w.note("on %s people saw each other's edits within %v", place.relay().Name, slowest)
	}
	return nil
}

// killRelay kills one relay, at any moment. Its people connect to the others.
func killRelay(ctx context.Context, w *world, round int) error {
	if err := pause.For(ctx, w.aWhile()); err != nil {
		return err
	}
	if err := w.anyPlace().crash(ctx, w.length(round, time.Second, 3*time.Second)); err != nil {
		return err
	}
	return pause.For(ctx, w.aWhile())
}

// killMost kills all relays but one as soon as nobody types, when what is to be
// done after the last edit is not done.
func killMost(ctx context.Context, w *world, _ int) error {
	if err := w.quiet(ctx); err != nil {
		return err
	}
	order := w.random.Perm(len(w.places))
	for _, i := range order[1:] {
		relay := w.places[i].empty()
		relay.Kill()
		w.note("%s is killed", relay.Name)
	}
	for _, i := range order[1:] {
		if err := w.places[i].start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// killWhileStalled kills a relay that has edits which are on their way to Redis,
// or wait for it: those may be lost, but no other.
func killWhileStalled(ctx context.Context, w *world, _ int) error {
	w.primary.freeze()
	defer w.primary.thaw()
	w.note("Redis stalls")
	if err := pause.For(ctx, w.aWhile()); err != nil {
		return err
	}
	place := w.anyPlace()
	relay := place.empty()
	relay.Kill()
	w.note("%s is killed", relay.Name)
	w.primary.thaw()
	w.note("Redis goes on")
	return place.start(ctx)
}

// killFarAway kills a relay whose edits take a while to Redis, so that at any
// moment some are saved and some are not. What is on its way is lost with it, as
// when the machine goes down.
func killFarAway(ctx context.Context, w *world, _ int) error {
	w.weatherEverywhere(weather{latency: farAway})
	defer w.weatherEverywhere(weather{})
	if err := pause.For(ctx, 2*farAway+w.aWhile()); err != nil {
		return err
	}
	place := w.anyPlace()
	relay := place.empty()
	relay.Kill()
	place.link.cut(bothKinds...)
	w.note("%s is killed", relay.Name)
	w.weatherEverywhere(weather{})
	return place.start(ctx)
}

// pauseRelay stops a relay in the midst of what it does. Some of its people go
// elsewhere, the others wait for it and type on.
func pauseRelay(ctx context.Context, w *world, round int) error {
	relay := w.anyPlace().relay()
	length := w.length(round, 5*time.Second, 30*time.Second, 90*time.Second)
	relay.Signal(syscall.SIGSTOP)
	defer relay.Signal(syscall.SIGCONT)
	w.note("%s is paused for %v", relay.Name, length)
	if err := pause.For(ctx, length/4); err != nil {
		return err
	}
	for _, p := range w.people {
		if c := p.client(); p.style != watching && c != nil && c.relay == relay && w.random.IntN(2) == 0 {
			w.note("%s goes elsewhere", c.name())
			c.cut()
		}
	}
	for _, p := range w.yjsOn(relay) {
		if w.random.IntN(2) == 0 {
			w.note("%s goes elsewhere", p.label)
			p.client.Cut()
		}
	}
	return pause.For(ctx, length*3/4)
}

// deploy replaces all relays, one after the other: a new one comes, and the old
// one is asked to stop.
func deploy(ctx context.Context, w *world, _ int) error {
	var failed error
	for _, place := range w.places {
		old := place.relay()
		if err := place.start(ctx); err != nil {
			return err
		}
		said := w.stop(old)
		if err := pause.For(ctx, w.form.resume); err != nil {
			return err
		}
		failed = errors.Join(failed, said())
	}
	return failed
}

// restartInTurn asks one relay after the other to stop, and starts another in its
// place when it has: in between, all people are with those that are left.
func restartInTurn(ctx context.Context, w *world, _ int) error {
	var failed error
	for _, place := range w.places {
		said := w.stop(place.empty())
		if err := place.start(ctx); err != nil {
			return err
		}
		if err := pause.For(ctx, w.form.resume); err != nil {
			return err
		}
		failed = errors.Join(failed, said())
	}
	return failed
}

// stop asks a relay to end, in time. What is returned tells, when everybody has
// noticed, who was not told to come back.
func (w *world) stop(relay *process.Process) (said func() error) {
	clients, yjs := w.visits.on(relay), w.yjsOn(relay)
	took, failed := relay.Stop()
	w.note("%s stopped after %v, %d clients and %d of Yjs", relay.Name, took.Round(time.Millisecond), len(clients), len(yjs))
	return func() error {
		for _, c := range clients {
			<-c.ended
			if code := c.closeCode(); code != protocol.CloseServiceRestart {
				failed = errors.Join(failed, fmt.Errorf("%s was closed with %d", c.name(), code))
			}
		}
		for _, p := range yjs {
			if code := p.closeCode(w.yjsURL(relay)); code != protocol.CloseServiceRestart {
				failed = errors.Join(failed, fmt.Errorf("%s@%s was closed with %d", p.label, relay.Name, code))
			}
		}
		return failed
	}
}
