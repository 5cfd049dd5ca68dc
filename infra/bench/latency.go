package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// typingRate is how many edits a second somebody makes who types without a
// pause: a letter each 200 ms.
const typingRate = 5

// warmUp is how long everyone types before what is measured counts.
func (b *bench) warmUp() time.Duration { return pick(b, time.Second, 300*time.Millisecond) }

// latency measures how long it takes until others see an edit.
func latency(ctx context.Context, b *bench) error {
	type row struct {
		name string
		cast cast
		took map[string]rounds
	}
	rows := []row{
		{"lone typist, 100 B", cast{size: 100, typists: 1}, make(map[string]rounds)},
		{"lone typist, 100 KiB", cast{size: 100 << 10, typists: 1}, make(map[string]rounds)},
		{"10 typists, 100 B", cast{size: 100, typists: 10}, make(map[string]rounds)},
		{"10 typists, 100 KiB", cast{size: 100 << 10, typists: 10}, make(map[string]rounds)},
	}
	for range b.rounds {
		for _, row := range rows {
			row.cast.rate, row.cast.watchers = typingRate, relayCount
			err := b.perform(ctx, row.cast, pick(b, 15*time.Second, time.Second), func(s *scene) {
				for _, where := range []string{sameRelay, otherRelay} {
					row.took[where] = append(row.took[where], s.take(where))
				}
			})
			if err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
		}
	}
	t := newTable(fmt.Sprintf("latency: ms from an edit to a client that sees it; each typist %d edits/s, 10 typists on both relays", typingRate),
		append([]string{"room", "client on"}, roundsHead...)...)
	for _, row := range rows {
		for _, where := range []string{sameRelay, otherRelay} {
			t.add(append([]string{row.name, where}, row.took[where].cells()...)...)
		}
	}
	t.print()
	return nil
}

// perform has a room of people play, warm, and takes what was measured.
func (b *bench) perform(ctx context.Context, c cast, d time.Duration, take func(*scene)) (err error) {
	s, err := b.world.openScene(ctx, c, b.world.relays)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.play(ctx, b.warmUp()); err != nil {
		return err
	}
	clear(s.took)
	if err := b.profiled(ctx, b.world.relays[0], fmt.Sprintf("%d typists %d bytes", c.typists, c.size), d, func() error { return s.play(ctx, d) }); err != nil {
		return err
	}
	take(s)
	return nil
}

// saved measures how long it takes until a typist is told that an edit is saved.
func saved(ctx context.Context, b *bench) error {
	const rooms, typists, rate = 100, 2, 2
	lone := cast{size: 2 << 10, typists: 1, rate: typingRate, saved: true}
	var alone, crowded rounds
	d := pick(b, 15*time.Second, time.Second)
	for range b.rounds {
		if err := b.perform(ctx, lone, d, func(s *scene) { alone = append(alone, s.take(toSaved)) }); err != nil {
			return err
		}
		took, err := b.savedInMany(ctx, pick(b, rooms, rooms/5), cast{size: 2 << 10, typists: typists, rate: rate, saved: true}, d)
		if err != nil {
			return err
		}
		crowded = append(crowded, took)
	}
	t := newTable("saved: ms from an edit to the frame that says it is in Redis; texts of 2 KiB", append([]string{"rooms"}, roundsHead...)...)
	t.add(append([]string{fmt.Sprintf("a lone typist, %d edits/s", typingRate)}, alone.cells()...)...)
	t.add(append([]string{fmt.Sprintf("%d rooms x %d typists on both relays x %d edits/s", rooms, typists, rate)}, crowded.cells()...)...)
	t.print()
	return nil
}

// savedInMany measures many rooms at once.
func (b *bench) savedInMany(ctx context.Context, n int, c cast, d time.Duration) (all samples, err error) {
	scenes, err := b.world.openScenes(ctx, n, c, b.world.relays)
	defer func() { err = errors.Join(err, closeScenes(scenes)) }()
	if err != nil {
		return nil, err
	}
	if err := each(n, func(i int) error { return scenes[i].play(ctx, b.warmUp()) }); err != nil {
		return nil, err
	}
	for _, s := range scenes {
		s.take(toSaved)
	}
	err = b.profiled(ctx, b.world.relays[0], fmt.Sprintf("%d rooms", n), d, func() error {
		return each(n, func(i int) error { return scenes[i].play(ctx, d) })
	})
	for _, s := range scenes {
		all = append(all, s.take(toSaved)...)
	}
	return all, err
}

// openScenes opens many rooms. Those that it could open are returned with an error too.
func (w *world) openScenes(ctx context.Context, n int, c cast, relays []*relay) ([]*scene, error) {
	opened := make([]*scene, n)
	err := eachInTurn(n, func(i int) (err error) {
		opened[i], err = w.openScene(ctx, c, relays)
		return err
	})
	return opened, err
}

func closeScenes(scenes []*scene) error {
	return each(len(scenes), func(i int) error {
		if scenes[i] == nil {
			return nil
		}
		return scenes[i].close()
	})
}
