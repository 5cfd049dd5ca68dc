package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/ywebsocket"
)

// yjsMemory measures what a relay needs for idle Yjs clients, each kind of tenancy
// on a relay of its own.
func yjsMemory(ctx context.Context, b *bench) (err error) {
	n := pick(b, 1, 20)
	tenancies := []*tenancy{
		{kind: "idle Yjs connections in 5 rooms", unit: "connection", rooms: 5, people: 200 / n, size: 2 << 10},
		{kind: "idle rooms of 1 Yjs client, 2 KiB", unit: "room", rooms: 500 / n, people: 1, size: 2 << 10},
		{kind: "idle rooms of 1 Yjs client, 100 KiB", unit: "room", rooms: 100 / n, people: 1, size: 100 << 10},
	}
	crowds := make([]yjsCrowd, len(tenancies))
	defer func() {
		for i := range crowds {
			err = errors.Join(err, crowds[i].check())
			crowds[i].close()
		}
	}()
	for i, t := range tenancies {
		if err := b.fillYjs(ctx, t, &crowds[i]); err != nil {
			return fmt.Errorf("%s: %w", t.name(), err)
		}
	}
	if err := pause.For(ctx, pick(b, collected, quickPlay)); err != nil {
		return err
	}
	for _, t := range tenancies {
		if t.full, err = t.relay.footprint(ctx); err != nil {
			return err
		}
	}
	printNeeds(tenancies)
	return nil
}

// fillYjs fills a fresh relay with Yjs clients who do nothing.
func (b *bench) fillYjs(ctx context.Context, t *tenancy, here *yjsCrowd) error {
	if err := b.prepare(ctx, t); err != nil {
		return err
	}
	page := newPage(t.size, 1)
	return eachBounded(t.rooms, func(int) error {
		return b.world.occupyYjs(ctx, here, page, t.people, func(room string) ywebsocket.Options {
			return ywebsocket.Options{URL: func() string { return t.relay.yjsURL(room) }, Ignorant: true}
		})
	})
}
