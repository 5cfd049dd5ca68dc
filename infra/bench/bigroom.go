package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// bystanders are small rooms beside the big one.
const bystanders = 10

// bigLoad is what the big room costs in one round.
type bigLoad struct{ toClient, cpu, clients []float64 }

// bigRoom measures ten typists in one long text on one relay: what it sends to
// each, what that takes, and what it does to other rooms of the same relay.
func bigRoom(ctx context.Context, b *bench) (err error) {
	small := cast{size: 2 << 10, typists: 1, rate: 2, watchers: 1}
	scenes, err := b.world.openScenes(ctx, bystanders, small, b.world.relays[:1])
	defer func() { err = errors.Join(err, closeScenes(scenes)) }()
	if err != nil {
		return err
	}
	var quiet rounds
	rates := []float64{1, typingRate}
	busy := make([]rounds, len(rates))
	loads := make([]bigLoad, len(rates))
	for range b.rounds {
		took, err := b.beside(ctx, scenes)
		if err != nil {
			return err
		}
		quiet = append(quiet, took)
		for i, rate := range rates {
			took, err := b.besideBig(ctx, scenes, rate, &loads[i])
			if err != nil {
				return err
			}
			busy[i] = append(busy[i], took)
		}
	}
	printBig(rates, quiet, busy, loads)
	return nil
}

func (b *bench) bigTime() time.Duration { return pick(b, 10*time.Second, time.Second) }

// beside has the small rooms play.
func (b *bench) beside(ctx context.Context, scenes []*scene) (all samples, err error) {
	err = each(len(scenes), func(i int) error { return scenes[i].play(ctx, b.bigTime()) })
	for _, s := range scenes {
		all = append(all, s.take(sameRelay)...)
	}
	return all, err
}

// besideBig has the small rooms play while ten people type into a long text.
func (b *bench) besideBig(ctx context.Context, scenes []*scene, rate float64, load *bigLoad) (took samples, err error) {
	on := b.world.relays[:1]
	big, err := b.world.openScene(ctx, cast{size: longText, typists: 10, rate: rate, watchers: 1}, on)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, big.close()) }()
	before, err := on[0].cpu()
	if err != nil {
		return nil, err
	}
	own, _, err := cpuOf("self")
	if err != nil {
		return nil, err
	}
	received, began := big.received(), time.Now()
	err = b.profiled(ctx, b.world.relays[0], fmt.Sprintf("big room %g", rate), b.bigTime(), func() error {
		return each(2, func(i int) (err error) {
			if i == 0 {
				return big.play(ctx, b.bigTime())
			}
			took, err = b.beside(ctx, scenes)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	after, err := on[0].cpu()
	if err != nil {
		return nil, err
	}
	ownAfter, _, err := cpuOf("self")
	load.toClient = append(load.toClient, (big.received()-received)/seconds/mib)
	load.cpu = append(load.cpu, (after-before).Seconds()/seconds)
	load.clients = append(load.clients, (ownAfter-own).Seconds()/seconds)
	return took, err
}

func printBig(rates []float64, quiet rounds, busy []rounds, loads []bigLoad) {
	t := newTable(fmt.Sprintf("bigroom: 10 typists in %d KiB on one relay, and ms from edit to client in %d small rooms of that relay", longText>>10, bystanders),
		append([]string{"big room", "MiB/s to each client", "CPUs of the relay", "CPUs of the clients", "p50 to without", "p99 to without"}, roundsHead...)...)
	p50, p99 := middle(quiet), high(quiet)
	t.add(append([]string{"none", "-", "-", "-", "1.00x", "1.00x"}, quiet.cells()...)...)
	for i, rate := range rates {
		cells := []string{
			fmt.Sprintf("each %g edits/s", rate),
			number(median(loads[i].toClient)), number(median(loads[i].cpu)), number(median(loads[i].clients)),
			ratio(middle(busy[i]), p50), ratio(high(busy[i]), p99),
		}
		t.add(append(cells, busy[i].cells()...)...)
	}
	t.print()
}

func middle(r rounds) float64 { return r.median(func(s samples) float64 { return s.quantile(0.5) }) }

func high(r rounds) float64 { return r.median(func(s samples) float64 { return s.quantile(0.99) }) }
