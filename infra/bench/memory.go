package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
)

const mib = 1 << 20 // bytes

// footprint is what a relay needs at a moment.
type footprint struct{ rss, heap, stacks, goroutines, rooms float64 }

// footprint reads what the relay needs. Its heap is what the last collection
// found alive: half of the size at which the next one begins, less the stacks
// and globals that count for that too. So garbage is not in it. No collection
// begins below 4 MiB, so that a smaller heap than 2 MiB looks like one of 2.
func (r *relay) footprint(ctx context.Context) (f footprint, err error) {
	if f.rss, err = rssOf(r.Process); err != nil {
		return f, err
	}
	values, err := r.metrics(ctx,
		"go_memstats_next_gc_bytes", "go_memstats_stack_inuse_bytes", "go_goroutines", "tutti_relay_rooms")
	if err != nil {
		return f, err
	}
	next := values[0]
	f.stacks, f.goroutines, f.rooms = values[1], values[2], values[3]
	f.heap = max(0, (next-f.stacks)/2)
	return f, nil
}

// tenancy is what a relay is filled with to see what that needs.
type tenancy struct {
	kind   string // what they do; said with how many there are
	unit   string // of what needs are counted: a room or a connection
	rooms  int
	people int     // in each room
	size   int     // of the text
	rate   float64 // edits a second of each; 0 when they are idle

	relay  *relay
	idle   crowd  // when they are
	scenes scenes // when they type
	before footprint
	full   footprint
}

// units is how many units there are.
func (t *tenancy) units() int {
	if t.unit == "connection" {
		return t.rooms * t.people
	}
	return t.rooms
}

func (t *tenancy) name() string { return fmt.Sprintf("%d %s", t.units(), t.kind) }

// collected is after how long an idle Go program has collected its garbage, which
// it does every two minutes.
const collected = 130 * time.Second

// memory measures what a relay needs, each kind of tenancy on a relay of its own.
func memory(ctx context.Context, b *bench) (err error) {
	n := pick(b, 1, 20)
	tenancies := []*tenancy{
		{kind: "idle connections in 5 rooms", unit: "connection", rooms: 5, people: 100 / n, size: 2 << 10},
		{kind: "idle rooms of 1 person, 2 KiB", unit: "room", rooms: 500 / n, people: 1, size: 2 << 10},
		{kind: "rooms of 2 typists x 2 edits/s, 20 KiB", unit: "room", rooms: 100 / n, people: 2, size: 20 << 10, rate: 2},
		{kind: "rooms of 2 typists x 0.4 edits/s, 20 KiB", unit: "room", rooms: 500 / n, people: 2, size: 20 << 10, rate: 0.4},
	}
	leave := func() error { return each(len(tenancies), func(i int) error { return tenancies[i].leave() }) }
	defer func() { err = errors.Join(err, leave()) }()
	var idle time.Time // since when the idle ones are
	for _, t := range tenancies {
		if err := b.fill(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.name(), err)
		}
		if t.rate == 0 {
			idle = time.Now()
		}
	}
	if err := pause.For(ctx, time.Until(idle.Add(pick(b, collected, 0)))); err != nil {
		return err
	}
	for _, t := range tenancies {
		if t.rate > 0 {
			continue
		}
		if t.full, err = t.relay.footprint(ctx); err != nil {
			return err
		}
	}
	printNeeds(tenancies)
	if err := leave(); err != nil {
		return err
	}
	return b.empty(ctx, tenancies)
}

// prepare starts a relay for a tenancy, and reads what it needs when it is empty.
func (b *bench) prepare(ctx context.Context, t *tenancy) (err error) {
	if t.relay, err = b.world.startRelay(ctx); err != nil {
		return err
	}
	if err := pause.For(ctx, time.Second); err != nil { // what starting leaves to do
		return err
	}
	t.before, err = t.relay.footprint(ctx)
	return err
}

// fill fills a fresh relay, and where people type reads what it needs while they do.
func (b *bench) fill(ctx context.Context, t *tenancy) (err error) {
	if err := b.prepare(ctx, t); err != nil {
		return err
	}
	if t.rate > 0 {
		t.scenes, err = b.world.openScenes(ctx, t.rooms, cast{size: t.size, typists: t.people, rate: t.rate}, []*relay{t.relay})
		if err != nil {
			return err
		}
		return t.live(ctx, b, pick(b, 30*time.Second, quickPlay))
	}
	page := newPage(t.size, 1)
	err = eachBounded(t.rooms, func(int) error { return b.world.occupy(ctx, &t.idle, t.relay, page, t.people) })
	if err != nil {
		return err
	}
	return b.heapProfile(ctx, t.relay, t.name())
}

// live has all typists type for a while, and reads what that needs shortly before
// its end.
func (t *tenancy) live(ctx context.Context, b *bench, d time.Duration) error {
	return together(
		func() error { return t.scenes.play(ctx, d) },
		func() (err error) {
			if err := pause.For(ctx, d-d/10); err != nil {
				return err
			}
			if t.full, err = t.relay.footprint(ctx); err != nil {
				return err
			}
			return b.heapProfile(ctx, t.relay, t.name())
		})
}

// leave has everyone go who is still there.
func (t *tenancy) leave() error {
	err := t.idle.check()
	t.idle.close()
	return errors.Join(err, t.scenes.close())
}

func printNeeds(tenancies []*tenancy) {
	table := newTable("memory: what a relay needs more than when it was started; heap is what is alive after a collection",
		"relay with", "RSS at start MiB", "RSS MiB", "heap MiB", "per", "RSS KiB", "heap KiB", "stacks KiB", "goroutines")
	for _, t := range tenancies {
		units := float64(t.units())
		table.add(t.name(), number(t.before.rss/mib), number(t.full.rss/mib), number(t.full.heap/mib), t.unit,
			number((t.full.rss-t.before.rss)/1024/units), number((t.full.heap-t.before.heap)/1024/units),
			number((t.full.stacks-t.before.stacks)/1024/units), number((t.full.goroutines-t.before.goroutines)/units))
	}
	table.print()
}

// empty watches the memory come back after all have left.
func (b *bench) empty(ctx context.Context, tenancies []*tenancy) error {
	marks := []time.Duration{0, 20 * time.Second, 40 * time.Second, 60 * time.Second, 120 * time.Second, 180 * time.Second, 240 * time.Second}
	if b.quick {
		marks = marks[:1]
	}
	head := []string{"relay with", "at start", "full"}
	for _, mark := range marks {
		head = append(head, fmt.Sprintf("%.0f s", mark.Seconds()))
	}
	rows := make([][]string, len(tenancies))
	for i, t := range tenancies {
		rows[i] = []string{t.name(), number(t.before.rss / mib), number(t.full.rss / mib)}
	}
	left := time.Now()
	for _, mark := range marks {
		if err := pause.For(ctx, time.Until(left.Add(mark))); err != nil {
			return err
		}
		for i, t := range tenancies {
			f, err := t.relay.footprint(ctx)
			if err != nil {
				return err
			}
			rows[i] = append(rows[i], fmt.Sprintf("%s (%.0f)", number(f.rss/mib), f.rooms))
		}
	}
	table := newTable("memory given back: RSS in MiB (and rooms held) after all have left", head...)
	for _, row := range rows {
		table.add(row...)
	}
	table.print()
	return nil
}
