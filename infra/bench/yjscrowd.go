package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
)

// cursorRate is how often a second each of a crowd moves its cursor.
const cursorRate = 10

// throng is a crowd of Yjs clients in one room, in one kind of load, and what came
// of it in each round.
type throng struct {
	name    string
	cursors bool // all move them
	repeats bool // each says again what it hears of them, as released clients do

	people  []*ywebsocket.Client // in the order of their numbers
	clients yjsCrowd
	strokes strokes

	took                                 rounds
	undelivered, unlike                  int
	relays, redis, own, received, edited []float64 // in each second
}

// yjsCrowds measures many Yjs clients in one room on both relays, some of whom type.
func yjsCrowds(ctx context.Context, b *bench) error {
	people, typists := pick(b, 200, 40), pick(b, 20, 4)
	kinds := []*throng{
		{name: "nobody moves a cursor"},
		{name: "all move cursors", cursors: true},
		{name: "all move cursors, and repeat those of others", cursors: true, repeats: true},
	}
	for range b.rounds {
		for _, k := range kinds {
			if err := b.crowdOnce(ctx, k, people, typists); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
		}
	}
	t := newTable(fmt.Sprintf("yjs-crowd: %d Yjs clients in one room on two relays, of whom %d make %d edits/s; cursors at %d Hz; ms from an edit to each other client", people, typists, typingRate, cursorRate),
		append([]string{"load", "p50 to without", "p99 to without", "edits/s", "undelivered", "unlike in the end", "CPUs of relays", "of Redis", "of all clients", "MiB/s to clients"}, roundsHead...)...)
	p50, p99 := kinds[0].took.median(samples.p50), kinds[0].took.median(samples.p99)
	for _, k := range kinds {
		cells := []string{
			k.name, ratio(k.took.median(samples.p50), p50), ratio(k.took.median(samples.p99), p99), number(median(k.edited)),
			number(float64(k.undelivered)), number(float64(k.unlike)), number(median(k.relays)), number(median(k.redis)), number(median(k.own)), number(median(k.received)),
		}
		t.add(append(cells, k.took.cells()...)...)
	}
	t.print()
	return nil
}

// crowdOnce measures one load in one round.
func (b *bench) crowdOnce(ctx context.Context, k *throng, people, typists int) (err error) {
	k.strokes = strokes{eyes: people - 1, took: make(map[string]samples)}
	k.people = make([]*ywebsocket.Client, people)
	defer func() {
		err = errors.Join(err, k.clients.check())
		k.clients.close()
	}()
	if err := b.gather(ctx, k); err != nil {
		return err
	}
	if err := k.play(ctx, typists, b.warmUp()); err != nil {
		return err
	}
	if _, err := k.strokes.settle(ctx); err != nil {
		return err
	}
	k.strokes.take()
	before, err := b.readCrowd(ctx, k)
	if err != nil {
		return err
	}
	d := pick(b, 20*time.Second, 2*quickPlay)
	if err := b.profiled(ctx, b.world.relays[0], k.name, d, func() error { return k.play(ctx, typists, d) }); err != nil {
		return err
	}
	after, err := b.readCrowd(ctx, k)
	if err != nil {
		return err
	}
	k.add(before, after)
	missing, err := k.strokes.settle(ctx)
	k.undelivered += missing
	k.unlike += k.clients.unlike()
	k.took = append(k.took, k.strokes.take()["edit"])
	return err
}

// gather has all come in.
func (b *bench) gather(ctx context.Context, k *throng) error {
	room, err := b.world.create(ctx, newPage(2<<10, 1))
	if err != nil {
		return err
	}
	return eachBounded(len(k.people), func(i int) (err error) {
		r := b.world.relay(i % relayCount)
		k.people[i], err = k.clients.enter(ctx, ywebsocket.Options{
			URL: func() string { return r.yjsURL(room) }, State: yjsState(i, nil), Ignorant: !k.repeats,
			OnChange: func(changes []crdt.TextChange, at time.Time) {
				for _, letter := range strokesIn(changes) {
					k.strokes.sight(letter, i, "edit", at)
				}
			},
		})
		return err
	})
}

// play has all do for a while what they do.
func (k *throng) play(ctx context.Context, typists int, d time.Duration) error {
	playing, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return together(
		func() error {
			return each(typists, func(i int) error {
				return keepDoing(playing, typingRate, func() error { return k.strike(i) })
			})
		},
		func() error {
			if !k.cursors {
				return nil
			}
			return each(len(k.people), func(i int) error {
				return keepDoing(playing, cursorRate, func() error { return k.move(i) })
			})
		})
}

// strike types a letter anywhere.
func (k *throng) strike(i int) error {
	return k.people[i].Edit(func(text *crdt.Text) error {
		return text.Insert(rand.IntN(text.Len()+1), k.strokes.make(i)) //nolint:gosec // keeps no secret
	})
}

// move moves a cursor anywhere.
func (k *throng) move(i int) error {
	var at crdt.RelativePosition
	err := k.people[i].Edit(func(text *crdt.Text) error {
		at = text.RelativePosition(rand.IntN(text.Len()+1), 0) //nolint:gosec // keeps no secret
		return nil
	})
	k.people[i].Say(yjsState(i, &at))
	return err
}

// crowdReading is where all stood at a moment.
type crowdReading struct {
	at       time.Time
	effort   effort
	own      time.Duration
	received float64
	edits    int
}

func (b *bench) readCrowd(ctx context.Context, k *throng) (now crowdReading, err error) {
	now = crowdReading{at: time.Now(), received: k.clients.received(), edits: k.strokes.count()}
	if now.effort, err = b.world.effort(ctx); err != nil {
		return now, err
	}
	now.own, _, err = ownCPU()
	return now, err
}

func (k *throng) add(before, after crowdReading) {
	seconds := after.at.Sub(before.at).Seconds()
	k.edited = append(k.edited, float64(after.edits-before.edits)/seconds)
	k.relays = append(k.relays, (after.effort.relays-before.effort.relays).Seconds()/seconds)
	k.redis = append(k.redis, (after.effort.redis-before.effort.redis).Seconds()/seconds)
	k.own = append(k.own, (after.own-before.own).Seconds()/seconds)
	k.received = append(k.received, (after.received-before.received)/seconds/mib)
}
