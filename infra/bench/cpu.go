package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// effort is what was spent so far, by the relays and by Redis.
type effort struct {
	relays, redis  time.Duration // on processors
	bytes, objects float64       // allocated by the relays, all together
}

// effort reads the processors first: so only the first of two readings is in the
// difference between them.
func (w *world) effort(ctx context.Context) (e effort, err error) {
	for _, r := range w.relays {
		used, err := cpuOf(r.Process)
		if err != nil {
			return e, err
		}
		e.relays += used
	}
	if e.redis, err = cpuOf(w.redis); err != nil {
		return e, err
	}
	allocated, err := w.sums(ctx, "go_memstats_alloc_bytes_total", "go_memstats_mallocs_total")
	if err != nil {
		return e, err
	}
	e.bytes, e.objects = allocated[0], allocated[1]
	return e, nil
}

// cpuRow is what an edit takes in one kind of load, by round.
type cpuRow struct {
	name   string
	rooms  int
	relays int
	cast   cast

	relay, redis, kib, objects []float64
}

// cpu measures what an edit takes: of the processors, which other programs do not
// change as much as they do times, and of memory.
func cpu(ctx context.Context, b *bench) error {
	rows := []*cpuRow{
		{name: "40 rooms of a lone typist, 2 KiB", rooms: 40, relays: 1, cast: cast{size: 2 << 10, typists: 1}},
		{name: "40 rooms of 2 typists on one relay, 2 KiB", rooms: 40, relays: 1, cast: cast{size: 2 << 10, typists: 2}},
		{name: "40 rooms of 2 typists on two relays, 2 KiB", rooms: 40, relays: 2, cast: cast{size: 2 << 10, typists: 2}},
		{name: "the same, and a cursor move with each edit", rooms: 40, relays: 2, cast: cast{size: 2 << 10, typists: 2, cursors: true}},
		{name: "4 rooms of 10 typists on one relay, 2 KiB", rooms: 4, relays: 1, cast: cast{size: 2 << 10, typists: 10}},
		{name: "10 rooms of a lone typist, 100 KiB", rooms: 10, relays: 1, cast: cast{size: 100 << 10, typists: 1}},
		{name: "10 rooms of 2 typists on two relays, 100 KiB", rooms: 10, relays: 2, cast: cast{size: 100 << 10, typists: 2}},
		{name: "2 rooms of 10 typists on one relay, 100 KiB", rooms: 2, relays: 1, cast: cast{size: 100 << 10, typists: 10}},
	}
	for range b.rounds {
		for _, row := range rows {
			if err := b.spend(ctx, row); err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
		}
	}
	t := newTable(fmt.Sprintf("cpu: per edit, each typist %d edits/s; the relays together", typingRate),
		"load", "relays us", "us of rounds", "Redis us", "allocated KiB", "objects")
	for _, r := range rows {
		t.add(r.name, number(median(r.relay)), spread(r.relay), number(median(r.redis)), number(median(r.kib)), number(median(r.objects)))
	}
	t.print()
	return nil
}

// spend measures one load in one round.
func (b *bench) spend(ctx context.Context, row *cpuRow) (err error) {
	row.cast.rate = typingRate
	all, err := b.world.openScenes(ctx, row.rooms, row.cast, b.world.relays[:row.relays])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.close()) }()
	if err := all.rehearse(ctx, b.warmUp()); err != nil {
		return err
	}
	before, err := b.world.effort(ctx)
	if err != nil {
		return err
	}
	edits := -all.edits()
	d := pick(b, 10*time.Second, 700*time.Millisecond)
	if err := b.profiled(ctx, b.world.relays[0], row.name, d, func() error { return all.play(ctx, d) }); err != nil {
		return err
	}
	edits += all.edits()
	after, err := b.world.effort(ctx)
	if err != nil {
		return err
	}
	row.relay = append(row.relay, micros(after.relays-before.relays)/edits)
	row.redis = append(row.redis, micros(after.redis-before.redis)/edits)
	row.kib = append(row.kib, (after.bytes-before.bytes)/1024/edits)
	row.objects = append(row.objects, (after.objects-before.objects)/edits)
	return nil
}
