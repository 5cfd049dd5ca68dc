package main

import (
	"context"
	"errors"
	"time"
)

// scenes are rooms in which people play at the same time.
type scenes []*scene

// openScenes opens many scenes of the same kind, or none.
func (w *world) openScenes(ctx context.Context, n int, c cast, relays []*relay) (scenes, error) {
	all := make(scenes, n)
	err := eachBounded(n, func(i int) (err error) {
		all[i], err = w.openScene(ctx, c, relays)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, all.close())
	}
	return all, nil
}

// play has everyone in all rooms play.
func (all scenes) play(ctx context.Context, d time.Duration) error {
	return each(len(all), func(i int) error { return all[i].play(ctx, d) })
}

// rehearse has everyone play, and forgets what that took.
func (all scenes) rehearse(ctx context.Context, d time.Duration) error {
	err := all.play(ctx, d)
	all.take()
	return err
}

// take returns what was measured in all rooms since the last time.
func (all scenes) take() map[string]samples {
	taken := make(map[string]samples)
	for _, s := range all {
		for what, took := range s.take() {
			taken[what] = append(taken[what], took...)
		}
	}
	return taken
}

// edits is how many edits were made so far in all rooms.
func (all scenes) edits() float64 {
	n := 0
	for _, s := range all {
		n += s.edits()
	}
	return float64(n)
}

// close has everyone leave.
func (all scenes) close() error {
	return each(len(all), func(i int) error {
		if all[i] == nil { // it could not be opened
			return nil
		}
		return all[i].close()
	})
}
