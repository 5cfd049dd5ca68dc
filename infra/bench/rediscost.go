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

	"github.com/tutti-live/tutti/infra/pause"
)

// redisWork is what Redis did.
type redisWork struct {
	calls map[string]float64 // by command, those within scripts too
	in    float64            // bytes
	out   float64
}

// notOfRooms are the commands with which this asks and with which each relay finds
// out every other second whether Redis still answers. Their bytes are few.
var notOfRooms = []string{"info", "ping"}

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
		case isCommand && !slices.Contains(notOfRooms, command):
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
	if err != nil {
		return after, err
	}
	work, asking := after.minus(before), before.minus(first)
	work.in -= asking.in
	work.out -= asking.out
	return work, nil
}

// minus is what Redis did since before.
func (r redisWork) minus(before redisWork) redisWork {
	d := redisWork{calls: make(map[string]float64), in: r.in - before.in, out: r.out - before.out}
	for name, n := range r.calls {
		if n > before.calls[name] {
			d.calls[name] = n - before.calls[name]
		}
	}
	return d
}

// byClients are the commands that no script of ours calls. EXISTS and PUBLISH, which
// clients send too, are not sent in what is measured.
var byClients = []string{"evalsha", "eval", "subscribe", "unsubscribe", "hello", "get"}

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
	name, unit string
	cast       cast // of rooms that are not idle

	all, clients, in, out, appends []float64
	most                           string // of the last round
}

func (r *redisRow) add(work redisWork, units, appends float64) {
	all, clients := work.commands()
	r.all = append(r.all, all/units)
	r.clients = append(r.clients, clients/units)
	r.in = append(r.in, work.in/units)
	r.out = append(r.out, work.out/units)
	r.appends = append(r.appends, appends/units)
	r.most = work.most(units)
}

// redisCosts measures what edits and idle rooms cost Redis.
func redisCosts(ctx context.Context, b *bench) error {
	edits := []*redisRow{
		{name: "lone typist, 2 KiB", cast: cast{size: 2 << 10, typists: 1, rate: typingRate}},
		{name: "10 typists on both relays, 2 KiB", cast: cast{size: 2 << 10, typists: 10, rate: typingRate}},
		{name: "lone typist, 100 KiB", cast: cast{size: 100 << 10, typists: 1, rate: typingRate}},
		{name: "lone typist, 2 KiB, with cursor moves", cast: cast{size: 2 << 10, typists: 1, rate: typingRate, cursors: true}},
		{name: "10 typists on both relays, with cursor moves", cast: cast{size: 2 << 10, typists: 10, rate: typingRate, cursors: true}},
		{name: fmt.Sprintf("10 typists on both relays, each %d edits/s", 10*typingRate), cast: cast{size: 2 << 10, typists: 10, rate: 10 * typingRate}},
	}
	for range b.rounds {
		for _, row := range edits {
			row.unit, row.cast.watchers = "edit", relayCount
			if err := b.redisOfEdits(ctx, row); err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
		}
	}
	idle := &redisRow{name: "idle room of one person, 2 KiB", unit: "minute"}
	if err := b.redisOfIdle(ctx, idle); err != nil {
		return fmt.Errorf("%s: %w", idle.name, err)
	}
	printRedis(append(edits, idle))
	return nil
}

func printRedis(rows []*redisRow) {
	t := newTable(fmt.Sprintf("redis: per edit (each typist %d edits/s; views are written once a second and room), and per idle room and minute", typingRate),
		"room", "per", "commands", "of them by clients", "bytes in", "bytes out", "appends")
	for _, r := range rows {
		t.add(r.name, r.unit, number(median(r.all)), number(median(r.clients)), number(median(r.in)), number(median(r.out)), number(median(r.appends)))
	}
	t.print()
	for _, r := range rows {
		fmt.Printf("  %s, per %s: %s\n", r.name, r.unit, r.most)
	}
}

// redisOfEdits measures one room in which people type, in one round.
func (b *bench) redisOfEdits(ctx context.Context, row *redisRow) (err error) {
	all, err := b.world.openScenes(ctx, 1, row.cast, b.world.relays)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.close()) }()
	if err := all.rehearse(ctx, b.warmUp()); err != nil {
		return err
	}
	const appends = "tutti_relay_appends_total"
	before, err := b.world.sums(ctx, appends)
	if err != nil {
		return err
	}
	edits := -all.edits()
	work, err := b.world.during(ctx, func() error { return all.play(ctx, b.playTime()) })
	if err != nil {
		return err
	}
	edits += all.edits()
	after, err := b.world.sums(ctx, appends)
	if err != nil {
		return err
	}
	row.add(work, edits, after[0]-before[0])
	return nil
}

// redisOfIdle measures rooms in which nothing happens.
func (b *bench) redisOfIdle(ctx context.Context, row *redisRow) (err error) {
	rooms := pick(b, 200, 50)
	var here crowd
	defer func() { err = errors.Join(err, here.check()); here.close() }()
	page := newPage(2<<10, 1)
	err = eachBounded(rooms, func(i int) error { return b.world.occupy(ctx, &here, b.world.relay(i), page, 1) })
	if err != nil {
		return err
	}
	if err := pause.For(ctx, pick(b, 15*time.Second, time.Second)); err != nil { // what joining leaves to do
		return err
	}
	d := pick(b, time.Minute, 10*time.Second)
	work, err := b.world.during(ctx, func() error { return pause.For(ctx, d) })
	if err != nil {
		return err
	}
	row.add(work, float64(rooms)*d.Minutes(), 0)
	return nil
}

// occupy makes a room and has people come in who do nothing.
func (w *world) occupy(ctx context.Context, here *crowd, r *relay, page []byte, people int) error {
	id, err := w.create(ctx, page)
	if err != nil {
		return err
	}
	return here.enter(ctx, r, id, people)
}
