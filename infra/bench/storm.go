package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// storm kills a relay that has many clients, who all come to the other at once,
// and measures until each has init there.
func storm(ctx context.Context, b *bench) error {
	const rooms, people = 50, 10
	kinds := []struct {
		name string
		warm bool // the other relay has the rooms already
		took rounds
	}{{name: "held by the other relay too"}, {name: "only on the killed relay"}}
	kinds[0].warm = true
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
func (b *bench) stormOnce(ctx context.Context, rooms, people int, warm bool) (samples, error) {
	dying, err := b.world.startRelay(ctx)
	if err != nil {
		return nil, err
	}
	next, err := b.world.startRelay(ctx)
	if err != nil {
		return nil, err
	}
	defer next.kill()
	defer dying.kill()
	ids := make([]string, rooms)
	var here, others crowd
	defer func() { here.close(); others.close() }()
	err = eachInTurn(rooms, func(i int) (err error) {
		if ids[i], err = b.world.create(ctx, newPage(2<<10, 1)); err != nil || !warm {
			return err
		}
		c, err := join(ctx, next, ids[i], deaf)
		if err == nil {
			others.add(c)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = eachInTurn(rooms*people, func(i int) error {
		c, err := join(ctx, dying, ids[i/people], deaf)
		if err == nil {
			here.add(c)
		}
		return err
	})
	if err := errors.Join(err, pause(ctx, time.Second)); err != nil {
		return nil, err
	}
	return comeBack(ctx, dying, next, ids, &here)
}

// comeBack kills a relay and has each of its clients come to the next one as soon
// as it sees that.
func comeBack(ctx context.Context, dying, next *relay, ids []string, here *crowd) (samples, error) {
	clients := here.clients
	took := make(samples, len(clients))
	var back crowd
	defer back.close()
	start := time.Now()
	go dying.kill()
	err := each(len(clients), func(i int) error {
		<-clients[i].ended
		c, err := join(ctx, next, ids[i%len(ids)], deaf)
		took[i] = float64(time.Since(start)) / float64(time.Millisecond)
		if err == nil {
			back.add(c)
		}
		return err
	})
	<-dying.done
	return took, errors.Join(err, back.check())
}
