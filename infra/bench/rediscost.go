package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// redisWork is what Redis did.
type redisWork struct {
	calls map[string]float64 // by command, those within scripts too
	in    float64            // bytes
	out   float64
}

// redisWork is what Redis did so far.
func (w *world) redisWork(ctx context.Context) (redisWork, error) {
	work := redisWork{calls: make(map[string]float64)}
	text, err := w.admin.Info(ctx, "commandstats", "stats").Result()
	if err != nil {
		return work, err
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch command, isCommand := strings.CutPrefix(name, "cmdstat_"); {
		case isCommand && command != "info": // which is what this asks
			calls, _, _ := strings.Cut(strings.TrimPrefix(value, "calls="), ",")
			work.calls[command], err = strconv.ParseFloat(calls, 64)
		case name == "total_net_input_bytes":
			work.in, err = strconv.ParseFloat(value, 64)
		case name == "total_net_output_bytes":
			work.out, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return work, fmt.Errorf("INFO says %q: %w", line, err)
		}
	}
	return work, nil
}

// during is what Redis does while something is done, without what it costs to ask.
func (w *world) during(ctx context.Context, do func() error) (redisWork, error) {
	first, err := w.redisWork(ctx)
	if err != nil {
		return first, err
	}
	before, err := w.redisWork(ctx)
	if err != nil {
		return before, err
	}
	if err := do(); err != nil {
		return before, err
	}
	after, err := w.redisWork(ctx)
	return after.minus(before, before.in-first.in, before.out-first.out), err
}

func (r redisWork) minus(before redisWork, in, out float64) redisWork {
	d := redisWork{calls: make(map[string]float64), in: r.in - before.in - in, out: r.out - before.out - out}
	for name, n := range r.calls {
		if n > before.calls[name] {
			d.calls[name] = n - before.calls[name]
		}
	}
	return d
}

// byClients are the commands that no script of ours calls.
var byClients = []string{"evalsha", "eval", "ping", "subscribe", "unsubscribe", "hello", "get"}

// commands is how many commands there were, and how many of them not within scripts.
func (r redisWork) commands() (all, clients float64) {
	for name, n := range r.calls {
		all += n
		if slices.Contains(byClients, name) {
			clients += n
		}
	}
	return all, clients
}

// most are the commands that were called most, per unit.
func (r redisWork) most(units float64) string {
	names := slices.SortedFunc(maps.Keys(r.calls), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.calls[b], r.calls[a]), strings.Compare(a, b))
	})
	var said []string
	for _, name := range names {
		if share := r.calls[name] / units; share >= 0.05 {
			said = append(said, name+" "+number(share))
		}
	}
	return strings.Join(said, ", ")
}

// redisRow is what was measured of one kind of room, per unit and round.
type redisRow struct {
	name, unit                    string
	all, clients, in, out, append []float64
	most                          string // of the last round
}

func (r *redisRow) add(work redisWork, units, appends float64) {
	all, clients := work.commands()
	r.all = append(r.all, all/units)
	r.clients = append(r.clients, clients/units)
	r.in = append(r.in, work.in/units)
	r.out = append(r.out, work.out/units)
	r.append = append(r.append, appends/units)
	r.most = work.most(units)
}

// redisCosts measures what edits and idle rooms cost Redis.
func redisCosts(ctx context.Context, b *bench) error {
	casts := []cast{
		{size: 2 << 10, typists: 1, rate: typingRate, watchers: relayCount},
		{size: 2 << 10, typists: 10, rate: typingRate, watchers: relayCount},
		{size: 100 << 10, typists: 1, rate: typingRate, watchers: relayCount},
		{size: 2 << 10, typists: 1, rate: typingRate, watchers: relayCount, cursors: true},
		{size: 2 << 10, typists: 10, rate: typingRate, watchers: relayCount, cursors: true},
		{size: 2 << 10, typists: 10, rate: 10 * typingRate, watchers: relayCount},
	}
	rows := []*redisRow{
		{name: "lone typist, 2 KiB", unit: "edit"},
		{name: "10 typists on both relays, 2 KiB", unit: "edit"},
		{name: "lone typist, 100 KiB", unit: "edit"},
		{name: "lone typist, 2 KiB, with cursor moves", unit: "edit"},
		{name: "10 typists on both relays, with cursor moves", unit: "edit"},
		{name: fmt.Sprintf("10 typists on both relays, each %d edits/s", 10*typingRate), unit: "edit"},
		{name: "idle room of one person, 2 KiB", unit: "minute"},
	}
	for range b.rounds {
		for i, c := range casts {
			if err := b.redisOfEdits(ctx, rows[i], c); err != nil {
				return err
			}
		}
	}
	if err := b.redisOfIdle(ctx, rows[len(casts)]); err != nil {
		return err
	}
	t := newTable(fmt.Sprintf("redis: per edit (each typist %d edits/s; views are written once a second and room), and per idle room and minute", typingRate),
		"room", "per", "commands", "of them by clients", "bytes in", "bytes out", "appends")
	for _, r := range rows {
		t.add(r.name, r.unit, number(median(r.all)), number(median(r.clients)), number(median(r.in)), number(median(r.out)), number(median(r.append)))
	}
	t.print()
	for _, r := range rows {
		fmt.Printf("  %s, per %s: %s\n", r.name, r.unit, r.most)
	}
	return nil
}

func (b *bench) redisOfEdits(ctx context.Context, row *redisRow, c cast) (err error) {
	s, err := b.world.openScene(ctx, c, b.world.relays)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.play(ctx, b.warmUp()); err != nil {
		return err
	}
	appended, err := b.world.sum(ctx, "tutti_relay_appends_total")
	if err != nil {
		return err
	}
	before := s.edits()
	work, err := b.world.during(ctx, func() error { return s.play(ctx, pick(b, 15*time.Second, time.Second)) })
	if err != nil {
		return err
	}
	now, err := b.world.sum(ctx, "tutti_relay_appends_total")
	row.add(work, float64(s.edits()-before), now-appended)
	return err
}

// redisOfIdle measures rooms in which nothing happens. The pings of the relays are
// left out: they are not of the rooms.
func (b *bench) redisOfIdle(ctx context.Context, row *redisRow) (err error) {
	rooms := pick(b, 200, 50)
	var here crowd
	defer func() { err = errors.Join(err, here.check()); here.close() }()
	page := newPage(2<<10, 1)
	err = eachInTurn(rooms, func(i int) error { return b.world.occupy(ctx, &here, b.world.relay(i), page, 1) })
	if err != nil {
		return err
	}
	if err := pause(ctx, pick(b, 15*time.Second, time.Second)); err != nil { // what joining leaves to do
		return err
	}
	d := pick(b, time.Minute, 10*time.Second)
	work, err := b.world.during(ctx, func() error { return pause(ctx, d) })
	delete(work.calls, "ping")
	row.add(work, float64(rooms)*d.Minutes(), 0)
	return err
}

// occupy makes a room and has people come in who do nothing.
func (w *world) occupy(ctx context.Context, here *crowd, r *relay, page []byte, people int) error {
	id, err := w.create(ctx, page)
	if err != nil {
		return err
	}
	for range people {
		c, err := join(ctx, r, id, deaf)
		if err != nil {
			return err
		}
		here.add(c)
	}
	return nil
}
