package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
)

// probeRate is how many edits a second each of two people makes who are there to
// find out how long that takes: more than anyone types, for the storm is short.
const probeRate = 20

// squall is a storm of Yjs clients, and what came of it in each round: to two who
// type in a room of the relay that it hits, in each of its parts.
type squall struct {
	lost, homeless int // clients of no room, and of a killed relay

	dying, next *relay
	fled        atomic.Bool // the clients go to the next relay
	people      yjsCrowd    // of the dying one
	strangers   []*ywebsocket.Client
	two         yjsCrowd
	strokes     strokes

	quiet, turned, storm, after rounds
	synced                      samples // ms from the kill until each has all, of all rounds
	last                        []float64
	relay, own                  []float64 // CPUs during the storm
}

// yjsStorm measures what two people notice of a thousand who are turned away again
// and again, and of a thousand more who come from a relay that was killed.
func yjsStorm(ctx context.Context, b *bench) error {
	s := &squall{lost: pick(b, 1000, 100), homeless: pick(b, 1000, 100)}
	for range b.rounds {
		if err := b.squallOnce(ctx, s); err != nil {
			return err
		}
	}
	t := newTable(fmt.Sprintf("yjs-storm: ms from an edit to the other of two Yjs clients, on a relay that turns %d away again and again, and to which %d come from a killed one", s.lost, s.homeless),
		append([]string{"while"}, roundsHead...)...)
	for _, part := range []struct {
		name string
		took rounds
	}{{"nothing happens", s.quiet}, {"some are turned away", s.turned}, {"the others come as well", s.storm}, {"they are there", s.after}} {
		t.add(append([]string{part.name}, part.took.cells()...)...)
	}
	t.print()
	fmt.Printf("  from the kill until a client has all: p50 %s ms, p99 %s ms; until the last one has: %s ms (%s); meanwhile %s CPUs of the relay, %s of the clients\n",
		number(s.synced.p50()), number(s.synced.p99()), number(median(s.last)), spread(s.last), number(median(s.relay)), number(median(s.own)))
	return nil
}

// squallOnce is one round, on two new relays.
func (b *bench) squallOnce(ctx context.Context, s *squall) (err error) {
	if s.dying, err = b.world.startRelay(ctx); err != nil {
		return err
	}
	defer s.dying.Kill()
	if s.next, err = b.world.startRelay(ctx); err != nil {
		return err
	}
	defer s.next.Kill()
	s.fled.Store(false)
	s.strokes = strokes{eyes: 1, took: make(map[string]samples)}
	defer func() {
		err = errors.Join(err, s.people.check(), s.two.check())
		s.close()
	}()
	if err := b.fillSquall(ctx, s); err != nil {
		return err
	}
	if err := b.seatTwo(ctx, s); err != nil {
		return err
	}
	if err := s.blow(ctx, b.warmUp(), nil); err != nil {
		return err
	}
	part := pick(b, 10*time.Second, 2*quickPlay)
	if err := s.blow(ctx, part, &s.quiet); err != nil {
		return err
	}
	s.turnAway(ctx)
	if err := s.blow(ctx, part, &s.turned); err != nil {
		return err
	}
	if err := s.strikeRelay(ctx); err != nil {
		return err
	}
	return s.blow(ctx, part, &s.after)
}

// fillSquall fills the dying relay.
func (b *bench) fillSquall(ctx context.Context, s *squall) error {
	const perRoom = 20
	page := newPage(2<<10, 1)
	return eachBounded(s.homeless/perRoom, func(int) error {
		return b.world.occupyYjs(ctx, &s.people, page, perRoom, func(room string) ywebsocket.Options {
			return ywebsocket.Options{URL: func() string {
				if s.fled.Load() {
					return s.next.yjsURL(room)
				}
				return s.dying.yjsURL(room)
			}}
		})
	})
}

// seatTwo lets two come to the next relay.
func (b *bench) seatTwo(ctx context.Context, s *squall) error {
	room, err := b.world.create(ctx, newPage(2<<10, 1))
	if err != nil {
		return err
	}
	for i := range 2 { // in the order of their numbers
		_, err := s.two.enter(ctx, ywebsocket.Options{
			URL: func() string { return s.next.yjsURL(room) }, State: yjsState(i, nil),
			OnChange: func(changes []crdt.TextChange, at time.Time) {
				for _, letter := range strokesIn(changes) {
					s.strokes.sight(letter, i, sameRelay, at)
				}
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// turnAway has many come to a room that there is not, each from an address of its
// own, for it is told little who tries many ids from one.
func (s *squall) turnAway(ctx context.Context) {
	for i := range s.lost {
		s.strangers = append(s.strangers, ywebsocket.Open(ctx, ywebsocket.Options{
			URL:  func() string { return s.next.yjsURL(fmt.Sprintf("%016x", math.MaxInt32+i)) },
			From: fmt.Sprintf("127.7.%d.%d", i/250, 1+i%250),
		}))
	}
}

// blow has the two type for a while.
func (s *squall) blow(ctx context.Context, d time.Duration, took *rounds) error {
	playing, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return s.measure(ctx, playing, took)
}

// measure has the two type until a part is over, and waits until all was seen.
func (s *squall) measure(ctx, playing context.Context, took *rounds) error {
	err := each(len(s.two.clients), func(i int) error {
		return keepDoing(playing, probeRate, func() error {
			return s.two.clients[i].Edit(func(text *crdt.Text) error { return text.Insert(text.Len(), s.strokes.make(i)) })
		})
	})
	missing, settleErr := s.strokes.settle(ctx)
	if missing != 0 {
		err = errors.Join(err, fmt.Errorf("%d edits were not seen within %v", missing, settleLimit))
	}
	if some := s.strokes.take()[sameRelay]; took != nil {
		*took = append(*took, some)
	}
	return errors.Join(err, settleErr)
}

// strikeRelay kills the dying relay and waits until all its clients are on the
// next one.
func (s *squall) strikeRelay(ctx context.Context) error {
	playing, over := context.WithCancel(ctx)
	defer over()
	var typing sync.WaitGroup
	var typed error
	typing.Go(func() { typed = s.measure(ctx, playing, &s.storm) })
	relayBefore, err := cpuOf(s.next.Process)
	if err != nil {
		return err
	}
	ownBefore, _, err := ownCPU()
	if err != nil {
		return err
	}
	start := time.Now()
	s.fled.Store(true)
	s.dying.Kill()
	took, err := s.awaitAll(ctx, start)
	if err != nil {
		return err
	}
	relay, err := cpuOf(s.next.Process)
	if err != nil {
		return err
	}
	own, _, err := ownCPU()
	seconds := time.Since(start).Seconds()
	s.relay = append(s.relay, (relay-relayBefore).Seconds()/seconds)
	s.own = append(s.own, (own-ownBefore).Seconds()/seconds)
	s.synced = append(s.synced, took...)
	s.last = append(s.last, took.max())
	over()
	typing.Wait()
	return errors.Join(err, typed)
}

// awaitAll waits until all are on the next relay, and returns how long each took.
func (s *squall) awaitAll(ctx context.Context, start time.Time) (samples, error) {
	took := make(samples, len(s.people.clients))
	err := each(len(s.people.clients), func(i int) error {
		for {
			if v := s.people.clients[i].Visit(); v.Began.After(start) && !v.Synced.IsZero() {
				took[i] = millis(v.Synced.Sub(start))
				return nil
			}
			if time.Since(start) > initLimit {
				return errNotSynced
			}
			if err := pause.For(ctx, 4*settlePoll); err != nil {
				return err
			}
		}
	})
	return took, err
}

// close lets all go.
func (s *squall) close() {
	strangers := yjsCrowd{clients: s.strangers}
	strangers.close()
	s.people.close()
	s.two.close()
	s.strangers = nil
}
