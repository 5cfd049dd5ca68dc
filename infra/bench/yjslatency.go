package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
)

// speech is the protocol that somebody speaks.
type speech string

const (
	speaksYjs  speech = "Yjs"
	speaksJSON speech = "JSON"
)

// typistEyes is whose eyes those of the typist are; the others count from 1.
const typistEyes = 0

// yjsLatency measures how long it takes until others see an edit, for each pair of
// protocols.
func yjsLatency(ctx context.Context, b *bench) error {
	took := make(map[string]rounds)
	for range b.rounds {
		for _, s := range []speech{speaksYjs, speaksJSON} {
			some, err := b.performYjs(ctx, s)
			if err != nil {
				return fmt.Errorf("a typist of %s: %w", s, err)
			}
			for what, samples := range some {
				took[what] = append(took[what], samples)
			}
		}
	}
	t := newTable(fmt.Sprintf("yjs-latency: ms from an edit to a client that sees it, text of 100 B, a lone typist with %d edits/s", typingRate),
		append([]string{"from, to, on"}, roundsHead...)...)
	for _, from := range []speech{speaksYjs, speaksJSON} {
		for _, to := range []speech{speaksYjs, speaksJSON} {
			for _, on := range []string{sameRelay, otherRelay} {
				t.add(append([]string{way(from, to, on)}, took[way(from, to, on)].cells()...)...)
			}
		}
	}
	t.print()
	return nil
}

func way(from, to speech, on string) string { return fmt.Sprintf("%s to %s, %s", from, to, on) }

// duet is a typist of one protocol, and on each relay one of each who watches.
type duet struct {
	strokes strokes
	room    string
	from    speech
	json    crowd
	yjs     yjsCrowd
	strike  func() error
}

// performYjs has a typist of a protocol type, warm, and returns what was measured.
func (b *bench) performYjs(ctx context.Context, from speech) (_ map[string]samples, err error) {
	room, err := b.world.create(ctx, newPage(100, 1))
	if err != nil {
		return nil, err
	}
	d := &duet{room: room, from: from, strokes: strokes{eyes: 2 * relayCount, took: make(map[string]samples)}}
	defer func() {
		err = errors.Join(err, d.json.check(), d.yjs.check())
		d.json.close()
		d.yjs.close()
	}()
	if err := d.fill(ctx, b.world.relays[:relayCount]); err != nil {
		return nil, err
	}
	for _, length := range []time.Duration{b.warmUp(), b.playTime()} {
		d.strokes.take()
		playing, cancel := context.WithTimeout(ctx, length)
		err := keepDoing(playing, typingRate, d.strike)
		cancel()
		if err != nil {
			return nil, err
		}
		if missing, err := d.strokes.settle(ctx); missing != 0 || err != nil {
			return nil, fmt.Errorf("%d sights of edits are missing: %w", missing, err)
		}
	}
	return d.strokes.take(), nil
}

// fill has all come in, the typist on the first relay.
func (d *duet) fill(ctx context.Context, relays []*relay) error {
	if err := d.seat(ctx, relays[0]); err != nil {
		return err
	}
	for i, r := range relays {
		on := sameRelay
		if i > 0 {
			on = otherRelay
		}
		if _, err := d.yjs.enter(ctx, d.yjsEyes(r, 1+2*i, way(d.from, speaksYjs, on))); err != nil {
			return err
		}
		seen := make(map[rune]bool)
		c, err := join(ctx, r, d.room, func(frame []byte, at time.Time) {
			for _, letter := range string(pageOf(frame)) {
				if !seen[letter] {
					seen[letter] = true
					d.strokes.sight(letter, 2+2*i, way(d.from, speaksJSON, on), at)
				}
			}
		})
		if err != nil {
			return err
		}
		d.json.add(c)
	}
	return nil
}

// yjsEyes is a client that notes what it sees.
func (d *duet) yjsEyes(r *relay, eyes int, what string) ywebsocket.Options {
	return ywebsocket.Options{
		URL: func() string { return r.yjsURL(d.room) }, State: yjsState(eyes, nil),
		OnChange: func(changes []crdt.TextChange, at time.Time) {
			for _, letter := range strokesIn(changes) {
				d.strokes.sight(letter, eyes, what, at)
			}
		},
	}
}

// seat has the typist come in.
func (d *duet) seat(ctx context.Context, r *relay) error {
	if d.from == speaksYjs {
		c, err := d.yjs.enter(ctx, d.yjsEyes(r, typistEyes, ""))
		d.strike = func() error {
			return c.Edit(func(text *crdt.Text) error { return text.Insert(text.Len(), d.strokes.make(typistEyes)) })
		}
		return err
	}
	page := newPage(100, 1)
	c, err := join(ctx, r, d.room, deaf) // who types alone is sent nothing
	if err != nil {
		return err
	}
	d.json.add(c)
	d.strike = func() error {
		page = append(page, d.strokes.make(typistEyes)...)
		return c.send(append(append([]byte(`{"type":"code_update","code":"`), page...), `"}`...))
	}
	return nil
}
