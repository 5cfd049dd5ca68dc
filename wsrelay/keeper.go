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
func (r *liveRoom) run(ctx context.Context) {
	defer close(r.gone)
	defer r.relay.forget(r)
	ctx, cancel := context.WithCancel(ctx)
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

	presenceCtx, stopPresence := context.WithCancel(ctx)
	defer stopPresence()
	var keepers sync.WaitGroup
	keepers.Go(func() {
		defer logPanic(r.log, broken)
		r.keepPresence(presenceCtx)
	})
	r.keepLog(ctx)
	stopPresence()
	keepers.Wait()
	if ctx.Err() == nil { // otherwise the connection ends anyway
		r.store.Unfollow(r.id)
	}
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
func (r *liveRoom) open(ctx context.Context) error {
	exists, err := r.store.Exists(ctx, r.id) // costs less than following, if somebody guesses ids
	if err != nil {
		return err
	}
	if !exists {
		return room.ErrNotFound
	}
	if err := r.store.Follow(ctx, r.id, r.hear); err != nil {
		return err
	}
	state, err := r.store.Load(ctx, r.id, "")
	if err != nil {
		r.store.Unfollow(r.id)
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head = state.Head
	r.takeLocked(state.Text)
	r.takeLocked(state.Language)
	for _, p := range state.People {
		r.people[p.ID] = &member{Person: p}
	}
	r.ready = true
	for _, event := range r.backlog {
		r.hearLocked(event)
	}
	r.backlog = nil
	return nil
}

// keepLog brings what people here do to the log, and reads the log again when
// something of it may have been missed. It returns when the room is retired.
func (r *liveRoom) keepLog(ctx context.Context) {
	retry := time.NewTimer(retryMax)
	defer retry.Stop()
	wake, wait := r.saveWake, retryMin
	for {
		select {
		case <-ctx.Done():
			r.reportLoss(ctx)
			return
		case <-wake:
		case <-r.idle:
		case <-retry.C:
		}
		if err := r.settle(ctx); err != nil {
			if wake != nil { // once an outage
				r.log.WarnContext(ctx, "not saved: trying until it is", slog.Any("error", err))
			}
			wake = nil // what people do meanwhile must not hurry it
			retry.Reset(wait)
			wait = min(2*wait, retryMax)
			continue
		}
		wake, wait = r.saveWake, retryMin
		if r.relay.retire(r) {
			return
		}
	}
}

// settle checks and saves until there is nothing left to check or save. One
// entry is on its way at a time; what comes meanwhile replaces what waits.
func (r *liveRoom) settle(ctx context.Context) error {
	checked := false
	for {
		r.mu.Lock()
		suspect := r.suspect
		r.suspect = false
		entry := r.unsavedLocked()
		r.mu.Unlock()
		switch {
		case suspect:
			if err := r.check(ctx); err != nil {
				r.mu.Lock()
				r.suspect = true
				r.mu.Unlock()
				return err
			}
			checked = true
		case entry != nil:
			err := r.save(ctx, *entry)
			if errors.Is(err, errLogGone) && !checked {
				continue
			}
			if err != nil { // a log that is gone right after a check is not to be hurried
				return err
			}
		default:
			return nil
		}
	}
}

// settled reports whether there is nothing to save or check. It may be asked
// under relay.mu, which is always taken before a room's.
func (r *liveRoom) settled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unsavedLocked() == nil && !r.suspect
}

// unsavedLocked is the next entry to save, for the log as it is known.
func (r *liveRoom) unsavedLocked() *room.Entry {
	for _, g := range []*register{&r.text.register, &r.language} {
		if g.unsaved != nil {
			entry := *g.unsaved
			entry.Epoch = r.head.Epoch
			return &entry
		}
	}
	return nil
}

// errLogGone says that an entry cannot be saved before a check.
var errLogGone = errors.New("the log is not there, or another one")

// save appends an entry. When there is no such log any more, or the entry was
// replaced by others' before its first append was known to have worked, the
// next step is a check.
func (r *liveRoom) save(ctx context.Context, entry room.Entry) error {
	saved, err := r.store.Append(ctx, r.id, entry)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(err, room.ErrNotFound), errors.Is(err, room.ErrEpoch):
		r.suspect = true
		return errLogGone
	case errors.Is(err, room.ErrReplaced):
		r.suspect = true
		saved = entry
	case err != nil:
		return err
	}
	r.noteSavedLocked(saved)
	return nil
}

// check compares the room with its log, and mends whichever lacks something: a
// room that Redis lost is put back.
func (r *liveRoom) check(ctx context.Context) error {
	r.mu.Lock()
	before, text, language := r.head, r.text.value, r.language.value
	r.mu.Unlock()

	state, err := r.store.Load(ctx, r.id, language)
	if errors.Is(err, room.ErrNotFound) {
		r.log.WarnContext(ctx, "Redis lost the room: putting it back")
		if _, err := r.store.Restore(ctx, r.id, text, language); err != nil {
			return err
		}
		state, err = r.store.Load(ctx, r.id, language)
	}
	if err != nil {
		return err
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case state.Head.Epoch != r.head.Epoch: // another log, which counts from the start
		r.text.seq, r.language.seq = 0, 0
		r.head = state.Head
	case state.Head.Seq < before.Seq, state.Head.Seq == before.Seq && state.Head != before:
		r.log.WarnContext(ctx, "Redis lost the end of the log: writing it again")
		r.text.keep()
		r.language.keep()
		r.head = state.Head
	case state.Head.Seq > r.head.Seq:
		r.head = state.Head
	}
	r.takeLocked(state.Text)
	r.takeLocked(state.Language)
	// Who is there is compared at a point of the channel, so that nobody seems
	// to leave who came while the log was read.
	r.rollWanted = true
	signal(r.presenceWake)
	return nil
}

// reportLoss says what a stop left unsaved.
func (r *liveRoom) reportLoss(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.unsavedLocked(); e != nil {
		r.log.ErrorContext(ctx, "stopped with changes that Redis did not take", slog.Int("bytes", len(e.Payload)))
	}
}

// keepPresence says who is here: at once what changes, and everyone at each
// heartbeat. Then it says who has left, once more, and returns.
func (r *liveRoom) keepPresence(ctx context.Context) {
	interval := r.relay.heartbeat
	beat := time.NewTimer(rand.N(interval)) //nolint:gosec // spreads load, keeps no secret
	defer beat.Stop()
	wake := r.presenceWake
	for {
		whole := false
		select {
		case <-ctx.Done():
			_ = r.reportPresence(context.WithoutCancel(ctx), false) // if it fails they time out
			return
		case <-wake:
		case <-beat.C:
			whole = true
			beat.Reset(interval)
		}
		if err := r.reportPresence(ctx, whole); err == nil {
			wake = r.presenceWake
		} else if ctx.Err() == nil {
			r.log.DebugContext(ctx, "presence not reported", slog.Any("error", err))
			wake = nil // what people do meanwhile must not hurry it
			beat.Reset(min(interval, retryMax))
		}
		waitFor(ctx, nil, presencePace)
	}
}

// reportPresence tells Redis what it does not know about the people here, or
// all of it. What it fails to tell is told next time.
func (r *liveRoom) reportPresence(ctx context.Context, whole bool) error {
	r.mu.Lock()
	p := room.Presence{Left: r.departed, Whole: whole || r.rollWanted}
	for id, m := range r.people {
		if m.session != nil && (p.Whole || r.unreported[id]) {
			p.Here = append(p.Here, m.Person)
		}
	}
	r.departed, r.rollWanted = nil, false
	clear(r.unreported)
	r.mu.Unlock()
	if len(p.Here) == 0 && len(p.Left) == 0 && !p.Whole {
		return nil
	}

	err := r.store.SayPresence(ctx, r.id, p)
	if err == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.departed = append(p.Left, r.departed...)
	r.rollWanted = r.rollWanted || p.Whole
	for _, person := range p.Here {
		r.unreported[person.ID] = true
	}
	if errors.Is(err, room.ErrNotFound) {
		r.suspectLocked()
	}
	return err
}
