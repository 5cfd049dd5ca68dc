package wsrelay

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/room"
)

// batch is an entry on its way to the log: of the document, all that was done
// while the last one was on its way. So a room that is alone waits for nothing,
// and a busy one shares its round trips.
type batch struct {
	entry    room.Entry
	document bool // it is an update of the document
	all      bool // nothing was unsaved but this when it was made
	version  int64
	again    bool // it was sent before, and it is not known whether it arrived
	since    time.Time
}

// nextBatchLocked is the entry to append next: one that did not arrive for
// certain, with the same bytes, or a new one.
func (r *liveRoom) nextBatchLocked() *batch {
	if r.sending == nil {
		if update := r.doc.nextBatch(); update != nil {
			r.sending = &batch{
				entry:    room.NewEntry(room.KindUpdate, r.doc.author, string(update)),
				document: true,
				all:      len(r.doc.unsaved) == 0,
				version:  r.doc.version(),
				since:    time.Now(),
			}
			for s := range r.sessionsLocked() {
				s.batched = s.updates
			}
		} else if !r.language.isSaved() {
			r.sending = &batch{entry: *r.language.unheard, since: time.Now()}
		} else if entry := r.namingEntryLocked(); entry != nil {
			r.sending = &batch{entry: *entry, since: time.Now()}
		}
	}
	if r.sending != nil {
		r.sending.entry.Epoch = r.head.Epoch
	}
	return r.sending
}

// errLogGone says that an entry cannot be saved before a check.
var errLogGone = errors.New("the log is not there, or another one")

// saveBatch appends an entry. When there is no such log any more the next step is
// a check, and the entry is sent to what is found then.
func (r *liveRoom) saveBatch(ctx context.Context, b *batch) error {
	at, err := r.store.Append(ctx, r.id, b.entry, b.again)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.sending != b: // it was heard on the channel, whatever the reply says
		return nil
	case errors.Is(err, room.ErrNotFound), errors.Is(err, room.ErrEpoch):
		b.again = false
		r.suspectLocked(repairEpoch)
		return errLogGone
	case err != nil && b.entry.Previous != "": // something else stands there, or it may not be wanted any more
		r.sending = nil
		r.suspectLocked(repairHead)
		return err
	case err != nil:
		b.again = true
		r.relay.metrics.appendErrors.Inc()
		return err
	}
	switch {
	case at.Seq <= r.acked.last(), at.Seq <= r.head.Seq && !r.recent.has(at), len(r.acked) == maxUnheard:
		r.mistrustLocked() // the log is shorter than we know it, or nothing is heard of it
	case at.Seq > r.head.Seq:
		r.acked = append(r.acked, at)
	}
	r.savedEntryLocked(at.Nonce)
	return nil
}

// savedEntryLocked notes that an entry stands in the log. If it is the one on its
// way, those who asked are told what is saved now. It may be called for the same
// entry by the reply and by the channel.
func (r *liveRoom) savedEntryLocked(nonce string) {
	b := r.sending
	nonce = room.MadeWith(nonce)
	if b == nil || b.entry.Nonce != nonce {
		return
	}
	r.sending, r.lastSaved = nil, nonce
	r.relay.metrics.appended(b)
	if r.language.unheard != nil && r.language.unheard.Nonce == nonce {
		r.language.saved = true
		return
	}
	if !b.document { // nobody has said anything before it
		var meta room.Meta
		if meta.Update(b.entry.Payload) == nil {
			r.hearTextLocked(meta.Text)
		}
	}
	r.wantViewLocked()
	switch {
	case r.savedLocked():
		r.allSavedLocked()
	case b.all:
		for s := range r.sessionsLocked() {
			r.tellSavedLocked(s, b.version, s.batched)
		}
	}
	signal(r.saveWake)
}

// viewEvery is the least time between two writings of the text for other
// programs. When one fails, the next is as long after it as any retry.
const viewEvery = 1 * time.Second

// viewOthers is how long the text is left to the relay that appended last: it may
// be gone, or the last entry may be none of the text.
const viewOthers = 3 * time.Second

// wantViewLocked has the text written for other programs, when it is time.
func (r *liveRoom) wantViewLocked() { r.wantViewAtLocked(r.viewLast.Add(viewEvery)) }

func (r *liveRoom) wantViewAtLocked(at time.Time) {
	if r.viewed != r.doc.version() && (r.viewAt.IsZero() || r.viewAt.After(at)) {
		r.viewAt = at
		signal(r.saveWake)
	}
}

// viewDue is how long the text for other programs can still wait; 0 when there
// is nothing to write.
func (r *liveRoom) viewDue() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.viewAt.IsZero() {
		return 0
	}
	return max(time.Until(r.viewAt), time.Millisecond)
}

// writeView writes the text for other programs, when it is time: not more often
// than viewEvery, and once more after the last change. The relay that appended
// last does it; the others see to it that it was done.
func (r *liveRoom) writeView(ctx context.Context) {
	hurry := r.relay.leaving(r)
	r.mu.Lock()
	now := time.Now()
	if r.viewAt.IsZero() || r.broken || r.viewAt.After(now) && !hurry {
		r.mu.Unlock()
		return
	}
	head, text, version := r.head, r.doc.String(), r.doc.version()
	r.viewLast = now
	r.mu.Unlock()

	written, err := r.store.View(ctx, r.id, head, text)

	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		r.log.DebugContext(ctx, "the view was not written", slog.Any("error", err))
		r.viewAt = now.Add(retryMax)
	case written:
		r.viewed, r.viewAt = version, time.Time{}
		r.wantViewLocked()
	case r.acked.last() > head.Seq: // the last entry is ours, and was not heard yet
		r.viewAt = now.Add(viewEvery / 10)
	default: // somebody appended later, and should write it
		r.viewAt = now.Add(viewOthers)
	}
}

// compactPause is how long nothing is compacted after an attempt that failed.
const compactPause = 5 * time.Second

// compactIfLong has the log compacted when it is long: by the relay that appended
// last, or by any if that one does not. Nobody waits for it.
func (r *liveRoom) compactIfLong(ctx context.Context, keepers *sync.WaitGroup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	share := 2
	if room.MadeWith(r.head.Nonce) == r.lastSaved {
		share = 1
	}
	if r.packing || r.broken || r.suspect || !r.tail.long(share) || time.Since(r.packFailed) < compactPause {
		return
	}
	r.packing = true
	covered, snapshot := r.head, r.snapshotLocked()
	keepers.Go(func() {
		defer logPanic(r.log, func() {})
		err := r.store.Compact(ctx, r.id, covered, snapshot)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.packing = false
		if err == nil {
			r.relay.metrics.compactions.Inc()
			r.tail = tail{}
			return
		}
		r.packFailed = time.Now()
		if errors.Is(err, room.ErrEpoch) { // somebody else was faster, or the log is another one
			r.suspectLocked(repairEpoch)
		} else if ctx.Err() == nil {
			r.log.WarnContext(ctx, "the log was not compacted", slog.Any("error", err))
		}
	})
}
