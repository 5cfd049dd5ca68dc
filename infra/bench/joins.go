package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
)

const (
	// longText is near the longest text that a room takes.
	longText = 500 << 10

	// longTail is nearly as many updates as a log has before it is compacted.
	longTail = 190
)

// joins measures how long it takes to come into a room with a long text.
func joins(ctx context.Context, b *bench) error {
	kinds := []struct {
		name    string
		updates int
		atOnce  int
		warm    bool
		took    rounds
	}{
		{name: "cold, one snapshot", atOnce: 1},
		{name: fmt.Sprintf("cold, a snapshot and %d updates", longTail), updates: longTail, atOnce: 1},
		{name: "warm", atOnce: 1, warm: true},
		{name: "cold, 50 at once", updates: longTail, atOnce: 50},
		{name: "warm, 50 at once", atOnce: 50, warm: true},
	}
	store, err := b.world.openStore()
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // nothing is left to be done with it
	for range b.rounds {
		for i := range kinds {
			k := &kinds[i]
			var took samples
			for range pick(b, max(1, 10/k.atOnce), 1) {
				some, err := b.joinRoom(ctx, store, k.updates, k.atOnce, k.warm)
				if err != nil {
					return fmt.Errorf("%s: %w", k.name, err)
				}
				took = append(took, some...)
			}
			k.took = append(k.took, took)
		}
	}
	t := newTable(fmt.Sprintf("join: ms from dialling to the end of init, text of %d KiB", longText>>10), append([]string{"room"}, roundsHead...)...)
	for _, k := range kinds {
		t.add(append([]string{k.name}, k.took.cells()...)...)
	}
	t.print()
	return nil
}

// joinRoom makes a room and measures how long some clients take to come in at once.
func (b *bench) joinRoom(ctx context.Context, store *room.Store, updates, atOnce int, warm bool) (samples, error) {
	id, err := b.world.create(ctx, newPage(longText, 1))
	if err != nil {
		return nil, err
	}
	if err := appendEdits(ctx, store, id, updates); err != nil {
		return nil, err
	}
	var here crowd
	defer here.close()
	if warm {
		if err := here.enter(ctx, b.world.relays[0], id, 1); err != nil {
			return nil, err
		}
	}
	took := make(samples, atOnce)
	err = each(atOnce, func(i int) error {
		start := time.Now()
		c, err := join(ctx, b.world.relays[0], id, deaf)
		if err != nil {
			return err
		}
		here.add(c)
		took[i] = millis(c.entered.Sub(start))
		return nil
	})
	return took, errors.Join(err, here.check())
}

// openStore is the rooms in Redis, as relays open them.
func (w *world) openStore() (*room.Store, error) {
	settings, err := devstack.LoadSettings()
	if err != nil {
		return nil, err
	}
	return room.Open(config.RedisURL(w.url()), settings.Relay.Rooms, room.Options{})
}

// appendEdits writes edits into a room's log, as a relay that nobody else is on
// would: one letter each.
func appendEdits(ctx context.Context, store *room.Store, id string, n int) error {
	if n == 0 {
		return nil
	}
	state, err := store.Load(ctx, id, room.Position{})
	if err != nil {
		return err
	}
	doc := crdt.NewDoc()
	for _, e := range state.Entries {
		if err := doc.Load([]byte(e.Payload), nil); err != nil {
			return err
		}
	}
	var update []byte
	doc.OnUpdate(func(u []byte, _ any, _ []crdt.TextChange) { update = u })
	text := doc.Text("code")
	for i := range n {
		if err := text.Insert(len(mark(0))+i, string(letter(i))); err != nil {
			return err
		}
		e := room.NewEntry(room.KindUpdate, strings.Repeat("0", 16), string(update))
		e.Epoch = state.Head.Epoch
		if _, err := store.Append(ctx, id, e, false); err != nil {
			return err
		}
	}
	return nil
}
