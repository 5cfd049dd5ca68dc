package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
)

// storm kills a relay that has many clients, who all come to the other at once,
// and measures until each has init there.
func storm(ctx context.Context, b *bench) error {
	const rooms, people = 50, 10
	kinds := []struct {
		name string
		warm bool // the other relay has the rooms already
		took rounds
	}{
		{name: "held by the other relay too", warm: true},
		{name: "only on the killed relay"},
	}
	n := pick(b, rooms, rooms/5)
	for range b.rounds {
		for i := range kinds {
			took, err := b.stormOnce(ctx, n, people, kinds[i].warm)
			if err != nil {
				return err
			}
			kinds[i].took = append(kinds[i].took, took)
		}
	}
	t := newTable(fmt.Sprintf("storm: ms from kill -9 of a relay with %d clients in %d rooms (2 KiB) until each has init on the other, all at once", n*people, n),
		append([]string{"rooms"}, roundsHead...)...)
	for _, k := range kinds {
		t.add(append([]string{k.name}, k.took.cells()...)...)
	}
	t.print()
	return nil
}

// stormOnce fills a new relay, kills it, and has all its clients come to another
// new one.
func (b *bench) stormOnce(ctx context.Context, rooms, people int, warm bool) (_ samples, err error) {
	dying, err := b.world.startRelay(ctx)
	if err != nil {
		return nil, err
	}
	defer dying.Kill()
	next, err := b.world.startRelay(ctx)
	if err != nil {
		return nil, err
	}
	defer next.Kill()
	var here, others crowd
	defer func() { here.close(); others.close() }()
	err = eachBounded(rooms, func(int) error {
		id, err := b.world.create(ctx, newPage(2<<10, 1))
		if err != nil {
			return err
		}
		if warm {
			if err := others.enter(ctx, next, id, 1); err != nil {
				return err
			}
		}
		return here.enter(ctx, dying, id, people)
	})
	if err != nil {
		return nil, err
	}
	if err := pause.For(ctx, time.Second); err != nil { // what joining leaves to do
		return nil, err
	}
	if err := here.check(); err != nil {
		return nil, err
	}
	took, err := comeBack(ctx, dying, next, here.clients)
	return took, errors.Join(err, others.check())
}

// comeBack kills a relay and has each of its clients come to the next one as soon
// as it sees that.
func comeBack(ctx context.Context, dying, next *relay, clients []*client) (samples, error) {
	took := make(samples, len(clients))
	var back crowd
	defer back.close()
	start := time.Now()
	err := together(
		func() error { dying.Kill(); return nil },
		func() error {
			return each(len(clients), func(i int) error {
				<-clients[i].ended
				c, err := join(ctx, next, clients[i].room, deaf)
				if err != nil {
					return err
				}
				back.add(c)
				took[i] = millis(c.entered.Sub(start))
				return nil
			})
		})
	return took, errors.Join(err, back.check())
}
