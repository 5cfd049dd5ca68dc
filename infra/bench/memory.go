package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const mib = 1 << 20

// footprint is what a relay needs at a moment.
type footprint struct{ rss, heap, stacks, goroutines, rooms float64 }

// footprint reads what the relay needs. Its heap is what the last collection
// found alive: half of the size at which the next one begins, less the stacks
// and globals that count for that too. So garbage is not in it.
func (r *relay) footprint(ctx context.Context) (f footprint, err error) {
	if f.rss, err = r.rss(); err != nil {
		return f, err
	}
	var next float64
	for name, value := range map[string]*float64{
		"go_memstats_next_gc_bytes":     &next,
		"go_memstats_stack_inuse_bytes": &f.stacks,
		"go_goroutines":                 &f.goroutines,
		"tutti_relay_rooms":             &f.rooms,
	} {
		if *value, err = r.metric(ctx, name); err != nil {
			return f, err
		}
	}
	f.heap = max(0, (next-f.stacks)/2)
	return f, nil
}

// tenancy is what a relay is filled with to see what that needs.
type tenancy struct {
	name   string
	unit   string
	rooms  int
	people int // in each room
	size   int // of the text
	rate   float64

	relay  *relay
	here   crowd
	scenes []*scene
	before footprint
	full   footprint
}

// collected is after how long an idle Go program has collected its garbage, which
// it does every two minutes.
const collected = 130 * time.Second

// memory measures what a relay needs, each kind of tenancy on a relay of its own.
func memory(ctx context.Context, b *bench) error {
	n := pick(b, 1, 20)
	tenancies := []*tenancy{
		{name: "500 idle connections in 5 rooms", unit: "connection", rooms: 5, people: 100 / n, size: 2 << 10},
		{name: "500 idle rooms of 1 person, 2 KiB", unit: "room", rooms: 500 / n, people: 1, size: 2 << 10},
		{name: "100 rooms of 2 typists x 2 edits/s, 20 KiB", unit: "room", rooms: 100 / n, people: 2, size: 20 << 10, rate: 2},
		{name: "500 rooms of 2 typists x 0.4 edits/s, 20 KiB", unit: "room", rooms: 500 / n, people: 2, size: 20 << 10, rate: 0.4},
	}
	var idle time.Time // since when the idle ones are
	for _, t := range tenancies {
		if err := b.fill(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if t.rate == 0 {
			idle = time.Now()
		}
	}
	if err := pause(ctx, time.Until(idle.Add(pick(b, collected, 0)))); err != nil {
		return err
	}
	for _, t := range tenancies {
		if err := t.settle(ctx); err != nil {
			return err
		}
	}
	printNeeds(tenancies)
	return b.empty(ctx, tenancies)
}

// fill fills a fresh relay, and where people type reads what it needs while they do.
func (b *bench) fill(ctx context.Context, t *tenancy) (err error) {
	if t.relay, err = b.world.startRelay(ctx); err != nil {
		return err
	}
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	if t.before, err = t.relay.footprint(ctx); err != nil {
		return err
	}
	t.scenes = make([]*scene, t.rooms)
	err = eachInTurn(t.rooms, func(i int) (err error) {
		if t.rate == 0 {
			return b.world.occupy(ctx, &t.here, t.relay, newPage(t.size, 1), t.people)
		}
		t.scenes[i], err = b.world.openScene(ctx, cast{size: t.size, typists: t.people, rate: t.rate}, []*relay{t.relay})
		return err
	})
	if err != nil || t.rate == 0 {
		return errors.Join(err, b.profiled(ctx, t.relay, t.name, 0, func() error { return nil }))
	}
	return t.live(ctx, b, pick(b, 30*time.Second, time.Second))
}

// live has all typists type for a while, and reads what that needs shortly before
// its end.
func (t *tenancy) live(ctx context.Context, b *bench, d time.Duration) error {
	return each(2, func(i int) error {
		if i == 1 {
			return each(len(t.scenes), func(i int) error { return t.scenes[i].play(ctx, d) })
		}
		if err := pause(ctx, d-d/10); err != nil {
			return err
		}
		var err error
		t.full, err = t.relay.footprint(ctx)
		return errors.Join(err, b.profiled(ctx, t.relay, t.name, 0, func() error { return nil }))
	})
}

// settle reads what idle people need.
func (t *tenancy) settle(ctx context.Context) (err error) {
	if t.rate == 0 {
		t.full, err = t.relay.footprint(ctx)
	}
	return errors.Join(err, t.here.check())
}

// leave has everyone go.
func (t *tenancy) leave() error {
	err := t.here.check()
	t.here.close()
	return errors.Join(err, closeScenes(t.scenes))
}

func printNeeds(tenancies []*tenancy) {
	table := newTable("memory: what a relay needs more than when it was started; heap is what is alive after a collection",
		"relay with", "RSS at start MiB", "RSS MiB", "heap MiB", "per", "RSS KiB", "heap KiB", "stacks KiB", "goroutines")
	for _, t := range tenancies {
		units := float64(t.rooms)
		if t.unit == "connection" {
			units *= float64(t.people)
		}
		table.add(t.name, number(t.before.rss/mib), number(t.full.rss/mib), number(t.full.heap/mib), t.unit,
			number((t.full.rss-t.before.rss)/1024/units), number((t.full.heap-t.before.heap)/1024/units),
			number((t.full.stacks-t.before.stacks)/1024/units), number((t.full.goroutines-t.before.goroutines)/units))
	}
	table.print()
}

// empty has everyone leave, and watches the memory come back.
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
		rows[i] = []string{t.name, number(t.before.rss / mib), number(t.full.rss / mib)}
	}
	if err := each(len(tenancies), func(i int) error { return tenancies[i].leave() }); err != nil {
		return err
	}
	left := time.Now()
	for _, mark := range marks {
		if err := pause(ctx, time.Until(left.Add(mark))); err != nil {
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
