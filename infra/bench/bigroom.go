package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// bystanders are small rooms beside the big one.
	bystanders = 10

	// bigTypists are the people in the big room who type.
	bigTypists = 10
)

// bigRoom measures ten typists in one long text on one relay: what it sends to
// each, what that takes, and what it does to other rooms of the same relay.
func bigRoom(ctx context.Context, b *bench) (err error) {
	small, err := b.world.openScenes(ctx, bystanders, cast{size: 2 << 10, typists: 1, rate: 2, watchers: 1}, b.world.relays[:1])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.close()) }()
	if err := small.rehearse(ctx, b.warmUp()); err != nil {
		return err
	}
	var quiet rounds
	loads := []*bigLoad{{rate: 1}, {rate: typingRate}}
	for range b.rounds {
		if err := small.play(ctx, b.bigTime()); err != nil {
			return err
		}
		quiet = append(quiet, small.take()[sameRelay])
		for _, load := range loads {
			if err := b.besideBig(ctx, small, load); err != nil {
				return err
			}
		}
	}
	printBig(quiet, loads)
	return nil
}

// bigTime is how long a big room is measured in one round.
func (b *bench) bigTime() time.Duration { return pick(b, 10*time.Second, quickPlay) }

// besideBig has the small rooms play while people type into a long text.
func (b *bench) besideBig(ctx context.Context, small scenes, load *bigLoad) (err error) {
	on := b.world.relays[0]
	big, err := b.world.openScene(ctx, cast{size: longText, typists: bigTypists, rate: load.rate, watchers: 1}, []*relay{on})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, big.close()) }()
	if err := big.play(ctx, b.warmUp()); err != nil {
		return err
	}
	before, err := readBig(on, big)
	if err != nil {
		return err
	}
	err = b.profiled(ctx, on, fmt.Sprintf("big room %g", load.rate), b.bigTime(), func() error {
		return together(
			func() error { return big.play(ctx, b.bigTime()) },
			func() error { return small.play(ctx, b.bigTime()) })
	})
	if err != nil {
		return err
	}
	after, err := readBig(on, big)
	if err != nil {
		return err
	}
	load.add(before, after)
	load.beside = append(load.beside, small.take()[sameRelay])
	return nil
}

// bigReading is where all stood at a moment.
type bigReading struct {
	at             time.Time
	edits          int           // in the big room
	received       float64       // bytes, by each of its clients
	relay, clients time.Duration // on processors
}

func readBig(r *relay, big *scene) (now bigReading, err error) {
	now = bigReading{at: time.Now(), edits: big.edits(), received: big.received()}
	if now.relay, err = cpuOf(r.Process); err != nil {
		return now, err
	}
	now.clients, _, err = ownCPU()
	return now, err
}

// bigLoad is a rate of typing in the big room, and what came of it in each round.
type bigLoad struct {
	rate float64 // edits a second that each typist tries to make

	edits, toClient, relay, clients []float64 // in each second
	beside                          rounds    // in the small rooms
}

func (l *bigLoad) add(before, after bigReading) {
	seconds := after.at.Sub(before.at).Seconds()
	l.edits = append(l.edits, float64(after.edits-before.edits)/bigTypists/seconds)
	l.toClient = append(l.toClient, (after.received-before.received)/seconds/mib)
	l.relay = append(l.relay, (after.relay-before.relay).Seconds()/seconds)
	l.clients = append(l.clients, (after.clients-before.clients).Seconds()/seconds)
}

func printBig(quiet rounds, loads []*bigLoad) {
	t := newTable(fmt.Sprintf("bigroom: %d typists in %d KiB on one relay, and ms from edit to client in %d small rooms of that relay", bigTypists, longText>>10, bystanders),
		append([]string{"big room", "edits/s of each", "MiB/s to each client", "CPUs of the relay", "CPUs of all clients", "p50 to without", "p99 to without"}, roundsHead...)...)
	t.add(append([]string{"none", "-", "-", "-", "-", "1.00x", "1.00x"}, quiet.cells()...)...)
	p50, p99 := quiet.median(samples.p50), quiet.median(samples.p99)
	for _, l := range loads {
		cells := []string{
			fmt.Sprintf("each %g edits/s", l.rate),
			number(median(l.edits)), number(median(l.toClient)), number(median(l.relay)), number(median(l.clients)),
			ratio(l.beside.median(samples.p50), p50), ratio(l.beside.median(samples.p99), p99),
		}
		t.add(append(cells, l.beside.cells()...)...)
	}
	t.print()
}
