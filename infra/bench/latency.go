package main

import (
	"context"
	"errors"
	"fmt"
)

// typingRate is how many edits a second somebody makes who types without a
// pause: a letter each 200 ms.
const typingRate = 5

// latency measures how long it takes until others see an edit.
func latency(ctx context.Context, b *bench) error {
	rows := []struct {
		name        string
		cast        cast
		same, other rounds // by where those are who see it
	}{
		{name: "lone typist, 100 B", cast: cast{size: 100, typists: 1}},
		{name: "lone typist, 100 KiB", cast: cast{size: 100 << 10, typists: 1}},
		{name: "10 typists, 100 B", cast: cast{size: 100, typists: 10}},
		{name: "10 typists, 100 KiB", cast: cast{size: 100 << 10, typists: 10}},
	}
	for range b.rounds {
		for i := range rows {
			row := &rows[i]
			row.cast.rate, row.cast.watchers = typingRate, relayCount
			took, err := b.perform(ctx, row.name, 1, row.cast)
			if err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
			row.same = append(row.same, took[sameRelay])
			row.other = append(row.other, took[otherRelay])
		}
	}
	t := newTable(fmt.Sprintf("latency: ms from an edit to a client that sees it; each typist %d edits/s, 10 typists on both relays", typingRate),
		append([]string{"room", "client on"}, roundsHead...)...)
	for _, row := range rows {
		t.add(append([]string{row.name, sameRelay}, row.same.cells()...)...)
		t.add(append([]string{row.name, otherRelay}, row.other.cells()...)...)
	}
	t.print()
	return nil
}

// saved measures how long it takes until a typist is told that an edit is saved.
func saved(ctx context.Context, b *bench) error {
	const typists, rate = 2, 2
	n := pick(b, 100, 20)
	rows := []struct {
		name  string
		rooms int
		cast  cast
		took  rounds
	}{
		{
			name:  fmt.Sprintf("a lone typist, %d edits/s", typingRate),
			rooms: 1, cast: cast{size: 2 << 10, typists: 1, rate: typingRate, saved: true},
		},
		{
			name:  fmt.Sprintf("%d rooms x %d typists on both relays x %d edits/s", n, typists, rate),
			rooms: n, cast: cast{size: 2 << 10, typists: typists, rate: rate, saved: true},
		},
	}
	for range b.rounds {
		for i := range rows {
			row := &rows[i]
			took, err := b.perform(ctx, row.name, row.rooms, row.cast)
			if err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
			row.took = append(row.took, took[toSaved])
		}
	}
	t := newTable("saved: ms from an edit to the frame that says it is in Redis; texts of 2 KiB", append([]string{"rooms"}, roundsHead...)...)
	for _, row := range rows {
		t.add(append([]string{row.name}, row.took.cells()...)...)
	}
	t.print()
	return nil
}

// perform has so many rooms of people play, warm, and returns what was measured.
func (b *bench) perform(ctx context.Context, name string, rooms int, c cast) (took map[string]samples, err error) {
	all, err := b.world.openScenes(ctx, rooms, c, b.world.relays)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, all.close()) }()
	if err := all.rehearse(ctx, b.warmUp()); err != nil {
		return nil, err
	}
	d := b.playTime()
	if err := b.profiled(ctx, b.world.relays[0], name, d, func() error { return all.play(ctx, d) }); err != nil {
		return nil, err
	}
	return all.take(), nil
}
