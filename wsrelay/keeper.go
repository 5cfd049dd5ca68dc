package wsrelay

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// run loads the room, keeps it until nobody is left in it, and lets go of it.
// It is the only owner of the room's goroutines. When ctx ends before all is
// saved, what is not saved is lost, and said to be.
func (r *liveRoom) run(relay context.Context) {
	defer close(r.gone)
	defer r.relay.forget(r)
	ctx, cancel := context.WithCancel(relay)
	defer cancel()
	broken := func() {
		cancel()
		r.dropEveryone()
	}
	defer logPanic(r.log, broken)
	if err := r.open(ctx); err != nil {
		r.loadErr = err
		r.relay.forget(r)
		close(r.loaded)
		return
	}
	close(r.loaded)

	keeping, stop := context.WithCancel(ctx)
	defer stop()
	var keepers sync.WaitGroup
	for _, keep := range []func(context.Context){r.keepPresence, r.keepHearing} {
		keepers.Go(func() {
			defer logPanic(r.log, broken)
			keep(keeping)
		})
	}
	r.keepLog(ctx, &keepers)
	stop()
	keepers.Wait()
	if relay.Err() == nil { // otherwise the connection to Redis ends anyway
		r.store.Unfollow(r.id)
	}
	r.stopFlush()
}

// stopFlush ends the last timers of the room.
func (r *liveRoom) stopFlush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flush.stopLocked()
	r.tell.stopLocked()
}

// dropEveryone ends the sessions of a room that a bug has broken. They find it
// loaded anew when they come back.
func (r *liveRoom) dropEveryone() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sessionsLocked() {
		s.out.close(protocol.CloseInternal, "internal error")
	}
	select {
	case <-r.loaded:
	default:
		r.loadErr = apierr.New(apierr.Internal, "internal error")
		close(r.loaded)
	}
}

// open follows the room and then reads it, in this order: so nothing is missed.
// What is heard meanwhile waits in the inbox.
func (r *liveRoom) open(ctx context.Context) error {
	exists, err := r.store.Exists(ctx, r.id) // costs less than following, if somebody guesses ids
	if err != nil {
		return err
	}
	if !exists {
		return room.ErrNotFound
	}
	if err := r.store.Follow(ctx, r.id, r.inbox.put); err != nil {
		return err
	}
	state, err := r.store.Load(ctx, r.id, room.Position{})
	if errors.Is(err, room.ErrNotFound) {
		if err = r.store.Adopt(ctx, r.id); err == nil {
			state, err = r.store.Load(ctx, r.id, room.Position{})
		}
	}
	if err != nil {
		r.store.Unfollow(r.id)
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takeLocked(state.Entries)
	r.moveToLocked(state)
	for _, p := range state.People {
		r.followCaretLocked(r.meetLocked(p, nil))
	}
	if r.broken {
		r.store.Unfollow(r.id)
		return apierr.New(apierr.Internal, "the room cannot be read")
	}
	return nil
}

// moveToLocked moves to the head of what was read of the log.
func (r *liveRoom) moveToLocked(state room.State) {
	if state.Whole {
		r.tail, r.recent, r.acked = tail{}, recent{}, nil
	}
	for _, e := range state.Entries {
		r.moveLocked(e)
	}
	r.head = state.Head
	if state.Whole && r.language.saved { // it is in what was read, or lost
		r.language.unheard, r.language.saved = nil, false
	}
	if state.Meta != nil {
		r.hearLanguageLocked(state.Meta.Language, "")
		r.hearTextLocked(state.Meta.Text)
	}
}

// keepLog brings what people here do to the log, reads the log again when
// something of it may have been missed, and keeps the view of the text fresh. It
// returns when the room is retired.
func (r *liveRoom) keepLog(ctx context.Context, keepers *sync.WaitGroup) {
	retry, view, linger := newStoppedTimer(), newStoppedTimer(), newStoppedTimer()
	defer retry.Stop()
	defer view.Stop()
	defer linger.Stop()
	wake, wait := r.saveWake, retryMin
	for {
		select {
		case <-ctx.Done():
			r.reportLoss(ctx)
			return
		case <-wake:
		case <-retry.C:
		case <-view.C:
		case <-linger.C:
		case <-r.idle:
			linger.Reset(r.relay.linger)
		}
		err := r.settle(ctx)
		if err != nil && ctx.Err() == nil {
			if wait == retryMin { // once an outage
				r.log.WarnContext(ctx, "not saved: trying until it is", slog.Any("error", err))
			}
			wake = nil                           // what people do meanwhile must not hurry it
			retry.Reset(wait/2 + rand.N(wait/2)) //nolint:gosec // spreads load, keeps no secret
			wait = min(2*wait, retryMax)
			continue
		}
		wake, wait = r.saveWake, retryMin
		r.writeView(ctx)
		if r.relay.retire(r) {
			return
		}
		r.compactIfLong(ctx, keepers)
		if due := r.viewDue(); due > 0 {
			view.Reset(due)
		}
	}
}

// newStoppedTimer is a timer that does nothing until it is reset.
func newStoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// settle checks if need be, and saves a batch. When more is to be saved it leaves
// a token, so that a room in which people never stop typing gets its view and its
// compaction between two batches.
func (r *liveRoom) settle(ctx context.Context) error {
	checked := false
	for {
		r.mu.Lock()
		suspect, reason := r.suspect && !r.broken, r.reason
		r.suspect = false
		var next *batch
		if !suspect {
			next = r.nextBatchLocked()
		}
		r.mu.Unlock()
		switch {
		case suspect:
			if err := r.check(ctx, reason); err != nil {
				r.mu.Lock()
				r.suspectLocked(reason)
				r.mu.Unlock()
				return err
			}
			checked = true
			r.wasRead()
		case next != nil:
			err := r.saveBatch(ctx, next)
			if errors.Is(err, errLogGone) && !checked {
				continue
			}
			signal(r.saveWake)
			return err // a log that is gone right after a check is not to be hurried
		default:
			return nil
		}
	}
}

// settled reports whether there is nothing to save, check or write, and whether
// the room is broken. It may be asked under relay.mu, which is always taken
// before a room's.
func (r *liveRoom) settled() (settled, broken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	saved := r.savedLocked() && r.language.isSaved() && !r.naming.lost
	return saved && (r.broken || !r.suspect && r.viewAt.IsZero()), r.broken
}

// check compares the room with its log, and mends whichever lacks something: a
// room that Redis lost is put back.
func (r *liveRoom) check(ctx context.Context, reason string) error {
	select {
	case r.relay.checking <- struct{}{}:
		defer func() { <-r.relay.checking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	r.relay.metrics.repairs.WithLabelValues(reason).Inc()
	r.mu.Lock()
	before, from := r.head, r.head
	if r.mistrusted {
		from = room.Position{}
	}
	r.mu.Unlock()
	state, err := r.store.Load(ctx, r.id, from)
	if errors.Is(err, room.ErrNotFound) {
		if err := r.putBack(ctx); err != nil {
			return err
		}
		state, err = r.store.Load(ctx, r.id, room.Position{})
	}
	if err != nil {
		return err
	}
	if state.Whole {
		return r.reconcile(ctx, before, state)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(state.Entries) > 0 && state.Entries[0].Seq <= r.head.Seq { // heard meanwhile
		state.Entries = state.Entries[1:]
	}
	if len(state.Entries) > 0 {
		r.takeLocked(state.Entries)
		r.moveToLocked(state)
	}
	if r.acked.last() > r.head.Seq { // it was told before the log was read
		r.mistrustLocked()
	}
	r.wantRollLocked()
	return nil
}

// wantRollLocked has everyone compare who is there. That is done at a point of
// the channel, so that nobody seems to leave who came while the log was read.
func (r *liveRoom) wantRollLocked() {
	r.rollWanted = true
	signal(r.presenceWake)
}

// putBack puts a room back that Redis lost, unless another relay was faster.
func (r *liveRoom) putBack(ctx context.Context) error {
	r.mu.Lock()
	snapshot := r.snapshotLocked()
	r.mu.Unlock()
	made, err := r.store.Seed(ctx, r.id, snapshot)
	if err == nil && made {
		r.relay.metrics.reseeds.Inc()
		r.log.WarnContext(ctx, "Redis lost the room: it was put back")
	}
	return err
}

// reconcile makes the room and a log that it does not know the same. It is one
// that was made anew or rewound, or one that was compacted since this room heard
// of it last.
func (r *liveRoom) reconcile(ctx context.Context, before room.Position, state room.State) error {
	log, skipped, err := replicaOf(state.Entries, r.relay.textName)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skippedLocked(skipped)
	rewound := state.Head.Epoch == before.Epoch && state.Head.Seq <= before.Seq
	if rewound {
		r.relay.metrics.rewinds.Inc()
		r.log.WarnContext(ctx, "Redis lost the end of the log: writing it again")
	}
	r.mistrusted = false
	version := r.doc.version()
	if err := r.doc.reconcile(log); err != nil {
		r.breakLocked(err)
		return nil
	}
	var known room.Meta
	if state.Meta != nil {
		known = *state.Meta
	}
	if ours := r.language.value; ours != "" && r.language.isSaved() && (known.Language == "" || rewound && known.Language != ours) {
		r.language.choose("", ours)
	}
	r.naming.lost = r.naming.recorded != "" && known.Text == ""
	if known.Text != "" && known.Text != r.naming.recorded { // two had chosen without each other
		r.naming.recorded = ""
	}
	r.moveToLocked(state)
	r.relayLocked()
	if r.doc.version() != version {
		r.flushLocked()
	}
	r.viewed = unknownVersion
	r.wantViewLocked()
	r.wantRollLocked()
	signal(r.saveWake)
	return nil
}

// snapshotLocked is all of the room.
func (r *liveRoom) snapshotLocked() room.Snapshot {
	return room.Snapshot{Document: r.doc.state(), Meta: room.Meta{Language: r.language.value, Text: r.naming.recorded}}
}

// reportLoss says what a stop left unsaved.
func (r *liveRoom) reportLoss(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.savedLocked() || !r.language.isSaved() {
		r.log.ErrorContext(ctx, "stopped with changes that Redis did not take", slog.Int("bytes", r.doc.unsavedBytes))
	}
}
