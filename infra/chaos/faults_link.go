package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/pause"
)

const (
	// killEvery is how often connections are killed.
	killEvery = 200 * time.Millisecond

	// shareOfMessages and shareOfReplies are what gets lost.
	shareOfMessages = 0.3
	shareOfReplies  = 0.2

	// growth is how many entries a log may get for each edit, at most, and
	// growthSlack what it may get besides, as snapshots.
	growth      = 1.3
	growthSlack = 20

	farAway  = 500 * time.Millisecond
	notNear  = 60 * time.Millisecond // entries come by others while a relay compacts, and it compacts soon
	thinLine = 20_000                // bytes a second: a text of a few thousand takes its time
)

// killConnections makes Redis end all connections, again and again.
func killConnections(ctx context.Context, w *world, round int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.length(round, 3*time.Second, 20*time.Second), errFaultOver)
	defer cancel()
	for {
		for _, kind := range []string{"normal", "pubsub"} {
			if err := w.primary.admin.ClientKillByFilter(ctx, "TYPE", kind).Err(); err != nil && ctx.Err() == nil {
				return err
			}
		}
		if pause.For(ctx, killEvery) != nil {
			return unlessOver(ctx)
		}
	}
}

// loseMessages makes some of what is published vanish on the way to the relays,
// and in the end all of it, the last included: nothing that comes later shows
// that something is missing.
func loseMessages(ctx context.Context, w *world, round int) error {
	w.weatherEverywhere(weather{lostMessages: shareOfMessages})
	defer w.weatherEverywhere(weather{})
	if err := pause.For(ctx, w.length(round, 3*time.Second, 20*time.Second)); err != nil {
		return err
	}
	w.weatherEverywhere(weather{lostMessages: 1})
	if err := pause.For(ctx, slowest); err != nil {
		return err
	}
	return w.quiet(ctx)
}

// loseReplies cuts connections off before some of the replies: the script has run.
func loseReplies(ctx context.Context, w *world, round int) error {
	before, err := w.appended(ctx)
	if err != nil {
		return err
	}
	updates := w.journal.sentUpdates()
	w.weatherEverywhere(weather{lostReplies: shareOfReplies})
	defer w.weatherEverywhere(weather{})
	if err := pause.For(ctx, w.length(round, 3*time.Second, 20*time.Second)); err != nil {
		return err
	}
	w.weatherEverywhere(weather{})
	after, err := w.appended(ctx)
	if err != nil {
		return err
	}
	updates = w.journal.sentUpdates() - updates
	w.note("%d entries for %d edits", after-before, updates)
	if float64(after-before) > growth*float64(updates)+growthSlack {
		return fmt.Errorf("the log got %d entries for %d edits", after-before, updates)
	}
	return nil
}

// appended is how many entries the room's log has ever had.
func (w *world) appended(ctx context.Context) (int64, error) {
	info, err := w.primary.admin.XInfoStream(ctx, w.key("log")).Result()
	if err != nil {
		return 0, err
	}
	return info.EntriesAdded, nil
}

// weatherEverywhere sets the weather between all relays and Redis.
func (w *world) weatherEverywhere(is weather) {
	for _, p := range w.places {
		p.link.set(is, bothKinds...)
	}
}

// partition spoils the way between some relays and Redis: of one kind of
// connection, or of both.
func partition(is weather) func(ctx context.Context, w *world, round int) error {
	kinds := [][]linkKind{bothKinds, {commandLink}, {pubSubLink}}
	return func(ctx context.Context, w *world, round int) error {
		steps := 1
		if w.form.short {
			steps = len(kinds) // all in one round
		}
		for step := range steps {
			chosen := kinds[(round+step)%len(kinds)]
			places := w.random.Perm(len(w.places))[:1+w.random.IntN(len(w.places))]
			length := w.length(round, 1500*time.Millisecond, 5*time.Second, 20*time.Second)
			for _, i := range places {
				w.places[i].link.set(is, chosen...)
			}
			w.note("%+v on %v of %v, for %v", is, chosen, places, length)
			err := pause.For(ctx, length)
			for _, i := range places {
				w.places[i].link.fair()
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// compactFromAfar has people type until the log is compacted, from relays that
// are so far from Redis that others append meanwhile. Then a relay comes that
// knows only the log.
func compactFromAfar(ctx context.Context, w *world, round int) error {
	w.weatherEverywhere(weather{latency: notNear})
	defer w.weatherEverywhere(weather{})
	if err := pause.For(ctx, w.length(round, 9*time.Second, 20*time.Second)); err != nil {
		return err
	}
	log, err := w.primary.admin.XInfoStream(ctx, w.key("log")).Result()
	if err != nil {
		return err
	}
	if log.Length >= log.EntriesAdded {
		return fmt.Errorf("the log was not compacted, it has %d entries: the fault was not there", log.Length)
	}
	w.weatherEverywhere(weather{})
	return w.anyPlace().crash(ctx, 0)
}

// refuseConnections makes Redis end all connections and take hardly any new ones.
func refuseConnections(ctx context.Context, w *world, round int) error {
	own := w.primary.admin.Conn()
	defer func() { _ = own.Close() }() // it goes back to its pool
	set := func(n string) error { return own.ConfigSet(ctx, "maxclients", n).Err() }
	if err := set("2"); err != nil {
		return err
	}
	for _, kind := range []string{"normal", "pubsub"} {
		if err := own.ClientKillByFilter(ctx, "TYPE", kind).Err(); err != nil {
			return err
		}
	}
	err := pause.For(ctx, w.length(round, 2*time.Second, 10*time.Second))
	refused, infoErr := rejected(ctx, own)
	w.note("Redis has refused %d connections", refused)
	if setErr := set("10000"); setErr != nil {
		return setErr
	}
	if err == nil && infoErr == nil && refused == 0 {
		return errors.New("no connection was refused: the fault was not there")
	}
	return err
}

// rejected is how many connections a server has refused.
func rejected(ctx context.Context, conn *redis.Conn) (n int, err error) {
	text, err := conn.Info(ctx, "stats").Result()
	if err != nil {
		return 0, err
	}
	value, err := infoField(text, "rejected_connections")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(value, &n)
	return n, err
}
